"""Read tables, and say so plainly when one is not what the reader expects."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from its.errors import InputError
from its.files import replacing

GROUP = 1000
"""Rows that are in memory at once where a table is read or written as its rows come."""


def read_table(path: Path, columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Read the named columns of a parquet file.

    Raises `InputError` if it is no such file, or if a column is missing or of another type.
    """
    return scan_table(path, columns).collect()


def scan_table(path: Path, columns: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """Open a parquet file, to read of its named columns what is needed.

    Raises `InputError` as `read_table` does.
    """
    try:
        found = pl.read_parquet_schema(path)
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: is not there; if it was a moment ago, two Snakemakes are at work in one "
            "folder: let one end, and call it again"
        ) from error
    except (PolarsError, PanicException, OSError) as error:
        raise InputError(f"{path}: cannot be read as parquet: {error}; delete it") from error
    for name, dtype in columns.items():
        if name not in found:
            raise InputError(f"{path}: no column {name!r}; it has {', '.join(found)}")
        if found[name] != dtype:
            raise InputError(f"{path}: column {name!r} is {found[name]}, expected {dtype}")
    return pl.scan_parquet(path).select(list(columns))


def write_table(path: Path, rows: pl.DataFrame, metadata: Mapping[str, str] | None = None) -> None:
    """Write rows as a parquet file, with texts kept in it if there are any."""
    with replacing(path) as part:
        rows.write_parquet(part, metadata=dict(metadata) if metadata else None)


def sink_table(path: Path, rows: pl.LazyFrame) -> None:
    """Write a parquet file as its rows come, so that few of them are in memory at once."""
    with replacing(path) as part:
        # Level 1: a tenth larger than the default, in two thirds of the time.
        rows.sink_parquet(part, row_group_size=GROUP, compression_level=1, engine="streaming")
