"""Comparisons are paired by problem and replicate, and corrected for how many they are."""

from pathlib import Path

import polars as pl
import pytest
from test_matrix import PLAN, averaged, score

from its.comparisons import (
    BEST,
    BOTH,
    COMPARISONS,
    SAME_TEST,
    TEST_ONLY,
    TRAIN_ONLY,
    comparison_rows,
)
from its.config.plan import Plan

BASE = "tiny/base/easy"


def compared(scores: Path, what: str, a: str) -> dict:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(scores))
    return table.row(by_predicate=(pl.col("what") == what) & (pl.col("a") == a), named=True)


def test_a_plan_of_two_strategies_has_these_comparisons(tmp_path: Path) -> None:
    score(tmp_path, f"{BASE}/N", "0111")
    score(tmp_path, f"{BASE}/U", "0001")
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert table.select("what", "a", "b").rows() == [
        (SAME_TEST, "N-N", "base-N"),
        (SAME_TEST, "N-U", "base-U"),
        (SAME_TEST, "U-N", "base-N"),
        (SAME_TEST, "U-U", "base-U"),
        (BEST, "N-U", "base-N"),
        (BEST, "U-U", "base-N"),
        (BOTH, "U-U", "N-N"),
        (TRAIN_ONLY, "U-N", "N-N"),
        (TEST_ONLY, "N-U", "N-N"),
    ]
    assert table.columns == list(COMPARISONS)
    assert table["missing"].all()
    assert table["p_holm"].is_null().all()


def test_the_best_untrained_cell_is_the_one_with_the_highest_mean(tmp_path: Path) -> None:
    nothing = comparison_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert BEST not in set(nothing["what"])
    score(tmp_path, f"{BASE}/N", "0001")
    score(tmp_path, f"{BASE}/U", "0111")
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert set(table.filter(what=BEST)["b"]) == {"base-U"}


def test_a_plan_that_does_not_train_without_context_has_nothing_to_compare_it_with(
    tmp_path: Path,
) -> None:
    plan = Plan.model_validate(PLAN.model_dump() | {"train": ["U"]})
    table = comparison_rows(plan, ["U"], ["N"], averaged(tmp_path, plan))
    assert set(table["what"]) == {SAME_TEST}


def test_few_problems_make_a_rough_interval(tmp_path: Path) -> None:
    for problems, note in [(29, "29 problems: the interval is rough"), (30, "")]:
        scores = tmp_path / str(problems)
        for draw, seed in [("", 0), (".1", 1)]:
            score(scores, f"tiny/ot1k{draw}-N-sft-s{seed}/easy/N", "1" * problems)
        score(scores, f"{BASE}/N", "0" * problems)
        assert compared(scores, SAME_TEST, "N-N")["note"] == note


def test_a_replicate_is_compared_with_its_own_partner(tmp_path: Path) -> None:
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "11111100")
    score(tmp_path, f"{BASE}/U", "00000000")
    score(tmp_path, "tiny/ot1k.1-U.1-sft-s1/easy/U.1", "11110000")
    score(tmp_path, f"{BASE}/U.1", "11110000")
    row = compared(tmp_path, SAME_TEST, "U-U")
    assert row["difference"] == pytest.approx(6 / 16)  # 6 of 8, and 0 of 8
    assert (row["replicates"], row["planned"], row["discordant"]) == (2, 2, 6)
    assert row["p"] > 2 / 2**6  # the flips' alone: these replicates differ too much for it
    assert row["p_holm"] == min(1, 9 * row["p"])  # all that the plan compares
    assert row["q"] == row["p_holm"]  # the only one that could be tested
    assert "no test could reach" not in row["note"]
    assert row["low_replicates"] < row["low"] < row["difference"] < row["high"]


def test_luck_of_trainings_alone_is_seldom_found(tmp_path: Path) -> None:
    for draw, seed, right in [("", 0, 90), (".1", 1, 50)]:
        score(tmp_path, f"tiny/ot1k{draw}-N-sft-s{seed}/easy/N", "1" * right + "0" * (100 - right))
    score(tmp_path, f"{BASE}/N", "1" * 50 + "0" * 50)
    row = compared(tmp_path, SAME_TEST, "N-N")
    assert row["low"] > 0  # of these very trainings
    assert row["low_replicates"] < 0
    assert row["p"] > 0.05


def test_problems_decide_where_replicates_are_alike(tmp_path: Path) -> None:
    for draw, seed in [("", 0), (".1", 1)]:
        score(tmp_path, f"tiny/ot1k{draw}-N-sft-s{seed}/easy/N", "11111100")
    score(tmp_path, f"{BASE}/N", "00000000")
    assert compared(tmp_path, SAME_TEST, "N-N")["p"] == pytest.approx(2 / 2**6)


def test_a_replicate_with_one_side_is_left_out(tmp_path: Path) -> None:
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "1111")
    score(tmp_path, f"{BASE}/U", "0000")
    score(tmp_path, f"{BASE}/U.1", "1111")
    row = compared(tmp_path, SAME_TEST, "U-U")
    assert (row["replicates"], row["planned"], row["difference"]) == (1, 2, 1)
    assert row["low_replicates"] is None
    assert (
        row["p"] is row["p_holm"] is row["q"] is None
    )  # one replicate may look more certain than two
    assert "1 of 2 planned replicates" in row["note"]
    assert "4 problems differ: no test could reach 5%" in row["note"]
    assert "one replicate" in row["note"]


def test_what_stays_the_same_in_every_replicate_counts_once_a_replicate(tmp_path: Path) -> None:
    score(tmp_path, f"{BASE}/N", "1100")
    score(tmp_path, "tiny/ot1k-N-sft-s0/easy/N", "1111")
    score(tmp_path, "tiny/ot1k.1-N-sft-s1/easy/N", "1110")
    row = compared(tmp_path, SAME_TEST, "N-N")
    assert row["difference"] == pytest.approx(3 / 8)
    assert row["replicates"] == 2
