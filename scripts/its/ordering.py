"""Bring rows with long texts into an order without having all of them in memory."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

BLOCK = 4000
"""Rows that are brought into order at once."""

BATCH = 100
"""Rows that are written to the disk at once."""


def ordered(files: Sequence[pl.LazyFrame], rows: pl.DataFrame, scratch: Path) -> pl.LazyFrame:
    """Return some rows of files in an order.

    Each file is read once, some rows after the other, and each row written to the block that it
    belongs to; then the blocks are brought into order one after the other.

    Parameters
    ----------
    files
        Each with a column `row` (int, from 0), and others, the same in all.
    rows
        `file` and `row` (int) of each row, in the order that is wanted.
    scratch
        A folder of its own, which the result is read from: it must be there until it is.
    """
    rows = rows.select("file", "row").with_row_index()
    for number, file in enumerate(files):
        here = rows.filter(file=number)
        count = (here["row"].max() or 0) + 1
        places = pl.repeat(None, count, dtype=pl.UInt32, eager=True)
        places = places.scatter(here["row"], here["index"])
        index = pl.col("row").map_batches(
            places.gather, return_dtype=pl.UInt32, is_elementwise=True
        )
        for start in range(0, count if len(here) else 0, BLOCK):
            wanted = (
                file.slice(start, min(BLOCK, count - start))
                .with_columns(index=index)
                .filter(pl.col("index").is_not_null())
                .with_columns(block=pl.col("index") // BLOCK)
            )
            folder = scratch / f"unordered/{number}-{start}"
            blocks = pl.PartitionBy(folder, key="block", include_key=False)
            wanted.sink_ipc(blocks, record_batch_size=BATCH, mkdir=True, engine="streaming")
    found = []
    for block in range(-(-len(rows) // BLOCK)):
        parts = sorted(scratch.glob(f"unordered/*/block={block}/*.ipc"))
        whole = pl.concat([pl.scan_ipc(part) for part in parts]).collect().sort("index")
        found.append(scratch / f"{block}.ipc")
        whole.drop("index", "row").lazy().sink_ipc(found[-1], record_batch_size=BATCH)
    return pl.concat([pl.scan_ipc(file) for file in found])
