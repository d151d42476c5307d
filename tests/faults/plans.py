"""Let one thing happen to a plan at work, then give the command again.

`python tests/faults/plans.py FOLDER [--faults N] [--seed S] [--only WORD ...]
[--minutes M]`

The plan is that of faults.yaml, and a fault concerns one part of it (`PARTS`), which is made anew
in a copy of the finished plan. What happens, to which part and when is drawn by the seed of the
fault: a moment is when so many states or shards are whole, or a share of the time that the part
takes undisturbed; the victim lives in it. What is put in place twice is counted (shim.c).
"""

import argparse
import json
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from campaign import (
    ASKED,
    Fault,
    artifacts,
    environment,
    finished,
    record,
    recorded,
    same,
    snakemake,
)
from scripts import TARGETS, built

LONGEST = 600
"""Seconds after which a run counts as hanging."""
PATIENCE = 20
"""Seconds that a process has to end after the plan did."""
PAGE = 4096
"""Bytes that a file of a tmpfs takes at least."""
DATA = {".parquet", ".json", ".csv", ".safetensors"}
"""What must be equal to an undisturbed run. Pages and pictures are made of it."""
TRAINED = "results/checkpoints/tiny/few8-N-quick-s0"
ANSWERED = "results/generations/tiny/few8-N-quick-s0/few_test"
TWICE = 1
"""States or shards that may be made twice: one interval, or one shard."""


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


def signalled(number: signal.Signals, whom: str) -> Callable[[Try], None]:
    """Return a fault: a signal to Snakemake, to its whole terminal, to a job, or to its child."""

    def happen(one: Try) -> None:
        # On the CPU the engine runs in the job's own process, unless it is told otherwise.
        apart = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1"} if whom in {"job", "child"} else {}
        running = one.start(**apart)
        victim = {"job": one.part.script, "child": one.part.child}.get(whom, "")
        found = one.moment(running, victim)
        if whom == "terminal":
            os.killpg(running.pid, number)
        else:
            with suppress(ProcessLookupError):
                os.kill(found[0], number)
        ended(running)

    return happen


def closed(one: Try) -> None:
    """Close the terminal of a plan that was started so that it goes on: with nohup."""
    running = one.start("nohup")
    one.moment(running)
    os.killpg(running.pid, signal.SIGHUP)
    ended(running)


