"""Choose the best pair of strategies on one benchmark, report it on another."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import read_scores
from its.config.plan import Plan
from its.errors import run
from its.selection import selection_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read the means of problems, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, a row per pair of benchmarks")
    parser.add_argument("--problems", type=Path, required=True, help="what tabulate_cells.py wrote")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    args = parser.parse_args()

    write_csv(args.table, selection_rows(args.plan, args.drawn, read_scores(args.problems)))


if __name__ == "__main__":
    run(main)
