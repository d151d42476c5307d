"""The best of many cells is chosen in one place and reported in another, or its luck is shown."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from test_matrix import PLAN, averaged, score

from its.config.plan import Plan
from its.intervals import over_problems
from its.selection import SELECTION, optimism, selection_rows

TWO = Plan.model_validate(PLAN.model_dump() | {"benchmarks": ["easy", "hard"], "replicates": [{}]})


def test_a_pair_is_chosen_on_one_benchmark_and_reported_on_another(tmp_path: Path) -> None:
    marks = {"N-N": ("1100", "1000"), "U-U": ("1111", "0000"), "N-U": ("1000", "1110")}
    for pair, several in marks.items():
        train, test = pair.split("-")
        for benchmark, right in zip(TWO.benchmarks, several, strict=True):
            score(tmp_path, f"tiny/ot1k-{train}-sft-s0/{benchmark}/{test}", right)
    score(tmp_path, "tiny/base/easy/N", "1111")  # untrained: no pair of strategies
    table = selection_rows(TWO, ["U"], averaged(tmp_path, TWO))
    assert table.schema == SELECTION
    found = table.select("chosen_on", "reported_on", "cell", "mean").rows()
    assert found == [
        ("easy", "easy", "U-U", 1.0),
        ("easy", "hard", "U-U", 0.0),
        ("hard", "easy", "N-U", 0.25),
        ("hard", "hard", "N-U", 0.75),
    ]
    same = pl.col("chosen_on") == pl.col("reported_on")
    assert table.filter(~same)["optimism"].null_count() == 2
    assert table.filter(same)["note"].str.contains("after the fact").all()
    assert table["best_there"].to_list() == [1.0, 0.75, 1.0, 0.75]
    assert table["note"].str.contains("another pair may be better").all()  # U-N is missing
    for benchmark in TWO.benchmarks:
        score(tmp_path, f"tiny/ot1k-U-sft-s0/{benchmark}/N", "0000")
    assert (
        not selection_rows(TWO, ["U"], averaged(tmp_path, TWO))["note"]
        .str.contains("missing")
        .any()
    )


def test_the_interval_of_the_best_cell_counts_its_own_responses(tmp_path: Path) -> None:
    drawn = [{}, {"persona": 1}]  # N has nothing to draw: one training, and U has two
    plan = Plan.model_validate(TWO.model_dump() | {"replicates": drawn})
    score(tmp_path, "tiny/ot1k-N-sft-s0/easy/N", "11011110")
    for draw in ["", ".1"]:
        score(tmp_path, f"tiny/ot1k-U{draw}-sft-s0/easy/U{draw}", "00100000")
    found = selection_rows(plan, ["U"], averaged(tmp_path, plan)).row(0, named=True)
    expected = over_problems(np.array([1, 1, 0, 1, 1, 1, 1, 0]), 8)
    assert found["cell"] == "N-N"
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high))


def test_a_plan_without_scores_has_no_rows(tmp_path: Path) -> None:
    table = selection_rows(TWO, ["U"], averaged(tmp_path, TWO))
    assert (len(table), table.schema) == (0, SELECTION)


def test_a_cell_without_scores_on_the_other_benchmark_is_not_chosen(tmp_path: Path) -> None:
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "11")
    score(tmp_path, "tiny/ot1k-N-sft-s0/hard/N", "11")
    table = selection_rows(TWO, ["U"], averaged(tmp_path, TWO))
    assert table.filter(chosen_on="easy", reported_on="hard")["note"].item() == (
        "no cell has scores on both"
    )


def test_optimism_is_what_chance_adds_to_the_best_of_equal_cells() -> None:
    random = np.random.default_rng(0)
    estimated, real = [], []
    for _ in range(200):
        cells = (random.random((6, 40)) < 0.5).astype(float)
        estimated.append(optimism(cells, seed=1))
        real.append(cells.mean(axis=1).max() - 0.5)
    assert np.mean(estimated) == pytest.approx(np.mean(real), rel=0.25)
    assert optimism(np.ones((1, 10))) == 0
