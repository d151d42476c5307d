"""The processes that share one training: which one this is, and what they agree on."""

import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NoReturn

PATIENCE = timedelta(days=30)
"""How long the others wait for the first one, which may wait for another job's lease."""

SPINS = "10000"
"""Looks that a thread takes before it sleeps, some microseconds; by default millions."""

Said = Mapping[str, str | None]


def rank() -> int:
    """Return the number of this process; the first one is 0."""
    return int(os.environ.get("RANK", "0"))


def count() -> int:
    """Return how many processes torchrun started, on all nodes."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def cores() -> int:
    """Return how many cores of this node the job has: Snakemake says so."""
    return int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))


def share_cores() -> None:
    """Give each process its part of the job's threads: Snakemake hands all of them to each.

    Threads that wait for each other soon sleep: if they spin on, as they do by default, a training
    takes several times as long as soon as anything else runs on the machine; if they sleep at once,
    it takes a third longer where nothing does. Torch reads all of it when it is imported.
    """
    here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    set_threads(max(1, cores() // here))
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)  # over what the policy says of it


def set_threads(number: int) -> None:
    """Let torch have so many threads, for it is not imported yet.

    Of OpenMP's number and MKL's it takes MKL's, which Snakemake sets too: to the cores there are.
    """
    os.environ |= dict.fromkeys(["OMP_NUM_THREADS", "MKL_NUM_THREADS"], str(number))


def agree(said: Said | None = None) -> Said:
    """Return what the first process says, in every process.

    The others wait without the collective operations of torch, whose time limit is for
    processes that hang and not for one that has to wait.
    """
    if count() == 1:
        return said
    from torch.distributed import PrefixStore, rendezvous

    store, _, _ = next(iter(rendezvous("env://")))
    store = PrefixStore("its", store)
    if rank() == 0:
        store.set("said", json.dumps(said))
    store.wait(["said"], PATIENCE)
    return json.loads(store.get("said"))


def heeded(signals: Iterable[signal.Signals]) -> list[signal.Signals]:
    """Return those signals that who started this process did not ask to ignore.

    `nohup` lets SIGHUP be ignored, and a handler would undo that.
    """
    return [one for one in signals if signal.getsignal(one) is not signal.SIG_IGN]


def most(here: int) -> int:
    """Return the largest `here` of all processes."""
    if count() == 1:
        return here
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    largest = torch.tensor(here, device=device)
    torch.distributed.all_reduce(largest, torch.distributed.ReduceOp.MAX)
    return int(largest.item())


def meet() -> None:
    """Wait until every process is here."""
    if count() > 1:
        import torch.distributed

        torch.distributed.barrier()


def leave() -> NoReturn:
    """End this process at once, its work being done.

    Threads of libraries can abort an interpreter that goes down, DeepSpeed's on the CPU now and
    then, and Snakemake deletes what a failed job has made.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
