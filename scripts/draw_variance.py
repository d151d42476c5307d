"""Draw what makes the cells of a plan uncertain."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.variance import variance_chart
from its.errors import run
from its.figures import save
from its.variances import VARIANCES


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("variance", type=Path, help="CSV, one row per cell")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    save(variance_chart(pl.read_csv(args.variance, schema=VARIANCES), args.labels), args.figures)


if __name__ == "__main__":
    run(main)
