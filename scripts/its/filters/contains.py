"""Keep rows whose text holds certain words."""

from typing import Literal

import polars as pl
from pydantic import Field

from its.filters.filter import RowFilter


class Contains(RowFilter):
    """Keep rows whose text holds every one of the given words."""

    filter: Literal["contains"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    words: list[str] = Field(min_length=1)
    """Exact, upper and lower case apart. The paper's: `final answer` and `boxed{`."""

    def at_sight(self, so_far: pl.Expr) -> pl.Expr:
        text = pl.col(self.column).fill_null("")
        return pl.coalesce(
            pl.when(~text.str.contains(word, literal=True)).then(pl.lit(f"no {word!r}"))
            for word in self.words
        )
