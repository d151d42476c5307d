"""Numbers in sentences."""


def amount(number: int, one: str, many: str = "") -> str:
    """Return a number with what it counts, in the singular or in the plural.

    >>> amount(1, "row")
    '1 row'
    >>> amount(3400, "process", "processes")
    '3,400 processes'
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
