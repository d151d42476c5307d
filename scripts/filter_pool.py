"""Read the sources of a pool into one schema, filter them, count what was dropped and why."""

import argparse
import json
from pathlib import Path

import polars as pl

from its.config.pool import Pool
from its.config.source import Fields
from its.errors import refuse, run
from its.files import write_json
from its.pools import filtered, in_order
from its.schemas import SET
from its.sources import read_source
from its.tables import read_table, write_table


def main() -> None:
    """Read the sources and the benchmarks, write the rows and the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path, help="parquet to write, sorted by id")
    parser.add_argument("counts", type=Path, help="JSON to write")
    parser.add_argument("--sources", type=Path, nargs="+", help="manifests, in the pool's order")
    parser.add_argument("--benchmarks", type=Path, nargs="*", default=[], help="parquet")
    parser.add_argument("--pool", type=Pool.model_validate_json, required=True)
    parser.add_argument("--fields", type=json.loads, required=True, help="by source")
    args = parser.parse_args()

    frames = {
        name: read_source(manifest, name, Fields.model_validate(args.fields[name]))
        for name, manifest in zip(args.pool.sources, args.sources, strict=True)
    }
    benchmarks = {path.stem: read_table(path, SET) for path in args.benchmarks}
    rows = in_order(pl.concat(frames.values()))
    kept, counts = filtered(rows, args.pool.filters, benchmarks)
    twice = kept.filter(kept["id"].is_duplicated())
    refuse(
        [
            f"problem {row['id']} of source {row['source']} stands more than once: "
            f"{row['problem'][:100]!r}; add a filter 'duplicates' to the pool"
            for row in twice.iter_rows(named=True)
        ]
    )
    summary = {
        "sources": {name: len(frame) for name, frame in frames.items()},
        "filters": counts,
        "rows": len(kept),
    }
    for step in counts:
        print(f"{step['filter']}: kept {step['kept']}, dropped {step['dropped']}")
    write_json(args.counts, summary)
    write_table(args.rows, kept)


if __name__ == "__main__":
    run(main)
