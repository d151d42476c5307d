"""Put the comparisons of pools with benchmarks into one table."""

import argparse
from pathlib import Path

from its.contamination import contamination_rows
from its.errors import run
from its.spreadsheets import write_csv


def main() -> None:
    """Read the counts, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, one row per pool and benchmark")
    parser.add_argument(
        "--comparisons", type=Path, nargs="*", default=[], help="what compare_pool.py wrote"
    )
    args = parser.parse_args()

    write_csv(args.table, contamination_rows(args.comparisons))


if __name__ == "__main__":
    run(main)
