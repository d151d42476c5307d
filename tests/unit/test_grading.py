r"""Equality is math-verify's, within limits that no answer can break."""

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from sympy import srepr

from its.children import SECONDS, Children
from its.grading import (
    DEEPEST,
    SHOWN,
    Verdict,
    _number,
    _parsed,
    compared,
    judge,
    settled,
    unusable,
)

DATA = Path(__file__).parents[3] / "shared/data"


def judged(pairs: Iterable[tuple[str, str]], seconds: int = SECONDS) -> dict[tuple, Verdict]:
    with Children(2, seconds) as children:
        return judge(pairs, children)


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
        ("C", r"\text{C}", "choice"),
        ("C", "C. an ion", "choice"),
        (r"\text{(C)}", "C", "choice"),
        ("B", r"(B) 3 \times 10^8", "choice"),
        ("C", r"\textbf{(C).}", "choice"),
        ("C", r"\text{Option C}", "choice"),
        ("C", r"\text{Answer: C}", "choice"),
        ("C", "**C**", "choice"),
        ("B", "B. vitamin C", "choice"),
        ("36", "36.", "same text"),
        (r"\frac{1}{2}", r"\frac{1}{2},", "same text"),
        ("18", "18 dollars", "same text"),
        ("18", r"\text{18 dollars}", "same text"),
        ("18.90", r"18.90\text{ dollars}", "same text"),
        (r"90^\circ", "90°", "same text"),
        (r"\text{June 20}", "June 20", "same text"),
        (r"\text{no solution}", "No  solution.", "same words"),
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
        ("C", "D", "choice"),
        ("2516_8", "2516_3", "bases"),
        ("2516_8", "2516_{3}", "bases"),
        (r"10\text{ m}^2", r"10\text{ m}^3", "units"),
        (r"10\,\mathrm{cm}^{2}", r"10\text{ cm}", "units"),
        (r"\frac{1}{2}\text{ m^2}", r"0.5\text{ m}^3", "units"),
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
        ("2516_8", "2516"),
        (r"10\text{ m}^2", r"10\text{ m^2}"),
        (r"10\text{ m}^2", r"10\text{ feet}^3"),
        ("5", "5 million"),
        (r"10\,", "10!"),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(gold: str, answer: str) -> None:
    assert settled(gold, answer) is None


@pytest.mark.parametrize("answer", ["(A) and (B)", "A. or B.", "A) B) C)", r"\text{(A) or (B)}"])
def test_who_names_several_choices_has_chosen_none(answer: str) -> None:
    assert settled("A", answer) is None
    assert not compared(("A", answer)).equal


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
        ("10", r"10\%"),
        (r"10\%", "0.1"),
        ("10", r"10\,\text{cm}^2"),
        (r"10\text{ m}^2", r"10\text{ m^2}"),
        (r"\frac{270}7\text{ degrees}", r"\frac{270}{7}^\circ"),
        (r"5.4 \text{ cents}", "5.4"),
        ("12", r"\text{12 apples}"),
        ("1,-2", r"x = -2 \text{ or } x = 1"),
        (r"\{1,2\}", r"\{2,1\}"),
        (r"\pm 2", "2, -2"),
        (r"(-\infty,0)\cup(0,\infty)", r"(-\infty, 0) \cup (0, \infty)"),
        ("x > 2", r"(2, \infty)"),
        (r"[0,1]", r"x \in [0,1]"),
        (r"1\frac{1}{2}", "1.5"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}"),
        ("840", r"\boxed{840}\boxed{840}"),
    ]
    wrong = [
        (r"\frac{1}{2}", "0.51"),
        ("[0,1]", "[0,1)"),
        ("(1,2)", "(2,1)"),
        (r"\text{east}", "west"),
        ("5", "x = 6"),
        ("10", "0.1"),
        ("840", "840840"),
        ("1,2", "1"),
        (r"\pm 2", "2"),
        (r"\{1,2\}", r"\{1,2,3\}"),
        ("(0,1)", "(0,1]"),
        (r"\frac{1}{3}", "0.33"),
        (r"\text{even}", r"\text{odd}"),
        ("100", r"10\text{ cm}^2"),
        ("C", r"\text{C and D}"),
        ("5", "5 million"),
        (r"\text{June 20}", "June 21"),
    ]
    verdicts = judged(right + wrong)
    assert [pair for pair in right if not verdicts[pair].equal] == []
    assert [pair for pair in wrong if verdicts[pair].equal] == []


