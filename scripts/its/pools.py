"""Make a pool of sources: filter their rows, say what each filter dropped and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from its.config.pool import Filter
from its.errors import InputError, refuse
from its.filters import at_sight, reasons
from its.hashing import digest, problem_id
from its.schemas import SET
from its.sources import LACKS, Part, with_ids

EXAMPLES = 3
"""Dropped rows that the counts show for each filter."""

REASONS = 10
"""Reasons that the counts name for each filter: the most frequent ones."""

VERDICT = "verdict"
"""Why a response is not right, null if it is."""


def surveyed(
    sources: Mapping[str, Sequence[Part]],
    filters: Sequence[Filter],
    verdicts: pl.Series | None = None,
) -> pl.DataFrame:
    """Read all of every row but its response, and what filters see in that.

    Parameters
    ----------
    verdicts
        `VERDICT` of each row, in the order of the sources.

    Returns
    -------
    DataFrame
        The columns of a set but `response`; `part` and `row` (int), where the rest of the row is;
        `VERDICT`; and for each filter a column called by its number, the reason to drop the row
        at sight or null. By rising id, equal problems by their content: nothing depends on who
        came first.

    Raises
    ------
    InputError
        If a source has no rows, or rows without what every row must have, naming all of those.
    """
    frames, mistakes = [], []
    number = 0
    for name, parts in sources.items():
        found = []
        for part in parts:
            rows = part.read(_seen(part.rows.with_columns(LACKS), filters).drop("response"))
            mistakes += part.mistakes(rows)
            found.append(rows.with_columns(part=pl.lit(number, pl.UInt32)))
            number += 1
        if not mistakes:
            frames.append(with_ids(pl.concat(found), name))
    refuse(mistakes)
    rows = pl.concat(frames).drop(pl.selectors.starts_with("no "))
    if verdicts is None:
        verdicts = pl.repeat(None, len(rows), dtype=pl.String, eager=True)
    rows = rows.with_columns(verdicts.alias(VERDICT))
    return _in_order(rows, [part for parts in sources.values() for part in parts])


def filtered(
    rows: pl.DataFrame,
    parts: Sequence[Part],
    filters: Sequence[Filter],
    benchmarks: Mapping[str, Iterable[str]],
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Apply filters one after the other, then read the responses of the rows that are left.

    Parameters
    ----------
    rows
        What `surveyed` returns.
    parts
        Of all sources, in order.
    benchmarks
        The problems that contamination is looked for in, by name.

    Returns
    -------
    DataFrame
        The rows that every filter keeps, the columns of a set.
    list of dict
        For each filter its settings, `kept` and `dropped` (int), how many were dropped for the
        most frequent reasons (`why`), and up to three dropped rows as `examples`.

    Raises
    ------
    InputError
        If nothing is left.
    """
    rows = rows.with_row_index("order")
    counts, examples = [], []
    for number, one in enumerate(filters):
        why = reasons(one, rows[str(number)], rows, benchmarks)
        dropped, rows = rows.filter(why.is_not_null()), rows.filter(why.is_null())
        examples.append(dropped.head(EXAMPLES))
        counts.append(
            {
                **one.model_dump(mode="json"),
                "kept": len(rows),
                "dropped": len(dropped),
                "why": _most_frequent(why),
            }
        )
        if rows.is_empty():
            steps = ", ".join(f"{c['filter']} dropped {c['dropped']}" for c in counts)
            raise InputError(f"the filters leave no row: {steps}; loosen the last one")
    whole = _read(pl.concat([rows, *examples]), parts, response=pl.col("response")).sort("order")
    for count, shown in zip(counts, examples, strict=True):
        few = whole.filter(pl.col("order").is_in(shown["order"].implode()))
        count["examples"] = few.select("id", "source", "problem", "response").to_dicts()
    kept = whole.filter(pl.col("order").is_in(rows["order"].implode()))
    return kept.select(list(SET)), counts


def _seen(rows: pl.LazyFrame, filters: Sequence[Filter]) -> pl.LazyFrame:
    """Add what each filter sees in a row, under its number."""
    so_far = pl.lit(True)
    for number, one in enumerate(filters):
        rows = rows.with_columns(at_sight(one, so_far).alias(str(number)))
        so_far = so_far & pl.col(str(number)).is_null()
    return rows


def _in_order(rows: pl.DataFrame, parts: Sequence[Part]) -> pl.DataFrame:
    """Sort rows by id, those that state the same problem by the hash of all that they hold."""

    def content(row: dict[str, str | None]) -> str:
        return digest(problem_id(row["problem"]), *row.values())

    texts = [name for name in SET if name != "id"]
    hashed = pl.struct(texts).map_elements(content, return_dtype=pl.String)
    several = rows["id"].is_duplicated()
    alone = rows.filter(~several).with_columns(content=pl.lit(None, pl.String))
    if several.any():
        alone = pl.concat([alone, _read(rows.filter(several), parts, content=hashed)])
    return alone.sort("id", "content").drop("content")


def _read(rows: pl.DataFrame, parts: Sequence[Part], **columns: pl.Expr) -> pl.DataFrame:
    """Add columns that are read anew, to rows in the order of the files."""
    rows = rows.sort("part", "row")
    found = []
    for number, part in enumerate(parts):
        here = rows.filter(part=number)["row"]
        if len(here):
            wanted = part.rows.filter(pl.col("row").is_in(here.implode()))
            found.append(part.read(wanted.select(**columns)))
    return pl.concat([rows, pl.concat(found)], how="horizontal")


def _most_frequent(why: pl.Series) -> dict[str, int]:
    counts = why.drop_nulls().alias("why").value_counts(name="rows")
    return dict(counts.sort("rows", "why", descending=[True, False]).head(REASONS).iter_rows())
