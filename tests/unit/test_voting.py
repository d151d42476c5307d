"""The answer given most often counts, ties by the stated rule, silence for nothing."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

from its.config.vote import Vote
from its.errors import InputError
from its.voting import BALLOTS, VOTES, vote


def member(*answers: str | None, gold: str = "7", samples: int = 1) -> pl.DataFrame:
    """Return verdicts of a learner: an answer for each problem and sample, None for no box."""
    rows = [
        (f"q{n // samples}", n % samples, one == gold, one, None, one is not None, gold)
        for n, one in enumerate(answers)
    ]
    return pl.DataFrame(rows, schema=BALLOTS, orient="row")


def held(*members: pl.DataFrame, ties: str = "share") -> pl.DataFrame:
    votes = vote(members, [f"m{n}" for n in range(len(members))], ties)
    assert votes.schema == pl.Schema(VOTES)
    return votes


def test_the_majority_wins_and_wrong_answers_written_alike_are_one() -> None:
    votes = held(member("7", "3."), member("7", "$3$"), member("2", "7"))
    assert votes["correct"].to_list() == [1.0, 0.0]
    assert votes["votes"].to_list() == [2, 2]
    assert votes["answer"].to_list() == ["7", "3."]
    assert votes["tied"].to_list() == [1, 1]


def test_wrong_answers_read_alike_are_one_however_they_are_written() -> None:
    rows = [
        ("q", 0, right, written, read, True, "A")
        for right, written, read in [
            (True, "A", "A"),
            (True, r"\text{A}", "A"),
            (False, "B", "B"),
            (False, r"\text{B}", "B"),
            (False, "(B)", "B"),
        ]
    ]
    votes = held(*[pl.DataFrame([row], schema=BALLOTS, orient="row") for row in rows])
    assert votes.select("correct", "answer", "votes", "tied").row(0) == (0.0, "B", 3, 1)


def test_what_was_cut_when_it_was_shown_votes_as_it_is_written() -> None:
    read = "1" * 199 + "…"
    rows = [("q", 0, False, f"{'1' * 300}{end}", read, True, "7") for end in "123"]
    votes = held(*[pl.DataFrame([row], schema=BALLOTS, orient="row") for row in rows])
    assert votes.select("votes", "tied").row(0) == (1, 3)


@pytest.mark.parametrize(("ties", "points"), [("share", [0.5, 0.5]), ("first", [1.0, 0.0])])
def test_a_tie_is_settled_by_the_stated_rule(ties: str, points: list[float]) -> None:
    votes = held(member("7", "2"), member("2", "7"), member(None, None), ties=ties)
    assert votes["correct"].to_list() == points
    assert votes["tied"].to_list() == [2, 2]
    assert votes["voters"].to_list() == [2, 2]


def test_who_does_not_answer_has_no_vote() -> None:
    votes = held(member("7", None), member(None, None), member(None, None))
    assert votes["correct"].to_list() == [1.0, 0.0]
    assert votes["voters"].to_list() == [1, 0]
    assert votes["answer"].to_list() == ["7", None]


def test_each_sample_is_a_vote_of_its_own() -> None:
    # The second member's are one further on, those of the third two, which is none of two.
    votes = held(
        member("7", "1", samples=2), member("1", "7", samples=2), member("7", "1", samples=2)
    )
    assert votes["sample"].to_list() == [0, 1]
    assert votes["correct"].to_list() == [1.0, 0.0]
    assert votes["votes"].to_list() == [3, 3]


def test_the_order_of_a_member_s_rows_does_not_matter() -> None:
    one, other = member("7", "3"), member("7", "5")
    assert held(one, other.reverse(), other).equals(held(one, other, other))


def test_members_must_have_answered_the_same() -> None:
    with pytest.raises(InputError, match="m1: answered other problems or other numbers of samples"):
        held(member("7", "7"), member("7", "7", samples=2))


def test_the_script_writes_votes_and_what_they_come_to(tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.parquet" for n in range(3)]
    for path, answers in zip(files, ["777", "712", "112"], strict=True):
        member(*answers).write_parquet(path)
    out = [tmp_path / "votes.parquet", tmp_path / "votes.json"]
    settings = Vote(members=["a/base", "b/base", "c/base"]).settings()
    command = [sys.executable, ROOT / "scripts/vote.py", *out, "--verdicts", *files]
    subprocess.run([*command, "--vote", settings], check=True)
    assert pl.read_parquet(out[0])["correct"].to_list() == [1.0, 0.0, 0.0]
    summary = json.loads(out[1].read_text())
    assert summary["mean"] == pytest.approx(1 / 3)
    assert 0 < summary["low"] < 1 / 3 < summary["high"] < 1
    assert summary["members"] == pytest.approx([1, 1 / 3, 0])
