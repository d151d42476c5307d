"""Where each minute of a finished plan went: seconds of every rule, from results/timings."""

from pathlib import Path

import polars as pl

TIMINGS = Path("results/timings")


def main() -> None:
    """Print a table of rules, and one of single jobs."""
    rows = [
        pl.read_csv(path, separator="\t", infer_schema=False).with_columns(
            rule=pl.lit(path.relative_to(TIMINGS).parts[0]),
            job=pl.lit(str(path.relative_to(TIMINGS).with_suffix(""))),
        )
        for path in sorted(TIMINGS.rglob("*.tsv"))
    ]
    table = pl.concat(rows).with_columns(pl.col("s", "max_rss").cast(pl.Float64, strict=False))
    rules = table.group_by("rule").agg(
        jobs=pl.len(),
        seconds=pl.col("s").sum(),
        longest=pl.col("s").max(),
        memory=pl.col("max_rss").max(),
    )
    print("| rule | jobs | seconds in all | longest | most memory |")
    print("| --- | --- | --- | --- | --- |")
    for row in rules.sort("seconds", descending=True).iter_rows(named=True):
        print(
            f"| {row['rule']} | {row['jobs']} | {row['seconds']:.0f} | {row['longest']:.0f} "
            f"| {row['memory']:.0f} MiB |"
        )


if __name__ == "__main__":
    main()
