"""Parts of the plan of faults.yaml, and a try to make one anew while something happens to it."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from campaign import ASKED, environment

LONGEST = 600
"""Seconds after which a run counts as hanging."""
TRAINED = "results/checkpoints/tiny/few8-N-quick-s0"
ANSWERED = "results/generations/tiny/few8-N-quick-s0/few_test"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the plan that is made anew."""

    missing: list[str]
    """What is deleted before."""
    targets: list[str]
    script: str = ""
    """How the command of the job that a fault concerns begins; a regular expression."""
    child: str = ""
    """How that of a process begins that it starts."""
    unit: str = "files"
    """What is whole in itself."""
    mark: str = r"results/(?!.*\.shards/).*"
    """The file that is put in place when a unit is whole; a regular expression."""

    def made(self, place: Path) -> list[str]:
        """List the units in the order in which they were put in place: those made twice, twice."""
        notes = place / "notes"
        lines = notes.read_text().splitlines() if notes.exists() else []
        names = [line.removeprefix(f"{place}/") for line in lines]
        return [name for name in names if re.fullmatch(self.mark, name)]


PARTS = {
    "sets": Part(
        ["results/sources", "results/pools", "results/sets", "results/verified"],
        ["results/sets/few8.parquet", "results/verified/few.parquet"],
    ),
    "train": Part(
        [TRAINED],
        [f"{TRAINED}/weights/manifest.json"],
        r"\S*python scripts/launch\.py ",
        r"\S*python (-u )?scripts/train\.py ",
        "states",
        rf"{TRAINED}/progress/.*/checkpoint-\d+/whole\.json",
    ),
    "generate": Part(
        [f"{ANSWERED}/N.parquet", f"{ANSWERED}/N.shards"],
        [f"{ANSWERED}/N.parquet"],
        r"\S*python scripts/generate\.py ",
        "VLLM::EngineCor",
        "shards",
        rf"{ANSWERED}/N\.shards/.*\.parquet",
    ),
    "tables": Part(
        ["results/scores", "results/tables/faults/codesign.csv"],
        ["results/tables/faults/codesign.csv"],
    ),
}


@dataclass(frozen=True, slots=True)
class Try:
    """A fault in the making: where, to which part, and its source of randomness."""

    done: Path
    """The finished plan."""
    place: Path
    """A copy of it without the part."""
    part: Part
    shim: Path
    seconds: float
    """Seconds that the part takes undisturbed."""
    after: int
    """The fault comes once so many units are whole; 0: at a share of the time."""
    draw: random.Random

    def start(self, *before: str, locked: bool = True, **more: str) -> subprocess.Popen:
        """Start Snakemake as in a terminal of its own; what it says goes to a file."""
        command = [*before, sys.executable, "-m", "snakemake", *ASKED, "--cores", "2"]
        noted = {
            "LD_PRELOAD": str(self.shim),
            "FAULT_ROOT": str(self.place / "results"),
            "FAULT_NOTES": str(self.place / "notes"),
        }
        with (self.place / "console").open("a") as console:
            return subprocess.Popen(
                [*command, *([] if locked else ["--nolock"]), "--", *self.part.targets],
                cwd=self.place,
                env=environment(**noted, **more),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *before: str, locked: bool = True) -> int:
        """Run Snakemake to its end, and return its status."""
        return ended(self.start(*before, locked=locked))

    def moment(self, running: subprocess.Popen, command: str = "") -> list[int]:
        """Wait for the moment of the fault; return the processes with such a command.

        It comes as drawn, or later, when there is such a process.
        """
        if not self.after:
            time.sleep(self.draw.uniform(0.15, 0.9) * self.seconds)
        while running.poll() is None:
            found = at_work(self.place, command) if command else [running.pid]
            if found and len(self.part.made(self.place)) >= self.after:
                return found
            time.sleep(0.01)
        raise Missed


class Missed(Exception):
    """The part was done before the fault came."""


def ended(process: subprocess.Popen) -> int:
    """Wait for the end of a process, and return its status."""
    try:
        return process.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return -1


def at_work(place: Path, command: str) -> list[int]:
    """List the processes in a folder whose command begins so, but for Snakemake; older ones first.

    The beginning is a regular expression.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, PermissionError, ProcessLookupError):
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            here = (process / "cwd").readlink() == place
            if here and re.match(command, words) and "snakemake" not in words:
                found.append(int(process.name))
    return sorted(found)
