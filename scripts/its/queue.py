"""What SLURM's queue says of the jobs that were submitted from a folder."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

COLUMNS = "%i|%T|%M|%r|%j|%Z|%k"
"""Number, state, time used, reason, name, folder, comment, as `squeue --format` writes them."""
ENDED = {
    "BOOT_FAIL",
    "CANCELLED",
    "COMPLETED",
    "DEADLINE",
    "FAILED",
    "NODE_FAIL",
    "OUT_OF_MEMORY",
    "PREEMPTED",
    "REVOKED",
    "TIMEOUT",
}
"""States that a job does not leave by itself."""
HELD = {"JobHeldUser", "JobHeldAdmin", "launch_failed_requeued_held", "job_requeued_in_held_state"}
"""Reasons why a pending job waits for somebody to release it."""


class NoAnswer(Exception):
    """SLURM's queue cannot be asked: its controller does not answer, or nobody said where it is."""


@dataclass(frozen=True, slots=True)
class Queued:
    """A job as SLURM has it, for some minutes after its end too."""

    number: str
    state: str
    used: str
    """Time since its start, as `1-02:03:04`."""
    reason: str
    """Why it is not running."""
    run: str
    """What one call of Snakemake names its jobs by."""
    makes: str
    """Rule and wildcards."""

    @property
    def active(self) -> bool:
        """Whether it runs, or is going to."""
        return self.state not in ENDED


def read_queue(folder: Path) -> list[Queued] | None:
    """List the jobs of this user that were submitted from a folder; None where there is no SLURM.

    Raises
    ------
    NoAnswer
        If it cannot be asked, with the last of what `squeue` says, where it comes to its point.
    """
    if shutil.which("squeue") is None:
        return None
    asked = ["squeue", "--me", "--states=all", "--noheader", f"--format={COLUMNS}"]
    done = subprocess.run(asked, capture_output=True, text=True)
    if done.returncode != 0:
        said = done.stderr.strip() or f"squeue ended with status {done.returncode}"
        raise NoAnswer(said.splitlines()[-1])
    return parse(done.stdout, folder)


def parse(text: str, folder: Path) -> list[Queued]:
    """Read what `squeue` printed, and keep what was submitted from a folder.

    Examples
    --------
    >>> parse("7|RUNNING|1:02|None|its_a|/here|rule_train", Path("/here"))[0].makes
    'rule_train'
    """
    found = []
    for line in text.splitlines():
        number, state, used, reason, run, place, makes = line.split("|", 6)
        if Path(place) == folder:
            found.append(Queued(number, state, used, reason, run, makes))
    return found
