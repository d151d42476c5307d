"""Whether a context gives the answer away."""

import re


def holds_answer(context: str, answer: str | None) -> bool:
    """Tell whether a context holds the answer, as a word of three or more characters.

    Shorter answers stand in any text by chance: half of all golds have one or two characters.

    >>> holds_answer("I was born in 1204.", "204"), holds_answer("I own 204 books.", "204")
    (False, True)
    """
    if answer is None or len(answer.strip()) < 3:
        return False
    return holds_word(context, answer.strip())


def gives_away(context: str, answer: str | None, question: str = "") -> bool:
    """Tell whether a context holds an answer that the question, if it is given, does not hold.

    It is given for a paraphrase, which may say what the question says.
    """
    return holds_answer(context, answer) and not holds_answer(question, answer)


def holds_word(text: str, word: str) -> bool:
    """Tell whether a word stands in a text, and not as a part of another."""
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) is not None
