"""Compare what the responses of a pool's sources end on with their golds."""

import argparse
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.config.source import Fields
from its.console import Progress
from its.errors import run
from its.filters.verified import Verified
from its.sources import open_source
from its.tables import write_table
from its.verification import extraction, verdicts


def main() -> None:
    """Read the sources, write a verdict for each row."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("verdicts", type=Path, help="parquet to write, a row per row of sources")
    parser.add_argument("--sources", type=Path, nargs="+", help="manifests, in the pool's order")
    parser.add_argument(
        "--fields", type=as_json(dict[str, Fields]), required=True, help="by source, in order"
    )
    parser.add_argument("--filter", type=as_json(Verified), required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes that compare answers")
    args = parser.parse_args()

    found = []
    for manifest, (name, fields) in zip(args.sources, args.fields.items(), strict=True):
        for part in open_source(manifest, name, fields):
            ends = part.rows.select("answer", extraction(args.filter).alias("end")).unnest("end")
            found.append(part.read(ends))
    progress = Progress(f"verify {args.verdicts.stem}", 0, "answers")

    def show(done: int, total: int) -> None:
        progress.total = total
        progress.show(done)

    write_table(args.verdicts, verdicts(pl.concat(found), workers=args.workers, show=show))


if __name__ == "__main__":
    run(main)
