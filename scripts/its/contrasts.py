"""Weighted sums of cells, problem by problem, and what their variance is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from scipy.special import stdtrit

from its.cells import Key
from its.intervals import satterthwaite
from its.means import Means, crossed
from its.paired import error_over_problems
from its.spreads import Part, Spread


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
    error: float
    """Standard error."""
    freedom: float
    """Degrees of freedom that the error is worth."""
    differences: np.ndarray
    """A part for each problem; they add up to the estimate."""
    problems: int
    replicates: int
    samples: int
    """Responses to a question, the fewest of all cells."""
    components: Components

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return Student's interval."""
        half = float(stdtrit(self.freedom, (1 + level) / 2)) * self.error
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
    table of problems x replicates has a variance between problems and one between replicates,
    which are added as in `its.statistics.over_replicates`. The latter is that of all cells of
    their kind (`its.spreads`). Benchmarks have different problems but the same trainings:
    variances between problems are added, and errors between replicates.

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
    between_problems = [part.between_problems for part in parts]
    between_replicates = sum(part.between_replicates**0.5 for part in parts) ** 2
    variance = sum(between_problems) + between_replicates
    if replicates > 1 and variance > 0:
        centre, known = float(differences.sum()), [part.freedom for part in parts]
        freedom = satterthwaite(
            [*between_problems, between_replicates],
            [*(len(part.table) - 1 for part in parts), min(known)],
        )
        freedom = min(freedom, sum(len(part.table) - 1 for part in parts))
    else:
        over = [error_over_problems(part.table.mean(axis=1)) for part in parts]
        centre = sum(one[0] for one in over)
        variance = sum(one[1] ** 2 for one in over)
        freedom = satterthwaite([one[1] ** 2 for one in over], [len(p.table) - 1 for p in parts])
    return Contrast(
        estimate=float(differences.sum()),
        centre=centre,
        error=variance**0.5,
        freedom=freedom,
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
    means = table.mean(axis=0)
    if between_replicates is None:
        between_replicates = float(problems * means.var(ddof=1))
    residual = table - table.mean(axis=1, keepdims=True) - means + table.mean()
    rest = float((residual**2).sum()) / ((problems - 1) * (replicates - 1))
    samples = min(sampling, rest)
    return Components(
        problems=max(0.0, between_problems - rest) / table.size,
        replicates=max(0.0, between_replicates - rest) / table.size,
        rest=(rest - samples) / table.size,
        samples=samples / table.size,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What one benchmark adds to a contrast."""

    table: np.ndarray
    """Problems x replicates."""
    between_problems: float
    """Its share of the variance of the mean."""
    between_replicates: float
    freedom: float
    """Of the latter."""
    samples: int
    components: Components


def _part(terms: Sequence[Term]) -> _Part:
    replicates = len(terms[0].cells)
    several = crossed([cell for term in terms for cell in term.cells])
    cells = several.reshape(len(several), len(terms), replicates)
    table = np.einsum("ptr,t->pr", cells, [term.weight for term in terms])
    means = cells.mean(axis=(0, 2))
    square, freedom = 0.0, float(max(1, replicates - 1))
    if replicates > 1:
        kinds: dict[Spread, list[Part]] = {}
        for term, mean in zip(terms, means, strict=True):
            if term.spread:
                # Learners of another model, sample or recipe have a luck of their own.
                learner = str(term.key._replace(test=""))
                kinds.setdefault(term.spread, []).append(Part(learner, term.weight, float(mean)))
        found = [spread.between(parts) for spread, parts in kinds.items()]
        square = float(len(table) * table.mean(axis=0).var(ddof=1))
        if found:
            squares, freedoms = zip(*found, strict=True)
            square, freedom = sum(squares), satterthwaite(squares, freedoms)
    sampling = sum(
        term.weight**2 * float(np.mean([cell.sampling for cell in term.cells])) for term in terms
    )
    return _Part(
        table=table,
        between_problems=float(table.mean(axis=1).var(ddof=1)) / len(table),
        between_replicates=square / table.size if replicates > 1 else 0.0,
        freedom=freedom,
        samples=min(cell.samples for term in terms for cell in term.cells),
        components=components(table, sampling, square if replicates > 1 else None),
    )


def _times(present: int, falling: float, room: float) -> int | None:
    """Return the number at which a part of the variance that falls with it fits into what is left.

    Rounding apart, `present * falling / room`.
    """
    if falling <= 0 or room <= 0:
        return None
    return max(present, ceil(present * falling / room - 1e-9))
