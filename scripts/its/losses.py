"""The losses of a plan's trainings, step by step."""

import json
from collections.abc import Container
from pathlib import Path
from typing import Any

import polars as pl

from its.config.plan import Cell, Plan
from its.errors import InputError

LOSSES = {
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "train": pl.String,
    "learner": pl.String,
    "step": pl.Int64,
    "loss": pl.Float64,
}
"""One row per logged step of a training."""


def losses_of(cell: Cell, record: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the rows of `LOSSES` of one training.

    Raises `InputError` if the record has no log.
    """
    names = {name: getattr(cell, name) for name in LOSSES if name not in {"step", "loss"}}
    try:
        return [{**names, "step": one["step"], "loss": one["loss"]} for one in record["log"]]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected a list `log` of steps and losses; train this learner again"
        ) from error


def trained_cells(plan: Plan, drawn: Container[str]) -> dict[str, Cell]:
    """Return a cell of each learner that a plan trains, by `model/learner`."""
    cells = {}
    trained = set(plan.trainings(drawn))
    for cell in plan.grid(drawn):
        if (name := f"{cell.model}/{cell.learner}") in trained:
            cells.setdefault(name, cell)
    return cells


def loss_rows(plan: Plan, drawn: Container[str], checkpoints: Path) -> pl.DataFrame:
    """Return the columns of `LOSSES` for the trainings of a plan that there are."""
    rows = []
    for name, cell in trained_cells(plan, drawn).items():
        path = checkpoints / name / "training.json"
        if path.exists():
            rows += losses_of(cell, json.loads(path.read_text(encoding="utf-8")), path)
    return pl.DataFrame(rows, schema=LOSSES)
