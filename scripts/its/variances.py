"""What makes the numbers of a matrix uncertain: problems, replicates, samples."""

from collections.abc import Container

import polars as pl

from its.cells import Scores, planned_cells, present
from its.config.plan import Plan
from its.contrasts import Term, contrast
from its.spreads import Spreads

VARIANCES = {
    "model": pl.String,
    "sample": pl.String,
    "train": pl.String,
    "recipe": pl.String,
    "benchmark": pl.String,
    "test": pl.String,
    "mean": pl.Float64,
    "error": pl.Float64,
    "problems": pl.Float64,
    "replicates": pl.Float64,
    "rest": pl.Float64,
    "samples": pl.Float64,
    "count_problems": pl.Int64,
    "count_replicates": pl.Int64,
    "count_samples": pl.Int64,
}
"""One row per cell that has scores: its accuracy, the standard error of that, and the shares of
its square that come from other problems, other replicates, what a replicate does to a single
problem (`rest`), and other responses (`samples`; 0 with one response, which cannot tell: it is in
`rest` then, or in `problems` with one replicate). `replicates` is null with one replicate."""


def variance_rows(plan: Plan, drawn: Container[str], scores: Scores) -> pl.DataFrame:
    """Return the columns of `VARIANCES`, from the scores of a plan.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    """
    cells = planned_cells(plan, drawn, scores)
    spreads = Spreads(cells)
    rows = []
    for key, replicates in cells.items():
        found = [one.means["correct"] for one in present(replicates.values())]
        if not found:
            continue
        split = contrast([Term(1, key, found, spreads.of(key, "correct"))])
        parts, total = split.components, split.components.total
        names = ["problems", "replicates", "rest", "samples"]
        shares = {name: getattr(parts, name) / total if total else 0.0 for name in names}
        if len(found) == 1:
            shares["replicates"] = None
        rows.append(
            {
                **key._asdict(),
                "mean": split.estimate,
                "error": total**0.5,
                **shares,
                "count_problems": split.problems,
                "count_replicates": split.replicates,
                "count_samples": split.samples,
            }
        )
    return pl.DataFrame(rows, schema=VARIANCES)
