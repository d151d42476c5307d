r"""Find the answer in a response: strictly in its last box, leniently wherever it may stand."""

import re
from collections import deque
from dataclasses import dataclass

from its.boxes import last_boxed

BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])\s*")
BARE = re.compile(r"[^\s${}]+")
PHRASE = re.compile(
    r"\banswer\b(?:[^.:=\n]{0,60}?\bis\b|[\s*_]*[:=])[\s*_:]*+(?!not\b)", flags=re.IGNORECASE
)
FORMULA = re.compile(r"(?<!\\)\$(?!\s)((?:\\.|[^$\\\n])+)(?<!\s)\$|\\\((.+?)\\\)|\\\[(.+?)\\\]")
NUMBER = re.compile(
    r"(?:(?<![\w)\]}.])[-−])?"  # a sign, unless it subtracts from what stands before
    r"(?:\\[dt]?frac\{\d+\}\{\d+\}"
    r"|(?<![\w.])(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+)?)"
)
LONGEST_SAID = 80
"""Characters that may follow "the answer is" as an answer; more are prose about one."""
WORDS_AND_A_NUMBER = re.compile(rf"[^\d\\^*+=<>]*?({NUMBER.pattern})(?:[\s$%][^\d\\^*+=<>]*)?")


@dataclass(frozen=True, slots=True)
class Extraction:
    """An answer as the model wrote it, None if there is none, and the rule that found it or not."""

    text: str | None
    rule: str


def answer_part(text: str, start: str, end: str) -> str:
    """Return what a response says outside its thinking.

    What stands before the first end mark is thinking, for a prompt may have opened it; what is
    opened and never closed is too. A response without either mark is all answer.

    >>> answer_part("<think>2 or 3?</think>3", "<think>", "</think>")
    '3'
    >>> answer_part("<think>2 or 3", "<think>", "</think>")
    ''
    """
    first, *others = text.split(end) if end else [text]
    pieces = others or [first]
    return "".join(piece.partition(start)[0] for piece in pieces) if start else "".join(pieces)


def strict(answer: str) -> Extraction:
    r"""Take the last box of an answer: `\boxed{...}`, `\fbox{...}`, or what follows `\boxed `.

    Braces are balanced; `\{` is none. A last box that never closes holds no answer, even if
    an earlier one does: the model changed its mind and was not done.

    >>> strict(r"So \boxed{\frac{1}{2}}.")
    Extraction(text='\\frac{1}{2}', rule='box')
    >>> strict("The answer is 5").rule
    'no box'
    """
    box = _last(BOX, answer)
    if box is None:
        return Extraction(None, "no box")
    if answer[box.end() : box.end() + 1] == "{":
        content = last_boxed(answer[box.start() :])
        if content is None:
            return Extraction(None, "unclosed box")
    else:
        bare = BARE.match(answer, box.end())
        content = bare[0].rstrip(".,;:!") if bare else ""
    return Extraction(content, "box") if content else Extraction(None, "empty box")


def lenient(answer: str, boxed: Extraction | None = None) -> Extraction:
    """Take the box if there is one, else what is called the answer, else the last number.

    How often only this finds the gold shows how much of a gain is format alone.

    Parameters
    ----------
    boxed
        What `strict` finds, if that is known.

    Examples
    --------
    >>> lenient("The final answer is 12 dollars. I hope so.")
    Extraction(text='12', rule='phrase')
    >>> lenient("7 - 3 = 4, and 4 - 9 = -5")
    Extraction(text='-5', rule='last number')
    """
    boxed = boxed or strict(answer)
    if boxed.text is not None:
        return boxed
    said = _said(answer)
    if said:
        return Extraction(said, "phrase")
    number = _last(NUMBER, answer)
    return Extraction(number[0], "last number") if number else Extraction(None, "no number")


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    return next(iter(deque(pattern.finditer(text), maxlen=1)), None)


def _said(answer: str) -> str | None:
    """Return what follows the last "answer is" or "answer:", without the words around it."""
    phrase = _last(PHRASE, answer)
    if phrase is None:
        return None
    line = answer[phrase.end() : phrase.end() + 500].partition("\n")[0]
    formula = FORMULA.search(line)
    if formula:
        return next(group for group in formula.groups() if group).strip() or None
    sentence = re.split(r"\.(?:\s|$)", line, maxsplit=1)[0].strip(" \t*_\"'.,;:!")
    if len(sentence) > LONGEST_SAID:
        return None
    around = WORDS_AND_A_NUMBER.fullmatch(sentence)
    return (around[1] if around else sentence) or None