def disk_full(one: Try) -> None:
    """Fill the disk of the results; then free it."""
    results = one.place / "results"
    with mounted(results) as resize:
        wanted = {name: (one.done / name).stat().st_size for name in artifacts(one.done)}
        lacking = sum(
            PAGE * -(-n // PAGE) for name, n in wanted.items() if not (one.place / name).exists()
        )
        resize(f"size={_used(results) + int(one.draw.uniform(0, 0.9) * lacking) // PAGE * PAGE}")
        one.run()
        resize("size=1g")
        yield_to_disk(results)


def read_only(one: Try) -> None:
    """Let the results be read-only at first."""
    results = one.place / "results"
    with mounted(results) as resize:
        resize("ro")
        one.run()
        resize("rw")
        yield_to_disk(results)


def yield_to_disk(results: Path) -> None:
    """Copy what is on the small disk beside it, to be found there once it is gone."""
    shutil.copytree(results, results.with_name("kept"), symlinks=True)


def _used(disk: Path) -> int:
    """Return the bytes that are in use on a disk."""
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


@contextmanager
def mounted(results: Path) -> Iterator[Callable[[str], None]]:
    """Put the results on a disk of their own; yield what changes its options."""
    aside = results.rename(results.with_name("aside"))
    results.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", results], check=True)
    try:
        shutil.copytree(aside, results, symlinks=True, dirs_exist_ok=True)
        yield lambda option: subprocess.run(
            ["mount", "-o", f"remount,{option}", results], check=True
        )
    finally:
        for process in at_work(results.parent, ""):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        subprocess.run(["umount", "-l", results], check=True)
        results.rmdir()
        kept = results.with_name("kept")
        (kept if kept.exists() else aside).rename(results)
        shutil.rmtree(aside, ignore_errors=True)


def memory_refused(one: Try) -> None:
    """Let no process have more than some memory."""
    limit = int(one.draw.uniform(0.3, 2.5) * 2**20)  # KiB; Snakemake itself takes less
    one.run("bash", "-c", f'ulimit -v {limit}; exec "$@"', "bash")


def damaged(how: str) -> Callable[[Try], None]:
    """Return a fault: a finished input of the part is spoilt, with a new time."""

    def happen(one: Try) -> None:
        kinds = {"train": "refined/few8/N", "generate": "refined/few_test/N"}
        name = next((n for n in kinds if PARTS[n] == one.part), None)
        path = one.place / f"results/{kinds.get(name, 'generations/tiny/base/few_test/N')}.parquet"
        content = path.read_bytes()
        other = (one.place / "results/models/tiny/manifest.json").read_bytes()
        cut = content[: one.draw.randrange(1, len(content))]
        path.unlink()
        path.write_bytes({"truncated": cut, "emptied": b"", "replaced": other}[how])
        one.run()

    return happen


def torn_state(one: Try) -> None:
    """Kill a training, then cut a file of its newest state."""
    killed(one)
    marks = one.place.glob(f"{TRAINED}/progress/*/checkpoint-*/whole.json")
    newest = max(marks, key=lambda mark: int(mark.parent.name.rpartition("-")[2])).parent
    cut(one, sorted(newest.rglob("*")))


def torn_shard(one: Try) -> None:
    """Kill a generation, then cut its newest shard."""
    killed(one)
    cut(one, [one.place / one.part.made(one.place)[-1]])


def killed(one: Try) -> None:
    """Start the part, and kill its processes once so much is whole."""
    running = one.start()
    one.moment(running)
    for process in at_work(one.place, ""):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    ended(running)


def cut(one: Try, paths: list[Path]) -> None:
    """Cut one of some files short."""
    file = one.draw.choice([path for path in paths if path.is_file() and path.stat().st_size])
    os.truncate(file, one.draw.randrange(file.stat().st_size))


def source_changed(one: Try) -> None:
    """Make the part from another source; then give the right one back."""
    config = one.place / "config/faults.yaml"
    text = config.read_text()
    config.write_text(
        text.replace("rows: 40, seed: 3", f"rows: 40, seed: {one.draw.randrange(9, 99)}")
    )
    one.run()
    config.write_text(text)


def set_back(one: Try) -> None:
    """Set the times of half of all files back by years, while the part is made."""
    running = one.start()
    one.moment(running)
    for path in sorted((one.place / "results").rglob("*")):
        if path.is_file() and one.draw.random() < 0.5:
            with suppress(FileNotFoundError):
                os.utime(path, (10**9, 10**9))
    ended(running)


def two_at_once(*, locked: bool) -> Callable[[Try], None]:
    """Return a fault: Snakemake starts while Snakemake is at work, and minds its lock or not."""

    def happen(one: Try) -> None:
        running = one.start(locked=locked)
        one.moment(running)
        one.run(locked=locked)
        ended(running)

    return happen


ANYWHERE = list(PARTS)
HAPPENS: dict[str, tuple[Callable[[Try], None], list[str]]] = {
    **{
        f"{number.name} to {whom}": (signalled(number, whom), parts)
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
        for whom, parts in [
            ("snakemake", ANYWHERE),
            ("terminal", ANYWHERE),
            ("job", ["train", "generate"]),
            ("child", ["train", "generate"]),
        ]
    },
    "terminal closed, nohup": (closed, ["train", "generate"]),
    "disk full": (disk_full, ANYWHERE),
    "disk read-only": (read_only, ANYWHERE),
    "memory refused": (memory_refused, ["train", "generate", "tables"]),
    "input truncated": (damaged("truncated"), ["train", "generate", "tables"]),
    "input emptied": (damaged("emptied"), ["train", "generate", "tables"]),
    "input replaced": (damaged("replaced"), ["train", "generate", "tables"]),
    "state torn": (torn_state, ["train"]),
    "shard torn": (torn_shard, ["generate"]),
    "source changed": (source_changed, ["sets"]),
    "times set back": (set_back, ANYWHERE),
    "two at once": (two_at_once(locked=True), ANYWHERE),
    "two unlocked": (two_at_once(locked=False), ["train", "generate"]),
}


def without(part: Part, done: Path, place: Path) -> Path:
    """Return a copy of the finished plan without a part of it, nothing shared."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(done, place, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in part.missing:
        path = place / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return place


def unequal(done: Path, place: Path, *, all_of: bool) -> list[str]:
    """List data artifacts that are not the undisturbed ones; with `all_of`, missing ones too."""
    names = [name for name in sorted(artifacts(done)) if Path(name).suffix in DATA]
    return [
        name
        for name in names
        if ".shards/" not in name
        and (all_of or (place / name).exists())
        and not same(done / name, place / name)
    ]


def mended(place: Path) -> str:
    """Do what the messages of the run say; return what that was."""
    said = (place / "console").read_text(errors="replace")
    hand = []
    for name in sorted(set(re.findall(r"(results/\S+?): cannot be read .*; delete it", said))):
        (place / name).unlink(missing_ok=True)
        hand.append(f"deleted {name}")
    if list((place / ".snakemake/locks").glob("*")):
        snakemake(place, "--unlock")
        hand.append("unlocked")
    return ", ".join(hand)


def outcome(name: str, one: Try) -> tuple[str, int, str, int]:
    """Let a fault happen, repeat the command.

    Returns the outcome, how often the command was repeated, what was done twice and by hand, and
    how many files were left.
    """
    HAPPENS[name][0](one)
    console = one.place / "console"
    spoilt = unequal(one.done, one.place, all_of=False)
    if name.startswith(("input", "source")):
        spoilt = []  # the fault itself
    if spoilt:
        return f"half or another artifact: {spoilt[0]}", 0, "", 0
    again, hand = 0, ""
    missing = [name for name in one.part.targets if not (one.place / name).exists()]
    if missing or unequal(one.done, one.place, all_of=True):
        again, hand = 1, mended(one.place)
        if one.run():
            return f"could not be repeated, see {console}", again, hand, 0
    made = Counter(one.part.made(one.place))
    twice = made.total() - len(made)
    repeated = "; ".join(filter(None, [f"{twice} of {len(made)} {one.part.unit}", hand]))
    wrong = unequal(one.done, one.place, all_of=True)
    if wrong:
        return f"another artifact: {wrong[0]}", again, repeated, 0
    if one.part.unit != "files" and twice > TWICE:
        return "too much was made twice", again, repeated, 0
    if stays(one.place):
        return "a process stayed behind", again, repeated, 0
    left = artifacts(one.place) - artifacts(one.done)
    return "equal", again, repeated, len(left)


def stays(place: Path) -> bool:
    """Tell whether a process is at work in a folder, and for longer than it takes to end."""
    end = time.monotonic() + PATIENCE
    while at_work(place, ""):
        if time.monotonic() > end:
            return True
        time.sleep(0.1)
    return False


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How a part is made where nothing happens."""

    seconds: float
    units: int


def undisturbed(name: str, done: Path, place: Path, shim: Path) -> Undisturbed:
    """Return how a part is made; make sure that it can be repeated, and that all is made once."""
    kept, part = done.with_name("undisturbed.json"), PARTS[name]
    known = json.loads(kept.read_text()) if kept.exists() else {}
    if name not in known:
        begin = time.monotonic()
        one = Try(done, without(part, done, place), part, shim, 0, 0, random.Random())
        status, wrong = one.run(), unequal(done, place, all_of=True)
        made = part.made(place)
        if status or wrong or not made or len({*made}) < len(made):
            raise RuntimeError(f"{name}: {wrong}, {made}\n" + (place / "console").read_text())
        known[name] = time.monotonic() - begin, len(made)
        kept.write_text(json.dumps(known))
    return Undisturbed(*known[name])


def tried(name: str, part: str, seed: int, done: Path, place: Path, shim: Path) -> Fault:
    """Let a fault happen to a part, as its seed says; return what came of it.

    Raises
    ------
    Missed
        If the part was done before.
    """
    usual = undisturbed(part, done, place, shim)
    draw = random.Random(f"{seed} {name} {part}")
    after = 0
    timed = name.startswith(("SIG", "terminal", "times", "two")) and draw.random() < 2 / 3
    if PARTS[part].unit != "files" and (timed or name.endswith("torn")):
        after = draw.randrange(1, usual.units)
    try:
        one = Try(
            done, without(PARTS[part], done, place), PARTS[part], shim, usual.seconds, after, draw
        )
        what, again, repeated, left = outcome(name, one)
    finally:
        for process in at_work(place, ""):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    under_way = f"{part} under way"
    if after:
        under_way = f"after {after} of {usual.units} {PARTS[part].unit}"
    return Fault("plan", part, name, under_way, seed, what, again, repeated, left)


def main() -> None:
    """Run faults that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faults", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=math.inf, help="to start faults in")
    parser.add_argument("--seed", type=int, default=0, help="of the first fault")
    parser.add_argument("--only", nargs="*", default=[], help="words of a fault or a part")
    args = parser.parse_args()

    folder = args.folder.resolve()
    done, place = finished(folder / "done", *TARGETS), folder / "place"
    shim = built(folder)
    both = [(name, part) for name, (_, parts) in HAPPENS.items() for part in parts]
    order = random.Random(0).sample(both, len(both))
    known = {(one.fault, one.what) for one in recorded() if one.level == "plan"}
    chosen = [
        (name, part)
        for name, part in order
        if (name, part) not in known
        and (not args.only or {name, *name.split(), part} & {*args.only})
    ]
    start = time.monotonic()
    for number, (name, part) in enumerate(chosen[: args.faults]):
        seed, begin = args.seed + number, time.monotonic()
        if begin - start > 60 * args.minutes:
            break
        try:
            fault = tried(name, part, seed, done, place, shim)
        except Missed:
            print(f"{name}, {part}, seed {seed}: was done before", flush=True)
            continue
        print(*astuple(fault)[1:], f"{time.monotonic() - begin:.0f} s", sep=", ", flush=True)
        record(fault)
        console = f"console-{name}-{part}-{seed}".replace(" ", "_")
        shutil.copy(place / "console", folder / console)


if __name__ == "__main__":
    main()
