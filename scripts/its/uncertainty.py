"""How far an estimate may be off, where its variance has parts that are known more or less well.

Here and in what builds on it, a number may as well be an array of numbers: one for each of many
tables that are looked at together, as many pairs of cells or many simulated matrices.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit  # scipy.stats takes longer to import than all else here

ALPHA = 0.05
"""At which verdicts reject, after correction."""
POWER = 0.8
"""With which a size is said to decide something."""
LEAST = 1e-12
"""The smallest p-value: data on a few dozens of problems cannot speak louder."""
HALVINGS = 25
"""Of the range of p-values, in the logarithm: each is known to a millionth of itself."""


Number = float | np.ndarray


class Variance(NamedTuple):
    """A part of the variance of an estimate, and the degrees of freedom that it is worth."""

    value: Number
    freedom: Number


class Replication(NamedTuple):
    """What other replicates would change."""

    parts: tuple[Variance, ...]
    """Variance between replicates, which holds `rest`."""
    rest: Number
    """Variance that stands between problems already."""

    def where(self, split: np.ndarray) -> "Replication":
        """Return it where `split` is true, and nothing elsewhere."""
        parts = (Variance(plain(split * value), freedom) for value, freedom in self.parts)
        return Replication(tuple(parts), plain(split * self.rest))

    def total(self) -> Variance:
        """Return the sum of the parts.

        Its degrees of freedom are those of the scaled chi-squared distribution with the same mean
        and variance (Satterthwaite, Biometrics Bulletin 2 (1946) 110).
        """
        value = sum(part.value for part in self.parts)
        squares = sum(part.value**2 / part.freedom for part in self.parts)
        least = np.min([np.min(part.freedom) for part in self.parts])
        freedom = np.divide(
            value**2, squares, where=squares > 0, out=np.full(np.shape(squares), float(least))
        )
        return Variance(value, plain(freedom))


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What intervals and tests of an estimate rest on.

    The half-width of an interval is the root of the sum of the squares of the half-widths that
    each part would have alone: those of other problems, and those of other replicates, which are
    common to all benchmarks and are added up before they are squared. So a variance that is known
    badly, as that between two replicates, widens the interval by its own share alone. Where
    replicates do not differ, it covers more than it says: up to 99% with one degree of freedom,
    98% with four. Satterthwaite's degrees of freedom for all parts together would not, but they
    cover as little as 87% with one and 92% with two where replicates differ about as much as
    problems do (`docs/calibration.md`).

    References
    ----------
    Zou and Donner, Statistics in Medicine 27 (2008) 1693, for limits from the limits of parts.
    """

    problems: tuple[Variance, ...]
    """Of each benchmark."""
    replicates: tuple[Replication, ...] = ()
    """Of each benchmark; none with one replicate, which cannot tell."""

    def half(self, level: Number = 0.95) -> Number:
        """Return how far an interval reaches to each side."""
        normal = ndtri((1 + level) / 2) ** 2
        square = sum(student(part.freedom, level) ** 2 * part.value for part in self.problems)
        replicates = 0.0
        for one in self.replicates:
            between = one.total()
            most = student(between.freedom, level) ** 2 * between.value
            replicates = replicates + np.maximum(0.0, most - normal * one.rest) ** 0.5
        return plain((square + replicates**2) ** 0.5)

    def p(self, distance: Number) -> Number:
        """Return the one-sided p-value of an estimate that lies so far above a bound."""
        away = np.abs(distance)
        low, high = np.full(np.shape(away), LEAST), np.full(np.shape(away), 0.5)
        for _ in range(HALVINGS):  # in the logarithm, where it matters
            middle = (low * high) ** 0.5
            further = self.half(1 - 2 * middle) > away
            low, high = np.where(further, middle, low), np.where(further, high, middle)
        return plain(np.where(np.less(distance, 0), 1 - high, high))


def student(freedom: Number, level: Number) -> Number:
    """Return how many standard errors an interval of Student's reaches to each side."""
    return plain(stdtrit(freedom, (1 + level) / 2))


def plain(value: Number) -> Number:
    """Return a float for a single number, else the array."""
    return float(value) if np.ndim(value) == 0 else value
