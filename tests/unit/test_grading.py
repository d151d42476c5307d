r"""Equality is math-verify's, within limits that no answer can break."""

import json
import os
import time
from pathlib import Path

import pytest

from its.grading import Failure, in_processes, judge, settled, unusable

DATA = Path(__file__).parents[3] / "shared/data"


@pytest.mark.parametrize(
    ("gold", "answer", "rule"),
    [
        ("5", " $5.$ ", "same text"),
        ("1234", r"1\,234", "same text"),
        ("1234", "1,234", "integers"),
        ("25", "025", "integers"),
        ("051", r"\textbf{(51) }", "integers"),
        ("-4", "−4", "same text"),
        (r"\text{Evelyn}", "evelyn", "same words"),
        ("C", r"\textbf{(C)}\ 5", "choice"),
        ("C", "c", "choice"),
    ],
)
def test_what_is_plainly_equal_needs_no_parser(gold: str, answer: str, rule: str) -> None:
    verdict = settled(gold, answer)
    assert verdict.equal
    assert verdict.rule == rule


@pytest.mark.parametrize(
    ("gold", "answer", "rule"),
    [
        ("5", "6", "integers"),
        ("5", "", "empty"),
        ("C", "(D) because of C", "choice"),
        ("2516_8", "2516_3", "bases"),
        ("5", "5" * 1001, "too long"),
        ("5", "(" * 41 + "5" + ")" * 41, "too deep"),
        ("5", "(" * 3000, "too long"),
        ("5", r"\boxed{5}" * 20_000, "too long"),
    ],
)
def test_what_is_plainly_wrong_needs_no_parser(gold: str, answer: str, rule: str) -> None:
    verdict = settled(gold, answer)
    assert not verdict.equal
    assert verdict.rule == rule


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("12", "1 2"),
        ("5", "5%"),
        ("(1,234)", "1234"),
        (r"\text{east}", "west"),
        ("A", "A + 1"),
        ("C", "(C) + 1"),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(gold: str, answer: str) -> None:
    assert settled(gold, answer) is None


def test_the_parser_sees_through_notation() -> None:
    right = [
        (r"\frac{1}{2}", "0.5"),
        (r"\frac12", r"\dfrac{1}{2}"),
        ("10", r"10\text{ cm}"),
        (r"90^\circ", "90"),
        ("p - q", "-q + p"),
        (r"\sqrt{8}", r"2\sqrt{2}"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"(3, \pi/2)"),
        ("18.90", r"\$18.90"),
        ("5", "x = 5"),
    ]
    wrong = [
        (r"\frac{1}{2}", "0.51"),
        ("[0,1]", "[0,1)"),
        ("(1,2)", "(2,1)"),
        (r"\text{east}", "west"),
        ("5", "x = 6"),
    ]
    verdicts = judge(right + wrong, workers=2)
    assert [pair for pair in right if not verdicts[pair].equal] == []
    assert [pair for pair in wrong if verdicts[pair].equal] == []


def test_a_hostile_answer_costs_itself_alone() -> None:
    tower = "(((9!)!)!)!"
    verdicts = judge([("5", text) for text in [tower, r"\frac{10}{2}"]], workers=2, seconds=1)
    assert not verdicts["5", tower].equal
    assert verdicts["5", tower].timed_out
    assert verdicts["5", tower].rule == "timed out"
    assert verdicts["5", r"\frac{10}{2}"].equal


def fail(how: str) -> str:
    match how:
        case "spin":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "die":
            time.sleep(0.3)  # else pebble may not know yet what it was at
            os._exit(1)
        case "hoard":
            return str(len(bytearray(3 * 2**30)))  # never touched: it costs no memory
    return how


def test_a_child_that_fails_costs_one_item() -> None:
    items = ["spin", "die", "hoard", "fine", "also fine"]
    outcomes = dict(in_processes(fail, items, workers=2, seconds=1))
    assert outcomes == {
        "spin": Failure("timed out"),
        "die": Failure("crashed"),
        "hoard": Failure("out of memory"),
        "fine": "fine",
        "also fine": "also fine",
    }


def test_a_gold_that_nothing_could_equal_is_found() -> None:
    golds = ["5", r"\frac{1}{2}", r"\text{no solution}", "B", " ", r"\frac{", "x" * 2000]
    assert [gold for gold, _ in unusable(golds)] == [" ", "x" * 2000, r"\frac{"]


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real problems in {DATA}")
def test_real_golds_equal_themselves_and_nothing_else() -> None:
    rows = (DATA / "math500.jsonl").read_text().splitlines()[:120]
    golds = [json.loads(row)["answer"] for row in rows]
    same = {(gold, gold) for gold in golds}
    other = {(gold, f"{gold} + 1") for gold in golds} | {(gold, "17/23") for gold in golds}
    assert list(unusable(golds, workers=2)) == []
    verdicts = judge([*same, *other], workers=2)
    assert [pair for pair in same if not verdicts[pair].equal] == []
    assert [pair for pair in other if verdicts[pair].equal] == []
