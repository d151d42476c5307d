r"""Find `\boxed{...}` in a text."""

import re

BOX = re.compile(r"\\f?box(?:ed)?\s*\{")


def last_boxed(text: str) -> str | None:
    r"""Return what stands in the last closed `\boxed{}` or `\fbox{}`; None if there is none.

    >>> last_boxed(r"\boxed{1}, no: \boxed{\frac{1}{2}}")
    '\\frac{1}{2}'
    """
    for start in reversed([match.end() for match in BOX.finditer(text)]):
        depth = 1
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0) if text[end - 1] != "\\" else 0
            if depth == 0:
                return text[start:end].strip()
    return None
