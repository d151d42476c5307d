"""How far an estimate may be off, where its variance has parts that are known more or less well."""

from dataclasses import dataclass
from typing import NamedTuple

from scipy.special import ndtri, stdtrit  # scipy.stats takes longer to import than all else here

LEVEL = 0.05
"""At which verdicts reject, after correction."""
POWER = 0.8
"""With which a size is said to decide something."""
LEAST = 1e-12
"""The smallest p-value: data on a few dozens of problems cannot speak louder."""


class Variance(NamedTuple):
    """A part of the variance of an estimate, and the degrees of freedom that it is worth."""

    value: float
    freedom: float


class Replication(NamedTuple):
    """What other replicates would change."""

    parts: tuple[Variance, ...]
    """Variance between replicates, which holds `rest`."""
    rest: float
    """Variance that stands between problems already."""


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What intervals and tests of an estimate rest on.

    The half-width of an interval is the root of the sum of the squares of the half-widths that
    each part would have alone: those of other problems, and those of other replicates, which are
    common to all benchmarks and are added up before they are squared. So a variance that is known
    badly, as that between two replicates, widens the interval by its own share alone.

    References
    ----------
    Zou and Donner, Statistics in Medicine 27 (2008) 1693, for limits from the limits of parts.
    """

    problems: tuple[Variance, ...]
    """Of each benchmark."""
    replicates: tuple[Replication, ...] = ()
    """Of each benchmark; none with one replicate, which cannot tell."""

    def half(self, level: float = 0.95) -> float:
        """Return how far an interval reaches to each side."""
        normal = float(ndtri((1 + level) / 2)) ** 2
        problems = sum(student(part.freedom, level) ** 2 * part.value for part in self.problems)
        replicates = 0.0
        for one in self.replicates:
            square = sum(student(part.freedom, level) ** 2 * part.value for part in one.parts)
            replicates += max(0.0, square - normal * one.rest) ** 0.5
        return float(problems + replicates**2) ** 0.5

    def p(self, distance: float) -> float:
        """Return the one-sided p-value of an estimate that lies so far above a bound."""
        if distance < 0:
            return 1 - self.p(-distance)
        low, high = LEAST, 0.5
        for _ in range(60):  # by halves, in the logarithm where it matters
            middle = (low * high) ** 0.5
            if self.half(1 - 2 * middle) > distance:
                low = middle
            else:
                high = middle
        return high


def student(freedom: float, level: float) -> float:
    """Return how many standard errors an interval of Student's reaches to each side."""
    return float(stdtrit(freedom, (1 + level) / 2))
