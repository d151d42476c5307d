"""Published numbers stand beside ours with the interval that so few problems allow."""

import polars as pl
import pytest

from its.config.plan import Published
from its.published import HELD, PUBLISHED, READ, published_rows

THEIRS = Published(model="m", benchmark="b", what="best", right=23, problems=30, source="s")
NONE = pl.DataFrame(schema=HELD)


def matrix(*rows: tuple) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=READ, orient="row")


def test_the_best_cell_of_that_model_and_benchmark_is_named() -> None:
    ours = matrix(
        ("m", "s", "r", "U", "N", "b", 0.5, 0.4, 0.6),
        ("m", "s", "r", "U", "U", "b", 0.7, 0.6, 0.8),
        ("m", "s", "r", "N", "N", "b", None, None, None),
        ("m", "s", "r", "N", "N", "c", 0.9, 0.8, 1.0),
        ("n", "s", "r", "N", "N", "b", 0.9, 0.8, 1.0),
    )
    table = published_rows(ours, NONE, [THEIRS])
    assert table.schema == pl.Schema(PUBLISHED)
    row = table.row(0, named=True)
    assert (row["ours"], row["cell"]) == (0.7, "s/r/U-U")
    assert row["published"] == pytest.approx(0.7667, abs=1e-4)
    # By hand, from Wilson's formula.
    assert row["published_low"] == pytest.approx(0.5907, abs=1e-3)
    assert row["published_high"] == pytest.approx(0.8821, abs=1e-3)


def test_an_untrained_best_cell_has_no_sample() -> None:
    table = published_rows(matrix(("m", "", "", "base", "N", "b", 0.1, 0.0, 0.2)), NONE, [THEIRS])
    assert table["cell"].to_list() == ["base-N"]


def test_without_a_score_ours_is_empty() -> None:
    row = published_rows(matrix(("m", "s", "r", "U", "N", "b", None, None, None)), NONE, [THEIRS])
    assert row["ours"].to_list() == row["cell"].to_list() == [None]


def test_a_majority_vote_stands_beside_a_vote_and_not_beside_a_cell() -> None:
    voted = Published.model_construct(**THEIRS.model_dump() | {"vote": "three"})
    ours = matrix(("m", "s", "r", "U", "U", "b", 0.9, 0.8, 1.0))
    rows = [("three", "b", "N", 0.6, 0.5, 0.7), ("three", "b", "U", 0.7, 0.6, 0.8)]
    rows += [("three", "c", "U", 0.8, 0.7, 0.9), ("other", "b", "U", 0.9, 0.8, 1.0)]
    votes = pl.DataFrame(rows, schema=HELD, orient="row")
    row = published_rows(ours, votes, [voted]).row(0, named=True)
    assert (row["ours"], row["ours_low"], row["cell"]) == (0.7, 0.6, "three/U")
    assert published_rows(ours, NONE, [voted])["ours"].to_list() == [None]
