"""What a job asks for when it is tried again: more, where the site says how much there is.

Nobody tells a workflow why a job failed. A time limit wants more time and a lack of memory more
memory, so a retry asks for more of both. What a model asks for may be all that a node has, and a
scheduler refuses a job that asks for more: so nothing grows beyond what a partition states.
"""

import re
from collections.abc import Iterable
from importlib.util import find_spec
from math import isfinite
from pathlib import Path

GROWTH = 0.5
"""How much more each further attempt asks for, as a part of the first."""
MINUTES = {"m": 1, "h": 60, "d": 1440}
MEGABYTES = {"M": 1, "G": 1000, "T": 1000_000}
LIMITS = {"memory": "max_mem_mb", "runtime": "max_runtime"}
"""What a partition calls the most of each."""
PLUGIN = "snakemake_executor_plugin_slurm"


def at_attempt(asked: str, attempt: int, most: float | None) -> str:
    """Return what an attempt asks for.

    Parameters
    ----------
    asked
        Time or memory as the config has it: `90m`, `12h`, `3d`, `64GB`, `1TB`.
    attempt
        1 is the first.
    most
        Minutes or megabytes that the site has; without it, every attempt asks for the same.

    Examples
    --------
    >>> at_attempt("12h", 1, 1440), at_attempt("12h", 2, 1440), at_attempt("12h", 4, 1440)
    ('12h', '1080m', '1440m')
    >>> at_attempt("64GB", 2, None), at_attempt("64GB", 2, 200_000)
    ('64GB', '96000MB')
    """
    number, unit = re.fullmatch(r"(\d+)(\w+)", asked).groups()
    units, end = (MEGABYTES, "MB") if unit.endswith("B") else (MINUTES, "m")
    first = int(number) * units[unit[0]]
    if attempt == 1 or most is None or most <= first:
        return asked
    return f"{int(min(most, first * (1 + GROWTH * (attempt - 1))))}{end}"


def most_of(what: str, gpus: int, path: Path) -> float | None:
    """Return the most `runtime` (minutes) or `memory` (megabytes) of a partition with such GPUs.

    None if no partition states it, or where there is no SLURM executor to read the file.
    """
    if find_spec(PLUGIN) is None:
        return None
    from snakemake_executor_plugin_slurm.partitions import read_partition_file

    limits = [one.limits for one in read_partition_file(path)]
    return _largest(getattr(one, LIMITS[what]) for one in limits if one.max_gpu >= gpus)


def _largest(numbers: Iterable[float]) -> float | None:
    return max((number for number in numbers if isfinite(number)), default=None)
