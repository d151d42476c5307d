"""Put the votes of a plan into one table."""

import argparse
import json
from pathlib import Path

import polars as pl

from its.errors import run
from its.spreadsheets import write_csv
from its.voting import VOTED


def main() -> None:
    """Read the summaries, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write")
    parser.add_argument("--votes", type=Path, nargs="*", default=[], help="what vote.py wrote")
    args = parser.parse_args()

    rows = [row(path) for path in args.votes]
    write_csv(args.table, pl.DataFrame(rows, schema=VOTED))


def row(path: Path) -> dict[str, object]:
    """Return a row of `VOTED`, from `{vote}/{benchmark}/{test}.json`."""
    found = json.loads(path.read_text(encoding="utf-8"))
    vote, benchmark = path.parts[-3:-1]
    members = found.pop("members")
    return {
        "vote": vote,
        "benchmark": benchmark,
        "test": path.stem,
        "best_member": max(members),
        "mean_member": sum(members) / len(members),
        **found,
    }


if __name__ == "__main__":
    run(main)
