"""Summarize the verdicts of one cell: accuracy, its interval, how much was cut off, lengths."""

import argparse
from pathlib import Path

from its.errors import run
from its.files import write_json
from its.scoring import VERDICTS
from its.summary import summarize
from its.tables import read_table


def main() -> None:
    """Read the verdicts, write the summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verdicts", type=Path, help="parquet, one row per response")
    parser.add_argument("summary", type=Path, help="JSON to write")
    parser.add_argument("--level", type=float, default=0.95, help="coverage of the intervals")
    args = parser.parse_args()

    write_json(args.summary, summarize(read_table(args.verdicts, VERDICTS), level=args.level))


if __name__ == "__main__":
    run(main)
