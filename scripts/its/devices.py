"""GPUs of one machine, shared by jobs side by side where no scheduler deals them out.

A scheduler lets a job see its own GPUs alone. Snakemake with `--resources gpu=8` only counts them:
every job would begin with the first. So a job that sees more than it asks for takes some that no
other job has, and closes its eyes to the rest.
"""

import fcntl
import os
import random
import time
from pathlib import Path

from its.console import say

DEVICES = Path("/dev")
LOCKS = Path("/dev/shm")
"""Memory of this machine. A lock there is the kernel's: it ends with the process that has it,
however that ends. (Leases on results have none, since shared file systems may not keep them.)"""

_held: list[int] = []


def visible() -> list[str]:
    """Return how CUDA names the GPUs that this process may use."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return [name for name in named.split(",") if name]
    return [str(number) for number in range(len(list(DEVICES.glob("nvidia[0-9]*"))))]


def share_gpus(asked: int) -> None:
    """Take as many GPUs as a job asks for, and let this process and its children see only those.

    Nothing happens where there are no more than that. If others have too many, as another
    Snakemake on this machine may, it waits.
    """
    there = visible()
    if not 0 < asked < len(there):
        return
    folder = LOCKS / f"its-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    told = False
    while True:
        taken = {name: lock for name in there if (lock := _lock(folder / name)) is not None}
        mine = list(taken)[:asked]
        if len(mine) < asked:
            mine = []
        for name, lock in taken.items():
            if name not in mine:
                os.close(lock)
        if mine:
            break
        if not told:
            told = True
            say(f"waiting for {asked} of the GPUs {', '.join(there)}, which other jobs have")
        time.sleep(random.uniform(0.5, 1.5))
    _held.extend(taken[name] for name in mine)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(mine)


def _lock(path: Path) -> int | None:
    """Return an open file that is locked by this process; None if another one has it."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
