"""Intervals must not promise more than 30 problems can give."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from statsmodels.regression.linear_model import OLS
from statsmodels.stats.proportion import proportion_confint

from its.errors import InputError
from its.intervals import (
    accuracy,
    cautious,
    majority,
    over_problems,
    over_replicates,
    over_subsets,
    pass_at_k,
)
from its.means import Means, means_of, stacked
from its.paired import error_over_problems, freedom, paired_difference, sign_flip
from its.uncertainty import Variance

MARKS = st.lists(st.text("01", min_size=1, max_size=5), min_size=2, max_size=12)


def verdicts(*rows: str) -> pl.DataFrame:
    """Build verdicts from one string per problem: `1` for a right response, `0` for a wrong one."""
    pairs = [(f"p{i:02}", mark == "1") for i, row in enumerate(rows) for mark in row]
    return pl.DataFrame(pairs, schema={"id": pl.String, "correct": pl.Boolean}, orient="row")


def cell(*rows: str) -> Means:
    """Build what `over_replicates` and `paired_difference` take."""
    return means_of(verdicts(*rows), "correct")


def votes(*rows: str) -> pl.DataFrame:
    """Build verdicts from answers, one string per problem: `1` is right, `-` is no answer."""
    return pl.DataFrame(
        [
            (f"p{i:02}", mark == "1", mark != "-", None if mark == "-" else mark)
            for i, row in enumerate(rows)
            for mark in row
        ],
        schema=["id", "correct", "answered", "extracted"],
        orient="row",
    ).with_columns(parsed="extracted")


def width(frame: pl.DataFrame) -> float:
    estimate = accuracy(frame)
    return estimate.high - estimate.low


def test_repeating_the_same_responses_adds_no_certainty() -> None:
    assert width(verdicts("10", "11", "00")) == pytest.approx(
        width(verdicts("1010", "1111", "0000"))
    )


def test_problems_weigh_the_same_whatever_their_number_of_responses() -> None:
    assert accuracy(verdicts("1111", "0")).mean == 0.5


@pytest.mark.parametrize("mark", ["1", "0"])
def test_unanimous_verdicts_still_have_an_interval(mark: str) -> None:
    estimate = accuracy(verdicts(*[mark * 4] * 30))

    assert 0 <= estimate.low < estimate.high <= 1
    assert 0.1 < estimate.high - estimate.low < 0.15  # Wilson for 0 or 30 of 30


def test_one_problem_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 problems, and there is 1"):
        accuracy(verdicts("1011"))


@given(st.integers(0, 30))
@settings(deadline=None)
def test_the_interval_of_single_responses_is_wilsons_as_statsmodels_has_it(right: int) -> None:
    # Of n - 1 trials, since the variance is estimated, and with Student's quantile for the normal.
    problems = 30
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, problems - 1)) - 1
    trials = problems if right in {0, problems} else problems - 1
    expected = proportion_confint(
        trials * right / problems, trials, alpha=1 - level, method="wilson"
    )
    estimate = accuracy(verdicts(*"1" * right, *"0" * (problems - right)))
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-12)


def test_even_responses_never_count_for_more_than_there_are() -> None:
    lucky = ["10" * 8] * 29 + ["1" * 9 + "0" * 7]  # hardly any variance between problems
    low, high = proportion_confint(241, 480, method="wilson")
    assert width(verdicts(*lucky)) > high - low


def test_problems_that_are_all_alike_are_a_trial_each() -> None:
    estimate = accuracy(verdicts(*["1110"] * 30))
    level = 2 * stats.norm.cdf(stats.t.ppf(0.975, 29)) - 1
    expected = proportion_confint(22.5, 30, alpha=1 - level, method="wilson")
    assert (estimate.low, estimate.high) == pytest.approx(expected)


def test_many_tables_have_the_intervals_of_each_alone() -> None:
    tables = np.random.default_rng(0).integers(0, 9, (3, 5)) / 8
    subsets = np.sqrt(tables)
    together = over_problems(tables, 40), over_subsets(subsets, tables, 40, 2)
    for place in range(3):
        alone = (
            over_problems(tables[place], 40),
            over_subsets(subsets[place], tables[place], 40, 2),
        )
        for many, one in zip(together, alone, strict=True):
            found = (many.mean[place], many.low[place], many.high[place])
            assert found == pytest.approx((one.mean, one.low, one.high))


@given(MARKS)
@settings(deadline=None)
def test_an_accuracy_lies_in_its_interval_and_that_in_0_to_1(rows: list[str]) -> None:
    estimate = accuracy(verdicts(*rows))
    assert 0 <= estimate.low <= estimate.mean + 1e-12
    assert estimate.mean - 1e-12 <= estimate.high <= 1
    assert estimate.low < estimate.high


@given(st.lists(st.text("01", min_size=5, max_size=5), min_size=2, max_size=4))
@settings(deadline=None)
def test_pass_at_k_is_the_share_of_subsets_with_a_right_one(rows: list[str]) -> None:
    found = pass_at_k(verdicts(*rows))
    assert list(found) == [1, 2, 3, 4, 5]
    for k, estimate in found.items():
        subsets = [["1" in some for some in combinations(row, k)] for row in rows]
        expected = np.mean([np.mean(subset) for subset in subsets])
        assert estimate.mean == pytest.approx(expected)


@given(st.lists(st.text("01", min_size=64, max_size=80), min_size=2, max_size=4))
@settings(deadline=None)
def test_pass_at_k_is_that_of_the_humaneval_paper_for_every_k(rows: list[str]) -> None:
    def stable(n: int, c: int, k: int) -> float:
        """Equation 1 as a product, the way its authors compute it."""
        return 1.0 if n - c < k else 1.0 - float(np.prod(1.0 - k / np.arange(n - c + 1, n + 1)))

    found = pass_at_k(verdicts(*rows))
    assert list(found) == list(range(1, min(map(len, rows)) + 1))
    for k, estimate in found.items():
        expected = np.mean([stable(len(row), row.count("1"), k) for row in rows])
        assert estimate.mean == pytest.approx(expected, abs=1e-12)


def test_pass_at_1_is_the_accuracy() -> None:
    frame = verdicts("1100", "1000", "0000")
    found, expected = pass_at_k(frame)[1], accuracy(frame)
    assert (found.mean, found.low, found.high) == pytest.approx(
        (expected.mean, expected.low, expected.high)
    )


def test_pass_at_k_ends_at_the_fewest_responses() -> None:
    assert list(pass_at_k(verdicts("11", "111"))) == [1, 2]


@pytest.mark.parametrize(
    ("row", "point"),
    [
        ("112", 1),
        ("122", 0),
        ("12", 0.5),
        ("123", 1 / 3),
        ("1-", 1),  # what found no answer does not vote
        ("--", 0),
        ("1--22", 0),
        ("22331", 0),
    ],
)
def test_the_majority_wins_and_ties_share_the_point(row: str, point: float) -> None:
    for order in [row, row[::-1]]:
        assert majority(votes(order, "11")).mean == pytest.approx((point + 1) / 2)


def test_right_answers_in_two_notations_vote_together() -> None:
    frame = votes("1122", "11").with_columns(
        extracted=pl.Series(["0.5", "1/2", "7", " 7. ", "5", "5"]), parsed=pl.lit(None, pl.String)
    )
    assert majority(frame).mean == pytest.approx(0.75)  # two against two


def test_identical_replicates_are_as_sure_as_their_problems() -> None:
    rows = ["11", "10", "11", "00", "11"]
    once, both = verdicts(*(row * 2 for row in rows)), over_replicates([cell(*rows)] * 2)
    assert (both.low, both.high) == pytest.approx((accuracy(once).low, accuracy(once).high))


def test_replicates_that_differ_widen_the_interval() -> None:
    weak, strong = cell(*["1000"] * 10), cell(*["1110"] * 10)
    estimate = over_replicates([weak, strong, weak])
    assert estimate.mean == pytest.approx(5 / 12)
    # All variance is between replicates: 2 degrees of freedom and a mean square of 30 / 36.
    error = stats.t.ppf(0.975, 2) * (np.var([1 / 4, 3 / 4, 1 / 4], ddof=1) / 3) ** 0.5
    for end in [estimate.low, estimate.high]:  # Wilson: as far from the mean as its own error
        at_end = error * (end * (1 - end) / (5 / 12 * 7 / 12)) ** 0.5
        assert abs(end - 5 / 12) == pytest.approx(at_end)


def test_a_cell_takes_the_mean_square_that_it_is_given() -> None:
    cells = [cell(*"11000"), cell(*"11101")]
    square = 5 * np.var([2 / 5, 4 / 5], ddof=1)
    alone, given = over_replicates(cells), over_replicates(cells, between=[Variance(square, 1)])
    assert (given.low, given.high) == pytest.approx((alone.low, alone.high))
    assert over_replicates(cells, between=[Variance(square, 9)]).high < alone.high


def test_a_correlation_between_all_alike_and_all_or_nothing_is_taken_a_little_larger() -> None:
    alike, torn = 0.25 / 4, 0.25
    assert cautious(alike, 0.5, problems=30, responses=120) == pytest.approx(alike)
    assert cautious(torn, 0.5, problems=30, responses=120) == pytest.approx(torn)
    between = 0.25 * (1 / 4 + 3 / 4 * 0.5)
    expected = between + 1.5 * 0.25 * 0.25 * (2 / 29) ** 0.5
    assert cautious(between, 0.5, problems=30, responses=120) == pytest.approx(expected)
    seldom = 0.09 * (1 / 4 + 3 / 4 * 0.5)
    expected = seldom + 1.5 * 0.09 * 0.25 * (2 / 29) ** 0.5
    assert cautious(seldom, 0.1, problems=30, responses=120) == pytest.approx(expected)


def test_pass_at_k_is_as_uncertain_as_single_responses_show() -> None:
    # Every problem is solved by one of eight, but half of them seldom: others may never be.
    torn, alike = ["1" * 16] * 15 + ["1" * 3 + "0" * 13] * 15, ["1" * 9 + "0" * 7] * 30
    assert pass_at_k(verdicts(*torn))[8].low < pass_at_k(verdicts(*alike))[8].low - 0.03
    found, chances = pass_at_k(verdicts(*torn))[8], np.array([1, 3 / 16] * 15)
    mean = chances.mean()
    correlation = (chances.var(ddof=1) / (mean * (1 - mean)) - 1 / 16) / (15 / 16)
    least = correlation + 1.5 * correlation * (1 - correlation) * (2 / 29) ** 0.5
    error = stats.t.ppf(0.975, 29) * (least / 30) ** 0.5
    for end in [found.low, found.high]:
        assert abs(end - found.mean) == pytest.approx(error * (end * (1 - end)) ** 0.5)
    # Eight responses are one trial: of sixteen to a problem, there are two.
    found = pass_at_k(verdicts(*["1" * 4 + "0" * 12] * 29, "1" * 5 + "0" * 11))[8]
    trials = 60 / stats.t.ppf(0.975, 29) ** 2
    low, high = proportion_confint(
        found.mean * trials, trials, alpha=2 * stats.norm.sf(1), method="wilson"
    )
    assert (found.low, found.high) == pytest.approx((low, high))


def test_one_replicate_has_no_interval_over_replicates() -> None:
    estimate = over_replicates([cell("10", "11")])
    assert estimate.mean == 0.75
    assert estimate.low is estimate.high is None


@pytest.mark.parametrize("order", [1, -1])
def test_cells_with_other_problems_are_not_compared(order: int) -> None:
    with pytest.raises(InputError, match="p02 is in one of the first and the 2. table"):
        over_replicates([cell("1", "0"), cell("1", "0", "1")][::order])


def test_the_interval_of_a_difference_is_students() -> None:
    a, b = ["1110", "1100", "0000", "1100"], ["1100", "1000", "1000", "1000"]
    differences = np.array([0.25, 0.25, -0.25, 0.25] * 3)  # all of one size, so worth all they are
    estimate = paired_difference([cell(*a * 3)], [cell(*b * 3)])
    reference = stats.ttest_1samp(differences, 0).confidence_interval()
    assert estimate.mean == 0.125
    assert (estimate.low, estimate.high) == pytest.approx((reference.low, reference.high))
    assert (estimate.problems, estimate.discordant, estimate.replicates) == (12, 12, 1)


def test_differences_of_few_problems_are_worth_few_degrees_of_freedom() -> None:
    assert freedom(np.array([0.5, -0.5] * 15)) == 29
    assert freedom(np.array([1.0] + [0.01] * 29)) < 1.1
    assert 3 < freedom(np.array([1.0, -1, 1, 1, -1, 1] + [0.0] * 24)) < 12
    normal = np.random.default_rng(0).normal(size=(200, 500))
    assert freedom(normal).mean() == pytest.approx(499, rel=0.06)
    assert freedom(np.zeros(30)) == 29


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=12), st.floats(0.01, 10))
@settings(max_examples=50, deadline=None)
def test_degrees_of_freedom_have_no_unit_and_no_sign(values: list[float], factor: float) -> None:
    differences = np.array(values)
    found = freedom(differences)
    assert 1 <= found <= len(values) - 1
    if np.abs(differences).max() > 1e-3:
        assert freedom(-factor * differences) == pytest.approx(found)


@pytest.mark.parametrize(("won", "lost"), [(9, 3), (3, 9), (12, 1), (20, 20)])
def test_the_interval_of_single_responses_ends_where_the_score_test_rejects(
    won: int, lost: int
) -> None:
    even = "1" * (40 - won - lost)
    a, b = "1" * won + "0" * lost + even, "0" * won + "1" * lost + even
    estimate = paired_difference([cell(*a)], [cell(*b)])
    assert estimate.mean == pytest.approx((won - lost) / 40)
    for end, quantile in [(estimate.low, 1.959964), (estimate.high, -1.959964)]:

        def unlikely(losing: float, end: float = end) -> float:
            winning = losing + end
            rest = 1 - winning - losing
            return -(xlogy(won, winning) + xlogy(lost, losing) + xlogy(40 - won - lost, rest))

        bounds = (max(0, -end) + 1e-9, (1 - end) / 2 - 1e-9)
        losing = minimize_scalar(unlikely, bounds=bounds, options={"xatol": 1e-12}).x
        error = (40 * (2 * losing + end - end**2)) ** 0.5
        assert (won - lost - 40 * end) / error == pytest.approx(quantile, abs=1e-4)


def test_no_problem_that_differs_still_leaves_a_difference_possible() -> None:
    same = cell(*"0110111001")
    estimate = paired_difference([same], [same])
    expected = 1.959964**2 / (10 + 1.959964**2)  # Wilson's, for none of ten
    assert (estimate.low, estimate.high) == pytest.approx((-expected, expected))


def test_of_single_responses_a_problem_won_and_one_lost_are_added() -> None:
    differences = np.array([1, 1, 0, -1, 0, 1, 0])
    added = np.array([*differences, 1, -1])  # Bonett and Price
    centre, error = error_over_problems(differences)
    assert centre == pytest.approx(added.mean())
    assert error == pytest.approx((added.var() / 9, 6))


def test_cells_that_never_differ_still_have_an_interval() -> None:
    zero = cell(*["0000"] * 30)
    estimate = paired_difference([zero, zero], [zero, zero])
    assert estimate.low < 0 < estimate.high
    assert estimate.p == 1


@given(st.integers(0, 2**32 - 1), st.integers(2, 8), st.integers(2, 6))
@settings(max_examples=20, deadline=None)
def test_the_error_over_problems_is_the_clustered_one_of_statsmodels(
    seed: int, problems: int, samples: int
) -> None:
    values = np.random.default_rng(seed).random((problems, samples))
    model = OLS(values.ravel(), np.ones(values.size))
    groups = np.repeat(np.arange(problems), samples)
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": groups})
    centre, error = error_over_problems(values.mean(axis=1))
    assert centre == pytest.approx(theirs.params[0])
    assert error.value**0.5 == pytest.approx(theirs.bse[0])


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_a_difference_has_no_preferred_side(data: st.DataObject) -> None:
    problems = data.draw(st.integers(2, 8))
    row = st.lists(st.text("01", min_size=3, max_size=3), min_size=problems, max_size=problems)
    a, b, c, d = (cell(*data.draw(row)) for _ in range(4))
    there, back = paired_difference([a, b], [c, d]), paired_difference([c, d], [a, b])
    assert there.mean == pytest.approx(-back.mean)
    assert there.low == pytest.approx(-back.high)
    assert there.p == back.p
    assert -1 <= there.low <= there.mean + 1e-12 <= there.high + 2e-12 <= 1 + 2e-12


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9))
@settings(max_examples=30, deadline=None)
def test_the_sign_flip_test_is_scipys_permutation_test(differences: list[int]) -> None:
    values = np.array(differences) / 4
    reference = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip(values) == pytest.approx(reference.pvalue)


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=9))
@settings(max_examples=30, deadline=None)
def test_the_one_sided_sign_flip_test_is_scipys(differences: list[int]) -> None:
    values = np.array(differences) / 4
    reference = stats.permutation_test(
        (values,), np.sum, permutation_type="samples", n_resamples=np.inf, alternative="greater"
    )
    assert sign_flip(values, alternative="greater") == pytest.approx(reference.pvalue)


def test_differences_of_one_size_are_mcnemars_exact_test() -> None:
    values = np.array([0.5] * 18 + [-0.5] * 12 + [0] * 9)
    assert sign_flip(values) == pytest.approx(stats.binomtest(18, 30).pvalue)
    greater = stats.binomtest(12, 30, alternative="greater").pvalue
    assert sign_flip(-values, alternative="greater") == pytest.approx(greater)
    assert sign_flip(np.zeros(9)) == sign_flip(np.zeros(9), alternative="greater") == 1


def test_many_differences_are_flipped_at_random_and_reproducibly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = np.array([1.0, 0.5] * 9 + [-1.0, -0.25] * 7)
    found = sign_flip(values)
    assert found == sign_flip(values)
    assert sign_flip(np.append(np.ones(199), 0.5)) == pytest.approx(1e-5, rel=1e-3)  # never 0
    monkeypatch.setattr("its.paired.EXHAUSTIVE", 32)
    assert 0 < abs(found - sign_flip(values)) < 0.005


def test_many_rows_are_tested_as_each_alone() -> None:
    random = np.random.default_rng(0)
    rows = random.integers(-4, 5, (6, 40)) / 4
    rows[1] = np.sign(rows[1])
    rows[2, 9:] = rows[3] = 0
    for alternative in ["two-sided", "greater"]:
        alone = [sign_flip(row, alternative=alternative) for row in rows]
        assert sign_flip(rows, alternative=alternative) == pytest.approx(alone, abs=0.01)


def test_many_pairs_of_cells_are_compared_as_each_alone() -> None:
    rows = ["1101100", "0010100", "1111111", "0000001"]
    cells = [cell(*row) for row in rows]
    together = paired_difference([stacked(cells[:2])], [stacked(cells[2:])])
    for place in range(2):
        assert together.one(place) == paired_difference([cells[place]], [cells[2 + place]])


@pytest.mark.parametrize(
    ("problems", "samples", "a", "b"), [(30, 1, 2, 2), (64, 4, 0.4, 3.6), (30, 8, 0.3, 0.3)]
)
def test_intervals_hold_what_they_promise(problems: int, samples: int, a: float, b: float) -> None:
    random = np.random.default_rng(0)
    runs = 400
    held = {"accuracy": 0, "difference": 0, "rejected": 0}
    for _ in range(runs):
        chances = random.beta(a, b, problems)
        first, second = (
            verdicts(*["1" * right + "0" * (samples - right) for right in counts])
            for counts in random.binomial(samples, chances, (2, problems))
        )
        estimate = accuracy(first)
        difference = paired_difference(*([means_of(one, "correct")] for one in (first, second)))
        held["accuracy"] += estimate.low <= a / (a + b) <= estimate.high
        held["difference"] += difference.low <= 0 <= difference.high
        held["rejected"] += difference.p <= 0.05
    # 95% and 5%, give or take what 400 runs can tell.
    assert held["accuracy"] / runs > 0.92
    assert held["difference"] / runs > 0.92
    assert held["rejected"] / runs < 0.07
