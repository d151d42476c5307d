"""The cells of a plan's matrix, and their verdicts on the disk."""

from collections.abc import Container, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from its.config.plan import Cell, Plan
from its.means import Means, means_by_column
from its.scoring import VERDICTS
from its.tables import read_table

READ = {
    name: VERDICTS[name]
    for name in [
        "id",
        "correct",
        "lenient",
        "answered",
        "truncated",
        "timed_out",
        "tokens",
        "thinking_tokens",
        "answer_tokens",
    ]
}


class Key(NamedTuple):
    """What the replicates of a cell share."""

    model: str
    sample: str
    train: str
    recipe: str
    benchmark: str
    test: str


Cells = Mapping[Key, Mapping[int, Path]]
"""The file of verdicts of each cell and replicate of a plan."""


def planned_cells(plan: Plan, drawn: Container[str], scores: Path) -> Cells:
    """Return where the verdicts of each cell and replicate are, or will be.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    """
    cells: dict[Key, dict[int, Path]] = {}
    for cell in plan.grid(drawn):
        cells.setdefault(key_of(cell), {})[cell.replicate] = scores / f"{cell.path}.parquet"
    return cells


def key_of(cell: Cell) -> Key:
    """Return what a cell shares with its replicates."""
    return Key(*(getattr(cell, name) for name in Key._fields))


def present(paths: Iterable[Path]) -> list[Path]:
    """Return the files that there are, each once: a cell may be the same in all replicates."""
    return [path for path in dict.fromkeys(paths) if path.exists()]


def matched(*cells: Mapping[int, Path]) -> tuple[list[tuple[Path, ...]], list[tuple[Path, ...]]]:
    """Return the files of some cells by replicate: all that are planned, and those that all have.

    Untrained cells without draws would come again in every replicate: once is enough.
    """
    planned = list(dict.fromkeys(tuple(cell[number] for cell in cells) for number in cells[0]))
    return planned, [files for files in planned if all(path.exists() for path in files)]


def unfinished(replicates: int, planned: int) -> str:
    """Return a note where planned replicates are missing; empty where none is."""
    return f"{replicates} of {planned} planned replicates" if replicates < planned else ""


def read_means(path: Path, column: str) -> Means:
    """Read one column, averaged for each problem."""
    return _read(path)[column]


@cache
def _read(path: Path) -> dict[str, Means]:
    return means_by_column(read_table(path, READ), [name for name in READ if name != "id"])
