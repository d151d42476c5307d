"""Compare the cells of a plan, paired by problem."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import read_scores
from its.comparisons import comparison_rows
from its.config.plan import Plan
from its.errors import run
from its.spreadsheets import write_csv


def main() -> None:
    """Read the means of problems, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("comparisons", type=Path, help="CSV to write, one row per comparison")
    parser.add_argument("--problems", type=Path, required=True, help="what tabulate_cells.py wrote")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    parser.add_argument("--plain", nargs="*", default=[], help="strategies that join nothing")
    args = parser.parse_args()

    table = comparison_rows(args.plan, args.drawn, args.plain, read_scores(args.problems))
    write_csv(args.comparisons, table)


if __name__ == "__main__":
    run(main)
