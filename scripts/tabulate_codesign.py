"""Put the scores of a plan into its matrix; cells without scores are rows without numbers."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import read_scores
from its.config.plan import Plan
from its.errors import run
from its.matrix import codesign_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read the means of problems, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codesign", type=Path, help="CSV to write, one row per train x test")
    parser.add_argument("--problems", type=Path, required=True, help="what tabulate_cells.py wrote")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    scores = read_scores(args.problems)
    write_csv(args.codesign, codesign_rows(args.plan, args.drawn, scores, args.labels))


if __name__ == "__main__":
    run(main)
