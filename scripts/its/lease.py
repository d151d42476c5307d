"""One writer at a time for unfinished work, on one machine or on many with a shared disk.

Snakemake killed hard leaves its jobs running, and its next start begins them again. A lease is a
file that names who is at work and that its owner touches while it lives. No flock: it succeeds
for everybody on some shared file systems. No comparison of clocks: a lease is stale if its owner's
process is gone, or, seen from another machine, if nothing touched it for a while.
"""

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from its.console import say
from its.errors import InputError

BEAT = 10.0
"""Seconds between two touches."""
STALE = 120.0
"""Seconds without a touch after which an owner on another machine counts as gone."""
LOOK = 1.0
"""Seconds between two looks at somebody else's lease."""

UNKNOWN = {"nonce": "", "host": "unknown", "machine": "", "process": 0, "started": 0}
"""The owner of a lease that says nothing."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lease on some unfinished work, seen from this machine."""

    work: Path
    """The folder of the unfinished work."""
    name: str
    """Process, machine, SLURM job."""
    slurm_job: str | None
    alive: bool | None
    """None where nobody here can tell: on another machine, and long untouched."""


@contextmanager
def lease(path: Path) -> Iterator["Lease"]:
    """Hold the lease at `path` while the block runs; wait as long as somebody else lives there."""
    mine = Lease(path)
    mine.acquire()
    try:
        yield mine
    finally:
        mine.release()


class Lease:
    """A lease of this process on the work beside `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.owner = {
            "nonce": uuid.uuid4().hex,
            "host": socket.gethostname(),
            "machine": _machine(),
            "process": os.getpid(),
            "started": _started(os.getpid()),
            "slurm_job": os.environ.get("SLURM_JOB_ID"),
        }
        self._stop = threading.Event()
        self._beat = threading.Thread(target=self._touch, daemon=True)

    def acquire(self) -> None:
        """Take the lease, now or once its owner is done or gone."""
        told = None
        while not self._create():
            owner = self._read()
            if owner is None:
                continue  # released just now
            if _gone(owner, self.path, told=told == owner["nonce"]):
                self._remove(owner)
            elif told != owner["nonce"]:
                told = owner["nonce"]
                say(f"waiting for {_name(owner)}, which is already at work on {self.path.parent}")
            else:
                time.sleep(LOOK)
        self._beat.start()

    def check(self) -> None:
        """Raise `InputError` if somebody took the lease, as after a sleep of the machine."""
        owner = self._read()
        if owner is None or owner["nonce"] != self.owner["nonce"]:
            by = _name(owner) if owner else "nobody we know"
            raise InputError(f"{self.path}: taken over by {by}; this job stops")

    def release(self) -> None:
        """Give the lease back, if it is still ours."""
        self._stop.set()
        owner = self._read()
        if owner and owner["nonce"] == self.owner["nonce"]:
            self.path.unlink(missing_ok=True)

    def _create(self) -> bool:
        part = self.path.with_name(f".{self.path.name}.{self.owner['nonce']}")
        try:
            # Again each time: who finishes removes the folder that others wait in.
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(json.dumps(self.owner))
            os.link(part, self.path)  # fails if there is one; atomic on NFS too
        except (FileExistsError, FileNotFoundError):
            return False
        finally:
            part.unlink(missing_ok=True)
        return True

    def _remove(self, owner: dict) -> None:
        """Remove a stale lease, unless another process was faster and holds a fresh one."""
        aside = self.path.with_name(f".{self.path.name}.{self.owner['nonce']}.stale")
        with suppress(FileNotFoundError):
            self.path.rename(aside)
            if _owner(aside)["nonce"] != owner["nonce"]:
                with suppress(FileExistsError):
                    os.link(aside, self.path)
            aside.unlink()

    def _read(self) -> dict | None:
        try:
            return _owner(self.path)
        except FileNotFoundError:
            return None

    def _touch(self) -> None:
        while not self._stop.wait(BEAT):
            with suppress(OSError):
                os.utime(self.path)


def holder(path: Path) -> Holder | None:
    """Return who holds the lease at `path`; None if nobody does. Waits for nothing."""
    owner = Lease(path)._read()
    if owner is None:
        return None
    if owner["machine"] == _machine():
        alive = _started(owner["process"]) == owner["started"]
    else:
        try:
            alive = time.time() - path.stat().st_mtime < STALE or None
        except FileNotFoundError:
            return None
    return Holder(path.parent, _name(owner), owner.get("slurm_job"), alive)


def _owner(path: Path) -> dict:
    """Return whom a lease names; nobody, if it is none: a machine died, or a hand wrote it."""
    try:
        return dict(UNKNOWN) | json.loads(path.read_text())
    except (ValueError, TypeError):
        return dict(UNKNOWN)


def _gone(owner: dict, path: Path, *, told: bool) -> bool:
    """Tell whether the owner's process is gone, or left its lease untouched for `STALE` seconds.

    Says that it watches the lease, unless that was `told`.
    """
    if owner["machine"] == _machine():
        return _started(owner["process"]) != owner["started"]
    try:
        before, end = path.stat().st_mtime_ns, time.monotonic() + STALE
        if not told:
            say(f"{path}: held by {_name(owner)}; watching it for up to {STALE:.0f} seconds")
        while time.monotonic() < end:
            time.sleep(LOOK)
            if path.stat().st_mtime_ns != before:
                return False
    except FileNotFoundError:
        return False
    return True


def _name(owner: dict) -> str:
    job = f", SLURM job {owner['slurm_job']}" if owner.get("slurm_job") else ""
    return f"process {owner['process']} on {owner['host']}{job}"


def _machine() -> str:
    """Return what makes a process number unique: the boot, and the container if there is one."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{boot} {Path('/proc/self/ns/pid').stat().st_ino}"


def _started(process: int) -> int:
    """Return when a process started, in clock ticks since boot; 0 if there is none."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    state, *rest = stat.rpartition(")")[2].split()
    return 0 if state == "Z" else int(rest[18])
