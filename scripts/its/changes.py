"""On how many problems one cell does better or worse than another: what a mean difference hides."""

from collections.abc import Container

import numpy as np
import polars as pl

from its.cells import Scores, matched, planned_cells
from its.comparisons import BEST, pairs
from its.config.plan import Plan
from its.means import crossed

LARGE = 0.5
"""A difference between two shares of right answers from which on it is large."""

KINDS = ["much_worse", "worse", "same", "better", "much_better"]
"""What a problem may be, from the largest loss to the largest gain."""

CHANGES = {
    "benchmark": pl.String,
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "what": pl.String,
    "a": pl.String,
    "b": pl.String,
    "problems": pl.Int64,
    **dict.fromkeys(KINDS, pl.Int64),
}
"""One row per comparison of two cells that have scores, named as in `its.comparisons.COMPARISONS`:
how many problems there are, and on how many `a` is right less or more often than `b`, by half of
the responses and more (`much_worse`, `much_better`) or by less. Strict accuracy, averaged over
responses and over the replicates that have both."""


def change_rows(
    plan: Plan, drawn: Container[str], plain: Container[str], scores: Scores
) -> pl.DataFrame:
    """Return the columns of `CHANGES`, from the scores of a plan.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    plain
        Those that join nothing to a question.
    """
    cells = planned_cells(plan, drawn, scores)
    rows = []
    for pair in pairs(cells, plain):
        _, found = matched(cells[pair.a], cells[pair.b])
        if pair.what == BEST or not found:
            continue
        a, b = (
            crossed([one.means["correct"] for one in side]).mean(axis=1)
            for side in zip(*found, strict=True)
        )
        rows.append(pair.names() | {"problems": len(a)} | counted(a - b))
    return pl.DataFrame(rows, schema=CHANGES)


def counted(differences: np.ndarray) -> dict[str, int]:
    """Count the problems of each of `KINDS`, given the difference on each of them.

    >>> counted(np.array([-0.6, 0.0, 0.25, 1.0]))
    {'much_worse': 1, 'worse': 0, 'same': 1, 'better': 1, 'much_better': 1}
    """
    exact = np.round(differences, 9)  # a mean of the same shares in another order is the same
    large, sign = np.abs(exact) >= LARGE, np.sign(exact)
    masks = [large & (sign < 0), ~large & (sign < 0), sign == 0, ~large & (sign > 0)]
    masks.append(large & (sign > 0))
    return {kind: int(mask.sum()) for kind, mask in zip(KINDS, masks, strict=True)}
