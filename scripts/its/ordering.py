"""Bring rows with long texts into an order without having all of them in memory."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

BLOCK = 32 * 2**20
"""Bytes that are brought into order at once."""

BATCH = 100
"""Rows that are written to the disk at once."""


def ordered(files: Sequence[pl.LazyFrame], rows: pl.DataFrame, scratch: Path) -> pl.LazyFrame:
    """Return some rows of files in an order.

    Each file is read once, and each row written to the block that it belongs to; then the blocks
    are brought into order one after the other.

    Parameters
    ----------
    files
        Each with a column `row` (int, from 0), and others, the same in all.
    rows
        `file`, `row` and `size` (int, in bytes) of each row, in the order that is wanted.
    scratch
        An empty folder, which the result is read from: it must be there until it is.
    """
    rows = rows.select("file", "row", block=pl.col("size").cum_sum() // BLOCK).with_row_index()
    for number, file in enumerate(files):
        here = rows.filter(file=number)
        if len(here):
            last = here["row"].max()
            places = pl.repeat(None, last + 1, dtype=pl.UInt32, eager=True)
            places = places.scatter(here["row"], here["index"])
            wanted = (
                file.filter(pl.col("row") <= last)
                .with_columns(index=_taken_from(places, pl.col("row")))
                .filter(pl.col("index").is_not_null())
                .with_columns(block=_taken_from(rows["block"], pl.col("index")))
            )
            blocks = pl.PartitionBy(scratch / f"unordered/{number}", key="block", include_key=False)
            wanted.sink_ipc(blocks, record_batch_size=BATCH, mkdir=True, engine="streaming")
    found = []
    for block in rows["block"].unique().sort():
        parts = sorted(scratch.glob(f"unordered/*/block={block}/*.ipc"))
        whole = pl.concat([pl.scan_ipc(part) for part in parts]).collect().sort("index")
        found.append(scratch / f"{block}.ipc")
        whole.drop("index", "row").lazy().sink_ipc(found[-1], record_batch_size=BATCH)
    return pl.concat([pl.scan_ipc(file) for file in found])


def _taken_from(values: pl.Series, places: pl.Expr) -> pl.Expr:
    """Return an expression for the values at the places that another one names."""
    return places.map_batches(values.gather, return_dtype=values.dtype, is_elementwise=True)
