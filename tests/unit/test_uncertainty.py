"""Half-widths of parts add up by squares, and a test rejects what its interval leaves out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from its.uncertainty import Replication, Uncertainty, Variance, student

VARIANCES = st.builds(Variance, st.floats(1e-4, 1), st.integers(1, 60))


def test_one_part_is_students_interval_and_test() -> None:
    one = Uncertainty((Variance(0.04, 7),))
    assert one.half() == pytest.approx(stats.t.ppf(0.975, 7) * 0.2)
    assert one.p(0.5) == pytest.approx(stats.t.sf(2.5, 7), rel=1e-3)
    assert one.p(-0.5) == pytest.approx(stats.t.cdf(2.5, 7), rel=1e-3)
    assert one.p(0) == pytest.approx(0.5, abs=1e-6)


def test_a_badly_known_variance_widens_by_its_own_share() -> None:
    both = Uncertainty((Variance(0.03, 59),), (Replication((Variance(0.01, 1),), 0),))
    expected = (student(59, 0.95) ** 2 * 0.03 + student(1, 0.95) ** 2 * 0.01) ** 0.5
    assert both.half() == pytest.approx(expected)


def test_what_stands_between_problems_already_is_not_counted_twice() -> None:
    plain = Uncertainty((Variance(0.03, 59),))
    same = Uncertainty((Variance(0.03, 59),), (Replication((Variance(0.01, 1e9),), 0.01),))
    assert same.half() == pytest.approx(plain.half(), rel=1e-6)


@given(st.lists(VARIANCES, min_size=1, max_size=3), VARIANCES, st.floats(0.001, 3))
def test_a_test_rejects_what_its_interval_leaves_out(
    problems: list[Variance], between: Variance, distance: float
) -> None:
    one = Uncertainty(tuple(problems), (Replication((between,), between.value / 2),))
    p = one.p(distance)
    assert 0 < p <= 0.5 + 1e-9
    if 1e-9 < p < 0.49:
        assert one.half(1 - 2 * p) == pytest.approx(distance, rel=1e-3)
    assert one.p(distance) + one.p(-distance) == pytest.approx(1)


def test_parts_between_replicates_have_satterthwaites_degrees_of_freedom() -> None:
    parts = (Variance(0.03, 4), Variance(0.01, 2))
    total = Replication(parts, 0).total()
    assert total.value == pytest.approx(0.04)
    assert total.freedom == pytest.approx(0.04**2 / (0.03**2 / 4 + 0.01**2 / 2))
    assert Replication((Variance(0.03, 4), Variance(0.03, 4)), 0).total().freedom == 8
    assert Replication((Variance(0.0, 4), Variance(0.0, 2)), 0).total() == (0, 2)


def test_many_at_once_are_as_each_alone() -> None:
    values, distances = np.array([0.01, 0.04, 0.0]), np.array([0.1, -0.3, 0.0])

    def uncertainty(value: float | np.ndarray) -> Uncertainty:
        between = Replication((Variance(value, 2), Variance(value / 2, 6)), value / 3)
        return Uncertainty((Variance(0.01 + value, 29),), (between,))

    alone = [uncertainty(value) for value in values]
    together = uncertainty(values)
    assert together.half() == pytest.approx([one.half() for one in alone])
    p = [one.p(distance) for one, distance in zip(alone, distances, strict=True)]
    assert together.p(distances) == pytest.approx(p)
