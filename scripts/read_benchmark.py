"""Read a benchmark's published rows into the schema of a set, and check them."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.benchmarks import checked
from its.config.problems import Problems
from its.config.source import Fields
from its.errors import run
from its.sources import read_source
from its.tables import write_table


def main() -> None:
    """Read the rows, check them, write them sorted by id."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, help="manifest of the source")
    parser.add_argument("rows", type=Path, help="parquet to write, sorted by id")
    parser.add_argument("--problems", type=as_json(Problems), required=True)
    parser.add_argument("--fields", type=as_json(Fields), required=True)
    args = parser.parse_args()

    rows = read_source(args.manifest, args.problems.source, args.fields)
    # A published solution is not shown to anybody, and no response to learn from.
    rows = rows.with_columns(response=pl.lit(None, pl.String))
    write_table(args.rows, checked(rows, args.problems))


if __name__ == "__main__":
    run(main)
