"""Draw rows by hash, so that their order, their files and rows added later do not matter."""

import polars as pl

from its.config.sample import Sample
from its.errors import InputError, refuse
from its.hashing import digest


def drawn(pool: pl.LazyFrame, sample: Sample, draw: int) -> pl.DataFrame:
    """Return the rows with the smallest hash of (seed, draw, id), by rising hash.

    The rows are sorted by hash, so the 1,000 are the first of the 15,000 of the same pool,
    seed and draw.

    Parameters
    ----------
    pool
        Columns of a set; `id` must be unique. Of rows that are not drawn, only that is read.

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
    order = pl.Series("order", [digest(sample.seed, draw, one) for one in ids])
    first = pl.DataFrame([ids, order]).sort("order").head(size).drop("order")
    chosen = pool.filter(pl.col("id").is_in(first["id"].implode())).collect(engine="streaming")
    rows = first.join(chosen, on="id", how="left", maintain_order="left")
    empty = rows.filter(pl.col("response").fill_null("").str.strip_chars() == "")
    refuse([f"problem {one}: there is no response to learn from" for one in empty["id"].to_list()])
    return rows
