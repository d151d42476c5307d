"""Keep rows whose text is neither too short nor too long."""

from typing import Literal

import polars as pl
from pydantic import Field, model_validator

from its.filters.filter import RowFilter


class Length(RowFilter):
    """Keep rows whose text is neither too short nor too long."""

    filter: Literal["length"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    unit: Literal["characters", "words"] = "characters"
    """What is counted. Words end at white space. A pool belongs to no model, so it has no tokens:
    the recipe's `max_length` holds rows to a number of those."""
    minimum: int = Field(1, ge=0)
    """The fewest."""
    maximum: int = Field(ge=1)
    """The most."""

    @model_validator(mode="after")
    def _not_empty(self) -> "Length":
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self

    def at_sight(self, so_far: pl.Expr) -> pl.Expr:
        text = pl.col(self.column).fill_null("")
        words = self.unit == "words"
        size = text.str.count_matches(r"\S+") if words else text.str.len_chars()
        return (
            pl.when(size < self.minimum)
            .then(pl.lit("too short"))
            .when(size > self.maximum)
            .then(pl.lit("too long"))
        )
