"""Count how much of a benchmark stands in a pool, filtered or not."""

import argparse
from pathlib import Path

import polars as pl

from its.errors import run
from its.files import write_json
from its.overlap import overlap
from its.tables import read_table

COLUMNS = {"id": pl.String, "problem": pl.String}
"""What is read of both."""

SIZES = [8, 13]
"""Words of an n-gram: open-r1 takes 8, s1 13."""


def main() -> None:
    """Read both, write the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path, help="parquet, one row per problem")
    parser.add_argument("benchmark", type=Path, help="parquet, one row per problem")
    parser.add_argument("counts", type=Path, help="JSON to write")
    args = parser.parse_args()

    pool, benchmark = read_table(args.pool, COLUMNS), read_table(args.benchmark, COLUMNS)
    counts = {
        "pool": args.pool.stem,
        "benchmark": args.benchmark.stem,
        "rows": len(pool),
        "problems": len(benchmark),
        "exact": len(benchmark.join(pool, on="id", how="semi")),
        "ngram": {str(size): overlap(pool, benchmark, size) for size in SIZES},
    }
    write_json(args.counts, counts)


if __name__ == "__main__":
    run(main)
