"""The Snakemakes that are at work in a folder, on this machine."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

LOGS = ".snakemake/log"


@dataclass(frozen=True, slots=True)
class Driver:
    """A Snakemake that runs a plan: not one that runs a job for another one."""

    process: int
    run: str | None
    """What its jobs are named by in SLURM's queue; None if it submits none."""
    quiet: float
    """Seconds since it wrote the last line of its log."""
    busy: bool
    """Whether it has processes of its own at work."""
    stopped: bool = False
    """Whether it does nothing until somebody lets it go on."""


def drivers(folder: Path) -> list[Driver]:
    """List the Snakemakes at work in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            if Path(process.cwd()) == folder and _runs_a_plan(words):
                found.append(_driver(process, folder))
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def last_host(folder: Path) -> str | None:
    """Return the machine that the newest log of Snakemake names; None without a log."""
    logs = sorted((folder / LOGS).glob("*.snakemake.log"))
    named = re.search(r"^ *Host: (\S+)$", logs[-1].read_text(), re.MULTILINE) if logs else None
    return named.group(1) if named else None


def _runs_a_plan(words: list[str]) -> bool:
    """Tell a driver by its command line from what it starts, and from everything else.

    >>> _runs_a_plan(["/usr/bin/python", "-m", "snakemake", "--cores", "2"])
    True
    >>> _runs_a_plan(["python", "/bin/snakemake", "--mode", "remote"])
    False
    """
    if not words or "python" not in Path(words[0]).name or "--mode" in words:
        return False
    return words[1:3] == ["-m", "snakemake"] or any(
        Path(word).name == "snakemake" for word in words[1:2]
    )


def _driver(process: psutil.Process, folder: Path) -> Driver:
    logs = [Path(file.path) for file in process.open_files()]
    logs = [path for path in logs if path.parent == folder / LOGS]
    run, quiet = None, time.time() - process.create_time()
    if logs:
        named = re.search(r"^SLURM run ID: (\S+)$", logs[0].read_text(), re.MULTILINE)
        run = named.group(1) if named else None
        quiet = time.time() - logs[0].stat().st_mtime
    stopped = process.status() == psutil.STATUS_STOPPED
    return Driver(process.pid, run, quiet, bool(process.children()), stopped)
