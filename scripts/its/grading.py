r"""Decide whether an answer equals the gold: cheaply where that is exact, else by math-verify.

Equality is math-verify's. Ours differs from it in this, and in nothing else:

- a full stop at the end and thin spaces between digits are no part of an answer: math-verify
  takes `36.` for no number and `1\,234` for a sum (`normalised`);
- a number may stand in brackets and in bold, as `\textbf{(042)}` (`_integer`);
- a choice may be followed by its text, as `\textbf{(C)}\ 5` (`_choice`);
- numbers that name different bases differ: to math-verify `2516_8` and `2516_3` are 2516 both;
- what is longer than `LONGEST` or nested deeper than `DEEPEST` is refused: no answer is, and
  they cost seconds each;
- what takes longer than the limit, or needs more memory, is wrong, and counted.

It runs in child processes with hard limits: a tower of powers keeps math-verify busy far beyond
its own time limit, which is an alarm that cannot interrupt a multiplication.
"""

import logging
import multiprocessing
import re
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

LONGEST = 1000
"""Characters of an answer that is looked at."""
DEEPEST = 40
"""Brackets inside each other in an answer that is looked at."""
SECONDS = 5
"""Processor time for one comparison. Not time on the clock, which depends on who else works."""
MEMORY = 2 * 2**30
"""Bytes of address space that a comparison may add."""

INTEGER = re.compile(
    r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,100}))"
    r"|\(\s*([+-]?\d{1,100})\s*\)"  # (1,234) may be a point
)
THIN_SPACE = re.compile(r"(?<=\d)\\[,!;: ]\s*(?=\d)")
MACRO = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
WORDS = re.compile(r"[a-z][a-z' -]*[a-z]")
CHOICE = re.compile(r"\(?([A-Z])\)?")
CHOSEN = re.compile(
    r"(?:\(([A-Z])\)|([A-Z])[).:])"
    r"(?:(?:\s|\\[ ,;:]|\\q?quad)\s*(?![-+*/=^]).*)?"  # the text of the choice, no operation
    r"|([A-Za-z])",
    flags=re.DOTALL,
)
BASED = re.compile(r"[0-9A-Z]+_\{?(\d+)\}?")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer equals the gold, and the rule that decided."""

    equal: bool
    rule: str
    timed_out: bool = False


def judge(
    pairs: Iterable[tuple[str, str]],
    *,
    workers: int = 1,
    seconds: int = SECONDS,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> dict[tuple[str, str], Verdict]:
    """Judge each distinct pair of (gold, answer) once.

    Parameters
    ----------
    pairs
        Gold first.
    workers
        Processes; none is started if all can be decided without.
    seconds
        Processor time for one pair.
    show
        Told how many of how many costly pairs are done.
    """
    verdicts, costly = {}, []
    for pair in dict.fromkeys(pairs):
        cheap = settled(*pair)
        if cheap:
            verdicts[pair] = cheap
        else:
            costly.append(pair)
    for done, (pair, outcome) in enumerate(
        in_processes(equal, costly, workers=workers, seconds=seconds), start=1
    ):
        failed = isinstance(outcome, Failure)
        verdicts[pair] = (
            Verdict(False, outcome.why, timed_out=True)
            if failed
            else Verdict(outcome, "math-verify")
        )
        show(done, len(costly))
    return verdicts


def unusable(
    golds: Iterable[str], *, workers: int = 1, seconds: int = SECONDS
) -> Iterator[tuple[str, str]]:
    """Yield each distinct gold that no answer could be compared with, and why."""
    costly = []
    for gold in dict.fromkeys(golds):
        text = normalised(gold)
        if not text:
            yield gold, "is empty"
        elif len(text) > LONGEST or _depth(text) > DEEPEST:
            yield gold, "is too long or nested too deep to be compared"
        elif not (_integer(text) is not None or _words(text) or CHOICE.fullmatch(_plain(text))):
            costly.append(gold)
    for gold, outcome in in_processes(readable, costly, workers=workers, seconds=seconds):
        if isinstance(outcome, Failure):
            yield gold, f"cannot be parsed: {outcome.why}"
        elif not outcome:
            yield gold, "cannot be parsed"


def settled(gold: str, answer: str) -> Verdict | None:
    r"""Decide what needs no parser; None where math-verify must.

    >>> settled("1,234", "1234")
    Verdict(equal=True, rule='integers', timed_out=False)
    >>> settled(r"\frac{1}{2}", "0.5")
    """
    gold, answer = normalised(gold), normalised(answer)
    if len(answer) > LONGEST:
        return Verdict(False, "too long")
    if _depth(answer) > DEEPEST:
        return Verdict(False, "too deep")
    if not answer:
        return Verdict(False, "empty")
    if gold == answer:
        return Verdict(True, "same text")
    numbers = _integer(gold), _integer(answer)
    if None not in numbers:
        return Verdict(numbers[0] == numbers[1], "integers")
    if _words(gold) and _words(gold) == _words(answer):
        return Verdict(True, "same words")
    chosen = CHOICE.fullmatch(_plain(gold)) and _choice(_plain(answer))
    if chosen:
        return Verdict(CHOICE.fullmatch(_plain(gold))[1] == chosen, "choice")
    bases = BASED.fullmatch(gold), BASED.fullmatch(answer)
    if None not in bases and bases[0][1] != bases[1][1]:
        return Verdict(False, "bases")
    return None


def normalised(answer: str) -> str:
    r"""Return an answer without what never belongs to one.

    >>> normalised("$ 1\\,234.$")
    '1234'
    """
    text = answer.replace("−", "-").strip()
    while len(text) > 1 and text[0] == text[-1] == "$":
        text = text[1:-1].strip()
    return THIN_SPACE.sub("", text).rstrip(".").rstrip()


def equal(pair: tuple[str, str]) -> bool:
    """Ask math-verify whether the second of a pair equals the first, the gold."""
    from math_verify import verify

    gold, answer = (normalised(text) for text in pair)
    return bool(verify(list(_parsed_gold(gold)), _parsed(answer), timeout_seconds=None))


def readable(gold: str) -> bool:
    """Tell whether math-verify reads more than a string out of a gold."""
    return any(not isinstance(reading, str) for reading in _parsed(normalised(gold)))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a child process has no result."""

    why: str


