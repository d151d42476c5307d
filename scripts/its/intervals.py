"""Intervals for what was measured on few problems with many responses each.

Problems are the unit, and each weighs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import polars as pl
from scipy.special import stdtrit  # scipy.stats takes longer to import than all else here

from its.errors import InputError
from its.means import Means, check_enough, crossed, means_of
from its.voting import winners


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A fraction in [0, 1], the ends of its interval, and what it was measured on."""

    mean: float
    low: float
    high: float
    problems: int
    responses: int


@dataclass(frozen=True, slots=True)
class Replicated:
    """A fraction in [0, 1] whose interval counts other problems and other replicates."""

    mean: float
    low: float | None
    high: float | None
    """None where there is one replicate: it cannot say how much another would differ."""
    problems: int
    replicates: int


def accuracy(verdicts: pl.DataFrame, *, column: str = "correct", level: float = 0.95) -> Accuracy:
    """Estimate pass@1 and its confidence interval, with problems as the unit.

    Responses to one problem stand or fall together, so 30 problems with 64 responses each
    are not 1,920 trials. The variance is taken between problems and turned into the number
    of independent trials that would have the same variance, never more than there are responses,
    and fewer still because few problems estimate a variance badly. A Wilson interval for that
    number stays inside [0, 1], and has a width even when every response is right.

    Parameters
    ----------
    verdicts
        `id` (str) and `column` (bool, never null).
    column
        What to average, `correct` or `lenient`.
    level
        Coverage of the interval, strictly between 0 and 1.

    Raises
    ------
    InputError
        If there are fewer than two problems: no variance can be estimated.

    References
    ----------
    Wilson, JASA 22 (1927) 209; Korn and Graubard, Survey Methodology 24 (1998) 193, for the
    effective number of trials; Miller, arXiv:2411.00640, for clustered errors of evaluations.

    Examples
    --------
    >>> rows = {"id": ["a", "a", "b", "b"], "correct": [True, True, True, False]}
    >>> accuracy(pl.DataFrame(rows)).mean
    0.75
    """
    return over_problems(means_of(verdicts, column).values, len(verdicts), level)


def pass_at_k(verdicts: pl.DataFrame, k: int, *, level: float = 0.95) -> Accuracy:
    """Estimate the chance that at least one of `k` responses is right.

    Of the n responses to a problem, c of them right, the share of all subsets of k that hold a
    right one: 1 - C(n - c, k) / C(n, k), which has no bias for any k up to n. Its interval is
    that of `accuracy`.

    Raises
    ------
    InputError
        If a problem has fewer than `k` responses.

    References
    ----------
    Chen et al., Evaluating Large Language Models Trained on Code, arXiv:2107.03374, equation 1.

    Examples
    --------
    >>> rows = {"id": ["a", "a", "b", "b"], "correct": [True, False, False, False]}
    >>> pass_at_k(pl.DataFrame(rows), 2).mean
    0.5
    """
    counts = verdicts.group_by("id").agg(n=pl.len(), c=pl.col("correct").sum()).sort("id")
    least = counts["n"].min()
    if not 1 <= k <= least:
        raise InputError(f"pass@{k} needs {k} responses to every problem, and one has {least}")
    passed = [1 - comb(n - c, k) / comb(n, k) for n, c in counts.select("n", "c").iter_rows()]
    return over_problems(np.array(passed), len(verdicts), level)


def majority(verdicts: pl.DataFrame, *, level: float = 0.95) -> Accuracy:
    """Estimate how often the answer given most often is right, among all samples of a problem.

    Answers vote if they stand in a box of a response that was not truncated. All right answers
    are one candidate; wrong ones are the same if they are written alike. Candidates with equally
    many votes share the point, so that the order of samples does not matter. A problem on which
    nothing votes counts as wrong. Its interval is that of `accuracy`.

    Parameters
    ----------
    verdicts
        `id` (str), `correct` (bool), `answered` (bool) and `extracted` (str, null where nothing
        was found).

    References
    ----------
    Wang et al., Self-Consistency, arXiv:2203.11171, for the vote.

    Examples
    --------
    >>> rows = {
    ...     "id": ["a", "a", "a"],
    ...     "correct": [True, True, False],
    ...     "answered": [True, True, True],
    ...     "extracted": ["0.5", "1/2", "7"],
    ... }
    >>> majority(pl.DataFrame([*pl.DataFrame(rows).rows(), ("b", False, False, None)],
    ...     schema=list(rows), orient="row")).mean
    0.5
    """
    points = winners(verdicts, ["id"]).select("id", point="shared")
    everyone = verdicts.select("id").unique().join(points, on="id", how="left").sort("id")
    return over_problems(everyone["point"].fill_null(0.0).to_numpy(), len(verdicts), level)


