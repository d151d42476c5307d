"""Draw rows by hash, so that their order, their files and rows added later do not matter."""

from pathlib import Path

import polars as pl

from its.config.sample import Sample
from its.errors import InputError, refuse
from its.hashing import digest
from its.ordering import ordered


def drawn(pool: pl.LazyFrame, sample: Sample, draw: int, scratch: Path) -> pl.LazyFrame:
    """Return the rows with the smallest hash of (seed, draw, id), by rising hash.

    The rows are sorted by hash, so the 1,000 are the first of the 15,000 of the same pool,
    seed and draw.

    Parameters
    ----------
    pool
        Columns of a set; `id` must be unique.
    scratch
        An empty folder, which the rows are read from: it must be there until they are.

    Raises
    ------
    InputError
        If the pool has too few rows, or rows without a solution to learn from.
    """
    ids = pool.select("id").collect()["id"]
    size = len(ids) if sample.size == "all" else sample.size
    if size > len(ids):
        raise InputError(
            f"the sample wants {size} rows, and pool {sample.pool!r} has {len(ids)}: "
            "make the sample smaller, or the pool's filters looser"
        )
    order = pl.DataFrame({"hash": [digest(sample.seed, draw, one) for one in ids]})
    first = order.with_row_index("row").sort("hash").head(size)
    no_response = ~pl.col("response").fill_null("").str.contains(r"\S")
    file = pool.with_row_index("row").with_columns(empty=no_response)
    rows = ordered(file, first["row"], scratch)
    empty = rows.filter("empty").select("id").collect(engine="streaming")["id"].to_list()
    refuse([f"problem {one}: there is no response to learn from" for one in empty])
    return rows.drop("empty")
