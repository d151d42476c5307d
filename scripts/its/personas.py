"""What a model wrote becomes a context, or is rejected and asked for again."""

import re
from collections.abc import Callable

from its.config.model import Chat

REASONS = {
    "empty": "no word of three letters in it, or only thinking",
    "answer": "it holds the answer",
    "refusal": "the model speaks of itself, or refuses",
    "solution": "it works on the question instead",
}
"""Why a context is rejected."""

LABEL = re.compile(
    r"^(?:(?:the|a|my|your|new|short|sample|example|possible)\s+)*"
    r"(?:persona|description|introduction|answer|sentence|response|output|character)"
    r"(?:\s+(?:sentence|description|introduction|is|\d+))*\s*:\s*",
    re.IGNORECASE,
)
LEAD_IN = re.compile(r"^[^.!?\n]{0,120}:\s*$")
"""A first line such as `Here is a persona for the question:`."""
REFUSAL = re.compile(
    r"\b(?:I'm|I am) (?:really |so |very )?sorry\b"
    r"|\b(?:AI|artificial intelligence)(?:[ -]powered)?"
    r" (?:(?:language )?model|assistant|chatbot|designed|trained)\b"
    r"|\bas an (?:AI|artificial intelligence)\b(?! \w+(?:er|or|ist)\b)"
    r"|\bI (?:cannot|can't|can not|am unable to|am not able to)"
    r" (?:assist|fulfil|comply|generate|provide|write|create|help (?:you|with))",
    re.IGNORECASE,
)
SOLUTION = re.compile(
    r"\bthe (?:final |correct )?answer (?:is|to (?:this|the))\b"
    r"|\b(?:to|let's|I(?:'ll| will)) (?:first )?(?:solve|calculate|find|compute) (?:this|the|how)\b"
    r"|\\boxed",
    re.IGNORECASE,
)
QUOTES = {'"': '"', "“": "”", "'": "'", "‘": "’", "`": "`", "«": "»", "*": "*"}
SENTENCE = re.compile(r"""[.!?…]["”'’)\]]*(?=\s+["“'‘(\[]?[A-Z0-9]|\s*$)""")
"""Where a sentence ends: before a capital, or at the end of the text ..."""
ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|e\.g|i\.e|etc|No)\.$")
"""... and not after these."""


def clean(text: str, finish: str, chat: Chat, *, opened: bool = False) -> str:
    r"""Return the context in a response: one paragraph, without thinking, labels and quotes.

    What a limit cut is shortened to its last whole sentence, if it has one.

    Parameters
    ----------
    finish
        `length` if a limit cut the response.
    opened
        Whether the prompt ended inside the thinking.

    Examples
    --------
    >>> clean('Persona: "I am a baker."\n', "stop", Chat())
    'I am a baker.'
    >>> clean("I am a baker. I rise at", "length", Chat())
    'I am a baker.'
    """
    text = _answer(text, chat, opened)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and LEAD_IN.match(lines[0]):
        lines = lines[1:]
    text = " ".join(" ".join(lines).replace("**", "").split())
    before = None
    while before != text:  # labels in quotes, quotes after labels
        before = text
        text = LABEL.sub("", _unquoted(text), count=1).strip()
    return whole_sentences(text) if finish == "length" else text


def rejection(context: str, leaks: Callable[[str], bool]) -> str | None:
    """Return why a context cannot be used, a key of `REASONS`; None if it can.

    Parameters
    ----------
    leaks
        Tells whether a context gives the answer away (`its.wanted.Wanted.leaks`).
    """
    if not re.search(r"[^\W\d_]{3}", context):  # such as `I am a.`
        return "empty"
    if leaks(context):
        return "answer"
    if REFUSAL.search(context):
        return "refusal"
    return "solution" if SOLUTION.search(context) else None


def whole_sentences(text: str) -> str:
    """Cut what stands after the last whole sentence; leave a text without one as it is.

    >>> whole_sentences("I met Dr. Li. She paid 3.50 for")
    'I met Dr. Li.'
    """
    ends = [
        end.end()
        for end in SENTENCE.finditer(text)
        if not ABBREVIATED.search(text[: end.start() + 1])
    ]
    return text[: ends[-1]] if ends else text


def _answer(text: str, chat: Chat, opened: bool) -> str:
    """Return what follows the thinking; nothing, if it does not end."""
    if chat.thinking_end and chat.thinking_end in text:
        return text.partition(chat.thinking_end)[2]
    if opened or (chat.thinking_start and chat.thinking_start in text):
        return ""
    return text


def _unquoted(text: str) -> str:
    """Take off quotes around the whole text, or around a beginning that is a sentence."""
    close = QUOTES.get(text[:1])
    if close is None:
        return text
    inside = text[1:]
    if inside.endswith(close) and close not in inside[:-1]:
        return inside[:-1].strip()
    quoted = re.match(rf"([^{re.escape(close)}]*[.!?,]){re.escape(close)}(?=\s|$)", inside)
    if quoted and close != "'":
        return quoted[1].strip()
    return inside.strip() if close not in inside else text
