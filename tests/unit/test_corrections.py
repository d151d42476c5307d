"""Many p-values are corrected as statsmodels does it; holes stay holes, and count."""

import gc
from collections.abc import Iterator

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from its.corrections import false_discovery, holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.fixture(scope="module", autouse=True)
def few_objects() -> Iterator[None]:
    """Keep what there is out of the garbage collection that statsmodels makes at every call."""
    gc.freeze()
    yield
    gc.unfreeze()


@given(P)
def test_holm_is_that_of_statsmodels(p: list[float]) -> None:
    assert holm(pl.Series(p)).to_list() == pytest.approx(multipletests(p, method="holm")[1])


@given(P)
def test_false_discovery_is_that_of_statsmodels(p: list[float]) -> None:
    expected = multipletests(p, method="fdr_bh")[1]
    assert false_discovery(pl.Series(p)).to_list() == pytest.approx(expected)


@given(st.lists(st.none() | st.floats(0, 1), min_size=1, max_size=20))
def test_a_test_that_is_to_be_made_yet_counts_as_one_that_shows_nothing(p: list) -> None:
    known = [one is not None for one in p]
    worst = [1 if one is None else one for one in p]
    for correct, method in [(holm, "holm"), (false_discovery, "fdr_bh")]:
        expected = multipletests(worst, method=method)[1]
        found = correct(pl.Series(p, dtype=pl.Float64)).to_list()
        assert [one is not None for one in found] == known
        assert [one for one in found if one is not None] == pytest.approx(expected[known])


def test_nothing_to_correct_stays_nothing() -> None:
    nothing = pl.Series("p", [None], dtype=pl.Float64)
    assert holm(nothing).equals(nothing, check_dtypes=True)
    assert false_discovery(nothing).equals(nothing, check_dtypes=True)
