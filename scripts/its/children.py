"""Child processes that compare answers, each with a hard limit on its time and its memory."""

import logging
import multiprocessing
import resource
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, as_completed
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pebble import ProcessPool

SECONDS = 5
"""Processor time for one comparison. Not time on the clock, which depends on who else works."""
MEMORY = 2 * 2**30
"""Bytes of address space that a comparison may add."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a child process has no result."""

    why: str


class Children(AbstractContextManager):
    """Child processes that run functions with hard limits; none is started before it is needed.

    A child that takes longer, needs more memory or dies costs its item alone: a `Failure` takes
    the place of its result, and another child goes on. The time on the clock is limited too, but
    generously: it is for what sleeps. Children stay until the end of the block, for the grammar
    of math-verify is slow until it has read a few dozens of formulas.

    Parameters
    ----------
    workers
        Processes.
    seconds
        Processor time for one item.
    """

    def __init__(self, workers: int = 1, seconds: int = SECONDS) -> None:
        self._workers, self._seconds = workers, seconds

    @cached_property
    def _pool(self) -> "ProcessPool":
        from pebble import ProcessPool

        context = multiprocessing.get_context("forkserver")  # a fork of this one has its threads
        context.set_forkserver_preload(["math_verify"])  # its import takes longer than most answers
        return ProcessPool(self._workers, initializer=_limit_memory, context=context)

    def run(
        self, function: Callable[[Any], Any], items: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        """Start at once; return each item with what `function` made of it, as they come."""
        futures = {
            self._pool.schedule(
                _limited, args=(function, item, self._seconds), timeout=12 * self._seconds
            ): item
            for item in items
        }
        return _outcomes(futures)

    def __exit__(self, *_: object) -> None:
        """End the children, whatever they do."""
        if "_pool" in vars(self):
            self._pool.stop()
            self._pool.join()


def _outcomes(futures: Mapping[Future, Any]) -> Iterator[tuple[Any, Any]]:
    """Yield the items of futures, each with its result or what befell it."""
    from pebble import ProcessExpired

    for future in as_completed(futures):
        try:
            outcome = future.result()
        except TimeoutError:
            outcome = Failure("timed out")
        except ProcessExpired as error:
            over = error.exitcode == -signal.SIGXCPU
            outcome = Failure("timed out" if over else "crashed")
        except MemoryError:
            outcome = Failure("out of memory")
        yield futures[future], outcome


def _limit_memory() -> None:
    logging.getLogger("math_verify").setLevel(logging.ERROR)  # warns that it has no time limit
    with open("/proc/self/statm") as file:  # noqa: PTH123 (runs at every start of a child)
        present = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (present + MEMORY, present + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limited(function: Callable[[Any], Any], item: object, seconds: int) -> object:
    """Run `function` with a limit on its processor time, at which the system ends this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    try:
        return function(item)
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
