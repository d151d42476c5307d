"""Time commands side by side: what it took, and the most memory that it and its children held."""

import csv
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADING = """| what | size | ours | theirs | ratio | memory of ours | of theirs |
| --- | --- | --- | --- | --- | --- | --- |"""
COLUMNS = ["what", "size", "ours", "ours_least", "ours_most", "theirs", "theirs_least"]
COLUMNS += ["theirs_most", "ratio", "ours_mebibytes", "theirs_mebibytes", "rounds"]
"""Of what `show` keeps: medians, least and most in seconds; `ratio` is how often ours fits."""
KEPT = "MEASURED"
"""Names the file, in the environment, where `show` keeps its rows."""


@dataclass(frozen=True)
class Cost:
    """What one call of a command took."""

    seconds: float
    processor: float
    """Seconds of processors, whatever else the machine did."""
    mebibytes: float
    """Most memory of one process among it and its children; 0 if nobody looked."""


def cost(
    command: Sequence[str | Path], folder: Path, heard: Callable[[str], object] | None = None
) -> Cost:
    """Run a command, and fail with what it printed if it fails; `heard` gets each line of it."""
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
        lines = []
        for line in process.stdout:
            lines.append(line)
            if heard:
                heard(line)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: {shlex.join(map(str, command))}\n{''.join(lines)}")
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


def show(what: str, size: int, ours: Sequence[Cost], theirs: Sequence[Cost] = ()) -> None:
    """Print a row of the table; keep it too, where the environment names a file for it.

    Parameters
    ----------
    size
        How much there was to do, in what `what` counts.
    ours, theirs
        One cost a round; without a neighbour, none.
    """
    us, them = _numbers(ours), _numbers(theirs)
    ratio = f"{median(theirs).seconds / median(ours).seconds:.3g}" if theirs else ""
    spans = [spread(costs) if costs else "" for costs in [ours, theirs]]
    held = [f"{side[3]} MiB" if side[3] else "" for side in [us, them]]
    print(f"| {' | '.join([what, f'{size:,}', *spans, ratio, *held])} |", flush=True)
    if KEPT in os.environ:
        with Path(os.environ[KEPT]).open("a", newline="", encoding="utf-8") as file:
            row = [what, size, *us[:3], *them[:3], ratio, us[3], them[3], len(ours)]
            csv.writer(file, lineterminator="\n").writerow(row)


def spread(costs: Sequence[Cost]) -> str:
    """Write the median of the seconds, and the least and the most."""
    middle, low, high, _ = _numbers(costs)
    return f"{middle} s ({low}-{high})"


def _numbers(costs: Sequence[Cost]) -> list[str]:
    """Write median, least and most of the seconds, and the median of the memory."""
    if not costs:
        return [""] * 4
    seconds = [one.seconds for one in costs]
    numbers = [median(costs).seconds, min(seconds), max(seconds), median(costs).mebibytes]
    return [(f"{one:.3g}" if one < 1000 else f"{one:.0f}") if one else "" for one in numbers]


def merged(files: Iterable[Path]) -> dict[str, Any]:
    """Return the config of some files as Snakemake merges them, the later ones on top."""
    from snakemake.common.configfile import load_configfile
    from snakemake.utils import update_config

    whole: dict[str, Any] = {}
    for file in files:
        update_config(whole, load_configfile(str(file)))
    return whole
