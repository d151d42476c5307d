"""Errors that are the user's to mend; everything else may show its traceback."""

import errno
import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

MOST = 20
"""Mistakes that one message lists; the rest are counted."""

WAYS_OUT = {
    errno.ENOSPC: "free some space and start snakemake again; what is made is kept",
    errno.EDQUOT: "free some of your quota and start snakemake again; what is made is kept",
    errno.EROFS: "run where the results can be written",
    errno.EACCES: "give this user the right to it, or run where it has it",
    errno.EPERM: "give this user the right to it, or run where it has it",
    errno.ENOENT: "see whether a setting names it; what is its own, snakemake makes again",
    errno.EEXIST: "expected a directory; move the file away",
    errno.EISDIR: "expected a file; move the directory away",
    errno.ENOTDIR: "expected a directory; move the file away",
    errno.EIO: "see to the disk, then start snakemake again; what is made is kept",
    errno.ENAMETOOLONG: "shorten the names in the config, or the way to this folder",
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENOMEM: "raise the memory that this job may take",
}
"""What to do where the system refuses; any other refusal keeps its traceback."""

REFUSED = re.compile(r"\(os error (\d+)\)")
"""How libraries written in Rust, as polars and safetensors, pass on what the system refused: in
another error, or in an OSError without its number."""

UNWRITTEN = re.compile(r"unexpected pos \d+ vs \d+|PytorchStreamWriter failed")
"""How torch says that a file could not be written, whatever the system's reason was."""


class InputError(ValueError):
    """A file or a setting that cannot be used. The message says which one, and what to do."""


def refuse(mistakes: Sequence[str]) -> None:
    """Raise one `InputError` that lists all mistakes, if there are any."""
    mistakes = list(dict.fromkeys(mistakes))
    if len(mistakes) == 1:
        raise InputError(mistakes[0])
    if mistakes:
        lines = mistakes[:MOST]
        if len(mistakes) > MOST:
            lines.append(f"... and {len(mistakes) - MOST} more")
        raise InputError(f"{len(mistakes)} mistakes:\n  " + "\n  ".join(lines))


def run(main: Callable[[], None]) -> None:
    """Run a script's `main`; say what is the user's to mend in one line, and exit with status 2.

    That is an `InputError`, what the system refuses (`WAYS_OUT`) and a lack of memory. Ctrl-C
    ends it without a word.
    """
    # What is imported stays: to look through it again, at the latest at the end, takes a fifth of a
    # short script.
    gc.freeze()
    try:
        main()
    except InputError as error:
        _stop(str(error))
    except MemoryError:
        _stop("out of memory; raise the memory that this job may take (models.NAME.*.memory)")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except Exception as error:
        number = _refusal(error)
        if number not in WAYS_OUT:
            raise
        path = getattr(error, "filename2", None) or getattr(error, "filename", None)
        where = f"{path}: " if path else ""
        _stop(f"{where}{os.strerror(number)}; {WAYS_OUT[number]}")


def _refusal(error: Exception) -> int | None:
    """Return the number with which the system refused something; None if it is another error."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    if UNWRITTEN.search(str(error)):
        return errno.EIO
    found = REFUSED.search(str(error))
    return int(found[1]) if found else None


def _stop(message: str) -> NoReturn:
    from its.console import say

    say(f"error: {message}")  # to the terminal too: some ways to call Snakemake show no log
    sys.exit(2)
