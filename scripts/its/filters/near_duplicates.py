"""Keep one of the rows whose problems are nearly the same."""

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl
from pydantic import Field

from its.filters.filter import RowFilter, where
from its.similar import near_duplicates


class NearDuplicates(RowFilter):
    """Keep the first of the rows, by id, whose problems are nearly the same.

    A row goes if a row that stays has so many n-grams of words in common with it. All pairs are
    looked at that could have so many; nothing is estimated.
    """

    filter: Literal["near_duplicates"]
    """Its kind."""
    ngram: int = Field(3, ge=1)
    """Words in a row, as for contamination."""
    similarity: float = Field(0.8, gt=0, le=1)
    """The least Jaccard similarity of two sets of n-grams, those in both by those in either, that
    makes two problems the same. Another number in a problem of 40 words leaves 0.85."""

    def reasons(
        self, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
    ) -> pl.Series:
        again = near_duplicates(rows["problem"], self.ngram, self.similarity)
        return where(again, "nearly stands twice")