@pytest.mark.parametrize(
    "text",
    ["42", "-42", "+42", "042", "0", "9" * 100, "36.0", "-0.50", "0.0000001", "1234567.1234567"],
)
def test_a_plain_number_is_read_as_math_verify_reads_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = _parsed(text)
    assert ours[0] == _number(text)
    monkeypatch.setattr("its.grading._number", lambda text: None)
    theirs = _parsed.__wrapped__(text)
    assert [srepr(ours[0]), ours[1]] == [srepr(theirs[0]), theirs[1]]


@pytest.mark.parametrize(
    "text", ["1e5", ".5", "0.5", "5.", "1,234", "36.12345678", "--1", "1/2", "٣"]
)
def test_what_is_no_plain_number_is_left_to_math_verify(text: str) -> None:
    assert _number(text) is None


def test_a_verdict_keeps_how_both_sides_were_read() -> None:
    readings = {
        ("1,000", "1000.0"): ("1000", "1000.00000000000"),
        (r"\frac12", "50\\%"): ("1/2", "50*(1/100)"),
        ("5", "(2516)_8"): ("5", "(2516)_8"),  # math-verify reads no number
        (r"\begin{pmatrix}1\\2\end{pmatrix}", "7"): ("Matrix([[1], [2]])", "7"),
        ("1,000", "1000"): ("1000", "1000"),
        (r"\text{(C)}", "C) 5"): ("C", "C"),
        (r"\text{East}", "east"): ("east", "east"),
        ("5", "6" * 2000): (None, None),
    }
    verdicts = judged(readings)
    assert {pair: (found.gold, found.answer) for pair, found in verdicts.items()} == readings


def test_a_reading_is_one_short_line_whatever_is_read() -> None:
    long = "+".join(f"x_{{{number}}}" for number in range(120))
    huge = r"\binom{40000}{20000}"  # more digits than Python writes
    verdicts = judged([("5", long), ("5", huge), ("a\n b", "a\n b")])
    for verdict in verdicts.values():
        assert 0 < len(verdict.answer) <= SHOWN
        assert verdict.answer.isprintable()
    assert verdicts["5", long].answer.endswith("…")
    assert not verdicts["5", huge].timed_out


def test_hostile_answers_cost_themselves_alone() -> None:
    towers = ["(((9!)!)!)!", "9^{9^{9^{9^9}}}", r"\sum_{k=1}^{10^{12}} \frac1k"]
    verdicts = judged([("5", text) for text in [*towers, r"\frac{10}{2}"]], seconds=1)
    assert [text for _, text in verdicts if verdicts["5", text].equal] == [r"\frac{10}{2}"]
    late = verdicts["5", towers[0]]
    assert (late.timed_out, late.rule, late.gold, late.answer) == (True, "timed out", None, None)


def test_a_gold_that_nothing_could_equal_is_found() -> None:
    deep = "{" * (DEEPEST + 1) + "5" + "}" * (DEEPEST + 1)
    golds = ["5", r"\frac{1}{2}", r"\text{no solution}", "B", " ", r"\frac{", "x" * 2000, deep]
    with Children() as children:
        found = [gold for gold, _ in unusable(golds, children)]
    assert found == [" ", "x" * 2000, deep, r"\frac{"]


def test_brackets_beside_each_other_are_not_deep() -> None:
    assert settled("5", "(5)" * (DEEPEST + 1)) is None
    assert settled("5", "(" * DEEPEST + "5" + ")" * DEEPEST) is None


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real problems in {DATA}")
def test_real_golds_equal_themselves_and_nothing_else() -> None:
    rows = (DATA / "math500.jsonl").read_text().splitlines()[:120]
    golds = [json.loads(row)["answer"] for row in rows]
    same = {(gold, gold) for gold in golds}
    other = {(gold, f"{gold} + 1") for gold in golds} | {(gold, "17/23") for gold in golds}
    with Children(2) as children:
        assert list(unusable(golds, children)) == []
    verdicts = judged([*same, *other])
    assert [pair for pair in same if not verdicts[pair].equal] == []
    assert [pair for pair in other if verdicts[pair].equal] == []
