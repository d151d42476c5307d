"""Whether a context gives the answer away, or says the question again."""

import re

from its.golds import separated
from its.overlap import ngrams

FEWEST = 4
"""Words of the shortest question of which a copy can be told from chance."""
COPIED = 8
"""Words in a row that no context shares with its question by chance: open-r1's n-gram."""


def holds_answer(context: str, answer: str | None) -> bool:
    """Tell whether a context holds the answer, as a word of three or more characters.

    Shorter answers stand in any text by chance: half of all golds have one or two characters.

    >>> holds_answer("I was born in 1204.", "204"), holds_answer("I own 204 books.", "204")
    (False, True)
    """
    golds = (gold.strip() for gold in separated(answer or ""))
    return any(len(gold) >= 3 and holds_word(context, gold) for gold in golds)


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
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
