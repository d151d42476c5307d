"""Keep rows by the value of a column that is carried along."""

import json
from typing import Literal

import polars as pl
from pydantic import Field

from its.filters.filter import RowFilter


class Equals(RowFilter):
    """Keep rows that have one of the given values in a column that is carried along."""

    filter: Literal["equals"]
    """Its kind."""
    column: str = Field(min_length=1)
    """Its name, as it stands in `fields.meta` of every source of the pool."""
    values: list[str | int | float | bool] = Field(min_length=1)
    """What it may hold. Numbers are compared as text: 5 is "5"."""

    def at_sight(self, so_far: pl.Expr) -> pl.Expr:
        value = pl.col("meta").str.json_path_match(f"$[{json.dumps(self.column)}]")
        allowed = [v if isinstance(v, str) else json.dumps(v) for v in self.values]
        return pl.when(~value.is_in(allowed).fill_null(False)).then(value.fill_null("nothing"))
