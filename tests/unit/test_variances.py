"""Shares say where uncertainty comes from, and add up to one."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from test_matrix import PLAN, averaged, score

from its.variances import VARIANCES, variance_rows


def test_shares_add_up_and_one_replicate_tells_nothing_of_others(tmp_path: Path) -> None:
    score(tmp_path, "tiny/base/easy/N", "0110")
    for draw, seed, right in [("", 0, "11110000"), (".1", 1, "11100000")]:
        for train, test in [("U", "U"), ("N", "N")]:
            learner = f"tiny/ot1k{draw}-{train}{draw * (train == 'U')}-sft-s{seed}"
            score(tmp_path, f"{learner}/easy/{test}{draw * (test == 'U')}", right)
    table = variance_rows(PLAN, ["U"], averaged(tmp_path))
    assert table.schema == VARIANCES
    assert table["train"].to_list() == ["base", "N", "U"]
    assert table["replicates"].null_count() == 1
    shares = table.select(
        pl.sum_horizontal(pl.col("problems", "replicates", "rest", "samples").fill_null(0))
    )
    assert shares.to_series().to_list() == pytest.approx([1, 1, 1])
    assert table["count_replicates"].to_list() == [1, 2, 2]
    assert table["mean"].to_list() == pytest.approx([1 / 2, 7 / 16, 7 / 16])
    assert table["error"][0] == pytest.approx(np.std([0, 1, 1, 0], ddof=1) / 2)


def test_what_never_varies_has_no_error_and_no_shares(tmp_path: Path) -> None:
    assert variance_rows(PLAN, ["U"], averaged(tmp_path)).schema == VARIANCES
    score(tmp_path, "tiny/base/easy/N", "1111")
    (row,) = variance_rows(PLAN, ["U"], averaged(tmp_path)).rows(named=True)
    assert [row[name] for name in ["error", "problems", "rest", "samples"]] == [0] * 4
