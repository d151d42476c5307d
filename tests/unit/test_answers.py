r"""An answer is what stands in the last box; elsewhere it counts only leniently."""

import time

import pytest

from its.answers import LONGEST_SAID, answer_part, lenient, strict
from its.boxes import last_boxed

THINK = ("<think>", "</think>")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"\boxed{1}, no: \boxed{2}", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{ 3 \right.}", r"\left\{ 3 \right."),
        (r"\boxed{\begin{cases}1\\{2}\end{cases}}", r"\begin{cases}1\\{2}\end{cases}"),
        (r"\fbox{7}", "7"),
        (r"\boxed 5.", "5"),
        (r"$\boxed 5$", "5"),
        (r"\boxed {5}", "5"),
        (r"\boxed{ \boxed{3} }", "3"),
    ],
)
def test_the_last_box_holds_the_answer(text: str, answer: str) -> None:
    assert strict(text).text == lenient(text).text == answer


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("The answer is 5.", "no box"),
        (r"\boxed{1}, no: \boxed{2", "unclosed box"),
        (r"\boxed{}", "empty box"),
        (r"\boxed", "empty box"),
        (r"\boxedness{5}", "no box"),
    ],
)
def test_without_a_whole_box_there_is_no_strict_answer(text: str, rule: str) -> None:
    assert strict(text).text is None
    assert strict(text).rule == rule


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        (r"\boxed{1}, no: \boxed{ 2 }", "2"),
        (r"\boxed{1 + \boxed{2}}", "2"),
        (r"\boxed{1}, no: \boxed{2", "1"),
        (r"\boxed{1", None),
        ("{5}", None),
    ],
)
def test_of_all_boxes_that_close_the_one_that_opens_last_is_read(
    text: str, inside: str | None
) -> None:
    assert last_boxed(text) == inside


@pytest.mark.parametrize(
    ("text", "answer", "rule"),
    [
        ("The answer is 5. No, the answer is 6.", "6", "phrase"),
        ("**Answer:** 42", "42", "phrase"),
        (r"The final answer is: $\frac{1}{2}$.", r"\frac{1}{2}", "phrase"),
        (r"Answer: \(x^2\)", "x^2", "phrase"),
        (r"The answer is $\$18.90$.", r"\$18.90", "phrase"),
        ("So the answer is $1,234 in all.", "1,234", "phrase"),
        ("The answer to the question is therefore 12 apples", "12", "phrase"),
        ("The answer is (C)", "(C)", "phrase"),
        ("The answer is east.", "east", "phrase"),
        ("3 - 7 = -4.", "-4", "last number"),
        ("10 - 4", "4", "last number"),
        ("it is 2.50 or 3/4 of x2", "3/4", "last number"),
        (r"about \frac{3}{4} cup", r"\frac{3}{4}", "last number"),
        (r"5, so \boxed{", "5", "last number"),
        ("The answer is " + "to be thought about, " * 20 + "as 9 shows", "9", "last number"),
        ("The answer is not 5. It is 7.", "7", "last number"),
        ("no idea", None, "no number"),
    ],
)
def test_leniently_an_answer_may_stand_elsewhere(text: str, answer: str, rule: str) -> None:
    assert lenient(text).text == answer
    assert lenient(text).rule == rule


def test_what_is_too_long_is_prose_about_an_answer() -> None:
    said = "answer: " + "x" * LONGEST_SAID
    assert lenient(said).rule == "phrase"
    assert lenient(said + "x").rule == "no number"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"<think>\boxed{1}</think>\boxed{2}", r"\boxed{2}"),
        (r"\boxed{1}</think>\boxed{2}", r"\boxed{2}"),  # the prompt opened it
        (r"<think>\boxed{1}", ""),
        (r"\boxed{1}", r"\boxed{1}"),
        (r"<think>a</think>2<think>\boxed{1}", "2"),
        (r"<think>a</think>2<think>b</think>\boxed{1}", r"2\boxed{1}"),
        (r"a</think>2</think>\boxed{1}", r"2\boxed{1}"),
    ],
)
def test_what_stands_in_the_thinking_is_no_answer(text: str, answer: str) -> None:
    assert answer_part(text, *THINK) == answer


def test_models_without_marks_only_answer() -> None:
    assert answer_part("<think>1", "", "") == "<think>1"


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{" * 20_000,
        r"\boxed{5}" * 20_000,
        "{" * 100_000,
        "answer is " * 20_000,
        "answer is " + r"\(" * 50_000,
        "answer is " + "$1" * 50_000,
        "1," * 50_000,
        "-" * 100_000,
        "<think>" * 20_000,
    ],
    ids=lambda text: text[:12],
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()
    lenient(answer_part(text, *THINK))
    assert time.process_time() - start < 2
