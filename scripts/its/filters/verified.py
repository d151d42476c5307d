"""Keep rows whose response ends on the gold."""

from collections.abc import Iterable, Mapping
from typing import Literal

import polars as pl

from its.filters.filter import RowFilter


class Verified(RowFilter):
    """Keep rows whose response ends on the gold: its last box outside the thinking equals it.

    Boxes are found and compared as those of a benchmark's responses, by math-verify, in all rows
    of the sources: that is a rule of its own, so that a new grader remakes no other pool. A row
    without a gold, or with one that cannot be parsed, is not verified.
    """

    filter: Literal["verified"]
    """Its kind."""
    thinking_start: str = "<think>"
    """Mark that opens the thinking in a response; empty if there is none."""
    thinking_end: str = "</think>"
    """Mark that closes it."""

    def reasons(
        self, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
    ) -> pl.Series:
        return rows["verdict"]
