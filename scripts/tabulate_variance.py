"""Say what makes each cell of a plan uncertain."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import read_scores
from its.config.plan import Plan
from its.errors import run
from its.spreadsheets import write_csv
from its.variances import variance_rows


def main() -> None:
    """Read the means of problems, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, one row per cell")
    parser.add_argument("--problems", type=Path, required=True, help="what tabulate_cells.py wrote")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    args = parser.parse_args()

    write_csv(args.table, variance_rows(args.plan, args.drawn, read_scores(args.problems)))


if __name__ == "__main__":
    run(main)
