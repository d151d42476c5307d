"""Draw how near personas are to their questions."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.personas import personas_chart
from its.config.plan import Plan
from its.errors import run
from its.figures import save
from its.quality import QUALITY


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("personas", type=Path, help="CSV, one row per set and strategy")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    args = parser.parse_args()

    table = pl.read_csv(args.personas, schema=QUALITY)
    save(personas_chart(table, args.plan.strategies()), args.figures)


if __name__ == "__main__":
    run(main)
