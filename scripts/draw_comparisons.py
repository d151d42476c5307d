"""Draw the paired differences."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.comparisons import comparisons_chart
from its.comparisons import COMPARISONS
from its.errors import run
from its.figures import save


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comparisons", type=Path, help="CSV, one row per comparison")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument("--labels", type=as_json(dict), required=True, help="what to call names")
    args = parser.parse_args()

    table = pl.read_csv(args.comparisons, schema=COMPARISONS)
    save(comparisons_chart(table, args.labels), args.figures)


if __name__ == "__main__":
    run(main)
