"""Check that a benchmark is the one that was meant: copies of benchmarks differ."""

import re

import polars as pl

from its.config.problems import Problems
from its.errors import refuse
from its.golds import separated


def checked(rows: pl.DataFrame, problems: Problems) -> pl.DataFrame:
    """Return the rows sorted by id, which is a hash, if they are what the config declares.

    With `take`, only the first so many of them.

    Raises
    ------
    InputError
        If there are more or fewer rows, a problem stands twice, or an answer is missing or not
        of the declared form.
    """
    mistakes = []
    if len(rows) != problems.rows:
        mistakes.append(
            f"source {problems.source!r} has {len(rows)} rows, expected {problems.rows}: take "
            "another copy, or set problems.rows"
        )
    for row in rows.filter(rows["id"].is_duplicated()).sort("id").iter_rows(named=True):
        mistakes.append(f"problem {row['id']} stands twice: {row['problem'][:100]!r}")
    for row in rows.iter_rows(named=True):
        answer = (row["answer"] or "").strip()
        if not answer:
            mistakes.append(f"problem {row['id']}: no answer: {row['problem'][:100]!r}")
            continue
        mistakes += [
            f"problem {row['id']}: answer {gold!r}, expected {problems.answers!r}"
            for gold in separated(answer)
            if problems.answers and not re.fullmatch(problems.answers, gold)
        ]
    refuse(mistakes)
    rows = rows.with_columns(pl.col("answer").str.strip_chars()).sort("id")
    return rows.head(problems.take or len(rows))