def in_processes(
    function: Callable[[Any], Any], items: list[Any], *, workers: int, seconds: int
) -> Iterator[tuple[Any, Any]]:
    """Yield each item with what `function` made of it in a child process, as they come.

    A child that takes longer, needs more memory or dies costs its item alone: a `Failure` takes
    the place of its result, and another child goes on. The time on the clock is limited too, but
    generously: it is for what sleeps.
    """
    from pebble import ProcessExpired, ProcessPool

    if not items:
        return
    context = multiprocessing.get_context("forkserver")  # a fork of this process has its threads
    context.set_forkserver_preload(["math_verify"])  # its import takes longer than most answers
    pool = ProcessPool(workers, initializer=_limit_memory, context=context)
    try:
        futures = {
            pool.schedule(_limited, args=(function, item, seconds), timeout=12 * seconds): item
            for item in items
        }
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
        pool.close()
    finally:
        pool.stop()  # does nothing once all is done
        pool.join()


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


def _parsed(answer: str) -> list:
    from math_verify import LatexExtractionConfig, parse

    # In a box, so that the whole answer is parsed and not a part that math-verify would choose.
    return parse(
        f"\\boxed{{{answer}}}",
        extraction_config=[LatexExtractionConfig(boxed_match_priority=0)],
        parsing_timeout=None,
    )


@lru_cache(maxsize=4096)
def _parsed_gold(gold: str) -> tuple:
    return tuple(_parsed(gold))


def _integer(text: str) -> int | None:
    found = INTEGER.fullmatch(_plain(text))
    return int((found[1] or found[2]).replace(",", "")) if found else None


def _plain(text: str) -> str:
    """Return a text without the macros that only set it in another type."""
    return MACRO.sub(r"\1", text).strip().rstrip(".")


def _words(text: str) -> str | None:
    """Return words in lower case; None for anything but words of two or more letters."""
    plain = _plain(text).lower()
    return " ".join(plain.split()) if WORDS.fullmatch(plain) else None


def _choice(text: str) -> str | None:
    """Return the letter that an answer chooses, if it does."""
    found = CHOSEN.fullmatch(text)
    return next(group for group in found.groups() if group).upper() if found else None


def _depth(text: str) -> int:
    depth = deepest = 0
    for mark in text:
        if mark in "{[(":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "}])":
            depth -= 1
    return deepest
