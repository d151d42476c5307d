"""Every response gets one verdict, and what could not be judged stops before any is given."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from its.config.model import Chat
from its.errors import InputError
from its.scoring import ANSWERS, RESPONSES, VERDICTS, score

SCRIPT = Path(__file__).parents[2] / "scripts/judge.py"


def generations(*rows: tuple[str, int, str, str]) -> pl.DataFrame:
    """Build generations from id, sample, finish and text."""
    full = [(id, sample, 9, 0, 9, finish, text) for id, sample, finish, text in rows]
    return pl.DataFrame(full, schema=RESPONSES, orient="row")


def answers(**golds: str | None) -> pl.DataFrame:
    return pl.DataFrame([*golds.items()], schema=ANSWERS, orient="row")


def judged(text: str, finish: str = "stop", gold: str = "5") -> dict:
    return score(generations(("a", 0, finish, text)), answers(a=gold), Chat()).row(0, named=True)


def test_a_box_counts_strictly_and_leniently() -> None:
    row = judged(r"<think>\boxed{4}</think>It is \boxed{5}.")
    assert row["correct"] and row["lenient"] and row["answered"]
    assert (row["extracted"], row["gold"], row["rule"]) == ("5", "5", "same text")


def test_a_row_keeps_how_answer_and_gold_were_read() -> None:
    row = judged(r"It is \boxed{50\%}.", gold=r"\frac12")
    assert (row["parsed"], row["gold_parsed"]) == ("50*(1/100)", "1/2")
    row = judged("The answer is 5,000.", gold="5000")
    assert (row["parsed"], row["lenient_parsed"], row["gold_parsed"]) == (None, "5000", "5000")


def test_of_two_boxes_the_last_is_the_answer() -> None:
    row = judged(r"\boxed{840}\boxed{840}", gold="840")
    assert (row["correct"], row["extracted"]) == (True, "840")
    assert not judged(r"\boxed{5}, no: \boxed{6}")["correct"]


def test_several_values_are_one_gold_of_which_all_must_be_given() -> None:
    assert judged(r"\boxed{-2, 1}", gold="1, -2")["correct"]
    assert not judged(r"\boxed{1}", gold="1, -2")["correct"]
    assert not judged(r"\boxed{1} or \boxed{-2}", gold="1, -2")["correct"]


def test_any_of_several_golds_is_right_and_the_row_says_which() -> None:
    several = r"12␞\frac{1}{2}␞7"
    row = judged(r"\boxed{0.5}", gold=several)
    assert row["correct"] and row["lenient"]
    assert (row["rule"], row["gold"]) == ("math-verify, gold 2 of 3", several)
    assert (row["parsed"], row["gold_parsed"]) == ("1/2", "1/2")
    row = judged(r"\boxed{8}, so the answer is 7.", gold=several)
    assert (row["correct"], row["rule"]) == (False, "integers, no gold of 3")
    row = judged("The answer is 7.", gold=several)
    assert (row["rule"], row["lenient_rule"]) == ("no box", "phrase: same text, gold 3 of 3")
    assert not judged(r"\boxed{12, 7}", gold=several)["correct"]  # no set of all


def test_a_gold_that_cannot_be_parsed_is_refused_among_several_too() -> None:
    with pytest.raises(InputError, match=r"problem a: its answer '\\\\frac\{' cannot be parsed"):
        judged("", gold="5␞\\frac{")


def test_a_phrase_counts_leniently_alone() -> None:
    row = judged("The answer is 5.")
    assert row["lenient"] and not row["correct"] and not row["answered"]
    assert (row["rule"], row["lenient_rule"]) == ("no box", "phrase: same text")
    assert (row["extracted"], row["lenient_extracted"]) == (None, "5")


def test_a_truncated_response_is_wrong_whatever_it_holds() -> None:
    row = judged(r"\boxed{5} and then", finish="length")
    assert row["truncated"]
    assert not (row["correct"] or row["lenient"] or row["answered"])
    assert row["extracted"] == "5"  # a reader can see what it held


def test_an_answer_inside_an_unclosed_thinking_is_none() -> None:
    row = judged(r"<think>so \boxed{5}")
    assert not (row["correct"] or row["lenient"] or row["answered"])
    assert row["rule"] == "only thinking"


def test_a_thinking_that_the_prompt_opened_and_nothing_closed_holds_no_answer() -> None:
    rows = generations(("a", 0, "stop", r"so \boxed{5}")).with_columns(thinking_tokens=9)
    row = score(rows, answers(a="5"), Chat()).row(0, named=True)
    assert not (row["correct"] or row["lenient"] or row["answered"])
    assert row["rule"] == "only thinking"


def test_a_hostile_response_is_wrong_and_counted() -> None:
    rows = generations(("a", 0, "stop", r"\boxed{(((9!)!)!)!}"), ("a", 1, "stop", r"\boxed{5}"))
    table = score(rows, answers(a="5"), Chat(), seconds=1)
    assert table["timed_out"].to_list() == [True, False]
    assert table["correct"].to_list() == [False, True]


def test_rows_keep_the_order_of_the_responses() -> None:
    rows = [("b", 0, "1"), ("b", 1, "2"), ("a", 0, "2"), ("a", 1, "3")]
    responses = generations(*[(id, sample, "stop", text) for id, sample, text in rows])
    table = score(responses, answers(a="2", b="1"), Chat())
    assert table.schema == VERDICTS
    assert table["id"].to_list() == ["b", "b", "a", "a"]
    assert table["lenient"].to_list() == [True, False, True, False]


def test_every_mistake_is_named_before_anything_is_judged() -> None:
    rows = generations(
        ("a", 0, "stop", r"\boxed{(((9!)!)!)!}"),
        ("a", 0, "stop", "1"),
        ("a", 1, "stop", "1"),
        ("b", 0, "abort", "1"),
        ("stranger", 0, "stop", "1"),
    )
    with pytest.raises(InputError) as error:
        score(rows, answers(a=r"\frac{", b=None, silent="5"), Chat())
    for line in [
        "problem silent: no response",
        "responses to stranger, which the benchmark does not have",
        "problem a: sample 0 stands there 2 times",
        "problem b: 1 sample, others have 2",
        "problem b: finish is 'abort'",
        "problem b: no answer to compare with",
        r"problem a: its answer '\\frac{' cannot be parsed",
    ]:
        assert line in str(error.value)


def test_the_script_judges_a_file(tmp_path: Path) -> None:
    rows = generations(("a", 0, "stop", r"\boxed{1,000}"), ("b", 0, "length", "and"))
    rows.write_parquet(tmp_path / "responses.parquet")
    answers(a="1000", b="1").write_parquet(tmp_path / "set.parquet")
    command = [sys.executable, SCRIPT, tmp_path / "responses.parquet", tmp_path / "set.parquet"]
    command += [tmp_path / "verdicts.parquet", "--chat", "{}", "--workers", "2"]

    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = pl.read_parquet(tmp_path / "verdicts.parquet")
    assert table["correct"].to_list() == [True, False]
    assert table["rule"].to_list() == ["integers", "truncated"]

    answers(a="1000").write_parquet(tmp_path / "set.parquet")
    (tmp_path / "verdicts.parquet").unlink()
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {tmp_path}/responses.parquet, {tmp_path}/set.parquet: ")
    assert not (tmp_path / "verdicts.parquet").exists()
