"""Say what differences a plan can detect before it is run."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.config.claim import Claim
from its.config.plan import Plan
from its.config.power import Power
from its.errors import run
from its.files import replacing
from its.power import detectable_rows, in_words
from its.spreadsheets import write_csv


def main() -> None:
    """Compute the smallest difference of each claim, write the table and its text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, one row per claim and matrix")
    parser.add_argument("text", type=Path, help="the same to read")
    parser.add_argument("--name", required=True, help="of the plan")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--claims", type=as_json(dict[str, Claim]), required=True, help="by name")
    sizes = as_json(dict[str, tuple[int, int]])
    parser.add_argument(
        "--benchmarks", type=sizes, required=True, help="problems and samples, by name"
    )
    parser.add_argument("--power", type=as_json(Power), required=True)
    args = parser.parse_args()

    rows = detectable_rows(args.plan, args.claims, args.benchmarks, args.power)
    write_csv(args.table, rows)
    with replacing(args.text) as part:
        part.write_text(in_words(rows, args.name) + "\n")


if __name__ == "__main__":
    run(main)
