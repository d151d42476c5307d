"""What a cell comes to problem by problem: the unit of every interval and test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from its.errors import InputError


@dataclass(frozen=True, slots=True, eq=False)
class Means:
    """The mean of one column of verdicts for each problem."""

    ids: tuple[str, ...]
    """In order."""
    values: np.ndarray
    """One for each."""
    responses: int
    """In all."""
    samples: int
    """To a problem, the fewest."""
    sampling: float
    """Mean variance of a value that its samples explain; 0 with one sample, which cannot tell."""
    fractions: bool
    """Whether the column holds truth values."""


def means_of(verdicts: pl.DataFrame, column: str) -> Means:
    """Average a column for each problem.

    Parameters
    ----------
    verdicts
        `id` (str), one row per response, and `column` (bool or a number, never null).
    """
    value = pl.col(column).cast(pl.Float64)
    by_problem = (
        verdicts.lazy()
        .group_by("id")
        .agg(value=value.mean(), variance=value.var(), samples=pl.len())
        .sort("id")
        .collect()
    )
    sampling = by_problem["variance"].fill_null(0.0) / by_problem["samples"]
    return Means(
        ids=tuple(by_problem["id"]),
        values=by_problem["value"].to_numpy(),
        responses=len(verdicts),
        samples=int(by_problem["samples"].min() or 0),
        sampling=float(sampling.mean() or 0.0),
        fractions=verdicts[column].dtype == pl.Boolean,
    )


def crossed(cells: Sequence[Means]) -> np.ndarray:
    """Return the means by problem (rows, in the order of their ids) and cell (columns).

    Raises `InputError` if the cells have different problems.
    """
    for place, cell in enumerate(cells):
        if cell.ids != cells[0].ids:
            odd = min(set(cell.ids) ^ set(cells[0].ids))
            raise InputError(
                f"cells with different problems cannot be compared: {odd} is in one of the "
                f"first and the {place + 1}. table, and not in the other; judge both again"
            )
    return np.column_stack([cell.values for cell in cells])


def check_enough(problems: int) -> None:
    """Raise `InputError` if no variance between problems can be estimated."""
    if problems < 2:
        raise InputError(f"an interval needs at least 2 problems, and there is {problems}")
