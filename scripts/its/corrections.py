"""Correct p-values for how many there are, or are to be.

A hole stays a hole, and counts: its test is planned, and to be made yet. So what is corrected today
is no less certain once the others are known.
"""

import numpy as np
import polars as pl


def corrected(tests: pl.DataFrame) -> pl.DataFrame:
    """Return a table of tests with `p_holm` and `q` beside its `p`, over all of its rows."""
    return tests.with_columns(p_holm=holm(tests["p"]), q=false_discovery(tests["p"]))


def holm(p: pl.Series) -> pl.Series:
    """Return p-values corrected by Holm's step-down: the chance of any false one is held.

    References
    ----------
    Holm, Scandinavian Journal of Statistics 6 (1979) 65.
    """
    known, order = _ordered(p)
    stepped = np.maximum.accumulate(known[order] * (len(p) - np.arange(len(known))))
    return _back(p, order, stepped)


def false_discovery(p: pl.Series) -> pl.Series:
    """Return the share of false ones expected among those with a p-value as small.

    References
    ----------
    Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995) 289.
    """
    known, order = _ordered(p)
    shares = known[order] * len(p) / np.arange(1, len(known) + 1)
    return _back(p, order, np.minimum.accumulate(shares[::-1])[::-1])


def _ordered(p: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    known = p.drop_nulls().to_numpy()
    return known, np.argsort(known, kind="stable")


def _back(p: pl.Series, order: np.ndarray, corrected: np.ndarray) -> pl.Series:
    """Put corrected values at the places of those that they correct."""
    values = np.empty(len(order))
    values[order] = np.minimum(corrected, 1)
    rest = iter(values.tolist())
    return pl.Series(p.name, [None if one is None else next(rest) for one in p], dtype=pl.Float64)
