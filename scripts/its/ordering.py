"""Bring rows with long texts into an order without having all of them in memory."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
from polars.io.plugins import register_io_source

BLOCK = 4000
"""Rows that are brought into order at once."""

LARGE = 2**25
"""Bytes that are written to the disk at once."""


def ordered(file: pl.LazyFrame, rows: pl.Series, scratch: Path) -> pl.LazyFrame:
    """Return some rows of a file in an order.

    It is read once, and each row written to the block that it belongs to; the blocks are brought
    into order one after the other when the result is read.

    Parameters
    ----------
    file
        A column `row` (int, from 0), and others.
    rows
        `row` of each row, in the order that is wanted.
    scratch
        A folder of its own, which the result is read from: it must be there until it is.
    """
    _to_blocks(file, rows, scratch)

    def read(
        columns: list[str] | None, wanted: pl.Expr | None, limit: int | None, _: int | None
    ) -> Iterator[pl.DataFrame]:
        left = len(rows) if limit is None else limit
        names = columns or list(schema)
        for block in range(-(-len(rows) // BLOCK)):
            parts = sorted(scratch.glob(f"*-{block}.ipc"))
            whole = pl.concat([pl.read_ipc(part, columns=[*names, "index"]) for part in parts])
            whole = whole.sort("index").select(names).head(left)
            left -= len(whole)
            yield whole if wanted is None else whole.filter(wanted)

    schema = {name: dtype for name, dtype in file.collect_schema().items() if name != "row"}
    return register_io_source(read, schema=schema)


def _to_blocks(file: pl.LazyFrame, rows: pl.Series, folder: Path) -> None:
    """Write the rows of a file to `N-BLOCK.ipc` each, with their `index` in the order."""
    places = pl.repeat(None, rows.max() + 1, dtype=pl.UInt32, eager=True)
    places = places.scatter(rows, range(len(rows)))
    index = pl.col("row").map_batches(
        lambda row: places.gather(row, null_on_oob=True),
        return_dtype=pl.UInt32,
        is_elementwise=True,
    )
    found = file.with_columns(index=index).drop("row").filter(pl.col("index").is_not_null())
    for number, several in enumerate(_large(found.collect_batches(engine="streaming"))):
        for (block,), part in several.group_by(pl.col("index") // BLOCK):
            part.write_ipc(folder / f"{number}-{block}.ipc")


def _large(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield batches together until they hold so many bytes: a file of few is a dear one."""
    waiting, size = [], 0
    for batch in batches:
        waiting.append(batch)
        size += batch.estimated_size()
        if size >= LARGE:
            yield pl.concat(waiting)
            waiting, size = [], 0
    if waiting:
        yield pl.concat(waiting)
