"""Read the sources of a pool into one schema, filter them, count what was dropped and why."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.config.pool import Pool
from its.config.source import Fields
from its.errors import run
from its.files import write_json
from its.pools import VERDICT, pool_of
from its.sources import open_source
from its.tables import read_table, sink_table


def main() -> None:
    """Read the sources and the benchmarks, write the rows and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, help="parquet to write, in the order of the sources")
    parser.add_argument("counts", type=Path, help="JSON to write")
    parser.add_argument("--sources", type=Path, nargs="+", help="manifests, in the pool's order")
    parser.add_argument("--benchmarks", type=Path, nargs="*", default=[], help="parquet")
    parser.add_argument("--verdicts", type=Path, nargs="?", help="what verify_pool.py wrote")
    parser.add_argument("--pool", type=as_json(Pool), required=True)
    parser.add_argument(
        "--fields", type=as_json(dict[str, Fields]), required=True, help="by source"
    )
    args = parser.parse_args()

    sources = {
        name: open_source(manifest, name, args.fields[name])
        for name, manifest in zip(args.pool.sources, args.sources, strict=True)
    }
    verdicts = args.verdicts and read_table(args.verdicts, {VERDICT: pl.String})[VERDICT]
    benchmarks = {
        path.stem: read_table(path, {"problem": pl.String})["problem"] for path in args.benchmarks
    }
    rows, summary = pool_of(sources, args.pool.filters, benchmarks, verdicts)
    for step in summary["filters"]:
        print(f"{step['filter']}: kept {step['kept']}, dropped {step['dropped']}")
    write_json(args.counts, summary)
    sink_table(args.rows, rows)


if __name__ == "__main__":
    run(main)
