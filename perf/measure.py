"""Time commands side by side: what it took, and the most memory that it and its children held."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """What one call of a command took."""

    seconds: float
    processor: float
    """Seconds of processors, whatever else the machine did."""
    mebibytes: float
    """Most memory of one process among it and its children."""


def cost(command: Sequence[str], folder: Path) -> Cost:
    """Run a command, and fail with what it printed if it fails."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    start = time.monotonic()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        out = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: {' '.join(command)}\n{out}")
    processor = usage.ru_utime + usage.ru_stime
    return Cost(time.monotonic() - start, processor, usage.ru_maxrss / 1024)


def in_turns(
    commands: Mapping[str, tuple[Sequence[str], Path]], rounds: int
) -> dict[str, list[Cost]]:
    """Run each command once a round, so that what else the machine does strikes all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, (command, folder) in commands.items():
            costs[name].append(cost(command, folder))
    return costs


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of time and of memory."""
    return Cost(
        statistics.median(one.seconds for one in costs),
        statistics.median(one.processor for one in costs),
        statistics.median(one.mebibytes for one in costs),
    )


def spread(costs: Sequence[Cost]) -> str:
    """Write the median of the seconds, and the least and the most."""
    seconds = [one.seconds for one in costs]
    return f"{median(costs).seconds:.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"


def beside(costs: Mapping[str, Sequence[Cost]]) -> str:
    """Write the middle of a row: seconds of ours and of theirs, how often ours fits, memory."""
    us, them = costs["ours"], costs["theirs"]
    return (
        f"{spread(us)} | {spread(them)} | {median(them).seconds / median(us).seconds:.1f} "
        f"| {median(us).mebibytes:.0f} MiB | {median(them).mebibytes:.0f} MiB"
    )


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """Return the config of some files as Snakemake merges them, the later ones on top."""
    from snakemake.common.configfile import load_configfile
    from snakemake.utils import update_config

    whole: dict[str, Any] = {}
    for file in files:
        update_config(whole, load_configfile(str(file)))
    return whole
