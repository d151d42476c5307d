"""Keep rows that have nothing in common with benchmarks."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import polars as pl
from pydantic import Field

from its.config.section import one_of
from its.filters.filter import RowFilter
from its.overlap import first_sharing


class Contamination(RowFilter):
    """Keep rows that share no n-gram of words with a problem of the benchmarks."""

    filter: Literal["contamination"]
    """Its kind."""
    ngram: int = Field(13, ge=1)
    """Words in a row, lower case, split at white space. s1 takes 13, open-r1 8. A problem with
    fewer words is compared whole."""
    against: (
        Annotated[list[Annotated[str, one_of("benchmarks")]], Field(min_length=1)] | Literal["all"]
    )
    """Their names, or `all` that the config has. With `all`, a benchmark that is added later makes
    the pool again, and may change what is trained on; with names, none does. How much of every
    benchmark of a plan stands in the pool is reported in any case."""

    def names(self, benchmarks: Iterable[str]) -> list[str]:
        """List the benchmarks that it compares with, given all that there are."""
        return list(benchmarks) if self.against == "all" else self.against

    def reasons(
        self, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
    ) -> pl.Series:
        others = {name: benchmarks[name] for name in self.names(benchmarks)}
        return first_sharing(rows["problem"], others, self.ngram)
