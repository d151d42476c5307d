r"""Decide whether an answer equals the gold: cheaply where that is exact, else by math-verify.

Equality is math-verify's. Ours differs from it in this, and in nothing else:

- a full stop, comma or semicolon at the end and thin spaces between digits are no part of an
  answer: math-verify takes `36.` for no number and `1\,234` for a sum (`cleaned`);
- `°` is `^\circ`, `~` a space, dollars may stand behind a number as other units may, and a text
  with digits is read as if it were none, as `\text{12 apples}` (`cleaned`);
- a number may stand in brackets and in bold, as `\textbf{(042)}` (`_integer`);
- a choice may be followed by its text, as `\textbf{(C)}\ 5` (`_choice`);
- numbers that name different bases differ: to math-verify `2516_8` and `2516_3` are 2516 both;
- so do numbers with different powers of one unit: to math-verify `10\text{ m}^2` and
  `10\text{ m}^3` are 10 both (`_unit`);
- what is longer than `LONGEST` or nested deeper than `DEEPEST` is refused: no answer is, and
  they cost seconds each;
- what takes longer than the limit, or needs more memory, is wrong, and counted.

What math-verify decides, and we keep: `10\%` is 10 and 0.1; a unit that only one side names does
not count; a base that only one side names neither; values in any order are one set, of which all
must be given; `(1,2)` may be a point or an interval; decimals are compared to six digits.

It runs in child processes with hard limits (`its.children`): a tower of powers keeps it busy far
beyond its own time limit, which is an alarm that cannot interrupt a multiplication.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from its.children import Children, Failure
from its.golds import separated

if TYPE_CHECKING:
    import sympy

LONGEST = 1000
"""Characters of an answer that is looked at."""
DEEPEST = 40
"""Brackets inside each other in an answer that is looked at."""
SHOWN = 200
"""Characters that are kept of how an answer was read."""

INTEGER = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,100}))"
    r"|\(\s*([+-]?\d{1,100})\s*\)"  # (1,234) may be a point
)
FORMATS = r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*"
THIN_SPACE = re.compile(r"(?<=\d)\\[,!;: ]\s*(?=\d)")
MACRO = re.compile(FORMATS + r"\{([^{}]*)\}")
DOLLARS = re.compile(r"(?<=[\d}])(?:\s|\\[ ,])*(?:dollars?|\\text\s*\{\s*dollars?\s*\})$")
UNIT = re.compile(
    r".*[\d})\s,]" + FORMATS + r"\{\s*([A-Za-z]+)\s*(?:\^\s*(-?\d))?\s*\}(?:\s*\^\s*\{?(-?\d)\}?)?",
    flags=re.DOTALL,
)
WORDS = re.compile(r"[a-z][a-z' -]*[a-z]")
CHOICE = re.compile(r"\(?([A-Z])\)?")
MARKED = r"(?:\(([A-Z])\)|([A-Z])[).:])"
CHOSEN = re.compile(
    MARKED + r"(?:(?:\s|\\[ ,;:]|\\q?quad)\s*(?![-+*/=^])"  # the text of the choice, no operation
    r"(?!(?:and|or)\b|.*(?:\([A-Z]\)|(?<![A-Za-z])[A-Z][).:])).*)?"  # and no other choice
    r"|([A-Za-z])",
    flags=re.DOTALL,
)
CALLED = re.compile(r"(?:option|answer|choice)\b\s*:?\s*", flags=re.IGNORECASE)
BASED = re.compile(r"[0-9A-Z]+_\{?(\d+)\}?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer equals the gold, and the rule that decided.

    `gold` and `answer` are what the rule compared: how each was read, on one line, cut at `SHOWN`
    characters. They are None where nothing was compared, as of what is too long.
    """

    equal: bool
    rule: str
    gold: str | None = None
    answer: str | None = None
    timed_out: bool = False


