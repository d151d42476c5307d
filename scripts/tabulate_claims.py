"""Test the claims of a plan, paired by problem."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import read_scores
from its.claims import claim_rows
from its.config.claim import Claim
from its.config.plan import Plan
from its.errors import run
from its.spreadsheets import write_csv


def main() -> None:
    """Read the means of problems, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path, help="CSV to write, one row per claim and matrix")
    parser.add_argument("--problems", type=Path, required=True, help="what tabulate_cells.py wrote")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    parser.add_argument(
        "--claims", dest="said", type=as_json(dict[str, Claim]), required=True, help="by name"
    )
    args = parser.parse_args()

    write_csv(args.claims, claim_rows(args.plan, args.said, args.drawn, read_scores(args.problems)))


if __name__ == "__main__":
    run(main)
