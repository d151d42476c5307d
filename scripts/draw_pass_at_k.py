"""Draw how often one of k responses is right, by k."""

import argparse
from pathlib import Path

import polars as pl

from its.charts.pass_at_k import pass_at_k_chart
from its.errors import run
from its.figures import save
from its.matrix import CODESIGN, PASSES


def main() -> None:
    """Read the tables, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("passes", type=Path, help="CSV, one row per file of scores and k")
    parser.add_argument("codesign", type=Path, help="CSV of the matrix: order and labels")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    args = parser.parse_args()

    passes = pl.read_csv(args.passes, schema=PASSES)
    save(pass_at_k_chart(passes, pl.read_csv(args.codesign, schema=CODESIGN)), args.figures)


if __name__ == "__main__":
    run(main)
