"""Gather the losses of a plan's trainings."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.config.plan import Plan
from its.errors import run
from its.losses import loss_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read the records that there are, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, one row per logged step")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of the trainings")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    args = parser.parse_args()

    write_csv(args.table, loss_rows(args.plan, args.drawn, args.checkpoints))


if __name__ == "__main__":
    run(main)
