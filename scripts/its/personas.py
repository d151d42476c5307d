"""What a model wrote becomes a context, or is rejected and asked for again."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable

from its.config.model import Chat

FOREIGN = 0.1
"""Share of letters of other scripts that is not rejected: a name, a symbol."""
EAST_ASIAN = ["CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"]
"""How names of characters begin that Japanese mixes, and that Chinese shares in part."""

NAMED = r"(?:persona|description|introduction|answer|sentence|response|output|character)"
LABEL = re.compile(
    r"^(?:(?:the|a|my|your|new|short|sample|example|possible)\s+)*"
    rf"{NAMED}(?:\s+(?:sentence|description|introduction|is|\d+))*\s*:\s*",
    re.IGNORECASE,
)
WORDS = r"[^.!?:\n]{0,120}"
GREETING = r"(?:sure|certainly|of course|okay|ok|absolutely|great)(?: thing)?"
GREETED = rf"{GREETING}[,.!]*\s*\n|{GREETING}[,.!]+\s+{WORDS}:\s*\n"
OPENED = rf"(?:{GREETING}[,.!]*\s+)?"
LEAD_IN = re.compile(
    rf"^(?:{GREETED}|{OPENED}here\b{WORDS}:\s*\n"
    rf"|{OPENED}here(?:['’]s| is| are)\b{WORDS}\b{NAMED}\b{WORDS}:"
    rf"|{OPENED}(?!I\b){WORDS}\b{NAMED}\b{WORDS}:\s*\n)",
    re.IGNORECASE,
)
"""What stands before a context: `Sure! Here is a persona: `, or a line of such words."""
REPHRASED = re.compile(
    rf"^(?:{GREETED}|{OPENED}{WORDS}\b(?:(?:re|para)phras\w*|reword\w*)\b{WORDS}:)", re.IGNORECASE
)
"""What stands before a question in other words."""
REFUSAL = re.compile(
    r"\b(?:I'm|I am) (?:really |so |very )?sorry\b"
    r"|\b(?:AI|artificial intelligence)(?:[ -]powered)?"
    r" (?:(?:language )?model|assistant|chatbot|designed|trained)\b"
    r"|\b(?:I'm|I am) an? (?:\w+ ){0,3}(?:AI|artificial intelligence|chatbot)"
    r"(?= (?:that|who|which|named|called|designed|trained|built|here)\b|[^\w\s-]|\s*$)"
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
SENTENCE = re.compile(r"""[.!?…]["”'’)\]]*(?=\s+["“'‘(\[]?[A-Z0-9]|\s*$)|[。！？]["”’」』）]*""")
"""Where a sentence ends: before a capital, at the end of the text, or at a full-width mark ..."""
ABBREVIATED = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|e\.g|i\.e|etc|No)\.$")
"""... and not after these ..."""
LONGEST = 5
"""... which have no more characters before their full stop."""


def clean(
    text: str, finish: str, chat: Chat, *, opened: bool = False, question: bool = False
) -> str:
    r"""Return the context in a response: one paragraph, without thinking, labels and quotes.

    What a limit cut is shortened to its last whole sentence, if it has one.

    Parameters
    ----------
    finish
        `length` if a limit cut the response.
    opened
        Whether the prompt ended inside the thinking.
    question
        Whether it takes the question's place: then it loses nothing but quotes and what stands
        before it.

    Examples
    --------
    >>> clean('Persona: "I am a baker."\n', "stop", Chat())
    'I am a baker.'
    >>> clean("I am a baker. I rise at", "length", Chat())
    'I am a baker.'
    """
    text = _answer(text, chat, opened).strip()
    if question:
        return _unquoted(" ".join(REPHRASED.sub("", text, count=1).split()), whole=True)
    text = " ".join(LEAD_IN.sub("", text.replace("**", ""), count=1).split())
    before = None
    while before != text:  # labels in quotes, quotes after labels
        before = text
        text = LABEL.sub("", _unquoted(text), count=1).strip()
    return whole_sentences(text) if finish == "length" else text


def rejection(
    context: str,
    leaks: Callable[[str], bool],
    copies: Callable[[str], bool],
    *,
    request: str,
    finish: str,
    question: bool = False,
) -> str | None:
    """Return why a context cannot be used, a key of `its.reasons.REASONS`; None if it can.

    Two languages of one script are not told apart: a Spanish context for an English request stays.

    Parameters
    ----------
    leaks, copies
        Tell whether a context gives the answer away, and whether it says the question again
        (methods of `its.wanted.Wanted`).
    request
        What the writer was asked.
    finish
        `length` if a limit cut the response.
    question
        Whether it takes the question's place: then none that was cut is whole.
    """
    if not re.search(r"[^\W\d_]{3}", context):  # such as `I am a.`
        return "empty"
    if leaks(context):
        return "answer"
    if copies(context):
        return "copy"
    if REFUSAL.search(context):
        return "refusal"
    if SOLUTION.search(context):
        return "solution"
    if foreign(context, request) > FOREIGN:
        return "language"
    return "long" if finish == "length" and (question or not _ends(context)) else None


def foreign(context: str, request: str) -> float:
    """Return the share of a context's letters that are of no script of the request.

    >>> foreign("I am a baker.", "Who is it?"), foreign("我是面包师。", "Who is it?")
    (0.0, 1.0)
    """
    letters, known = _scripts(context), _scripts(request)
    others = sum(count for script, count in letters.items() if script not in known)
    return others / max(1, letters.total())


def whole_sentences(text: str) -> str:
    """Cut what stands after the last whole sentence; leave a text without one as it is.

    >>> whole_sentences("I met Dr. Li. She paid 3.50 for")
    'I met Dr. Li.'
    """
    ends = _ends(text)
    return text[: ends[-1]] if ends else text


def _ends(text: str) -> list[int]:
    """List the places where a sentence ends."""
    return [
        end.end()
        for end in SENTENCE.finditer(text)
        if not ABBREVIATED.search(text, max(0, end.start() - LONGEST), end.start() + 1)
    ]


def _scripts(text: str) -> Counter[str]:
    """Count letters by script, which is how the names of characters begin in Unicode.

    Compatible forms are one: letters of mathematical alphabets are Latin or Greek.
    """
    letters = filter(str.isalpha, unicodedata.normalize("NFKC", text))
    words = (unicodedata.name(letter, "unnamed").split()[0] for letter in letters)
    return Counter("CJK" if word in EAST_ASIAN else word for word in words)


def _answer(text: str, chat: Chat, opened: bool) -> str:
    """Return what follows the thinking; nothing, if it does not end."""
    if chat.thinking_end and chat.thinking_end in text:
        return text.partition(chat.thinking_end)[2]
    if opened or (chat.thinking_start and chat.thinking_start in text):
        return ""
    return text


def _unquoted(text: str, *, whole: bool = False) -> str:
    """Take off quotes around the whole text, or else around a beginning that is a sentence."""
    close = QUOTES.get(text[:1])
    if close is None:
        return text
    inside = text[1:]
    if inside.endswith(close) and close not in inside[:-1]:
        return inside[:-1].strip()
    quoted = re.match(rf"([^{re.escape(close)}]*[.!?,]){re.escape(close)}(?=\s|$)", inside)
    if quoted and close != "'" and not whole:
        return quoted[1].strip()
    return inside.strip() if close not in inside else text
