"""Read long tables a part at a time."""

from collections.abc import Iterator

import polars as pl

LARGE = 2**25
"""Bytes that are in memory at once: a file of few is a dear one."""


def batches(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    """Yield rows as they come, in order, so many together that they hold `LARGE` bytes."""
    waiting, size = [], 0
    for some in rows.collect_batches(engine="streaming"):
        waiting.append(some)
        size += some.estimated_size()
        if size >= LARGE:
            yield pl.concat(waiting)
            waiting, size = [], 0
    if waiting:
        yield pl.concat(waiting)
