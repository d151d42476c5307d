"""Gather the cells of a plan into the train x test matrix."""

import json
from collections.abc import Container, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from its.cells import MEASURED, Key, Scored, Scores, planned_cells, present
from its.config.plan import UNTRAINED, Cell, Plan
from its.intervals import over_problems, over_replicates
from its.spreads import Spreads, Weighted

TRUTHS = {"correct": "", "lenient": "lenient_"}
"""Columns of truth values, and what their numbers' names begin with."""

RATES = [name for name in MEASURED if name not in TRUTHS]
"""What is averaged and has no interval."""

CELLS = {
    "model": pl.String,
    "learner": pl.String,
    "sample": pl.String,
    "train": pl.String,
    "recipe": pl.String,
    "seed": pl.Int64,
    "benchmark": pl.String,
    "test": pl.String,
    "cell": pl.String,
    "missing": pl.Boolean,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "lenient_mean": pl.Float64,
    "lenient_low": pl.Float64,
    "lenient_high": pl.Float64,
    "problems": pl.Int64,
    "responses": pl.Int64,
    "samples": pl.Int64,
    "answered": pl.Float64,
    "truncated": pl.Float64,
    "timed_out": pl.Float64,
    "pass_at_k": pl.Float64,
    "majority": pl.Float64,
    "tokens": pl.Float64,
    "thinking_tokens": pl.Float64,
    "answer_tokens": pl.Float64,
}
"""One row per file of scores: the numbers of its summary (means where it has several); `cell` is
its path, `pass_at_k` is for k = `samples`, as `majority` is."""

CODESIGN = {
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "train": pl.String,
    "test": pl.String,
    "benchmark": pl.String,
    "train_label": pl.String,
    "test_label": pl.String,
    "benchmark_label": pl.String,
    "missing": pl.Boolean,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "over": pl.String,
    "lenient_mean": pl.Float64,
    "lenient_low": pl.Float64,
    "lenient_high": pl.Float64,
    "replicates": pl.Int64,
    "planned": pl.Int64,
    "problems": pl.Int64,
    "responses": pl.Int64,
    "answered": pl.Float64,
    "truncated": pl.Float64,
    "timed_out": pl.Float64,
    "tokens": pl.Float64,
    "thinking_tokens": pl.Float64,
    "answer_tokens": pl.Float64,
}
"""One row per (model, sample, recipe, train, test, benchmark), in the order of the plan.

`train` is `base` for the untrained model, which has neither sample nor recipe. `over` says what
the intervals count as random: `problems`, or `problems and replicates` where there are several.
How much replicates differ is estimated from all trained cells of a matrix together, and from all
untrained ones. `replicates` are those measured, of `planned`; where there is none, the row is
`missing` and has no numbers. Rates and lengths are means over problems and replicates."""


PASSES = {
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "train": pl.String,
    "test": pl.String,
    "benchmark": pl.String,
    "cell": pl.String,
    "k": pl.Int64,
    "pass_at_k": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
"""One row per file of scores and k, from 1 to its samples: how often at least one of k responses is
right, with the interval over problems. Cells without scores have no rows."""


def cell_rows(plan: Plan, drawn: Container[str], scores: Path) -> pl.DataFrame:
    """Return the columns of `CELLS`, from the summaries in a folder."""
    rows = []
    for cell, found in _summaries(plan, drawn, scores):
        numbers = {name: _number(value) for name, value in found.items() if name in CELLS}
        if found:
            numbers["pass_at_k"] = found["pass_at_k"][str(found["samples"])]["mean"]
        names = {name: getattr(cell, name) for name in Cell.__slots__ if name in CELLS}
        rows.append({**names, "cell": cell.path, "missing": not found, **numbers})
    return pl.DataFrame(rows, schema=CELLS)


def pass_rows(plan: Plan, drawn: Container[str], scores: Path) -> pl.DataFrame:
    """Return the columns of `PASSES`, from the summaries in a folder."""
    rows = [
        (
            *(getattr(cell, name) for name in PASSES if name in Cell.__slots__),
            cell.path,
            k,
            *(found["pass_at_k"][str(k)][end] for end in ["mean", "low", "high"]),
        )
        for cell, found in _summaries(plan, drawn, scores)
        for k in sorted(map(int, found.get("pass_at_k", {})))
    ]
    return pl.DataFrame(rows, schema=PASSES, orient="row")


def _summaries(
    plan: Plan, drawn: Container[str], scores: Path
) -> Iterator[tuple[Cell, dict[str, Any]]]:
    """Yield the first cell of each file of scores, and its summary; nothing where it is missing."""
    first: dict[str, Cell] = {}
    for cell in plan.grid(drawn):
        first.setdefault(cell.path, cell)
    for cell in first.values():
        path = scores / f"{cell.path}.json"
        yield cell, json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def codesign_rows(
    plan: Plan, drawn: Container[str], scores: Scores, labels: Mapping[str, str]
) -> pl.DataFrame:
    """Return the columns of `CODESIGN`, from the scores of a plan.

    Parameters
    ----------
    labels
        What strategies and benchmarks are called; their names, where it has none.
    """
    cells = planned_cells(plan, drawn, scores)
    spreads = Spreads(cells)
    found = {key: present(replicates.values()) for key, replicates in cells.items()}
    rows = [
        {
            **key._asdict(),
            "train_label": called(key.train, labels),
            "test_label": called(key.test, labels),
            "benchmark_label": called(key.benchmark, labels),
            "missing": not replicates,
            "replicates": len(replicates),
            "planned": len(set(cells[key].values())),
            **(_numbers(key, replicates, spreads) if replicates else {}),
        }
        for key, replicates in found.items()
    ]
    return pl.DataFrame(rows, schema=CODESIGN)


def called(name: str, labels: Mapping[str, str]) -> str:
    """Return the label of a strategy or a benchmark, or its name."""
    return "untrained" if name == UNTRAINED else labels.get(name, name)


def _numbers(key: Key, replicates: Sequence[Scored], spreads: Spreads) -> dict[str, Any]:
    """Return the numbers of a row of `CODESIGN`."""
    several = len(replicates) > 1
    numbers: dict[str, Any] = {"over": "problems and replicates" if several else "problems"}
    for column, prefix in TRUTHS.items():
        cells = [one.means[column] for one in replicates]
        if several:
            spread = spreads.of(key, column)
            mean = float(np.mean([cell.values for cell in cells]))
            between = spread and spread.between([Weighted(key.train, 1, mean)])
            estimate = over_replicates(cells, between=between)
        else:
            estimate = over_problems(cells[0].values, cells[0].responses)
        for end in ["mean", "low", "high"]:
            numbers[f"{prefix}{end}"] = getattr(estimate, end)
        numbers |= {"problems": estimate.problems, "responses": sum(c.responses for c in cells)}
    for name in RATES:
        cells = [one.means[name] for one in replicates]
        numbers[name] = float(np.mean([cell.values for cell in cells]))
    return numbers


def _number(value: object) -> object:
    return value["mean"] if isinstance(value, dict) and "mean" in value else value
