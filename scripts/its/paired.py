"""Differences of two cells, problem by problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import bdtrc, ndtri

from its.means import Means, check_enough, crossed
from its.uncertainty import Number, Variance, plain, student

EXHAUSTIVE = 30
"""Problems that differ up to which a permutation test counts every flip of signs: 2**30."""
FLIPS = 100_000
"""Random flips beyond that."""
AT_ONCE = 2_000_000
"""Numbers in a block of random flips, and of their sums: 16 MB."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two fractions, in [-1, 1], paired by problem."""

    mean: Number
    low: Number
    high: Number
    """Of the interval over problems: these trainings, other problems of their kind."""
    p: Number
    """Of the sign-flip test: how often chance alone would differ as much, either way."""
    problems: int
    discordant: Number | np.integer
    """Problems on which the two differ. With fewer than 6, no test can reach 5%."""
    replicates: int

    def one(self, place: int) -> "Difference":
        """Return one of many."""
        many = [self.mean, self.low, self.high, self.p]
        mean, low, high, p = (float(values[place]) for values in many)
        return Difference(
            mean, low, high, p, self.problems, int(self.discordant[place]), self.replicates
        )


def paired_difference(a: Sequence[Means], b: Sequence[Means], *, level: float = 0.95) -> Difference:
    """Estimate how much `a` is better than `b`, problem by problem.

    Each replicate of `a` is paired with the one of `b` at its place, differences are averaged
    over replicates within a problem, and the interval is Student's over problems, with as many
    degrees of freedom as the differences are worth (`freedom`). Where each
    difference is -1, 0 or 1 (one response, one replicate), it is Tango's, which asks of every
    difference whether its score test would reject it: with few discordant problems Student's
    covers as little as 87%, this one 94.7 to 96.1%, and more only where about two of 30 problems
    differ. Where all differences are equal, and Student's has no width, a problem won and a
    problem lost are added (Bonett and Price).

    The test flips the signs of the problems' differences: all ways up to 30 discordant problems,
    else 100,000 random ones with a fixed seed. It asks whether these very models differ, on
    problems of this kind.

    Parameters
    ----------
    a, b
        One for each replicate, all of them with the same problems; as many of `a` as of `b`.

    Raises
    ------
    InputError
        If there are fewer than two problems, or they have different ones.

    References
    ----------
    Tango, Statistics in Medicine 17 (1998) 891; Bonett and Price, Journal of Educational and
    Behavioral Statistics 37 (2012) 479; Phipson and Smyth, Statistical Applications in Genetics
    and Molecular Biology 9 (2010) 39, for p-values of random permutations.
    """
    pairs = len(a)
    both = crossed([*a, *b])
    table = both[..., :pairs] - both[..., pairs:]
    problems, replicates = table.shape[-2:]
    differences = table.mean(axis=-1)
    centre, error = error_over_problems(differences)
    half = student(error.freedom, level) * error.value**0.5
    whole = _whole(differences)
    won, lost = ((sign * differences > 0.5).sum(axis=-1) for sign in (1, -1))
    return Difference(
        mean=plain(differences.mean(axis=-1)),
        low=plain(
            np.where(whole, -_most(lost, won, problems, level), np.maximum(-1, centre - half))
        ),
        high=plain(
            np.where(whole, _most(won, lost, problems, level), np.minimum(1, centre + half))
        ),
        p=sign_flip(differences),
        problems=problems,
        discordant=_differs(differences).sum(axis=-1),
        replicates=replicates,
    )


def _whole(differences: np.ndarray) -> np.ndarray:
    """Return whether each problem is won, lost or even."""
    return np.isin(differences, [-1, 0, 1]).all(axis=-1)


def _most(won: np.ndarray, lost: np.ndarray, problems: int, level: float) -> np.ndarray:
    """Return the largest difference that the score test of problems won and lost does not reject.

    Its variance is that of the likeliest chances of winning and losing that differ so much (Tango,
    equations 4 and 7).
    """
    quantile = ndtri((1 + level) / 2)
    low, high = (won - lost) / problems, np.ones(np.shape(won))
    for _ in range(40):
        middle = (low + high) / 2
        linear = (2 * problems - won + lost) * middle - won - lost
        square = linear**2 + 8 * problems * lost * middle * (1 - middle)
        losing = np.maximum(0, square**0.5 - linear) / (4 * problems)
        error = (problems * np.maximum(0, 2 * losing + middle * (1 - middle))) ** 0.5
        held = problems * middle - won + lost <= quantile * error
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return low


