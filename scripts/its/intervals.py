"""Intervals for what was measured on few problems with many responses each.

Problems are the unit, and each weighs the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl

from its.means import Means, check_enough, crossed, means_of
from its.uncertainty import Number, Replication, Uncertainty, Variance, plain, student
from its.voting import winners

CAUTION = 1.5
"""Standard errors by which problems are taken to differ more than they show (`cautious`)."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A fraction in [0, 1], the ends of its interval, and what it was measured on."""

    mean: Number
    low: Number
    high: Number
    problems: int
    responses: int


@dataclass(frozen=True, slots=True)
class Replicated:
    """A fraction in [0, 1] whose interval counts other problems and other replicates."""

    mean: Number
    low: Number | None
    high: Number | None
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
    right one: 1 - C(n - c, k) / C(n, k), which has no bias for any k up to n. Its interval is
    that of `over_subsets`; those of different k rest on the same responses.

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
    least = counts["n"].min() or 0
    passed = [passing(n)[c, :least] for n, c in counts.select("n", "c").iter_rows()]
    accuracies = (counts["c"] / counts["n"]).to_numpy()
    return {
        k: over_subsets(values, accuracies, len(verdicts), k, level)
        for k, values in enumerate(np.array(passed).T, start=1)
    }


@cache
def passing(n: int) -> np.ndarray:
    """Return the share of subsets of k that hold a right one: for 0 to n right ones of n, each k.

    1 - C(n - c, k) / C(n, k), whose quotient is the product of (n - c - i) / (n - i) for i below
    k: one cumulative product gives it for all k.
    """
    right, drawn = np.arange(n + 1)[:, None], np.arange(n)
    return 1 - np.cumprod(np.clip(n - right - drawn, 0, None) / (n - drawn), axis=1)


def majority(verdicts: pl.DataFrame, *, level: float = 0.95) -> Accuracy:
    """Estimate how often the answer given most often is right, among all samples of a problem.

    Answers vote if they stand in a box of a response that was not truncated. All right answers
    are one candidate; wrong ones are the same if they were read alike. Candidates with equally
    many votes share the point, so that the order of samples does not matter. A problem on which
    nothing votes counts as wrong. Its interval is that of `accuracy`.

    Parameters
    ----------
    verdicts
        `id` (str), `correct` (bool), `answered` (bool), `extracted` and `parsed` (str, null where
        nothing was found, or could be read).

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
    ...     "parsed": ["0.5", "1/2", "7"],
    ... }
    >>> majority(pl.DataFrame([*pl.DataFrame(rows).rows(), ("b", False, False, None, None)],
    ...     schema=list(rows), orient="row")).mean
    0.5
    """
    points = winners(verdicts, ["id"]).select("id", point="shared")
    everyone = verdicts.select("id").unique().join(points, on="id", how="left").sort("id")
    return over_problems(everyone["point"].fill_null(0.0).to_numpy(), len(verdicts), level)


def over_subsets(
    values: np.ndarray, accuracies: np.ndarray, responses: int, k: int, level: float = 0.95
) -> Accuracy:
    """Return the mean of what subsets of `k` responses are worth, with its interval.

    That of `accuracy`, with two cautions. With many tries nearly every problem is solved, and the
    few that never are may not be among thirty: so problems are taken to differ at least as much
    as single responses show it, in the intraclass correlation (`cautious`), whatever `k`. And `k`
    responses are one trial. Without them, pass@16 of 64 covers 70% for a U-shape of 30 problems.

    Parameters
    ----------
    values, accuracies
        Of each problem, along the last axis.
    """
    variance, mean = accuracies.var(axis=-1, ddof=1), accuracies.mean(axis=-1)
    found, added = _correlation(variance, mean, values.shape[-1], responses)
    return over_problems(values, responses, level, subset=k, least=found + added)


