"""Many p-values are corrected as statsmodels does it, and holes stay holes."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from its.corrections import false_discovery, holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(P)
@settings(deadline=None, max_examples=15)  # theirs takes a tenth of a second
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(pl.Series(p)).to_list() == pytest.approx(multipletests(p, method="holm")[1])


@given(P)
@settings(deadline=None, max_examples=15)
def test_false_discovery_is_that_of_statsmodels(p: list[float]) -> None:
    expected = multipletests(p, method="fdr_bh")[1]
    assert false_discovery(pl.Series(p)).to_list() == pytest.approx(expected)


def test_holes_are_passed_over() -> None:
    p = pl.Series([0.01, None, 0.04, 0.03, 0.005])
    assert holm(p).to_list() == pytest.approx([0.03, None, 0.06, 0.06, 0.02])
    assert false_discovery(p)[1] is None
    nothing = pl.Series("p", [None], dtype=pl.Float64)
    assert holm(nothing).equals(nothing, check_dtypes=True)
