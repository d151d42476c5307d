"""What each filter of a pool wants to know of a row, and which rows it drops.

A filter names the reason for which it drops a row; null is none. Most can tell while a file is
read, so that responses, which are most of a pool, are never in memory all at once (`at_sight`).
Those that compare rows with each other or with benchmarks look at what is left of all sources
together (`reasons`).
"""

import json
from collections.abc import Iterable, Mapping

import polars as pl

from its.config.pool import (
    Contains,
    Contamination,
    Duplicates,
    Equals,
    Filter,
    Language,
    Length,
    NearDuplicates,
    Verified,
)
from its.languages import LOOKED_AT, other_language
from its.overlap import first_sharing
from its.similar import near_duplicates


def at_sight(one: Filter, so_far: pl.Expr) -> pl.Expr:
    """Return an expression for the reason to drop a row, or null where it stays so far.

    Parameters
    ----------
    so_far
        Whether no earlier filter drops the row: what takes long is spared for others.
    """
    match one:
        case Contains():
            text = pl.col(one.column).fill_null("")
            return pl.coalesce(
                pl.when(~text.str.contains(word, literal=True)).then(pl.lit(f"no {word!r}"))
                for word in one.words
            )
        case Equals():
            value = pl.col("meta").str.json_path_match(f"$[{json.dumps(one.column)}]")
            allowed = [v if isinstance(v, str) else json.dumps(v) for v in one.values]
            return pl.when(~value.is_in(allowed).fill_null(False)).then(value.fill_null("nothing"))
        case Length():
            text = pl.col(one.column).fill_null("")
            words = one.unit == "words"
            size = text.str.count_matches(r"\S+") if words else text.str.len_chars()
            return (
                pl.when(size < one.minimum)
                .then(pl.lit("too short"))
                .when(size > one.maximum)
                .then(pl.lit("too long"))
            )
        case Language():
            other = other_language(one.languages, one.confidence)
            text = pl.when(so_far).then(pl.col(one.column).str.head(LOOKED_AT))
            return text.map_elements(other, return_dtype=pl.String)
    return pl.lit(None, pl.String)


def reasons(
    one: Filter, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
) -> pl.Series:
    """Return the reason to drop each row of those that are left, null where it stays.

    Parameters
    ----------
    seen
        What `at_sight` told of each row.
    rows
        `id`, `problem`, `verdict` (str; null if the response is right, or was not looked at), in
        the order that decides which one of several stays.
    benchmarks
        Problems by the name of the benchmark.
    """
    match one:
        case Verified():
            return rows["verdict"]
        case Duplicates():
            return _where(~rows["id"].is_first_distinct(), "stands twice")
        case NearDuplicates():
            again = near_duplicates(rows["problem"], one.ngram, one.similarity)
            return _where(again, "nearly stands twice")
        case Contamination():
            others = {name: benchmarks[name] for name in one.names(benchmarks)}
            return first_sharing(rows["problem"], others, one.ngram)
    return seen


def _where(drops: pl.Series, why: str) -> pl.Series:
    return pl.select(pl.when(drops).then(pl.lit(why))).to_series()
