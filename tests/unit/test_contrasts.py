"""A contrast is paired by problem, and its variance is made of what it says."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from its.cells import Key
from its.contrasts import Components, Term, components, contrast
from its.means import Means, means_of
from its.spreads import Spread


def cell(*rows: str) -> Means:
    """Build verdicts from one string per problem: `1` for a right response."""
    pairs = [(f"p{n:02}", mark == "1") for n, row in enumerate(rows) for mark in row]
    schema = {"id": pl.String, "correct": pl.Boolean}
    return means_of(pl.DataFrame(pairs, schema=schema, orient="row"), "correct")


def term(weight: float, *cells: Means, at: str = "easy", spread: Spread | None = None) -> Term:
    return Term(weight, Key("m", "s", "U", "r", at, "N"), cells, spread)


def test_a_contrast_of_two_single_replicates_is_the_paired_test_of_a_textbook() -> None:
    # Differences of one size: their variance is worth all three degrees of freedom.
    a, b = cell("1110", "1100", "0000", "1100"), cell("1100", "1000", "1000", "1000")
    found = contrast([term(1, a), term(-1, b)])
    reference = stats.ttest_rel([0.75, 0.5, 0, 0.5], [0.5, 0.25, 0.25, 0.25]).confidence_interval()
    assert found.estimate == found.centre == 0.125
    assert found.interval() == pytest.approx((reference.low, reference.high))
    assert (found.problems, found.replicates, found.samples) == (4, 1, 4)


def test_what_is_common_to_all_cells_falls_out() -> None:
    hard_and_easy = cell(*["0000"] * 5, *["1111"] * 5)
    found = contrast([term(1, hard_and_easy), term(-1, hard_and_easy)])
    assert (found.estimate, found.components.total) == (0, 0)
    assert found.interval()[0] < 0 < found.interval()[1]


def test_cells_that_never_differ_say_nothing_about_replicates_and_still_have_an_interval() -> None:
    same = cell(*["0000"] * 5, *["1111"] * 5)
    found = contrast([term(1, same, same), term(-1, same, same)])
    assert found.interval()[0] < 0 < found.interval()[1]


def test_benchmarks_have_other_problems_and_are_added() -> None:
    easy, hard = cell("11", "10", "10", "11"), cell("00", "10", "00")
    found = contrast([term(1, easy), term(-1, hard, at="hard")])
    assert found.estimate == pytest.approx(3 / 4 - 1 / 6)
    assert found.problems == 7
    variance = np.var([1, 0.5, 0.5, 1], ddof=1) / 4 + np.var([0, 0.5, 0], ddof=1) / 3
    assert sum(one.value for one in found.uncertainty.problems) == pytest.approx(variance)


def test_replicates_that_differ_count_with_their_own_or_with_a_common_spread() -> None:
    weak, strong = cell(*["1000"] * 10), cell(*["1110"] * 10)
    alone = contrast([term(1, weak, strong)])
    half = stats.t.ppf(0.975, 1) * (np.var([0.25, 0.75], ddof=1) / 2) ** 0.5
    assert alone.interval() == pytest.approx((0.5 - half, 0.5 + half))
    spread = Spread(0.4, 0.4, 0.4, 4, 2, (2.0, 2.0, 8.0))
    given = contrast([term(1, weak, strong, spread=spread)])
    # Of the half that is the learner's, three quarters are common to both of them: Satterthwaite.
    freedom = 1 / (0.375**2 / 2 + 0.125**2 / 2 + 0.5**2 / 8)
    half = stats.t.ppf(0.975, freedom) * (0.4 * 0.25 / 20) ** 0.5
    assert given.interval() == pytest.approx((0.5 - half, 0.5 + half))


def test_components_add_up_to_what_was_put_in() -> None:
    random = np.random.default_rng(1)
    problems, replicates, found = 60, 5, []
    for _ in range(200):
        table = (
            random.normal(0, 0.3, (problems, 1))
            + random.normal(0, 0.05, replicates)
            + random.normal(0, 0.2, (problems, replicates))
        )
        found.append(components(table, sampling=0.03))
    means = {
        name: np.mean([getattr(one, name) for one in found])
        for name in ["problems", "replicates", "rest", "samples"]
    }
    assert means["problems"] == pytest.approx(0.3**2 / 60, rel=0.05)
    assert means["replicates"] == pytest.approx(0.05**2 / 5, rel=0.15)
    assert means["samples"] == pytest.approx(0.03 / 300)
    assert means["rest"] == pytest.approx((0.2**2 - 0.03) / 300, rel=0.2)


def test_samples_explain_what_a_binomial_says() -> None:
    assert cell("1100", "1111").sampling == pytest.approx((1 / 3 / 4) / 2)
    assert cell("1", "0").sampling == 0


def test_other_problems_count_by_how_the_means_over_replicates_differ() -> None:
    found = contrast([term(1, cell(*"11010"), cell(*"10010"))])
    (problems,) = found.uncertainty.problems
    assert problems.value == pytest.approx(np.var([1, 0.5, 0, 1, 0], ddof=1) / 5)


def test_needed_numbers_are_the_smallest_that_bring_the_variance_down() -> None:
    parts = Components(problems=0.30, replicates=0.09, rest=0.06, samples=0.12)
    tables = [cell(*["1100"] * 30)] * 3
    found = replace(contrast([term(1, *tables)]), components=parts)
    assert found.needed(0.47) == {"problems": 38, "replicates": 5, "samples": 24}
    assert found.needed(0.36) == {"problems": 54, "replicates": 14, "samples": None}
    assert found.needed(0.25) == {"problems": 90, "replicates": None, "samples": None}
    assert found.needed(1) == {"problems": 30, "replicates": 3, "samples": 4}  # as there are
    assert found.needed(0.09 + 1e-6)["problems"] is None  # more than a million
    assert found.needed(0) == {"problems": None, "replicates": None, "samples": None}
    alone = replace(contrast([term(1, tables[0])]), components=parts)
    assert alone.needed(0.47)["replicates"] is None  # one cannot tell
