"""The matrix holds a row for every planned cell, and marks what is missing."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from its.cells import MEASURED, Scores, problem_rows, read_scores
from its.config.plan import Plan
from its.files import write_json
from its.intervals import accuracy, over_replicates
from its.matrix import CODESIGN, PASSES, cell_rows, codesign_rows, pass_rows
from its.means import means_of
from its.scoring import VERDICTS
from its.summary import summarize
from its.tables import write_table

SCRIPTS = Path(__file__).parents[2] / "scripts"
PLAN = Plan.model_validate(
    {
        "models": ["tiny"],
        "samples": ["ot1k"],
        "recipes": ["sft"],
        "train": ["N", "U"],
        "test": ["N", "U"],
        "benchmarks": ["easy"],
        "replicates": [{}, {"draw": 1, "persona": 1, "seed": 1}],
    }
)
LABELS = {"N": "no persona", "U": "=unrelated", "easy": "Easy sums"}


def score(scores: Path, cell: str, marks: str) -> pl.DataFrame:
    """Write the scores of a cell: a response to each problem, `1` if it is right."""
    rows = [
        (f"p{i:02}", 0, mark == "1", mark == "1", mark, mark, "1", mark, mark, "1", "", "")
        + (True, False, False, 12, 8, 4)
        for i, mark in enumerate(marks)
    ]
    verdicts = pl.DataFrame(rows, schema=VERDICTS, orient="row")
    path = scores / f"{cell}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    verdicts.write_parquet(path)
    write_json(path.with_suffix(".json"), summarize(verdicts))
    return verdicts


def averaged(scores: Path, plan: Plan = PLAN) -> Scores:
    """Return the scores in a folder as the scripts of tables have them: by way of a file."""
    write_table(scores / "problems.parquet", problem_rows(plan, ["U"], scores))
    return read_scores(scores / "problems.parquet")


def row(table: pl.DataFrame, train: str, test: str) -> dict:
    return table.row(by_predicate=(pl.col("train") == train) & (pl.col("test") == test), named=True)


def test_rows_come_in_the_order_of_the_plan(tmp_path: Path) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(tmp_path), LABELS)
    assert table.schema == CODESIGN
    assert table.select("train", "test").rows() == [
        ("base", "N"),
        ("base", "U"),
        ("N", "N"),
        ("N", "U"),
        ("U", "N"),
        ("U", "U"),
    ]
    assert cell_rows(PLAN, ["U"], tmp_path)["cell"].to_list() == PLAN.cells(["U"])


def test_a_hole_is_a_row_without_numbers(tmp_path: Path) -> None:
    score(tmp_path, "tiny/base/easy/N", "0110")
    table = codesign_rows(PLAN, ["U"], averaged(tmp_path), LABELS)
    assert table["missing"].to_list() == [False, *[True] * 5]
    hole = row(table, "U", "U")
    assert hole["mean"] is hole["low"] is hole["problems"] is None
    assert (hole["replicates"], hole["planned"]) == (0, 2)
    cells = cell_rows(PLAN, ["U"], tmp_path)
    assert cells["missing"].sum() == len(cells) - 1


def test_replicates_are_averaged_and_count_as_random(tmp_path: Path) -> None:
    both = [
        score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "11110"),
        score(tmp_path, "tiny/ot1k.1-U.1-sft-s1/easy/U.1", "10100"),
    ]
    found = row(codesign_rows(PLAN, ["U"], averaged(tmp_path), LABELS), "U", "U")
    expected = over_replicates([means_of(one, "correct") for one in both])
    assert found["mean"] == pytest.approx(0.6)
    assert (found["low"], found["high"]) == pytest.approx((expected.low, expected.high))
    assert found["over"] == "problems and replicates"
    assert (found["replicates"], found["planned"], found["responses"]) == (2, 2, 10)
    assert found["answer_tokens"] == 4


def test_cells_learn_from_each_other_how_much_replicates_differ(tmp_path: Path) -> None:
    calm, torn = tmp_path / "calm", tmp_path / "torn"
    for scores, last in [(calm, "11110000"), (torn, "11111111")]:
        for train in ["N", "U"]:
            for test in ["N", "U"]:
                both = train == test == "U"
                again = [name.replace("U", "U.1") for name in (train, test)]
                score(scores, f"tiny/ot1k-{train}-sft-s0/easy/{test}", "11110000")
                score(
                    scores,
                    f"tiny/ot1k.1-{again[0]}-sft-s1/easy/{again[1]}",
                    last if both else "11110000",
                )
    before, after = (
        codesign_rows(PLAN, ["U"], averaged(scores), LABELS) for scores in (calm, torn)
    )
    assert row(after, "N", "N")["low"] < row(before, "N", "N")["low"]
    found = row(after, "U", "U")
    alone = over_replicates(
        [
            means_of(pl.read_parquet(torn / f"tiny/{cell}.parquet"), "correct")
            for cell in ["ot1k-U-sft-s0/easy/U", "ot1k.1-U.1-sft-s1/easy/U.1"]
        ]
    )
    assert found["high"] - found["low"] < alone.high - alone.low


def test_what_no_replicate_changes_is_one_measurement(tmp_path: Path) -> None:
    only = score(tmp_path, "tiny/base/easy/N", "0110")
    found = row(codesign_rows(PLAN, ["U"], averaged(tmp_path), LABELS), "base", "N")
    assert (found["replicates"], found["planned"], found["over"]) == (1, 1, "problems")
    assert (found["low"], found["high"]) == (accuracy(only).low, accuracy(only).high)
    assert (found["sample"], found["train_label"]) == ("", "untrained")


def test_chances_come_by_rising_number_of_responses(tmp_path: Path) -> None:
    ends = dict.fromkeys(["mean", "low", "high"], 0.5)
    found = {"pass_at_k": {"10": ends, "9": ends}}
    write_json(tmp_path / "tiny/base/easy/N.json", found)
    assert pass_rows(PLAN, ["U"], tmp_path)["k"].to_list() == [9, 10]


def test_the_scripts_write_all_tables_and_no_formula(tmp_path: Path) -> None:
    score(tmp_path, "tiny/base/easy/U", "0110")
    names = ["problems.parquet", "cells.csv", "pass_at_k.csv", "codesign.csv"]
    problems, cells, passes, codesign = (tmp_path / name for name in names)
    plan = ["--plan", PLAN.settings(), "--drawn", "U"]
    labels = ["--labels", '{"U": "=cmd()"}']
    script("tabulate_cells", problems, cells, passes, "--scores", tmp_path, *plan)
    script("tabulate_codesign", codesign, "--problems", problems, *plan, *labels)
    assert row(pl.read_csv(codesign), "base", "U")["test_label"] == "'=cmd()"
    found = pl.read_csv(cells).filter(~pl.col("missing"))
    assert found.select("cell", "mean").rows() == [("tiny/base/easy/U", 0.5)]
    table = pl.read_csv(passes)
    assert table.columns == list(PASSES)
    assert table.select("train", "test", "k", "pass_at_k").rows() == [("base", "U", 1, 0.5)]


def script(name: str, *arguments: object) -> None:
    command = [sys.executable, SCRIPTS / f"{name}.py", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_goes_by_way_of_the_file_is_what_verdicts_say(tmp_path: Path) -> None:
    verdicts = score(tmp_path, "tiny/base/easy/U", "0110")
    more = verdicts.with_columns(sample=pl.lit(1, pl.Int64), correct=pl.lit(True))
    both = pl.concat([verdicts, more])
    both.write_parquet(tmp_path / "tiny/base/easy/U.parquet")
    scores = averaged(tmp_path)
    assert list(scores) == ["tiny/base/easy/U"]
    for column in MEASURED:
        found, said = scores["tiny/base/easy/U"][column], means_of(both, column)
        assert found.values.tolist() == said.values.tolist()
        for name in ["ids", "responses", "samples", "sampling", "fractions"]:
            assert getattr(found, name) == getattr(said, name)
    assert scores["tiny/base/easy/U"]["correct"].sampling == 0.125


def test_a_plan_without_scores_has_a_table_without_rows(tmp_path: Path) -> None:
    assert averaged(tmp_path) == {}
    assert codesign_rows(PLAN, ["U"], {}, LABELS)["missing"].all()