def sign_flip(
    differences: np.ndarray,
    *,
    alternative: Literal["two-sided", "greater"] = "two-sided",
    seed: int = 0,
) -> Number:
    """Return the p-value of a permutation test for paired differences.

    If `a` and `b` were alike, each problem's difference could as well have had the other sign.
    The p-value is the share of all assignments of signs, the present one among them, whose sum
    is as far from 0 (`greater`: as large). It is exact for up to `EXHAUSTIVE` differences that
    are not 0, and where they are all of one size (McNemar's exact test). Problems are along the
    last axis.

    >>> sign_flip(np.array([1, 1, 1, 1, 1, 0]))
    0.0625
    """
    rows = np.reshape(differences, (-1, np.shape(differences)[-1])).astype(float)
    differs = _differs(rows)
    observed = rows.sum(axis=1)
    if alternative == "two-sided":
        observed = np.abs(observed)
    observed -= 1e-9 * np.abs(rows).sum(axis=1)  # sums in another order differ by rounding
    many = differs.sum(axis=1) > EXHAUSTIVE
    p, size = np.empty(len(rows)), np.abs(rows).max(axis=1, initial=0)
    alike = (~differs | (np.abs(rows) > size[:, None] - 1e-12)).all(axis=1) & (size > 0)
    p[alike] = _share_alike(differs[alike].sum(axis=1), observed[alike] / size[alike])
    many &= ~alike
    for row in np.flatnonzero(~many & ~alike):
        p[row] = _share_of_all(rows[row, differs[row]], observed[row])
    if alternative == "two-sided":
        # Of all assignments, as many sums lie below as above.
        p = np.where(observed > 0, np.minimum(1, 2 * p), 1.0)
    p[many] = _share_of_random(rows[many], observed[many], alternative, seed)
    return plain(p.reshape(np.shape(differences)[:-1]))


def _differs(differences: np.ndarray) -> np.ndarray:
    return np.abs(differences) > 1e-12


def _share_alike(count: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return how many sums of `count` ones, each with either sign, are at least `least`."""
    positive = np.ceil((least + count) / 2)
    return np.where(positive <= 0, 1.0, bdtrc(np.maximum(positive - 1, 0), count, 0.5))


def _share_of_all(differences: np.ndarray, least: float) -> float:
    """Return how many of all assignments of signs have a sum of at least `least`.

    Every sum is one of the first half of the differences and one of the second: for each of the
    second, those of the first that reach far enough are counted.

    References
    ----------
    Horowitz and Sahni, Journal of the ACM 21 (1974) 277, for the two halves.
    """
    half = len(differences) // 2
    first, second = (_sums(part) for part in (differences[:half], differences[half:]))
    first.sort()
    reached = first.size * second.size - np.searchsorted(first, least - second).sum()
    return float(reached) / first.size / second.size


def _sums(differences: np.ndarray) -> np.ndarray:
    """Return the sums of all assignments of signs."""
    sums = np.zeros(1)
    for difference in differences:
        sums = np.concatenate([sums + difference, sums - difference])
    return sums


def _share_of_random(
    rows: np.ndarray, least: np.ndarray, alternative: str, seed: int
) -> np.ndarray:
    """Return how many of `FLIPS` assignments, the same for all rows, have such a sum."""
    count, problems = rows.shape
    random, totals = np.random.default_rng(seed), rows.sum(axis=1)
    block = max(1, min(FLIPS, AT_ONCE // max(count, problems)))
    hits, done = np.zeros(count), 0
    while done < FLIPS and count:
        size = min(block, FLIPS - done)
        bytes_ = random.integers(0, 256, size=(size, -(-problems // 8)), dtype=np.uint8)
        kept = np.unpackbits(bytes_, axis=1, count=problems)  # 1 keeps a sign, 0 flips it
        sums = 2 * (kept.astype(float) @ rows.T) - totals
        away = np.abs(sums, out=sums) if alternative == "two-sided" else sums
        hits += np.count_nonzero(away >= least, axis=0)
        done += size
    return (hits + 1) / (FLIPS + 1)


def freedom(differences: np.ndarray) -> Number:
    """Return the degrees of freedom that the variance of differences is worth.

    From 1 to one less than there are problems, along the last axis. Where few problems differ
    much and many hardly, the variance is known badly, and Student's interval covers 88% for a
    better learner on a U-shape of 30 problems. The variance of the variance follows from the
    kurtosis k: with 2 / (k / n - (n - 3) / (n (n - 1))) degrees of freedom, a chi-squared
    distribution has the same. The kurtosis is taken about 0, and raised by the share 2 k / n,
    since n problems cannot show one above n.

    References
    ----------
    O'Neill, The American Statistician 68 (2014) 282, result 3, for the variance of the variance.
    """
    count = differences.shape[-1]
    squares = differences**2
    mean = squares.mean(axis=-1)
    kurtosis = np.divide(
        (squares**2).mean(axis=-1), mean**2, where=mean > 1e-24, out=np.full(mean.shape, 1.0)
    )
    kurtosis = kurtosis * count / (count - 1) * (1 + 2 * kurtosis / count)
    excess = np.maximum(kurtosis / count - (count - 3) / (count * (count - 1)), 1e-9)
    return plain(np.clip(2 / excess, 1, count - 1))


def error_over_problems(differences: np.ndarray) -> tuple[Number, Variance]:
    """Return the centre of an interval for the mean of paired differences, and its variance.

    Where each difference is -1, 0 or 1, or all are equal, a problem won and a problem lost are
    added (Bonett and Price, see `paired_difference`). Problems are along the last axis. Raises
    `InputError` for a single problem.
    """
    problems = differences.shape[-1]
    check_enough(problems)
    mean, spread = differences.mean(axis=-1), differences.std(axis=-1)
    whole = _whole(differences) | (spread < 1e-12)
    centre = np.where(whole, mean * problems / (problems + 2), mean)
    square = (problems * (spread**2 + mean**2) + 2) / (problems + 2) - centre**2
    variance = np.where(whole, square / (problems + 2), spread**2 / (problems - 1))
    worth = np.where(whole, problems - 1, freedom(differences))
    return plain(centre), Variance(plain(variance), plain(worth))