def over_problems(values: np.ndarray, responses: int, level: float = 0.95) -> Accuracy:
    """Return the mean of the problems' values with the interval of `accuracy`."""
    problems = len(values)
    check_enough(problems)
    mean = float(values.mean())
    variance = float(values.var(ddof=1)) / problems
    low, high = _wilson(mean, variance, problems - 1, problems, responses, level)
    return Accuracy(mean, low, high, problems, responses)


def over_replicates(
    cells: Sequence[Means],
    *,
    between: tuple[float, float] | None = None,
    level: float = 0.95,
) -> Replicated:
    """Estimate the accuracy that other problems and other replicates would have.

    Problems and replicates (draws of rows, of personas, training seeds) are crossed: every
    replicate answers every problem. With the mean squares of that two-way table, `MP` between
    problems and `MR` between replicates, the variance of the mean is taken as
    (MP + MR) / (problems x replicates), with Satterthwaite's degrees of freedom. The textbook
    estimate also subtracts the residual mean square, without bias; leaving it in errs on the
    safe side, which few replicates need. The interval is Wilson's as in `accuracy`.

    Two replicates tell little of how much replicates differ: the interval is then useless by
    chance every so often, and too short by chance as often. So `MR` is better taken from all
    cells of a matrix together (`between`).

    Simulated coverage (30 and 64 problems, 1 to 16 samples; two replicates, a matrix of 2 x 2):
    alone 95 to 99% while replicates differ by a few points, and down to 89.5% where they differ
    by ten or more; with the common spread 96 to 99% and down to 92.8%, at half the width where
    it is widest. Three or five replicates: alone 92.5 to 98.6%, together 96.5 to 99%.

    Parameters
    ----------
    cells
        One for each replicate, all of them with the same problems.
    between
        Mean square between replicates and its degrees of freedom, as cells of this kind have it
        (`its.spreads`); what this one shows, if it is not given.

    Raises
    ------
    InputError
        If there are fewer than two problems, or the replicates have different ones.

    References
    ----------
    Satterthwaite, Biometrics Bulletin 2 (1946) 110; Searle, Casella and McCulloch, Variance
    Components (1992), section 4.3, for the two-way table.
    """
    table = crossed(cells)
    problems, replicates = table.shape
    check_enough(problems)
    mean = float(table.mean())
    if replicates < 2:
        return Replicated(mean, None, None, problems, replicates)
    between = between or (between_replicates(table), replicates - 1)
    variance, freedom = _crossed_variance(table, *between)
    responses = sum(cell.responses for cell in cells)
    low, high = _wilson(mean, variance, freedom, problems, responses, level)
    return Replicated(mean, low, high, problems, replicates)


def between_replicates(table: np.ndarray) -> float:
    """Return the mean square between the columns of a table of problems x replicates."""
    return float(len(table) * table.mean(axis=0).var(ddof=1))


def satterthwaite(variances: Sequence[float], freedoms: Sequence[float]) -> float:
    """Return the degrees of freedom that a sum of variances is worth.

    References
    ----------
    Satterthwaite, Biometrics Bulletin 2 (1946) 110.
    """
    total = sum(variances)
    if total <= 0:
        return float(min(freedoms))
    return total**2 / sum(v**2 / f for v, f in zip(variances, freedoms, strict=True))


def student_quantile(freedom: float, level: float) -> float:
    """Return how many errors an interval reaches to each side."""
    return float(stdtrit(freedom, (1 + level) / 2))


def _wilson(
    mean: float, variance: float, freedom: float, problems: int, responses: int, level: float
) -> tuple[float, float]:
    """Return Wilson's interval for as many trials as would give the mean this variance.

    Its ends are the values that lie as far from the mean as their own standard error, times
    Student's quantile, allows.
    """
    mean = min(max(mean, 0.0), 1.0)
    trials = min(mean * (1 - mean) / variance, responses) if variance > 1e-12 else problems
    square = student_quantile(freedom, level) ** 2 / trials
    centre = (mean + square / 2) / (1 + square)
    half = (square * (mean * (1 - mean) + square / 4)) ** 0.5 / (1 + square)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _crossed_variance(
    table: np.ndarray, between_replicates: float, freedom: float
) -> tuple[float, float]:
    """Return the variance of the mean of a table of problems x replicates, and its freedom."""
    problems, replicates = table.shape
    between_problems = float(replicates * table.mean(axis=1).var(ddof=1))
    both = between_problems + between_replicates
    if both < 1e-12:
        return 0.0, problems - 1
    worth = satterthwaite([between_problems, between_replicates], [problems - 1, freedom])
    return both / table.size, min(worth, problems - 1)