def judge(
    pairs: Iterable[tuple[str, str]],
    children: Children,
    *,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> dict[tuple[str, str], Verdict]:
    """Judge each distinct pair of (gold, answer) once.

    Parameters
    ----------
    pairs
        Gold first.
    children
        Compare what cannot be decided without.
    show
        Told how many of how many costly pairs are done.
    """
    verdicts, costly = {}, []
    for pair in dict.fromkeys(pairs):
        cheap = settled(*pair)
        if cheap:
            verdicts[pair] = cheap
        else:
            costly.append(pair)
    for done, (pair, outcome) in enumerate(children.run(compared, costly), start=1):
        failed = isinstance(outcome, Failure)
        verdicts[pair] = Verdict(False, outcome.why, timed_out=True) if failed else outcome
        show(done, len(costly))
    return verdicts


def decided(gold: str, verdict: Callable[[str], Verdict]) -> Verdict:
    """Return the verdict on an answer that may equal any of several golds.

    That of the first gold that it equals; else of one that timed out, else of the first. Where
    there are several, its rule says which one decided.

    Parameters
    ----------
    gold
        One or several (`its.golds`).
    verdict
        Returns that of one gold.
    """
    verdicts = [verdict(one) for one in separated(gold)]
    best = max(verdicts, key=lambda one: (one.equal, one.timed_out))
    if len(verdicts) == 1:
        return best
    which = f"gold {verdicts.index(best) + 1}" if best.equal else "no gold"
    return replace(best, rule=f"{best.rule}, {which} of {len(verdicts)}")


def unusable(golds: Iterable[str], children: Children) -> Iterator[tuple[str, str]]:
    """Return each distinct gold that no answer could be compared with, and why.

    The children are at work when this returns: what else is to be done can be done meanwhile.
    """
    found, costly = [], []
    for gold in dict.fromkeys(golds):
        text = cleaned(gold)
        if not text:
            found.append((gold, "is empty"))
        elif len(text) > LONGEST or _depth(text) > DEEPEST:
            found.append((gold, "is too long or nested too deep to be compared"))
        elif not (_integer(text) is not None or _words(text) or CHOICE.fullmatch(_plain(text))):
            costly.append(gold)
    return chain(found, _unreadable(children.run(readable, costly)))


def _unreadable(outcomes: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    for gold, outcome in outcomes:
        if isinstance(outcome, Failure):
            yield gold, f"cannot be parsed: {outcome.why}"
        elif not outcome:
            yield gold, "cannot be parsed"


def settled(gold: str, answer: str) -> Verdict | None:
    r"""Decide what needs no parser; None where math-verify must.

    >>> settled("1,234", "1234")
    Verdict(equal=True, rule='integers', gold='1234', answer='1234', timed_out=False)
    >>> settled(r"\frac{1}{2}", "0.5")
    """
    gold, answer = cleaned(gold), cleaned(answer)
    if len(answer) > LONGEST:
        return Verdict(False, "too long")
    if _depth(answer) > DEEPEST:
        return Verdict(False, "too deep")
    if not answer:
        return Verdict(False, "empty")
    if gold == answer:
        return _verdict(True, "same text", gold, answer)
    numbers = _integer(gold), _integer(answer)
    if None not in numbers:
        return _verdict(numbers[0] == numbers[1], "integers", *numbers)
    words = _words(gold), _words(answer)
    if words[0] and words[0] == words[1]:
        return _verdict(True, "same words", *words)
    asked = CHOICE.fullmatch(_plain(gold))
    chosen = asked and _choice(_plain(answer))
    if chosen:
        return _verdict(asked[1] == chosen, "choice", asked[1], chosen)
    bases = BASED.fullmatch(gold), BASED.fullmatch(answer)
    if None not in bases and bases[0][1] != bases[1][1]:
        return _verdict(False, "bases", gold, answer)
    units = _unit(gold), _unit(answer)
    if None not in units and units[0][0] == units[1][0] and units[0] != units[1]:
        return _verdict(False, "units", gold, answer)
    return None


def cleaned(answer: str) -> str:
    r"""Return an answer without what never belongs to one, in signs that math-verify knows.

    >>> cleaned("$ 1\\,234.$")
    '1234'
    >>> cleaned(r"\text{18 dollars}")
    '18'
    """
    text = answer.replace("−", "-").replace("°", r"^\circ").replace("~", " ").strip()
    while len(text) > 1 and text[0] == text[-1] == "$":
        text = text[1:-1].strip()
    text = THIN_SPACE.sub("", text)
    end = len(text.rstrip(".,; \n\t"))
    text = text[: end + text.endswith("\\", 0, end)].strip()  # `\,` is a space
    whole = MACRO.fullmatch(text)
    if whole and any(sign.isdigit() for sign in whole[1]):
        text = whole[1].strip()
    return DOLLARS.sub("", text)


def compared(pair: tuple[str, str]) -> Verdict:
    """Ask math-verify whether the second of a pair equals the first, the gold."""
    from math_verify import verify

    gold, answer = (cleaned(text) for text in pair)
    asked, answered = _parsed(gold), _parsed(answer)
    equal = bool(verify(list(asked), list(answered), timeout_seconds=None))
    return _verdict(equal, "math-verify", _reading(asked), _reading(answered))


def readable(gold: str) -> bool:
    """Tell whether math-verify reads more than a string out of a gold."""
    return any(not isinstance(reading, str) for reading in _parsed(cleaned(gold)))


@lru_cache(maxsize=4096)
def _parsed(answer: str) -> tuple:
    number = _number(answer)
    if number is not None:
        return number, answer
    from math_verify import LatexExtractionConfig, parse

    # In a box, so that the whole answer is parsed and not a part that math-verify would choose.
    found = parse(
        f"\\boxed{{{answer}}}",
        extraction_config=[LatexExtractionConfig(boxed_match_priority=0)],
        parsing_timeout=None,
    )
    return tuple(found)


def _number(text: str) -> "sympy.Number | None":
    """Return what math-verify reads in a plain number, without its grammar, which takes a while."""
    import sympy

    if re.fullmatch(r"[+-]?[0-9]{1,100}", text):
        return sympy.Integer(int(text))
    # No more digits than a float has; and 0.5 alone is a fraction to math-verify.
    if text != "0.5" and re.fullmatch(r"-?[0-9]{1,7}\.[0-9]{1,7}", text):
        return sympy.Float(text)
    return None


def _verdict(equal: bool, rule: str, gold: object, answer: object) -> Verdict:
    """Return a verdict with what was compared, held to a line and a length."""
    lines = [None if one is None else " ".join(str(one).split()) for one in (gold, answer)]
    cut = [one if one is None or len(one) <= SHOWN else one[: SHOWN - 1] + "…" for one in lines]
    return Verdict(equal, rule, *cut)


def _reading(parsed: Sequence) -> str | None:
    """Return what math-verify read: an expression, else the text as it stands, else None."""
    for one in sorted(parsed, key=lambda one: isinstance(one, str)):
        try:
            return str(one)
        except Exception:  # noqa: BLE001 (whatever sympy cannot write, the verdict stands)
            return f"{type(one).__name__}, too large to be written"
    return None


def _integer(text: str) -> int | None:
    found = INTEGER.fullmatch(_plain(text))
    return int((found[1] or found[2]).replace(",", "")) if found else None


def _plain(text: str) -> str:
    """Return a text without the macros that only set it in another type."""
    return MACRO.sub(r"\1", text).strip().rstrip(".")


def _words(text: str) -> str | None:
    """Return words in lower case; None for anything but words of two or more letters."""
    plain = _plain(text).lower()
    return " ".join(plain.split()) if WORDS.fullmatch(plain) else None


def _choice(text: str) -> str | None:
    """Return the letter that an answer chooses, if it does."""
    text = text.strip("* ")
    called = CALLED.match(text)
    found = CHOSEN.fullmatch(text, called.end() if called else 0)
    return next(group for group in found.groups() if group).upper() if found else None


def _unit(text: str) -> tuple[str, str] | None:
    """Return the unit at the end of a text, and its power; None if there is none."""
    found = UNIT.fullmatch(text)
    return (found[1], found[2] or found[3] or "1") if found else None


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "}])":
            depth -= 1
    return deepest
