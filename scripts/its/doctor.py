"""What is at work in a folder, what was left behind, what hangs, and what mends it.

Snakemake knows what it started, SLURM what is in its queue, leases who writes, and the disk what
is there. None of them knows the others: a driver that was killed leaves its jobs running, and one
waits for ever for a job that SLURM has forgotten or preempted.
"""

import socket
from dataclasses import dataclass
from pathlib import Path

from its.drivers import Driver, drivers, last_host
from its.lease import Holder, holder
from its.queue import HELD, NoAnswer, Queued, read_queue
from its.records import recorded
from its.words import amount

PATIENCE = 900.0
"""Seconds after which a driver hangs that has no job left and says nothing. It asks SLURM at least
every three minutes."""
MOST = 10
"""Jobs that are listed one by one."""
UNFINISHED = ".snakemake/incomplete"
"""Where Snakemake marks outputs that it has not seen finished."""
AGAIN = "call snakemake again as before"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a person should know."""

    says: str
    mend: str = ""
    """The command that mends it; empty where nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is seen of a folder."""

    host: str
    drivers: list[Driver]
    last_host: str | None
    """Where Snakemake ran last."""
    locked: bool
    """Whether Snakemake's lock is there."""
    queue: list[Queued] | None
    """None where there is no SLURM, or where it cannot be asked."""
    no_answer: str | None
    """Why it cannot be asked."""
    holders: list[Holder]
    halves: list[Path]
    """Outputs that are there and that Snakemake knows to be unfinished."""

    @property
    def active(self) -> list[Queued]:
        """Jobs that run, or are going to."""
        return [job for job in self.queue or [] if job.active]


def facts(folder: Path, results: Path) -> Facts:
    """Look at a folder, its results, and the queue."""
    queue, no_answer = None, None
    try:
        queue = read_queue(folder)
    except NoAnswer as error:
        no_answer = str(error)
    leases = [holder(path) for path in sorted(results.rglob("lease.json"))]
    return Facts(
        host=socket.gethostname(),
        drivers=drivers(folder),
        last_host=last_host(folder),
        locked=any((folder / ".snakemake/locks").glob("*.lock")),
        queue=queue,
        no_answer=no_answer,
        holders=[one for one in leases if one],
        halves=[path for path in recorded(folder / UNFINISHED) if (folder / path).exists()],
    )


def hangs(driver: Driver, seen: Facts, patience: float = PATIENCE) -> bool:
    """Tell whether a driver waits for nothing: no job of its own is left, and it says nothing."""
    if driver.run is None or seen.queue is None or driver.busy or driver.stopped:
        return False
    if driver.quiet < patience:
        return False
    return not any(job.run == driver.run for job in seen.active)


def findings(seen: Facts, patience: float = PATIENCE) -> list[Finding]:
    """Say in words what is seen, what needs mending first."""
    found = [*_of_drivers(seen, patience), *_of_the_queue(seen), *_of_leases(seen)]
    if not seen.drivers and not seen.active:  # else they are being made, or just were
        says = "half written; the next run makes it again"
        found += [Finding(f"{path}: {says}") for path in seen.halves]
    return sorted(found, key=lambda one: not one.mend) or [Finding("nothing is at work here")]


def _of_drivers(seen: Facts, patience: float) -> list[Finding]:
    found = []
    for driver in seen.drivers:
        what = f"Snakemake, process {driver.process} on {seen.host}"
        if hangs(driver, seen, patience):
            found.append(
                Finding(
                    f"{what}, hangs: it has said nothing for {driver.quiet / 60:.0f} minutes and "
                    f"SLURM has no job of it left ({driver.run}). End it; what is made is kept, "
                    f"and {AGAIN}",
                    f"kill -INT {driver.process}",
                )
            )
        elif driver.stopped:
            found.append(
                Finding(
                    f"{what}, is stopped, as by Ctrl-Z: it starts no job and notices no end of one "
                    "until it is let go on, here or by `fg` in its terminal",
                    f"kill -CONT {driver.process}",
                )
            )
        else:
            found.append(Finding(f"{what}, is at work; its last line is {driver.quiet:.0f} s old"))
    if seen.locked and not seen.drivers:
        if seen.last_host in {None, seen.host}:
            says = "Snakemake was killed and left its lock; it is not at work on this machine"
            found.append(Finding(f"{says}. Unlock, and {AGAIN}", "snakemake --unlock"))
        else:
            says = f"Snakemake's lock is that of {seen.last_host}, where it ran last: look there"
            found.append(Finding(f"{says}, and only if it is gone unlock", "snakemake --unlock"))
    return found


def _of_the_queue(seen: Facts) -> list[Finding]:
    found = []
    if seen.no_answer is not None:
        found.append(
            Finding(
                f"SLURM's queue cannot be asked ({seen.no_answer}). A Snakemake that waits for "
                "jobs in it may wait for ever: look here again once `squeue` works"
            )
        )
    runs = {driver.run for driver in seen.drivers}
    for job in seen.queue or []:
        what = f"SLURM job {job.number} ({job.makes})"
        if job.state == "PREEMPTED" and job.run in runs:
            says = f"{what} was preempted and not queued again: Snakemake waits for it for ever"
            found.append(Finding(says, f"scontrol requeue {job.number}"))
        elif job.active and job.reason in HELD:
            says = f"{what} is held ({job.reason}), and waits for somebody to release it"
            found.append(Finding(says, f"scontrol release {job.number}"))
    others = [job for job in seen.active if job.reason not in HELD]
    for job in others[:MOST]:
        says = f"SLURM job {job.number} ({job.makes}) is {job.state.lower()}"
        says += f", {job.used}" if job.state == "RUNNING" else f": {job.reason}"
        if job.run not in runs:
            says += (
                ". No Snakemake on this machine waits for it. It goes on; a new start neither "
                f"doubles nor loses what it makes. To stop it: scancel {job.number}"
            )
        found.append(Finding(says))
    if len(others) > MOST:
        found.append(Finding(f"and {amount(len(others) - MOST, 'more job')} in SLURM's queue"))
    return found


def _of_leases(seen: Facts) -> list[Finding]:
    found = []
    ended = {job.number for job in seen.queue or [] if not job.active}
    for one in seen.holders:
        if one.alive is False or one.slurm_job in ended:
            says = f"left by {one.name}, which is gone; the next start goes on from there"
        elif one.alive is None:
            says = f"held by {one.name}, silent for minutes; a new start watches it, then goes on"
        elif not seen.drivers and not one.slurm_job:
            says = f"{one.name} is at work on it without a Snakemake; a new start waits for it"
        else:
            says = f"{one.name} is at work on it"
        found.append(Finding(f"{one.work}: {says}"))
    return found
