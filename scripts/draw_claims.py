"""Draw the verdicts on the claims of a plan."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.claims import claims_chart
from its.claims import CLAIMS
from its.errors import run
from its.figures import save


def main() -> None:
    """Read the table, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path, help="CSV, one row per claim and matrix")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    save(claims_chart(pl.read_csv(args.claims, schema=CLAIMS), args.labels), args.figures)


if __name__ == "__main__":
    run(main)
