"""Keep one of the rows that state the same problem."""

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl

from its.filters.filter import RowFilter, where


class Duplicates(RowFilter):
    """Keep the first of the rows that state the same problem, by the hash that is their id."""

    filter: Literal["duplicates"]
    """Its kind."""

    def reasons(
        self, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
    ) -> pl.Series:
        return where(~rows["id"].is_first_distinct(), "stands twice")
