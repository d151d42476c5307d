"""Several golds of one problem, any of which is right, in the one text that a set has for it.

Values of which all must be given are one gold, as `1, 2`.
"""

MARK = "␞"
"""What stands between golds: Unicode's symbol for a record separator, which no answer needs."""


def separated(gold: str) -> list[str]:
    """Return the golds in a text.

    >>> separated("1/2␞0.5"), separated("1, 2")
    (['1/2', '0.5'], ['1, 2'])
    """
    return gold.split(MARK)
