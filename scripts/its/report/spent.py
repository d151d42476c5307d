"""What finished jobs took, by the times that stand in results/timings."""

from pathlib import Path

import polars as pl

from its.costs.timings import MADE, timings

SPENT = {
    "stage": pl.String,
    "jobs": pl.Int64,
    "hours": pl.Float64,
    "core_hours": pl.Float64,
    "longest_hours": pl.Float64,
    "memory_gib": pl.Float64,
}
"""One row a stage with a model. `hours` are those of all its jobs on the clock, `core_hours` of
the processor; `memory_gib` is the most that one took of the machine's."""


def spent(results: Path) -> pl.DataFrame:
    """Sum up the jobs whose output is there, of every plan: plans share their cells.

    Returns the columns of `SPENT`.
    """
    rows = []
    for stage in MADE:
        found = [
            pl.read_csv(path, separator="\t", infer_schema=False)
            for path in timings(results, stage)
        ]
        if found:
            columns = ["s", "cpu_time", "max_rss"]
            jobs = pl.concat([one.select(columns) for one in found]).cast(pl.Float64, strict=False)
            hours = jobs["s"] / 3600
            rows.append(
                (
                    stage,
                    len(jobs),
                    hours.sum(),
                    jobs["cpu_time"].sum() / 3600,
                    hours.max(),
                    (jobs["max_rss"].max() or 0.0) / 1024,
                )
            )
    return pl.DataFrame(rows, schema=SPENT, orient="row")
