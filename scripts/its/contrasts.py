"""Weighted sums of cells, problem by problem, and what their variance is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from math import ceil

import numpy as np

from its.cells import Key
from its.intervals import mean_square, rest
from its.means import Means, crossed
from its.paired import error_over_problems
from its.spreads import Part, Spread
from its.uncertainty import Replication, Uncertainty, Variance


@dataclass(frozen=True, slots=True)
class Term:
    """A cell in a weighted sum."""

    weight: float
    key: Key
    cells: Sequence[Means]
    """One for each replicate."""
    spread: Spread | None
    """How much replicates of its kind differ; None if it is the same in all of them."""


@dataclass(frozen=True, slots=True)
class Components:
    """The variance of an estimate, by where it comes from; they add up to it."""

    problems: float
    """Other problems would differ: falls with their number."""
    replicates: float
    """Other draws and trainings would: falls with theirs."""
    rest: float
    """What a replicate does to a single problem, without `samples`: falls with both."""
    samples: float
    """Other responses to the same question would: falls with all three. 0 where there is one
    response, which cannot tell; then it is in `rest`."""

    @property
    def total(self) -> float:
        """The variance."""
        return self.problems + self.replicates + self.rest + self.samples


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimate of a contrast, with what tests and intervals need."""

    estimate: float
    centre: float
    """Of the interval: the estimate, or a little nearer to 0 (Bonett and Price)."""
    uncertainty: Uncertainty
    differences: np.ndarray
    """A part for each problem; they add up to the estimate."""
    problems: int
    replicates: int
    samples: int
    """Responses to a question, the fewest of all cells."""
    components: Components

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the ends of the interval."""
        half = self.uncertainty.half(level)
        return self.centre - half, self.centre + half

    def needed(self, variance: float) -> dict[str, int | None]:
        """Return how many problems, replicates or samples alone would bring the variance down.

        At least as many as there are; None where no number would, or one replicate cannot tell.
        """
        parts, rest = self.components, self.components.rest + self.components.samples
        return {
            "problems": _times(self.problems, parts.problems + rest, variance - parts.replicates),
            "replicates": None
            if self.replicates == 1
            else _times(self.replicates, parts.replicates + rest, variance - parts.problems),
            "samples": _times(self.samples, parts.samples, variance - parts.total + parts.samples),
        }


def contrast(terms: Sequence[Term]) -> Contrast:
    """Estimate a weighted sum of cells.

    Cells of one benchmark are paired: the sum is taken for each problem and replicate, and this
    table of problems x replicates has a variance between problems and one between replicates
    (`its.uncertainty`). The latter is that of all cells of their kind (`its.spreads`).

    Parameters
    ----------
    terms
        All with as many replicates, those of one benchmark with the same problems.

    Raises
    ------
    InputError
        If there are fewer than two problems, or the cells of a benchmark have different ones.
    """
    parts = [
        _part([term for term in terms if term.key.benchmark == benchmark])
        for benchmark in dict.fromkeys(term.key.benchmark for term in terms)
    ]
    replicates = len(terms[0].cells)
    differences = np.concatenate([part.table.mean(axis=1) / len(part.table) for part in parts])
    replication = tuple(part.replication for part in parts if part.replication)
    if replication and any(part.table.any() for part in parts):
        centre = float(differences.sum())
        uncertainty = Uncertainty(tuple(part.problems for part in parts), replication)
    else:
        over = [error_over_problems(part.table.mean(axis=1)) for part in parts]
        centre = sum(one[0] for one in over)
        errors = [
            Variance(one[1] ** 2, len(part.table) - 1)
            for one, part in zip(over, parts, strict=True)
        ]
        uncertainty = Uncertainty(tuple(errors))
    return Contrast(
        estimate=float(differences.sum()),
        centre=centre,
        uncertainty=uncertainty,
        differences=differences,
        problems=len(differences),
        replicates=replicates,
        samples=min(part.samples for part in parts),
        components=Components(
            problems=sum(part.components.problems for part in parts),
            replicates=sum(part.components.replicates**0.5 for part in parts) ** 2,
            rest=sum(part.components.rest for part in parts),
            samples=sum(part.components.samples for part in parts),
        ),
    )


def components(
    table: np.ndarray, sampling: float, between_replicates: float | None = None
) -> Components:
    """Split the variance of the mean of a table of problems x replicates.

    Expected mean squares of the two-way table without repetition, negative parts taken for 0.

    Parameters
    ----------
    sampling
        The mean variance of an entry that its samples explain.
    between_replicates
        Mean square between the columns; that of the table, if it is not given.

    References
    ----------
    Searle, Casella and McCulloch, Variance Components (1992), section 4.3.
    """
    problems, replicates = table.shape
    between_problems = float(replicates * table.mean(axis=1).var(ddof=1))
    if replicates == 1:
        samples = min(sampling, between_problems)
        return Components((between_problems - samples) / problems, 0.0, 0.0, samples / problems)
    if between_replicates is None:
        between_replicates = mean_square(table)
    left = rest(table)
    samples = min(sampling, left)
    return Components(
        problems=max(0.0, between_problems - left) / table.size,
        replicates=max(0.0, between_replicates - left) / table.size,
        rest=(left - samples) / table.size,
        samples=samples / table.size,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one benchmark adds to a contrast."""

    table: np.ndarray
    """Problems x replicates."""
    problems: Variance
    replication: Replication | None
    samples: int
    components: Components


def _part(terms: Sequence[Term]) -> _Part:
    replicates = len(terms[0].cells)
    several = crossed([cell for term in terms for cell in term.cells])
    cells = several.reshape(len(several), len(terms), replicates)
    table = np.einsum("ptr,t->pr", cells, [term.weight for term in terms])
    means = cells.mean(axis=(0, 2))
    between: tuple[Variance, ...] = ()
    if replicates > 1:
        kinds: dict[Spread, list[Part]] = {}
        for term, mean in zip(terms, means, strict=True):
            if term.spread:
                # Learners of another model, sample or recipe have a luck of their own.
                learner = str(term.key._replace(test=""))
                kinds.setdefault(term.spread, []).append(Part(learner, term.weight, float(mean)))
        found = (spread.between(parts) for spread, parts in kinds.items())
        between = tuple(chain.from_iterable(found))
        between = between or (Variance(mean_square(table), replicates - 1),)
    sampling = sum(
        term.weight**2 * float(np.mean([cell.sampling for cell in term.cells])) for term in terms
    )
    return _Part(
        table=table,
        problems=Variance(
            float(table.mean(axis=1).var(ddof=1)) / len(table), float(len(table) - 1)
        ),
        replication=Replication(
            tuple(Variance(part.value / table.size, part.freedom) for part in between),
            rest(table) / table.size,
        )
        if between
        else None,
        samples=min(cell.samples for term in terms for cell in term.cells),
        components=components(table, sampling, sum(part.value for part in between)),
    )


def _times(present: int, falling: float, room: float) -> int | None:
    """Return the number at which a part of the variance that falls with it fits into what is left.

    Rounding apart, `present * falling / room`.
    """
    if falling <= 0 or room <= 0:
        return None
    return max(present, ceil(present * falling / room - 1e-9))
