"""Draw how many problems a comparison loses and gains."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.changes import CHANGES
from its.charts.changes import changes_chart
from its.errors import run
from its.figures import save


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("changes", type=Path, help="CSV, one row per comparison")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    save(changes_chart(pl.read_csv(args.changes, schema=CHANGES), args.labels), args.figures)


if __name__ == "__main__":
    run(main)
