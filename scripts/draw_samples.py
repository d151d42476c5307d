"""Draw what the rows that a model learns from do to its accuracy."""

import argparse
from pathlib import Path

import polars as pl

from its.charts.samples import samples_chart
from its.errors import run
from its.figures import save
from its.matrix import CODESIGN


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codesign", type=Path, help="CSV, one row per cell of the matrix")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    args = parser.parse_args()

    save(samples_chart(pl.read_csv(args.codesign, schema=CODESIGN)), args.figures)


if __name__ == "__main__":
    run(main)
