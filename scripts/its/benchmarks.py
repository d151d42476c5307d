"""Check that a benchmark is the one that was meant: copies of benchmarks differ."""

import re
from collections.abc import Iterator

import polars as pl

from its.config.problems import Problems
from its.errors import refuse
from its.golds import separated


def checked(rows: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Return the rows sorted by id, which is a hash, if they are what the config declares.

    With `take`, only the first so many of them.

    Parameters
    ----------
    rows
        As `its.sources.read_source` returns them: where they stand is said of those that are
        refused, and dropped.

    Raises
    ------
    InputError
        If there are more or fewer rows, a problem stands twice, or an answer is missing or not
        of the declared form.
    """
    refuse([*_miscounted(rows, problems), *_repeated(rows), *_misanswered(rows, problems)])
    rows = rows.drop("file", "row").with_columns(pl.col("answer").str.strip_chars()).sort("id")
    return rows.head(problems.count)


def _miscounted(rows: pl.DataFrame, problems: Problems) -> Iterator[str]:
    if len(rows) != problems.rows:
        files = ", ".join(rows["file"].unique(maintain_order=True))
        yield (
            f"source {problems.source!r} has {len(rows)} rows ({files}), expected {problems.rows}: "
            "take another copy, or set problems.rows"
        )


def _repeated(rows: pl.DataFrame) -> Iterator[str]:
    first: dict[str, str] = {}
    for row in rows.iter_rows(named=True):
        place = first.setdefault(row["id"], _place(row))
        if place != _place(row):
            yield (
                f"{_place(row)}: problem stands twice, first in {place}: {row['problem'][:100]!r}; "
                "remove one of them, or take another copy"
            )


def _misanswered(rows: pl.DataFrame, problems: Problems) -> Iterator[str]:
    for row in rows.iter_rows(named=True):
        answer = (row["answer"] or "").strip()
        if not answer:
            yield f"{_place(row)}: no answer: {row['problem'][:100]!r}"
            continue
        for gold in separated(answer):
            if problems.answers and not re.fullmatch(problems.answers, gold):
                yield (
                    f"{_place(row)}: answer {gold!r}, expected {problems.answers} and nothing "
                    "else; correct it, or problems.answers"
                )


def _place(row: dict) -> str:
    return f"{row['file']}: row {row['row'] + 1}"
