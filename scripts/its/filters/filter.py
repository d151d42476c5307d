"""What every filter of a pool can tell."""

from collections.abc import Iterable, Mapping

import polars as pl

from its.config.section import Section


class RowFilter(Section):
    """Names the reason for which it drops a row; null is none.

    Most can tell while a file is read, so that responses, which are most of a pool, are never in
    memory all at once (`at_sight`). Those that compare rows with each other or with benchmarks
    look at what is left of all sources together (`reasons`).
    """

    def at_sight(self, so_far: pl.Expr) -> pl.Expr:
        """Return an expression for the reason to drop a row, or null where it stays so far.

        Parameters
        ----------
        so_far
            Whether no earlier filter drops the row: what takes long is spared for others.
        """
        return pl.lit(None, pl.String)

    def reasons(
        self, seen: pl.Series, rows: pl.DataFrame, benchmarks: Mapping[str, Iterable[str]]
    ) -> pl.Series:
        """Return the reason to drop each row of those that are left, null where it stays.

        Parameters
        ----------
        seen
            What `at_sight` told of each row.
        rows
            `id`, `problem`, `verdict` (str; null if the response is right, or was not looked at),
            in the order that decides which one of several stays.
        benchmarks
            Problems by the name of the benchmark.
        """
        return seen


def where(drops: pl.Series, why: str) -> pl.Series:
    """Return one reason for all rows that are dropped."""
    return pl.select(pl.when(drops).then(pl.lit(why))).to_series()
