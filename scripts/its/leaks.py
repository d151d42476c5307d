"""Whether a context gives the answer away, or says the question again."""

import re
from functools import lru_cache

from its.golds import separated
from its.overlap import ngrams

FEWEST = 4
"""Words of the shortest question of which a copy can be told from chance."""
COPIED = 8
"""Words in a row that no context shares with its question by chance: open-r1's n-gram."""


BRACKETS = set("()[]{}\\")
"""At the end of a word they part it from what stands there."""
SET = [
    (re.compile(pattern), instead)
    for pattern, instead in [
        (r"\\[dt]?frac\s*(?:\{([^{}]*)\}|(\d))\s*(?:\{([^{}]*)\}|(\d))", r"\1\2/\3\4"),
        (r"\\(?:text|mbox|mathrm|mathbf|textbf)\s*\{([^{}]*)\}", r"\1"),
        (r"\\left|\\right|\\[,;:! ]|[$]", ""),
        (r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", ""),
        (r"(?<![\d.])0+(?=\d)", ""),
        (r"\s*([*/=^,()\[\]{}\\])\s*", r"\1"),
        (r"\s+", " "),
    ]
]
"""What is set in several ways, and one of them."""


def holds_answer(context: str, answer: str | None) -> bool:
    r"""Tell whether a context holds the answer, as a word of three or more characters.

    Shorter answers stand in any text by chance: half of all golds have one or two characters. Both
    are compared without what LaTeX only sets in another way, as fractions and words.

    >>> holds_answer("I was born in 1204.", "204"), holds_answer("I own 204 books.", "204")
    (False, True)
    >>> holds_answer("I own 1,204 books.", "1204"), holds_answer("Half of 7/9 is mine.", r"\frac79")
    (True, True)
    """
    golds = (bare(gold) for gold in separated(answer or ""))
    return any(len(gold) >= 3 and holds_word(bare(context), gold) for gold in golds)


def gives_away(context: str, answer: str | None, question: str = "") -> bool:
    """Tell whether a context holds an answer that the question, if it is given, does not hold.

    It is given for a paraphrase, which may say what the question says.
    """
    return holds_answer(context, answer) and not holds_answer(question, answer)


def copies(context: str, question: str) -> bool:
    """Tell whether a context says the question again, or eight words in a row of it.

    >>> copies("I am asked: what is 1 + 2?", "What is 1 + 2?")
    True
    >>> copies("I am asked what 1 + 2 is.", "What is 1 + 2?")
    False
    """
    words = len(question.split())
    size = min(COPIED, words)
    return words >= FEWEST and not ngrams(context, size).isdisjoint(ngrams(question, size))


def holds_word(text: str, word: str) -> bool:
    """Tell whether a word stands in a text, and not as a part of another."""
    ends = ["" if word[:1] in BRACKETS else r"(?<!\w)", "" if word[-1:] in BRACKETS else r"(?!\w)"]
    return re.search(re.escape(word).join(ends), text) is not None


@lru_cache(maxsize=4096)
def bare(text: str) -> str:
    """Return a text in lower case, with plain fractions, words and numbers, and few spaces."""
    for pattern, instead in SET:
        text = pattern.sub(instead, text)
    return text.strip().lower()