def over_problems(
    values: np.ndarray,
    responses: int,
    level: float = 0.95,
    *,
    subset: int = 1,
    least: Number = 0.0,
) -> Accuracy:
    """Return the mean of the problems' values with the interval of `accuracy`.

    Parameters
    ----------
    values
        Of each problem, along the last axis.
    responses
        To one set of problems.
    subset
        How many of them make a trial.
    least
        How much of mean x (1 - mean) the variance between problems is at least.
    """
    problems = values.shape[-1]
    check_enough(problems)
    mean = values.mean(axis=-1)
    variance = cautious(values.var(axis=-1, ddof=1), mean, problems, responses)
    variance = np.maximum(variance, least * mean * (1 - mean)) / problems
    half = Uncertainty((Variance(variance, problems - 1),)).half(level)
    low, high = _wilson(mean, half, problems, responses / subset, level)
    return Accuracy(plain(mean), low, high, problems, responses)


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
    problems, replicates = table.shape[-2:]
    check_enough(problems)
    mean = plain(table.mean(axis=(-2, -1)))
    if replicates < 2:
        return Replicated(mean, None, None, problems, replicates)
    values, size = table.mean(axis=-1), problems * replicates
    responses = sum(cell.responses for cell in cells)
    variance = cautious(values.var(axis=-1, ddof=1), mean, problems, responses) / problems
    between = between or (Variance(mean_square(table), replicates - 1),)
    parts = tuple(Variance(part.value / size, part.freedom) for part in between)
    uncertainty = Uncertainty(
        (Variance(variance, problems - 1),), (Replication(parts, rest(table) / size),)
    )
    low, high = _wilson(mean, uncertainty.half(level), problems, responses, level)
    return Replicated(mean, low, high, problems, replicates)


def mean_square(table: np.ndarray) -> Number:
    """Return the mean square between the columns of a table of problems x replicates."""
    return plain(table.shape[-2] * table.mean(axis=-2).var(axis=-1, ddof=1))


def rest(table: np.ndarray) -> Number:
    """Return the mean square of what rows and columns of a table do not explain."""
    problems, replicates = table.shape[-2:]
    left = table - table.mean(axis=-1, keepdims=True)
    left -= left.mean(axis=-2, keepdims=True)
    return plain((left**2).sum(axis=(-2, -1))) / ((problems - 1) * (replicates - 1))


def cautious(variance: Number, mean: Number, problems: int, responses: int) -> Number:
    """Return the variance between the problems' values, `CAUTION` standard errors larger.

    As a multiple of mean x (1 - mean) it is 1 / samples where all problems are alike, and 1 where
    each is always or never solved. In between, few problems of which most are never solved often
    show too little of it, and an interval for their accuracy is too short then: 92.5% instead of
    95% for a U-shape of 30 problems.

    References
    ----------
    Fisher, Statistical Methods for Research Workers (1925), section 39, for the standard error of
    an intraclass correlation with many samples.
    """
    added = _correlation(variance, mean, problems, responses)[1]
    return plain(variance + mean * (1 - mean) * added)


def _correlation(
    variance: Number, mean: Number, problems: int, responses: int
) -> tuple[Number, Number]:
    """Return the intraclass correlation of responses to a problem, and what is added to it."""
    scale, samples = mean * (1 - mean), responses / problems
    if samples <= 1:
        return 0.0, 0.0
    ratio = np.divide(variance, scale, where=scale > 0, out=np.zeros(np.shape(scale)))
    found = np.clip((ratio - 1 / samples) / (1 - 1 / samples), 0, 1)
    return found, CAUTION * found * (1 - found) * (2 / (problems - 1)) ** 0.5


def _wilson(
    mean: Number, half: Number, problems: int, responses: float, level: float
) -> tuple[Number, Number]:
    """Return Wilson's interval for as many trials as would have such a half-width.

    Its ends are the values that lie as far from the mean as their own standard error, times
    Student's quantile, allows. There are never more trials than responses; where all values are
    the same, there are as many as problems.
    """
    mean = np.clip(mean, 0, 1)
    scale = mean * (1 - mean)
    quantile = student(problems - 1, level) ** 2
    square = np.maximum(np.square(half) / np.maximum(scale, 1e-300), quantile / responses)
    square = np.where((np.asarray(half) > 1e-6) & (scale > 0), square, quantile / problems)
    centre = (mean + square / 2) / (1 + square)
    reach = (square * (scale + square / 4)) ** 0.5 / (1 + square)
    return plain(np.maximum(0, centre - reach)), plain(np.minimum(1, centre + reach))
