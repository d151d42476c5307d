"""How much replicates differ, by all cells whose replicates differ for the same reasons.

Two or three replicates of one cell tell little of how much another would differ. A matrix has
many cells, whose replicates differ alike: trained ones by draws and seeds, untrained ones by the
draw of their personas. So the variance is estimated from all of them together, in three parts: the
luck that all learners of a replicate have, for they learn from the same drawn rows; the luck that a
learner has in all of its tests; and what is a cell's own. A contrast of two learners on the same
rows is free of the first, one of two tests of one learner of the second, too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np

from its.cells import Cells, Key, Scored
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

    common: Number
    """Of the mean of all cells, times the cells: luck of any kind."""
    shared: Number
    """Of a learner's mean over its tests, times the tests: luck of its own, and of all."""
    own: Number
    """Of a test of a learner against its others: own luck alone."""
    cells: Number
    """Of all learners together."""
    tests: Number
    """Of each learner."""
    freedom: tuple[Number, Number, Number]
    """Degrees of freedom of the mean of all cells, of one learner against the others, and of
    `own`."""
    fractions: bool = True

    def between(self, parts: Iterable[Weighted]) -> tuple[Variance, ...]:
        """Return the mean square between replicates of a weighted sum, in its three parts.

        With weights u (times the root of what variances grow with) in all cells, c = (sum u)^2 /
        cells, and l, the sum over learners of (sum of their u)^2 / tests, it is c x common + (l -
        c) x shared + (sum u^2 - l) x own. That has no bias where learners share no luck. Where they
        do it is a little too large: one learner against the others would tell what is right, and
        has too few degrees of freedom in a small matrix. `shared` rests on two things that are
        independent: what is common, for one part in so many learners, and those differences.
        """
        by_learner: dict[str, list[Number]] = {}
        for part in parts:
            root = scale(part.mean, self.fractions) ** 0.5
            by_learner.setdefault(part.learner, []).append(part.weight * root)
        sums = [sum(weights) for weights in by_learner.values()]
        common = sum(sums) ** 2 / self.cells
        shared = sum(one**2 for one in sums) / self.tests
        squares = sum(weight**2 for weights in by_learner.values() for weight in weights)
        apart = np.maximum(0.0, shared - common)
        one = self.tests / self.cells  # of the learners
        found = [
            common * self.common + apart * one * self.shared,
            apart * (1 - one) * self.shared,
            np.maximum(0.0, squares - shared) * self.own,
        ]
        return tuple(map(Variance, map(plain, found), self.freedom))


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
            learners = [self._tests(keys) for keys in self._kinds[kind].values()]
            # Not those of whom too little is there yet to tell anything.
            learners = [tests for tests in learners if len(_numbers(tests)) > 1]
            numbers = _numbers(list(chain.from_iterable(learners)))
            self._known[kind, column] = common_spread(
                [
                    [[one[number].means[column] for number in numbers] for one in tests]
                    for tests in learners
                ]
            )
        return self._known[kind, column]

    def _tests(self, keys: Sequence[Key]) -> list[Mapping[int, Scored]]:
        """Return the tests of a learner that are not the same in all replicates."""
        return [self._cells[key] for key in keys if len(set(self._cells[key].values())) > 1]


def common_spread(learners: Sequence[Sequence[Sequence[Means]]]) -> Spread | None:
    """Estimate a spread from cells of one kind.

    Cells where the scale is 0 say nothing. None if no cell does.

    Parameters
    ----------
    learners
        For each learner its tests, for each test one for each replicate; all of the same ones.
    """
    squares, freedoms, tests, telling = [0.0, 0.0], [0.0, 0.0], 0.0, 0.0
    together, fractions = 0.0, True
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
            together = together + away.sum(axis=0)
            common = (away.sum(axis=0) ** 2).sum(axis=-1) / np.maximum(count, 1)
            squares[0] = squares[0] + common
            squares[1] = squares[1] + (away**2).sum(axis=(0, -1)) - common
            freedoms[0] = freedoms[0] + beyond
            freedoms[1] = freedoms[1] + beyond * np.maximum(count - 1, 0)
            tests, telling = tests + count, telling + (count > 0)
    if not np.any(telling):
        return None
    alone = together.shape[-1] - 1
    common = (together**2).sum(axis=-1) / np.maximum(tests, 1) / alone
    shared = squares[0] / np.maximum(freedoms[0], 1)
    own = np.where(freedoms[1] > 0, squares[1] / np.maximum(freedoms[1], 1), shared)
    worth = np.where(freedoms[1] > 0, freedoms[1], freedoms[0])
    freedom = (alone, *(plain(np.maximum(one, 1)) for one in (freedoms[0] - alone, worth)))
    means = [plain(common), plain(shared), plain(own)]
    each = plain(np.maximum(tests / np.maximum(telling, 1), 1))
    return Spread(*means, plain(np.maximum(tests, 1)), each, freedom, fractions)


def _numbers(tests: Sequence[Mapping[int, Scored]]) -> list[int]:
    """Return the replicates that all tests have."""
    return [number for number in (tests or [{}])[0] if all(one[number].means for one in tests)]


def scale(mean: Number, fractions: bool) -> Number:
    """Return what variances grow with."""
    return mean * (1 - mean) if fractions else mean**2


def _kind(key: Key) -> Key:
    return key._replace(train=UNTRAINED if key.train == UNTRAINED else "", test="")
