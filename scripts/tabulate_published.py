"""Put what others published beside ours."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.config.plan import Published
from its.errors import run
from its.published import HELD, READ, published_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read the matrix, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codesign", type=Path, help="CSV: the train x test matrix")
    parser.add_argument("table", type=Path, help="CSV to write, one row per published number")
    parser.add_argument("--votes", type=Path, nargs="?", help="CSV: votes, if the plan has any")
    parser.add_argument("--published", type=as_json(list[Published]), required=True)
    args = parser.parse_args()

    codesign, votes = pl.read_csv(args.codesign, columns=READ), pl.DataFrame(schema=HELD)
    if args.votes:
        votes = pl.read_csv(args.votes, columns=list(HELD), schema_overrides=HELD)
    write_csv(args.table, published_rows(codesign, votes, args.published))


if __name__ == "__main__":
    run(main)
