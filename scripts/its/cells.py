"""The cells of a plan's matrix, and what each comes to problem by problem."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from its.config.plan import Cell, Plan
from its.means import SAMPLING, Means, by_problem, from_problems
from its.scoring import VERDICTS
from its.tables import read_table

MEASURED = [
    "correct",
    "lenient",
    "answered",
    "truncated",
    "timed_out",
    "tokens",
    "thinking_tokens",
    "answer_tokens",
]
"""Columns of verdicts that are averaged."""

BOOLEAN = {name for name in MEASURED if VERDICTS[name] == pl.Boolean}
"""Those that hold truth values."""

PROBLEMS = {
    "cell": pl.String,
    "id": pl.String,
    "samples": pl.Int64,
    **dict.fromkeys(MEASURED, pl.Float64),
    **{f"{name}{SAMPLING}": pl.Float64 for name in MEASURED},
}
"""One row per file of scores (`cell` is its path) and problem: how many responses it has
(`samples`), the mean of each column of `MEASURED` over them, and the variance of that mean that
the samples explain (`... sampling`; null with one)."""


class Key(NamedTuple):
    """What the replicates of a cell share."""

    model: str
    sample: str
    train: str
    recipe: str
    benchmark: str
    test: str


@dataclass(frozen=True, slots=True)
class Scored:
    """A file of scores; it is the same in all replicates that share it."""

    path: str
    means: Mapping[str, Means] = field(compare=False)
    """By column of `MEASURED`; empty where there are no scores."""


Scores = Mapping[str, Mapping[str, Means]]
"""By path of a cell, the means of each column of `MEASURED`."""

Cells = Mapping[Key, Mapping[int, Scored]]
"""The scores of each cell and replicate of a plan."""


def problem_rows(plan: Plan, drawn: Container[str], scores: Path) -> pl.DataFrame:
    """Return the columns of `PROBLEMS`, from the verdicts in a folder.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    """
    return pl.concat([pl.DataFrame(schema=PROBLEMS), *_averaged(plan, drawn, scores)])


def _averaged(plan: Plan, drawn: Container[str], scores: Path) -> Iterator[pl.DataFrame]:
    """Yield the rows of each file of scores that is there, in the order of the plan."""
    read = {name: VERDICTS[name] for name in ["id", *MEASURED]}
    for cell in dict.fromkeys(one.path for one in plan.grid(drawn)):
        path = scores / f"{cell}.parquet"
        if path.exists():
            rows = by_problem(read_table(path, read), MEASURED)
            yield rows.select(pl.lit(cell).alias("cell"), *list(PROBLEMS)[1:])


def read_scores(path: Path) -> Scores:
    """Read a table of `PROBLEMS`; raise `InputError` if it is none."""
    by_cell = read_table(path, PROBLEMS).partition_by("cell", maintain_order=True, as_dict=True)
    return {cell: from_problems(rows, MEASURED, BOOLEAN) for (cell,), rows in by_cell.items()}


def planned_cells(plan: Plan, drawn: Container[str], scores: Scores) -> Cells:
    """Return what each cell and replicate came to.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    """
    cells: dict[Key, dict[int, Scored]] = {}
    for cell in plan.grid(drawn):
        scored = Scored(cell.path, scores.get(cell.path, {}))
        cells.setdefault(key_of(cell), {})[cell.replicate] = scored
    return cells


def key_of(cell: Cell) -> Key:
    """Return what a cell shares with its replicates."""
    return Key(*(getattr(cell, name) for name in Key._fields))


def present(replicates: Iterable[Scored]) -> list[Scored]:
    """Return those that have scores, each once: a cell may be the same in all replicates."""
    return [one for one in dict.fromkeys(replicates) if one.means]


def matched(
    *cells: Mapping[int, Scored],
) -> tuple[list[tuple[Scored, ...]], list[tuple[Scored, ...]]]:
    """Return some cells by replicate: all that are planned, and those where all have scores.

    Untrained cells without draws would come again in every replicate: once is enough.
    """
    planned = list(dict.fromkeys(tuple(cell[number] for cell in cells) for number in cells[0]))
    return planned, [several for several in planned if all(one.means for one in several)]


def unfinished(replicates: int, planned: int) -> str:
    """Return a note where planned replicates are missing; empty where none is."""
    return f"{replicates} of {planned} planned replicates" if replicates < planned else ""
