"""Draw rows of a pool: those with the smallest hash of (seed, draw, id)."""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from its.arguments import as_json
from its.config.sample import Sample
from its.errors import run
from its.samples import drawn
from its.schemas import SET
from its.tables import scan_table, sink_table


def main() -> None:
    """Read the pool, write the sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path, help="parquet, one row per problem")
    parser.add_argument("rows", type=Path, help="parquet to write, by rising hash")
    parser.add_argument("--sample", type=as_json(Sample), required=True)
    parser.add_argument("--draw", type=int, default=0, help="another one is another sample")
    args = parser.parse_args()

    with TemporaryDirectory() as scratch:
        pool = scan_table(args.pool, SET)
        sink_table(args.rows, drawn(pool, args.sample, args.draw, Path(scratch)))


if __name__ == "__main__":
    run(main)
