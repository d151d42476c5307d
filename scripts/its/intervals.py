"""Intervals for what was measured on few problems with many responses each.

Problems are the unit, and each weighs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from its.means import Means, check_enough, crossed, means_of
from its.uncertainty import Replication, Uncertainty, Variance, student
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
    and fewer still because few problems estimate a variance badly (`cautious`). A Wilson interval
    for that number stays inside [0, 1], and has a width even when every response is right.

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


def pass_at_k(verdicts: pl.DataFrame, *, level: float = 0.95) -> dict[int, Accuracy]:
    """Estimate, for every k, the chance that at least one of k responses is right.

    Of the n responses to a problem, c of them right, the share of all subsets of k that hold a
    right one: 1 - C(n - c, k) / C(n, k), which has no bias for any k up to n. That quotient is the
    product of (n - c - i) / (n - i) for i below k, so one cumulative product gives it for all k.
    The intervals are those of `accuracy`; those of different k rest on the same responses.

    Parameters
    ----------
    verdicts
        `id` (str) and `correct` (bool, never null).

    Returns
    -------
    dict
        By k, from 1 to the number of responses to a problem, the fewest.

    References
    ----------
    Chen et al., Evaluating Large Language Models Trained on Code, arXiv:2107.03374, equation 1.

    Examples
    --------
    >>> rows = {"id": ["a", "a", "b", "b"], "correct": [True, False, False, False]}
    >>> [one.mean for one in pass_at_k(pl.DataFrame(rows)).values()]
    [0.25, 0.5]
    """
    counts = verdicts.group_by("id").agg(n=pl.len(), c=pl.col("correct").sum()).sort("id")
    n, c = (counts[name].to_numpy().astype(float)[:, None] for name in ["n", "c"])
    drawn = np.arange(counts["n"].min() or 0)
    failed = np.cumprod(np.clip(n - c - drawn, 0, None) / (n - drawn), axis=1)
    return {
        int(k): over_problems(1 - column, len(verdicts), level)
        for k, column in enumerate(failed.T, start=1)
    }


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
    variance = cautious(float(values.var(ddof=1)), mean, problems, responses) / problems
    half = Uncertainty((Variance(variance, problems - 1),)).half(level)
    low, high = _wilson(mean, half, problems, responses, level)
    return Accuracy(mean, low, high, problems, responses)


def over_replicates(
    cells: Sequence[Means],
    *,
    between: Sequence[Variance] | None = None,
    level: float = 0.95,
) -> Replicated:
    """Estimate the accuracy that other problems and other replicates would have.

    Problems and replicates (draws of rows, of personas, training seeds) are crossed: every
    replicate answers every problem. Of that two-way table, the mean square between problems and
    the part of the mean square between replicates that problems do not explain add up
    (`its.uncertainty`). The interval is Wilson's as in `accuracy`.

    Two replicates tell little of how much replicates differ, so that is better taken from all
    cells of a matrix together (`between`). What coverage comes to is in `docs/calibration.csv`.

    Parameters
    ----------
    cells
        One for each replicate, all of them with the same problems.
    between
        Parts of the mean square between replicates, as cells of this kind have it (`its.spreads`);
        what this one shows, if it is not given.

    Raises
    ------
    InputError
        If there are fewer than two problems, or the replicates have different ones.

    References
    ----------
    Searle, Casella and McCulloch, Variance Components (1992), section 4.3, for the two-way table.
    """
    table = crossed(cells)
    problems, replicates = table.shape
    check_enough(problems)
    mean = float(table.mean())
    if replicates < 2:
        return Replicated(mean, None, None, problems, replicates)
    values = table.mean(axis=1)
    responses = sum(cell.responses for cell in cells)
    variance = cautious(float(values.var(ddof=1)), mean, problems, responses) / problems
    between = between or (Variance(mean_square(table), replicates - 1),)
    parts = tuple(Variance(part.value / table.size, part.freedom) for part in between)
    uncertainty = Uncertainty(
        (Variance(variance, problems - 1),), (Replication(parts, rest(table) / table.size),)
    )
    low, high = _wilson(mean, uncertainty.half(level), problems, responses, level)
    return Replicated(mean, low, high, problems, replicates)


def mean_square(table: np.ndarray) -> float:
    """Return the mean square between the columns of a table of problems x replicates."""
    return float(len(table) * table.mean(axis=0).var(ddof=1))


def rest(table: np.ndarray) -> float:
    """Return the mean square of what rows and columns of a table do not explain."""
    problems, replicates = table.shape
    left = table - table.mean(axis=1, keepdims=True) - table.mean(axis=0) + table.mean()
    return float((left**2).sum()) / ((problems - 1) * (replicates - 1))


def cautious(variance: float, mean: float, problems: int, responses: int) -> float:
    """Return the variance between the problems' values, a standard error larger.

    As a multiple of mean x (1 - mean) it is 1 / samples where all problems are alike, and 1 where
    each is always or never solved. In between, few problems of which most are never solved often
    show too little of it, and an interval for their accuracy is too short then: 92.5% instead of
    95% for a U-shape of 30 problems.

    References
    ----------
    Fisher, Statistical Methods for Research Workers (1925), section 39, for the standard error of
    an intraclass correlation with many samples.
    """
    scale, samples = mean * (1 - mean), responses / problems
    if scale <= 0 or samples <= 1:
        return variance
    correlation = (variance / scale - 1 / samples) / (1 - 1 / samples)
    correlation = min(max(correlation, 0.0), 1.0)
    error = correlation * (1 - correlation) * (2 / (problems - 1)) ** 0.5
    return variance + scale * error


def _wilson(
    mean: float, half: float, problems: int, responses: int, level: float
) -> tuple[float, float]:
    """Return Wilson's interval for as many trials as would have such a half-width.

    Its ends are the values that lie as far from the mean as their own standard error, times
    Student's quantile, allows. There are never more trials than responses; where all values are
    the same, there are as many as problems.
    """
    mean = min(max(mean, 0.0), 1.0)
    scale = mean * (1 - mean)
    quantile = student(problems - 1, level) ** 2
    if half > 1e-6 and scale > 0:
        square = max(half**2 / scale, quantile / responses)
    else:
        square = quantile / problems
    centre = (mean + square / 2) / (1 + square)
    reach = (square * (scale + square / 4)) ** 0.5 / (1 + square)
    return max(0.0, float(centre - reach)), min(1.0, float(centre + reach))
