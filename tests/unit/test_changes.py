"""Gains and losses are counted problem by problem, over responses and replicates."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from test_matrix import PLAN, averaged, score

from its.changes import change_rows, counted
from its.comparisons import BEST, SAME_TEST

BASE = "tiny/base/easy"


def test_each_problem_counts_once_by_how_much_it_changes(tmp_path: Path) -> None:
    score(tmp_path, f"{BASE}/U", "11110000")
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "01111100")
    table = change_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    (row,) = table.filter(what=SAME_TEST).rows(named=True)
    assert (row["a"], row["b"], row["problems"]) == ("U-U", "base-U", 8)
    assert (row["much_worse"], row["same"], row["much_better"]) == (1, 5, 2)


def test_replicates_are_averaged_before_they_are_counted(tmp_path: Path) -> None:
    score(tmp_path, f"{BASE}/N", "0000")
    score(tmp_path, "tiny/ot1k-N-sft-s0/easy/N", "1100")
    score(tmp_path, "tiny/ot1k.1-N-sft-s1/easy/N", "1000")
    (row,) = (
        change_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
        .filter(a="N-N", what=SAME_TEST)
        .rows(named=True)
    )
    assert (row["same"], row["better"], row["much_better"]) == (2, 0, 2)


def test_a_pair_chosen_after_the_fact_and_one_without_scores_are_left_out(tmp_path: Path) -> None:
    score(tmp_path, f"{BASE}/N", "0111")
    score(tmp_path, f"{BASE}/U", "0001")
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "1111")
    table = change_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert table["what"].to_list() == [SAME_TEST]
    assert BEST not in set(table["what"])


@pytest.mark.parametrize("size", [1, 3, 7, 16])
def test_equal_shares_are_the_same_however_they_were_averaged(size: int) -> None:
    values = np.random.default_rng(size).random((50, size))
    other = values[:, np.random.default_rng(0).permutation(size)]
    assert counted(values.mean(axis=1) - other.mean(axis=1))["same"] == 50


def test_all_problems_are_counted() -> None:
    differences = np.array([-1, -0.5, -0.25, 0, 0, 0.25, 0.5, 1])
    assert counted(differences) == {
        "much_worse": 2,
        "worse": 1,
        "same": 2,
        "better": 1,
        "much_better": 2,
    }
    assert pl.Series(list(counted(differences).values())).sum() == len(differences)
