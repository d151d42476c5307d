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
from its.spreads import Spread, Weighted
from its.uncertainty import Number, Replication, Uncertainty, Variance, plain

MOST = 1_000_000
"""Nobody will have more problems, replicates or samples: the difference is none."""


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

    problems: Number
    """Other problems would differ: falls with their number."""
    replicates: Number
    """Other draws and trainings would: falls with theirs."""
    rest: Number
    """What a replicate does to a single problem, without `samples`: falls with both."""
    samples: Number
    """Other responses to the same question would: falls with all three. 0 where there is one
    response, which cannot tell; then it is in `rest`."""

    @property
    def total(self) -> Number:
        """The variance."""
        return self.problems + self.replicates + self.rest + self.samples


@dataclass(frozen=True, slots=True)
class Contrast:
    """An estimate of a contrast, with what tests and intervals need."""

    estimate: Number
    centre: Number
    """Of the interval: the estimate, or a little nearer to 0 (Bonett and Price)."""
    uncertainty: Uncertainty
    differences: np.ndarray
    """A part for each problem, along the last axis; they add up to the estimate."""
    problems: int
    replicates: int
    samples: int
    """Responses to a question, the fewest of all cells."""
    components: Components

    def interval(self, level: float = 0.95) -> tuple[Number, Number]:
        """Return the ends of the interval."""
        half = self.uncertainty.half(level)
        return self.centre - half, self.centre + half

    def needed(self, variance: float) -> dict[str, int | None]:
        """Return how many problems, replicates or samples alone would bring the variance down.

        At least as many as there are; None where no number up to a million would, or one replicate
        cannot tell.
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
    (`its.uncertainty`). The former is worth the degrees of freedom that its differences leave
    (`its.paired.freedom`), the latter is that of all cells of their kind (`its.spreads`).

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
    tables = [part.table for part in parts]
    by_problem = [table.mean(axis=-1) for table in tables]
    differences = np.concatenate([each / each.shape[-1] for each in by_problem], axis=-1)
    estimate = differences.sum(axis=-1)
    over = [error_over_problems(each) for each in by_problem]
    replication = [part.replication for part in parts if part.replication]
    # Tables where nothing differs say nothing about replicates.
    split = np.any([table.any(axis=(-2, -1)) for table in tables], axis=0) & bool(replication)
    problems = [
        Variance(plain(np.where(split, part.problems, error.value)), error.freedom)
        for part, (_, error) in zip(parts, over, strict=True)
    ]
    return Contrast(
        estimate=plain(estimate),
        centre=plain(np.where(split, estimate, sum(centre for centre, _ in over))),
        uncertainty=Uncertainty(tuple(problems), tuple(one.where(split) for one in replication)),
        differences=differences,
        problems=differences.shape[-1],
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
    table: np.ndarray, sampling: Number, between_replicates: Number | None = None
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
    problems, replicates = table.shape[-2:]
    size = problems * replicates
    between_problems = plain(replicates * table.mean(axis=-1).var(axis=-1, ddof=1))
    if replicates == 1:
        samples = plain(np.minimum(sampling, between_problems))
        return Components((between_problems - samples) / problems, 0.0, 0.0, samples / problems)
    if between_replicates is None:
        between_replicates = mean_square(table)
    left = rest(table)
    samples = plain(np.minimum(sampling, left))
    return Components(
        problems=plain(np.maximum(0.0, between_problems - left)) / size,
        replicates=plain(np.maximum(0.0, between_replicates - left)) / size,
        rest=(left - samples) / size,
        samples=samples / size,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one benchmark adds to a contrast."""

    table: np.ndarray
    """Problems x replicates, along the last two axes."""
    problems: Number
    """Variance between problems, of the mean."""
    replication: Replication | None
    samples: int
    components: Components


def _part(terms: Sequence[Term]) -> _Part:
    replicates = len(terms[0].cells)
    several = crossed([cell for term in terms for cell in term.cells])
    cells = several.reshape(*several.shape[:-1], len(terms), replicates)
    table = sum(term.weight * cells[..., place, :] for place, term in enumerate(terms))
    means = [cells[..., place, :].mean(axis=(-2, -1)) for place in range(len(terms))]
    problems = table.shape[-2]
    size = problems * replicates
    between: tuple[Variance, ...] = ()
    if replicates > 1:
        kinds: dict[Spread, list[Weighted]] = {}
        for term, mean in zip(terms, means, strict=True):
            if term.spread:
                # Learners of another model, sample or recipe have a luck of their own.
                learner = str(term.key._replace(test=""))
                kinds.setdefault(term.spread, []).append(Weighted(learner, term.weight, mean))
        found = (spread.between(parts) for spread, parts in kinds.items())
        between = tuple(chain.from_iterable(found))
        between = between or (Variance(mean_square(table), replicates - 1),)
    sampling = sum(
        term.weight**2 * sum(cell.sampling for cell in term.cells) / replicates for term in terms
    )
    return _Part(
        table=table,
        problems=plain(table.mean(axis=-1).var(axis=-1, ddof=1)) / problems,
        replication=Replication(
            tuple(Variance(part.value / size, part.freedom) for part in between),
            rest(table) / size,
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
    if falling <= 0 or room <= 0 or present * falling / room > MOST:
        return None
    return max(present, ceil(present * falling / room - 1e-9))
