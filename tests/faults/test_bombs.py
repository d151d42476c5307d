r"""Answers made to hang or to kill a judge cost themselves: a limit of time and of memory each."""

import pytest

from its.answers import strict
from its.children import Children
from its.grading import LONGEST, judge

BOMBS = {
    "tower of powers": r"9^{9^{9^{9}}}",
    "large power": r"7^{7^{77777777}}",
    "tower of factorials": "((9!)!)!",
    "large factorial": "99999999!",
    "large binomial": r"\binom{10^{12}}{5\cdot 10^{11}}",
    "long sum": r"\sum_{n=1}^{10^{12}} n^{n}",
    "long product": r"\prod_{k=1}^{99999999} k^k",
    "large expansion": r"(a+b+c+d+e+f)^{999}",
    "integral of a tower": r"\int_0^1 x^{x^{x^{x^{x}}}} dx",
    "nested roots": r"\sqrt{" * 39 + "2" + "}" * 39,
    "nested fractions": r"\frac{1}{1+" * 38 + "2" + "}" * 38,
    "many terms": "+".join(f"x_{number}" for number in range(200))[:LONGEST],
    "many brackets": "(" * 40 + "1" + ")" * 40,
    "large number": "1" * LONGEST,
    "large exponent": "1e999999999",
    "set of many": r"\{" + ",".join("12345"[: 1 + n % 5] for n in range(300))[:900] + r"\}",
    "words of many spaces": r"\text{" + "a " * 400 + "!}",
    "macros in macros": r"\text{" * 39 + "5" + "}" * 39,
    "end of nothing": r"\left( \begin{matrix} " * 19 + "5",
}


@pytest.fixture(scope="module")
def verdicts() -> dict:
    """Judge all of them together, and a right answer behind them."""
    pairs = [("5", text) for text in [*BOMBS.values(), r"\frac{10}{2}"]]
    with Children(workers=2, seconds=1) as children:
        return judge(pairs, children)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_wrong_answer(verdicts: dict, name: str) -> None:
    assert not verdicts["5", BOMBS[name]].equal


def test_what_comes_after_bombs_is_judged(verdicts: dict) -> None:
    assert verdicts["5", r"\frac{10}{2}"].equal


@pytest.mark.parametrize(
    "text",
    [
        r"\boxed{" * 20_000,
        "{" * 200_000,
        r"\boxed{5" + " " * 500_000,
        "\\" * 300_000,
        "$" * 300_001,
    ],
    ids=["boxes", "braces", "spaces", "backslashes", "dollars"],
)
def test_a_long_response_that_ends_nothing_is_looked_through_once(text: str) -> None:
    # Quadratic time would take hours: the limit of the test run is what fails.
    assert strict(text).text is None
