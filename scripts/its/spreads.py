"""How much replicates differ, by all cells whose replicates differ for the same reasons.

Two or three replicates of one cell tell little of how much another would differ. A matrix has
many cells, whose replicates differ alike: trained ones by draws and seeds, untrained ones by the
draw of their personas. So the variance is estimated from all of them together, in two parts: the
luck that a learner has in all of its tests, and what is a cell's own. A contrast of two tests of
one learner is free of the first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from its.cells import Cells, Key
from its.config.plan import UNTRAINED
from its.means import Means, crossed
from its.uncertainty import Number, Variance, plain


class Weighted(NamedTuple):
    """The mean of a cell, with its weight in a sum."""

    learner: str
    """What was trained: cells that share it share the luck of a training."""
    weight: float
    mean: Number


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How much replicates of a kind of cells differ.

    Mean squares between replicates (problems times the variance of their means), as multiples of
    what they grow with: mean x (1 - mean) of fractions, the square of the mean of counts.
    """

    shared: Number
    """Of a learner's mean over its tests, times the tests: own luck and shared luck of all."""
    own: Number
    """Of a test of a learner against its others: own luck alone."""
    tests: Number
    """Of each learner."""
    freedom: tuple[Number, Number]
    """Degrees of freedom that the two are worth."""
    fractions: bool = True

    def between(self, parts: Iterable[Weighted]) -> tuple[Variance, Variance]:
        """Return the mean square between replicates of a weighted sum, in its two parts.

        With weights u (times the root of what variances grow with) in the cells of a learner, it
        is the sum over learners of (sum u)^2 / tests x shared + (sum u^2 - (sum u)^2 / tests) x
        own, which has no bias.
        """
        shared = own = 0.0
        by_learner: dict[str, list[Number]] = {}
        for part in parts:
            root = scale(part.mean, self.fractions) ** 0.5
            by_learner.setdefault(part.learner, []).append(part.weight * root)
        for weights in by_learner.values():
            common = sum(weights) ** 2 / self.tests
            shared = shared + common
            own = own + np.maximum(0.0, sum(weight**2 for weight in weights) - common)
        return (
            Variance(plain(shared * self.shared), self.freedom[0]),
            Variance(plain(own * self.own), self.freedom[1]),
        )


class Spreads:
    """The spread of each kind of cells of a plan, found when it is asked for."""

    def __init__(self, cells: Cells) -> None:
        self._kinds: dict[Key, dict[str, list[Key]]] = {}
        for key in cells:
            self._kinds.setdefault(_kind(key), {}).setdefault(key.train, []).append(key)
        self._cells = cells
        self._known: dict[tuple[Key, str], Spread | None] = {}

    def of(self, key: Key, column: str) -> Spread | None:
        """Return the spread that a cell has with those of its kind; None if nothing tells.

        Nothing does where there is one replicate, or a cell is the same in all of them.
        """
        if len(set(self._cells[key].values())) == 1:
            return None
        kind = _kind(key)
        if (kind, column) not in self._known:
            learners = [self._tests(keys, column) for keys in self._kinds[kind].values()]
            self._known[kind, column] = common_spread(learners)
        return self._known[kind, column]

    def _tests(self, keys: Sequence[Key], column: str) -> list[list[Means]]:
        """Return the tests of a learner, one for every replicate that all of them have."""
        several = [self._cells[key] for key in keys if len(set(self._cells[key].values())) > 1]
        numbers = [n for n in (several or [{}])[0] if all(one[n].means for one in several)]
        return [[one[number].means[column] for number in numbers] for one in several]


def common_spread(learners: Sequence[Sequence[Sequence[Means]]]) -> Spread | None:
    """Estimate a spread from cells of one kind.

    Cells where the scale is 0 say nothing. None if no cell does.

    Parameters
    ----------
    learners
        For each learner its tests, for each test one for each replicate, the same replicates.
    """
    squares, freedoms, tests, telling = [0.0, 0.0], [0.0, 0.0], 0.0, 0.0
    fractions = True
    for cells in learners:
        rows, told = [], []
        for tables in cells:
            if len(tables) < 2:
                continue
            fractions = tables[0].fractions
            table = crossed(tables)
            size = scale(table.mean(axis=(-2, -1)), fractions)
            means = table.mean(axis=-2)
            told.append(size > 0)
            root = np.where(told[-1], table.shape[-2] / np.where(told[-1], size, 1), 0.0) ** 0.5
            rows.append((means - means.mean(axis=-1, keepdims=True)) * root[..., None])
        if rows:
            away, count = np.stack(rows), np.sum(told, axis=0)  # away: tests x ... x replicates
            beyond = (away.shape[-1] - 1) * (count > 0)
            common = (away.sum(axis=0) ** 2).sum(axis=-1) / np.maximum(count, 1)
            squares[0] = squares[0] + common
            squares[1] = squares[1] + (away**2).sum(axis=(0, -1)) - common
            freedoms[0] = freedoms[0] + beyond
            freedoms[1] = freedoms[1] + beyond * np.maximum(count - 1, 0)
            tests, telling = tests + count, telling + (count > 0)
    if not np.any(telling):
        return None
    shared = squares[0] / np.maximum(freedoms[0], 1)
    own = np.where(freedoms[1] > 0, squares[1] / np.maximum(freedoms[1], 1), shared)
    worth = (np.maximum(freedoms[0], 1), np.where(freedoms[1] > 0, freedoms[1], freedoms[0]))
    each = tests / np.maximum(telling, 1)
    freedom = (plain(worth[0]), plain(np.maximum(worth[1], 1)))
    return Spread(plain(shared), plain(own), plain(np.maximum(each, 1)), freedom, fractions)


def scale(mean: Number, fractions: bool) -> Number:
    """Return what variances grow with."""
    return mean * (1 - mean) if fractions else mean**2


def _kind(key: Key) -> Key:
    return key._replace(train=UNTRAINED if key.train == UNTRAINED else "", test="")
