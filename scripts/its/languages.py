"""Tell the language of a text that is half formulas."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches

from its.errors import InputError

LOOKED_AT = 2000
"""Characters at the start of a text: more do not change the language."""

NO_WORDS = re.compile(
    r"\$\$.*?\$\$|\$.*?\$|\\\[.*?\\\]|\\\(.*?\\\)|\\begin\{[a-z*]+\}.*?\\end\{[a-z*]+\}"  # formulas
    r"|<[^<>\s]*>|\\[A-Za-z]+|[^\w\s'’]|[\d_]",
    flags=re.DOTALL,
)


def words_of(text: str) -> str:
    r"""Return a text without formulas, marks, commands, signs and digits.

    >>> words_of(r"Find \textbf{all} $x$ with $x^2 = 4$, please.")
    'Find all with please'
    """
    return " ".join(NO_WORDS.sub(" ", text).split())


def other_language(languages: Iterable[str], confidence: float) -> Callable[[str], str | None]:
    """Return a function that names the language of a text if it is none of `languages`.

    None if it is one of them, or if no language has as much probability as `confidence`: then
    the text has hardly a word. Probabilities are those of py3langid, whose model comes with it.

    Raises
    ------
    InputError
        If the library knows no such language.
    """
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(
        MODEL_FILE, norm_probs=True, min_confidence=confidence
    )
    wanted = set(languages)
    for code in sorted(wanted - set(identifier.labels)):
        near = get_close_matches(code, identifier.labels, n=3, cutoff=0)
        raise InputError(f"filter 'language': no language {code!r}; near are {', '.join(near)}")

    def other(text: str) -> str | None:
        language, _ = identifier.classify(words_of(text))
        return None if language in wanted or language == "und" else language

    return other
