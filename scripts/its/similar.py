"""Find problems that are nearly the same: most of their n-grams of words are in both."""

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from its.overlap import CHUNK, hashed_ngrams

if TYPE_CHECKING:
    import numpy as np


def near_duplicates(problems: pl.Series, ngram: int, similarity: float) -> pl.Series:
    """Return for each problem whether an earlier one that stays is as similar as that.

    Similarity is Jaccard's, of the sets of n-grams: those in both by those in either. Two sets as
    similar as `similarity` have one of their rarest n-grams in common, however the ties between
    equally rare ones are broken: of m n-grams one among m - ceil(similarity * m) + 1. So only
    rows that do are compared, and none is missed.

    References
    ----------
    Chaudhuri, Ganti and Kaushik, ICDE 2006; Bayardo, Ma and Srikant, WWW 2007, for the prefixes.
    """
    part, whole = Fraction(str(similarity)).as_integer_ratio()  # 0.55 of 20 is 11, not more
    bounds, grams = _by_rarity(problems, ngram)
    stay: dict[int, list[int]] = defaultdict(list)  # rare n-gram -> rows that stay
    sets: dict[int, np.ndarray] = {}
    repeated = []
    for row, (start, end) in enumerate(zip(bounds, bounds[1:], strict=False)):
        count = end - start
        own = grams[start:end]
        rare = own[: count + part * -count // whole + 1].tolist()
        mine = set(own.tolist())
        near = {other for gram in rare for other in stay[gram]}
        again = any(_similar(mine, sets[other], part, whole) for other in near)
        repeated.append(again)
        if not again:
            sets[row] = own
            for gram in rare:
                stay[gram].append(row)
    return pl.Series(problems.name, repeated, dtype=pl.Boolean)


def _by_rarity(problems: pl.Series, ngram: int) -> tuple[list[int], "np.ndarray"]:
    """Return the n-grams of all problems, as numbers, rare ones first in each problem.

    And where each problem begins among them, with the end of the last.
    """
    grams = pl.concat(
        hashed_ngrams(problems.slice(start, CHUNK), ngram)
        .unique()
        .with_columns(pl.col("row") + start)
        for start in range(0, max(1, len(problems)), CHUNK)
    )
    order = grams.group_by("gram").len().sort("len", "gram").select("gram").with_row_index("rank")
    ranked = grams.join(order, on="gram").sort("row", "rank")
    counts = ranked.group_by("row", maintain_order=True).len()["len"]
    return [0, *counts.cum_sum()], ranked["rank"].to_numpy()


def _similar(mine: set[int], other: "np.ndarray", part: int, whole: int) -> bool:
    less, more = sorted([len(mine), len(other)])
    if less * whole < part * more:
        return False
    both = len(mine.intersection(other.tolist()))
    return both * whole >= part * (len(mine) + len(other) - both)
