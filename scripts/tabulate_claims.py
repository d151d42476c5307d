"""Test the claims of a plan, paired by problem."""

import argparse
from pathlib import Path

from pydantic import TypeAdapter

from its.claims import claim_rows
from its.config.claim import Claim
from its.config.plan import Plan
from its.errors import run
from its.spreadsheets import write_csv


def main() -> None:
    """Read the verdicts, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("claims", type=Path, help="CSV to write, one row per claim and matrix")
    parser.add_argument("--scores", type=Path, required=True, help="folder of the verdicts")
    parser.add_argument("--plan", type=Plan.model_validate_json, required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    by_name = TypeAdapter(dict[str, Claim]).validate_json
    parser.add_argument("--claims", dest="said", type=by_name, required=True, help="by name")
    args = parser.parse_args()

    write_csv(args.claims, claim_rows(args.plan, args.said, args.drawn, args.scores))


if __name__ == "__main__":
    run(main)
