"""Draw the smallest differences that a plan can detect."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.power import power_chart
from its.errors import run
from its.figures import save
from its.power import DETECTABLE


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("power", type=Path, help="CSV, one row per claim and matrix")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    save(power_chart(pl.read_csv(args.power, schema=DETECTABLE), args.labels), args.figures)


if __name__ == "__main__":
    run(main)
