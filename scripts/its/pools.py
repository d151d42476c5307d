"""Filter a pool, and say what each filter dropped."""

from collections.abc import Mapping

import polars as pl

from its.config.pool import Contains, Contamination, Duplicates, Filter, Length
from its.errors import InputError
from its.hashing import digest
from its.overlap import all_ngrams, shares

EXAMPLES = 3
"""Dropped rows that the counts show for each filter."""


def in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """Sort rows by id, and equal problems by their content: nothing depends on who came first."""
    content = pl.Series([digest(*row) for row in rows.iter_rows()], dtype=pl.String)
    return rows.with_columns(content=content).sort("id", "content").drop("content")


def filtered(
    rows: pl.DataFrame, filters: list[Filter], benchmarks: Mapping[str, pl.DataFrame]
) -> tuple[pl.DataFrame, list[dict]]:
    """Apply filters one after the other.

    Parameters
    ----------
    rows
        Columns of a set, in the order of `in_order`.
    benchmarks
        The sets that contamination is looked for in, by name.

    Returns
    -------
    DataFrame
        The rows that every filter keeps.
    list of dict
        For each filter its settings, `kept` and `dropped` (int) and up to three dropped rows as
        `examples`.

    Raises
    ------
    InputError
        If nothing is left.
    """
    counts = []
    for one in filters:
        keep = _kept(rows, one, benchmarks)
        dropped = rows.filter(~keep)
        counts.append(
            {
                **one.model_dump(mode="json"),
                "kept": int(keep.sum()),
                "dropped": len(dropped),
                "examples": dropped.head(EXAMPLES)
                .select("id", "source", "problem", "response")
                .to_dicts(),
            }
        )
        rows = rows.filter(keep)
        if rows.is_empty():
            steps = ", ".join(f"{c['filter']} dropped {c['dropped']}" for c in counts)
            raise InputError(f"the filters leave no row: {steps}; loosen the last one")
    return rows, counts


def _kept(rows: pl.DataFrame, one: Filter, benchmarks: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Return for each row whether a filter keeps it."""
    match one:
        case Contains():
            text = pl.col(one.column).fill_null("")
            tests = [text.str.contains(word, literal=True) for word in one.words]
            return rows.select(pl.all_horizontal(tests)).to_series()
        case Length():
            size = pl.col(one.column).fill_null("").str.len_chars()
            return rows.select(size.is_between(one.minimum, one.maximum)).to_series()
        case Duplicates():
            return rows["id"].is_first_distinct()
        case Contamination():
            texts = [text for name in one.against for text in benchmarks[name]["problem"]]
            return ~shares(rows["problem"], all_ngrams(texts, one.ngram), one.ngram)
    raise TypeError(f"no such filter: {one!r}")
