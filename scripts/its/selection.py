"""What the best pair of strategies is worth where it was not chosen.

The highest of many cells is high by luck too. So a pair is chosen on one benchmark and reported on
another; where it is reported on the benchmark that chose it, the luck is estimated and shown.
"""

from collections.abc import Container, Mapping
from typing import Any

import numpy as np
import polars as pl

from its.cells import Key, Scores, planned_cells, present
from its.config.plan import UNTRAINED, Plan
from its.intervals import over_problems
from its.means import crossed

SELECTION = {
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "chosen_on": pl.String,
    "reported_on": pl.String,
    "cell": pl.String,
    "among": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "optimism": pl.Float64,
    "best_there": pl.Float64,
    "average_there": pl.Float64,
    "note": pl.String,
}
"""One row per matrix and pair of benchmarks: the cell (train-test) with the highest accuracy on one
(`chosen_on`, the first of equals, `among` so many), its accuracy on the other with its interval
over problems, and the highest and the mean accuracy there. Where both are the same benchmark,
`optimism` is by how much choosing raises the number (cross-validation); `note` says so, and where
planned cells are missing, so that another may be better."""

FOLDS = 10
"""Parts of the problems that are left out in turn."""
REPEATS = 20
"""Ways to divide them."""


def selection_rows(plan: Plan, drawn: Container[str], scores: Scores) -> pl.DataFrame:
    """Return the columns of `SELECTION`, from the scores of a plan.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    """
    matrices: dict[Key, dict[str, dict[str, np.ndarray]]] = {}
    lacking: set[tuple[Key, str]] = set()
    responses: dict[tuple[Key, str], dict[str, int]] = {}
    for key, replicates in planned_cells(plan, drawn, scores).items():
        if key.train == UNTRAINED:
            continue
        matrix = key._replace(train="", test="", benchmark="")
        found = [one.means["correct"] for one in present(replicates.values())]
        if len(found) < len(set(replicates.values())):
            lacking.add((matrix, key.benchmark))
        if found:
            values = crossed(found).mean(axis=1)
            by_pair = matrices.setdefault(matrix, {}).setdefault(key.benchmark, {})
            pair = f"{key.train}-{key.test}"
            by_pair[pair] = values
            counts = responses.setdefault((matrix, key.benchmark), {})
            counts[pair] = sum(cell.responses for cell in found)
    rows = [
        {
            **{name: getattr(matrix, name) for name in ["model", "sample", "recipe"]},
            "chosen_on": chosen,
            "reported_on": reported,
            **_row(
                benchmarks[chosen],
                benchmarks[reported],
                responses[matrix, reported],
                whole=not lacking & {(matrix, chosen), (matrix, reported)},
            ),
        }
        for matrix, benchmarks in matrices.items()
        for chosen in benchmarks
        for reported in benchmarks
    ]
    return pl.DataFrame(rows, schema=SELECTION)


def optimism(cells: np.ndarray, *, seed: int = 0) -> float:
    """Return by how much the accuracy of the best cell is too high because it was chosen.

    Cross-validation: the best cell is chosen without a tenth of the problems and measured on that
    tenth, for each tenth, which has nearly no bias. Drawing problems again would show two thirds
    of it, since there the cells differ as much as they do here, luck and all.

    Parameters
    ----------
    cells
        Accuracies by cell (rows) and problem.

    References
    ----------
    Stone, Journal of the Royal Statistical Society B 36 (1974) 111.
    """
    random, count = np.random.default_rng(seed), cells.shape[1]
    right = 0.0
    for _ in range(REPEATS):
        for fold in np.array_split(random.permutation(count), min(FOLDS, count)):
            others = cells.sum(axis=1) - cells[:, fold].sum(axis=1)
            right += cells[others.argmax(), fold].sum()
    return float(cells.mean(axis=1).max() - right / REPEATS / count)


def _row(
    chosen: Mapping[str, np.ndarray],
    reported: Mapping[str, np.ndarray],
    responses: Mapping[str, int],
    *,
    whole: bool,
) -> dict[str, Any]:
    """Choose among the cells that both have."""
    both = [pair for pair in chosen if pair in reported]
    if not both:
        return {"among": 0, "note": "no cell has scores on both"}
    best = max(both, key=lambda pair: chosen[pair].mean())
    found = over_problems(reported[best], responses[best])
    there = [float(reported[pair].mean()) for pair in both]
    same = chosen is reported
    notes = [
        "chosen after the fact, on these very problems" if same else "",
        "" if whole else "planned cells or replicates are missing: another pair may be better",
    ]
    return {
        "cell": best,
        "among": len(both),
        "mean": found.mean,
        "low": found.low,
        "high": found.high,
        "optimism": optimism(np.array([chosen[pair] for pair in both])) if same else None,
        "best_there": max(there),
        "average_there": float(np.mean(there)),
        "note": "; ".join(filter(None, notes)),
    }
