"""Hashes that decide which rows and seeds are taken: equal on every machine, in every order."""

import hashlib
import unicodedata
from collections.abc import Iterable

SEEDS = 2**31  # what every sampler takes


def digest(*parts: object) -> str:
    """Return 64 hexadecimal digits for the parts in order, which may be texts and numbers.

    >>> digest("a", "b") == digest("ab")
    False
    """
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seed_of(*parts: object) -> int:
    """Return a seed from 0 to 2**31 - 1 for the parts in order."""
    return int(digest(*parts)[:16], 16) % SEEDS


def smallest(names: Iterable[str], *key: object) -> str:
    """Return the name with the smallest hash together with `key`, whatever the order of names."""
    return min(set(names), key=lambda name: (digest(*key, name), name))


def normalised(problem: str) -> str:
    r"""Return a problem in lower case, compatible Unicode and single spaces.

    >>> normalised("  What is\n 1 +\u00a02?")
    'what is 1 + 2?'
    """
    text = unicodedata.normalize("NFKC", problem).lower()
    if text.isprintable() and "  " not in text:  # of all white space, only blanks are printable
        return text.strip()
    return " ".join(text.split())


def problem_id(problem: str) -> str:
    """Return the id of a problem: 16 hexadecimal digits of the hash of its normalised text."""
    return digest(normalised(problem))[:16]
