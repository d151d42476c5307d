"""Differences of two cells, problem by problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from its.means import Means, check_enough, crossed
from its.uncertainty import student

EXHAUSTIVE = 20
"""Problems that differ up to which a permutation test tries every flip of signs: 2**20."""
FLIPS = 100_000
"""Random flips beyond that."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference of two fractions, in [-1, 1], paired by problem."""

    mean: float
    low: float
    high: float
    """Of the interval over problems: these trainings, other problems of their kind."""
    p: float
    """Of the sign-flip test: how often chance alone would differ as much, either way."""
    problems: int
    discordant: int
    """Problems on which the two differ. With fewer than 6, no test can reach 5%."""
    replicates: int


def paired_difference(a: Sequence[Means], b: Sequence[Means], *, level: float = 0.95) -> Difference:
    """Estimate how much `a` is better than `b`, problem by problem.

    Each replicate of `a` is paired with the one of `b` at its place, differences are averaged
    over replicates within a problem, and the interval is Student's over problems. Where each
    difference is -1, 0 or 1 (one response, one replicate), Bonett and Price's is taken, which
    adds a problem won and a problem lost, with Student's quantile: with few discordant problems
    the plain one covers as little as 80% (simulated: 30 problems, 1.6% against 1.6%), this one
    93.6 to 100%. It is also taken where all differences are equal, and Student's has no width.

    The test flips the signs of the problems' differences: all ways up to 20 discordant problems,
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
    Bonett and Price, Journal of Educational and Behavioral Statistics 37 (2012) 479; Phipson and
    Smyth, Statistical Applications in Genetics and Molecular Biology 9 (2010) 39, for p-values
    of random permutations.
    """
    pairs = len(a)
    both = crossed([*a, *b])
    table = both[:, :pairs] - both[:, pairs:]
    problems, replicates = table.shape
    differences = table.mean(axis=1)
    low, high = _student(differences, level)
    return Difference(
        mean=float(differences.mean()),
        low=low,
        high=high,
        p=sign_flip(differences),
        problems=problems,
        discordant=int((np.abs(differences) > 1e-12).sum()),
        replicates=replicates,
    )


def sign_flip(
    differences: np.ndarray,
    *,
    alternative: Literal["two-sided", "greater"] = "two-sided",
    seed: int = 0,
) -> float:
    """Return the p-value of a permutation test for paired differences.

    If `a` and `b` were alike, each problem's difference could as well have had the other sign.
    The p-value is the share of all assignments of signs, the present one among them, whose sum
    is as far from 0 (`greater`: as large). It is exact for up to `EXHAUSTIVE` differences that
    are not 0.

    >>> sign_flip(np.array([1, 1, 1, 1, 1, 0]))
    0.0625
    """
    differences = differences[np.abs(differences) > 1e-12]
    away = np.abs if alternative == "two-sided" else np.positive
    observed = away(differences.sum())
    observed -= 1e-9 * np.abs(differences).sum()  # sums in another order differ by rounding
    if len(differences) <= EXHAUSTIVE:
        sums = np.zeros(1)
        for difference in differences:
            sums = np.concatenate([sums + difference, sums - difference])
        return float((away(sums) >= observed).mean())
    random = np.random.default_rng(seed)
    total, eighths = differences.sum(), -(-len(differences) // 8)
    hits = 0
    for _ in range(FLIPS // 1000):
        bits = np.unpackbits(
            random.integers(0, 256, size=(1000, eighths), dtype=np.uint8),
            axis=1,
            count=len(differences),
        )
        sums = 2 * (bits.astype(float) @ differences) - total  # 1 keeps a sign, 0 flips it
        hits += int((away(sums) >= observed).sum())
    return (hits + 1) / (FLIPS + 1)


def error_over_problems(differences: np.ndarray) -> tuple[float, float]:
    """Return the centre of an interval for the mean of paired differences, and its error.

    Where each difference is -1, 0 or 1, or all are equal, a problem won and a problem lost are
    added (Bonett and Price, see `paired_difference`). Raises `InputError` for a single problem.
    """
    problems = len(differences)
    check_enough(problems)
    whole = bool(np.isin(differences, [-1, 0, 1]).all())
    if whole or differences.std() < 1e-12:
        differences = np.append(differences, [1, -1])
        return float(differences.mean()), float(differences.std()) / len(differences) ** 0.5
    return float(differences.mean()), float(differences.std(ddof=1)) / problems**0.5


def _student(differences: np.ndarray, level: float) -> tuple[float, float]:
    centre, error = error_over_problems(differences)
    half = student(len(differences) - 1, level) * error
    return max(-1.0, centre - half), min(1.0, centre + half)
