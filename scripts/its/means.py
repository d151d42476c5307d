"""What a cell comes to problem by problem: the unit of every interval and test."""

from collections.abc import Container, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from its.errors import InputError
from its.uncertainty import Number


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The mean of one column of verdicts for each problem.

    Of one cell, or of many cells with the same problems at once: `values` has leading axes then,
    and so has all that is made of it.
    """

    ids: tuple[str, ...]
    """In order."""
    values: np.ndarray
    """One for each, along the last axis."""
    responses: int
    """In all."""
    samples: int
    """To a problem, the fewest."""
    sampling: Number
    """Mean variance of a value that its samples explain; 0 with one sample, which cannot tell."""
    fractions: bool
    """Whether the column holds truth values."""


SAMPLING = " sampling"
"""Behind the name of a column: the variance of a problem's mean that its samples explain."""


def means_of(verdicts: pl.DataFrame, column: str) -> Means:
    """Average a column for each problem.

    Parameters
    ----------
    verdicts
        `id` (str), one row per response, and `column` (bool or a number, never null).
    """
    truths = {column} if verdicts[column].dtype == pl.Boolean else set()
    return from_problems(by_problem(verdicts, [column]), [column], truths)[column]


def by_problem(verdicts: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Average several columns for each problem, as `means_of` does one.

    Returns
    -------
    DataFrame
        One row per problem, by rising `id`: how many `samples` it has, each column's mean (float),
        and under its name with `SAMPLING` the variance of that mean, null with one sample.
    """
    values = pl.col(columns).cast(pl.Float64)
    return (
        verdicts.lazy()
        .group_by("id")
        .agg(
            pl.len().cast(pl.Int64).alias("samples"),
            values.mean(),
            (values.var() / pl.len()).name.suffix(SAMPLING),
        )
        .sort("id")
        .collect()
    )


def from_problems(
    problems: pl.DataFrame, columns: Sequence[str], truths: Container[str]
) -> dict[str, Means]:
    """Return the means of several columns, from what `by_problem` returned.

    Parameters
    ----------
    truths
        The columns that held truth values.
    """
    ids, samples = tuple(problems["id"]), int(problems["samples"].min() or 0)
    return {
        column: Means(
            ids=ids,
            values=problems[column].to_numpy(),
            responses=int(problems["samples"].sum()),
            samples=samples,
            sampling=float(np.nan_to_num(problems[f"{column}{SAMPLING}"].to_numpy()).mean()),
            fractions=column in truths,
        )
        for column in columns
    }


def crossed(cells: Sequence[Means]) -> np.ndarray:
    """Return the means by problem (in the order of their ids) and cell, along the last two axes.

    Raises `InputError` if the cells have different problems.
    """
    for place, cell in enumerate(cells):
        if cell.ids != cells[0].ids:
            odd = min(set(cell.ids) ^ set(cells[0].ids))
            raise InputError(
                f"cells with different problems cannot be compared: {odd} is in one of the "
                f"first and the {place + 1}. table, and not in the other; judge both again"
            )
    return np.stack([cell.values for cell in cells], axis=-1)


def stacked(cells: Sequence[Means]) -> Means:
    """Return cells with the same problems as one, with a leading axis."""
    first = cells[0]
    return Means(
        ids=first.ids,
        values=np.moveaxis(crossed(cells), -1, 0),
        responses=first.responses,
        samples=min(cell.samples for cell in cells),
        sampling=np.array([cell.sampling for cell in cells]),
        fractions=first.fractions,
    )


def check_enough(problems: int) -> None:
    """Raise `InputError` if no variance between problems can be estimated."""
    if problems < 2:
        raise InputError(f"an interval needs at least 2 problems, and there is {problems}")
