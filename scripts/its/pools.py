"""Make a pool of sources: filter their rows, say what each filter dropped and why.

Responses are most of a pool, and never in memory all at once. Each file is read twice: once to
decide which rows stay, and once more for the responses of those.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from its.config.pool import Filter
from its.errors import InputError, refuse
from its.hashing import digest, problem_id
from its.schemas import SET
from its.sources import LACKS, SourceFile, with_ids

EXAMPLES = 3
"""Dropped rows that the counts show for each filter."""

MOST_REASONS = 10
"""Reasons that the counts name for each filter: the most frequent ones."""

VERDICT = "verdict"
"""Why a response is not right, null if it is."""


def pool_of(
    sources: Mapping[str, Sequence[SourceFile]],
    filters: Sequence[Filter],
    benchmarks: Mapping[str, Iterable[str]],
    verdicts: pl.Series | None = None,
) -> tuple[pl.LazyFrame, dict[str, Any]]:
    """Filter the rows of sources.

    Parameters
    ----------
    benchmarks
        The problems that contamination is looked for in, by name.
    verdicts
        `VERDICT` of each row, in the order of the sources.

    Returns
    -------
    LazyFrame
        The rows that every filter keeps, the columns of a set, in the order of the sources.
    dict
        The rows of each of the `sources` and of the pool (`rows`), and for each of the `filters`
        its settings, `kept` and `dropped` (int), how many were dropped for the most frequent
        reasons (`why`), and up to three dropped rows as `examples`.

    Raises
    ------
    InputError
        If a source has no rows, or rows without what every row must have, naming all of those; if
        no row is left, or a problem stands twice.
    """
    parts = [part for several in sources.values() for part in several]
    rows = _surveyed(sources, filters)
    if verdicts is not None:
        rows = rows.with_columns(verdicts.alias(VERDICT))
    rows = _in_order(rows, parts, filters)
    read = dict(rows["source"].value_counts().iter_rows())
    counts, shown = [], []
    for number, one in enumerate(filters):
        why = one.reasons(rows[str(number)], rows, benchmarks)
        dropped, rows = rows.filter(why.is_not_null()), rows.filter(why.is_null())
        shown.append(dropped.head(EXAMPLES))
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
    refuse(
        [
            f"problem {row['id']} of source {row['source']} stands more than once: "
            f"{row['problem'][:100]!r}; add a filter 'duplicates' to the pool"
            for row in rows.filter(rows["id"].is_duplicated()).iter_rows(named=True)
        ]
    )
    rows = rows.sort("file", "row")
    for count, few in zip(counts, shown, strict=True):
        count["examples"] = [_example(row, parts) for row in few.iter_rows(named=True)]
    summary = {
        "sources": {name: read[name] for name in sources},
        "filters": counts,
        "rows": len(rows),
    }
    whole = pl.concat([rows.lazy(), _responses(rows, parts)], how="horizontal")
    return whole.select(list(SET)), summary


def _surveyed(
    sources: Mapping[str, Sequence[SourceFile]], filters: Sequence[Filter]
) -> pl.DataFrame:
    """Read every file into memory, all but the responses.

    Returns the columns of a set but `response`; `file` and `row`, where that is; `VERDICT`, null;
    and for each filter a column called by its number, the reason to drop the row at sight or
    null.
    """
    frames, mistakes, files = [], [], 0
    for name, parts in sources.items():
        found = []
        for part in parts:
            seen = _seen(part.rows.with_columns(LACKS), filters).drop("response")
            rows = part.read(seen)
            mistakes += part.mistakes(rows)
            found.append(rows.with_columns(file=pl.lit(files, pl.UInt32)))
            files += 1
        if not mistakes:
            frames.append(with_ids(pl.concat(found), name))
    refuse(mistakes)
    rows = pl.concat(frames).drop(pl.selectors.starts_with("no "))
    return rows.with_columns(pl.lit(None, pl.String).alias(VERDICT))


def _seen(rows: pl.LazyFrame, filters: Sequence[Filter]) -> pl.LazyFrame:
    """Add what each filter sees in a row, under its number; drop responses that one drops."""
    so_far = pl.lit(True)
    for number, one in enumerate(filters):
        rows = rows.with_columns(one.at_sight(so_far).alias(str(number)))
        so_far = so_far & pl.col(str(number)).is_null()
    return rows.with_columns(response=pl.when(so_far).then(pl.col("response")))


def _in_order(
    rows: pl.DataFrame, parts: Sequence[SourceFile], filters: Sequence[Filter]
) -> pl.DataFrame:
    """Sort rows by id, those that state the same problem by the hash of all that they hold.

    So nothing depends on who came first.
    """

    def content(row: dict[str, str | None]) -> str:
        return digest(problem_id(row["problem"]), *row.values())

    texts = [name for name in SET if name != "id"]
    hashed = pl.struct(texts).map_elements(content, return_dtype=pl.String)
    several = rows["id"].is_duplicated()
    frames = [rows.filter(~several).with_columns(content=pl.lit(None, pl.String))]
    for number, part in enumerate(parts):
        here = rows.filter(several, file=number).sort("row")
        if len(here):
            these = part.rows.filter(pl.col("row").is_in(here["row"].implode()))
            found = part.read(_seen(these, filters).select(content=hashed))
            frames.append(pl.concat([here, found], how="horizontal"))
    return pl.concat(frames).sort("id", "content").drop("content")


def _responses(rows: pl.DataFrame, parts: Sequence[SourceFile]) -> pl.LazyFrame:
    """Return the responses of rows that are in the order of the files, read as they are needed."""
    wanted = {number: here for (number,), here in rows.group_by("file")}
    return pl.concat(
        parts[number].rows.filter(pl.col("row").is_in(here["row"].implode())).select("response")
        for number, here in sorted(wanted.items())
    )


def _example(row: Mapping[str, Any], parts: Sequence[SourceFile]) -> dict[str, str | None]:
    """Return a dropped row to look at, with its response, which may be on no disk of ours."""
    part = parts[row["file"]]
    response = part.read(part.rows.slice(row["row"], 1).select("response")).item()
    return {name: row[name] for name in ["id", "source", "problem"]} | {"response": response}


def _most_frequent(why: pl.Series) -> dict[str, int]:
    counts = why.drop_nulls().alias("why").value_counts(name="rows")
    return dict(counts.sort("rows", "why", descending=[True, False]).head(MOST_REASONS).iter_rows())
