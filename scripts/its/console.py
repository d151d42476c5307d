"""Tell the person at the terminal how far a job is, though its output goes to a log."""

import os
import sys
import time
from pathlib import Path

from tqdm import tqdm

INTERVAL = 5.0
"""Seconds between two lines of one job."""
EARLY_SHARE, EARLY = 0.1, 600.0
"""Of the work, and in seconds: before either is done, the time that is left is anybody's guess. The
short responses of a batch end first, and all of them at last."""
EARLY_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}, {rate_fmt}{postfix}]"
"""tqdm's own, without the time that is left."""


class Progress:
    """A progress bar, one line at a time: to the log, and to the terminal if there is one.

    Lines and not a bar that redraws itself, since jobs run side by side and share the terminal.
    `rules/common.smk` hands its address over in ITS_CONSOLE.

    Parameters
    ----------
    what
        What is being done and to what: `generate smollm2/base/easy/N`.
    total
        How many there are; 0 shows a count only.
    unit
        What is counted, in the plural.
    """

    def __init__(self, what: str, total: int, unit: str) -> None:
        self.what, self.total, self.unit = what, total, unit
        self.start = self.shown = time.monotonic()
        self.first = 0

    def show(self, done: int, note: str = "") -> None:
        """Write a line if the last one is old enough, or all is done."""
        now = time.monotonic()
        if now - self.shown < INTERVAL and done != self.total:
            return
        self.shown = now
        share = (done - self.first) / max(1, self.total - self.first)
        early = self.total and share < EARLY_SHARE and now - self.start < EARLY
        say(
            tqdm.format_meter(
                done,
                self.total or None,
                now - self.start,
                ncols=100,
                prefix=self.what,
                unit=f" {self.unit}",
                postfix=note or None,
                initial=self.first,
                bar_format=EARLY_FORMAT if early else None,
            )
        )

    def skip(self, done: int) -> None:
        """Note how many were there before, so that the speed counts only what is made now."""
        self.first = done

    def restart(self, done: int) -> None:
        """Begin now, when what comes first, such as the start of an engine, is over."""
        self.start = self.shown = time.monotonic()
        self.skip(done)


def say(line: str) -> None:
    """Write a line to the log, and to the terminal if there is one."""
    print(line, file=sys.stderr, flush=True)
    console = os.environ.get("ITS_CONSOLE")
    if console:
        try:
            with Path(console).open("a") as terminal:
                terminal.write(line + "\n")
        except OSError:  # the terminal was closed: the log has the line
            os.environ.pop("ITS_CONSOLE")
