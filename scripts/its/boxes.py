r"""Find `\boxed{...}` in a text."""

import re

BRACE = re.compile(r"(?P<box>\\f?box(?:ed)?\s*\{)|\\.|[{}]", re.DOTALL)


def last_boxed(text: str) -> str | None:
    r"""Return what stands in the last closed `\boxed{}` or `\fbox{}`; None if there is none.

    One pass, so that a text of nothing but opened boxes takes no longer than another.

    >>> last_boxed(r"\boxed{1}, no: \boxed{\frac{1}{2}}, or \boxed{3")
    '\\frac{1}{2}'
    """
    opened: list[int | None] = []
    last = (-1, -1)
    for brace in BRACE.finditer(text):
        if brace["box"]:
            opened.append(brace.end())
        elif brace[0] == "{":
            opened.append(None)
        elif brace[0] == "}" and opened:
            start = opened.pop()
            if start is not None:
                last = max(last, (start, brace.start()))
    return text[slice(*last)].strip() if last[0] >= 0 else None
