"""Keep rows in certain languages."""

from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from its.filters.filter import RowFilter
from its.languages import LOOKED_AT, other_language


class Language(RowFilter):
    """Keep rows whose text is in one of the given languages, as far as that can be told.

    Formulas, commands and digits are left out before; what has hardly a word, or words of no
    language in particular, stays.
    """

    filter: Literal["language"]
    """Its kind."""
    column: Literal["problem", "response"] = "problem"
    """The text that is looked at, its first 2,000 characters."""
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]] = Field(["en"], min_length=1)
    """Codes of ISO 639, as `en` and `zh`."""
    confidence: float = Field(0.6, gt=0, le=1)
    """A row is dropped where py3langid gives another language at least this probability."""

    def at_sight(self, so_far: pl.Expr) -> pl.Expr:
        other = other_language(self.languages, self.confidence)
        text = pl.when(so_far).then(pl.col(self.column).str.head(LOOKED_AT))
        return text.map_elements(other, return_dtype=pl.String)
