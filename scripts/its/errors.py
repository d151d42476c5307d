"""Errors that are the user's to mend; everything else may show its traceback."""

import sys
from collections.abc import Callable, Sequence

MOST = 20
"""Mistakes that one message lists; the rest are counted."""


class InputError(ValueError):
    """A file or a setting that cannot be used. The message says which one, and what to do."""


def refuse(mistakes: Sequence[str]) -> None:
    """Raise one `InputError` that lists all mistakes, if there are any."""
    if len(mistakes) == 1:
        raise InputError(mistakes[0])
    if mistakes:
        lines = [*mistakes[:MOST]]
        if len(mistakes) > MOST:
            lines.append(f"... and {len(mistakes) - MOST} more")
        raise InputError(f"{len(mistakes)} mistakes:\n  " + "\n  ".join(lines))


def run(main: Callable[[], None]) -> None:
    """Run a script's `main`; say an `InputError` in one line and exit with status 2."""
    try:
        main()
    except InputError as error:
        from its.console import say

        say(f"error: {error}")  # to the terminal too: some ways to call Snakemake show no log
        sys.exit(2)
