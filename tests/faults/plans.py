"""Let one thing happen to a plan at work, then give the command again.

`python tests/faults/plans.py FOLDER [--faults N] [--seed S] [--only WORD ...]`

The plan is that of faults.yaml, and a fault concerns one part of it (`PARTS`), which is made anew
in a copy of the finished plan. What happens, to which part and when is drawn by the seed of the
fault; a moment is a share of the time that the part takes undisturbed, in which the victim lives.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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
from scripts import TARGETS

LONGEST = 600
"""Seconds after which a run counts as hanging."""
PAGE = 4096
"""Bytes that a file of a tmpfs takes at least."""
DATA = {".parquet", ".json", ".csv", ".safetensors"}
"""What must be equal to an undisturbed run. Pages and pictures are made of it."""
TRAINED = "results/checkpoints/tiny/few8-N-quick-s0"
ANSWERED = "results/generations/tiny/few8-N-quick-s0/few_test"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the plan that is made anew."""

    missing: list[str]
    """What is deleted before."""
    targets: list[str]
    script: str = "scripts/"
    """How the job that a fault concerns is called."""
    child: str = ""
    """How a process is called that it starts."""


PARTS = {
    "sets": Part(
        ["results/sources", "results/pools", "results/sets", "results/verified"],
        ["results/sets/few8.parquet", "results/verified/few.parquet"],
    ),
    "train": Part(
        [TRAINED], [f"{TRAINED}/weights/manifest.json"], "scripts/train.py", "scripts/train.py"
    ),
    "generate": Part(
        [f"{ANSWERED}/N.parquet", f"{ANSWERED}/N.shards"],
        [f"{ANSWERED}/N.parquet"],
        "scripts/generate.py",
        "VLLM::EngineCor",
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
    lasts: float
    """Seconds that the part takes undisturbed."""
    draw: random.Random

    def start(self, *before: str, **more: str) -> subprocess.Popen:
        """Start Snakemake as in a terminal of its own; what it says goes to a file."""
        command = [*before, sys.executable, "-m", "snakemake", *ASKED, "--cores", "2", "--"]
        with (self.place / "console").open("a") as console:
            return subprocess.Popen(
                [*command, *self.part.targets],
                cwd=self.place,
                env=environment(**more),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *before: str) -> int:
        """Run Snakemake to its end, and return its status."""
        return ended(self.start(*before))

    def moment(self, running: subprocess.Popen, words: str = "") -> list[int]:
        """Wait for the moment of the fault; return the processes with such words in their command.

        It is a share of the time that the part takes, or later, when there is such a process.
        """
        time.sleep(self.draw.uniform(0.15, 0.9) * self.lasts)
        while running.poll() is None:
            found = at_work(self.place, words) if words else [running.pid]
            if found:
                return found
            time.sleep(0.02)
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


def at_work(place: Path, words: str) -> list[int]:
    """List the processes in a folder with such words in their command, older ones first."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, PermissionError, ProcessLookupError):
            command = (process / "cmdline").read_bytes().decode(errors="replace")
            here = (process / "cwd").readlink() == place
            if here and words in command and "snakemake" not in command:
                found.append(int(process.name))
    return sorted(found)


def signalled(number: signal.Signals, whom: str) -> Callable[[Try], None]:
    """Return a fault: a signal to Snakemake, to its whole terminal, to a job, or to its child."""

    def happen(one: Try) -> None:
        # On the CPU the engine runs in the job's own process, unless it is told otherwise.
        running = one.start(**({"VLLM_ENABLE_V1_MULTIPROCESSING": "1"} if whom == "child" else {}))
        words = {"job": one.part.script, "child": one.part.child}.get(whom, "")
        found = one.moment(running, words)
        if whom == "terminal":
            os.killpg(running.pid, number)
        else:
            # A child is the youngest of those with its name: torchrun's have that of their parent.
            with suppress(ProcessLookupError):
                os.kill(found[-1 if whom == "child" else 0], number)
        ended(running)

    return happen


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
    pattern = f"{TRAINED}/progress/*/checkpoint-*/whole.json"
    wanted = one.draw.randrange(2, 8)
    killed_when(one, lambda: any(step(mark) >= wanted for mark in one.place.glob(pattern)))
    newest = max(one.place.glob(pattern), key=step).parent
    file = one.draw.choice(sorted(f for f in newest.rglob("*") if f.is_file()))
    os.truncate(file, one.draw.randrange(file.stat().st_size))


def torn_shard(one: Try) -> None:
    """Kill a generation, then cut its last shard."""
    pattern = f"{ANSWERED}/N.shards/*/*.parquet"
    wanted = one.draw.randrange(1, 5)
    killed_when(one, lambda: len(list(one.place.glob(pattern))) >= wanted)
    last = max(one.place.glob(pattern), key=lambda file: file.stat().st_mtime_ns)
    os.truncate(last, one.draw.randrange(last.stat().st_size))


def killed_when(one: Try, reached: Callable[[], bool]) -> None:
    """Start the part, and kill its script once so much is done."""
    running = one.start()
    while not reached():
        if running.poll() is not None:
            raise Missed
        time.sleep(0.01)
    for process in at_work(one.place, one.part.script):
        os.kill(process, signal.SIGKILL)
    ended(running)


def step(mark: Path) -> int:
    """Return the number of a state."""
    return int(mark.parent.name.rpartition("-")[2])


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


def two_at_once(one: Try) -> None:
    """Start Snakemake while Snakemake is at work."""
    running = one.start()
    one.moment(running)
    one.run()
    ended(running)


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
    "two at once": (two_at_once, ANYWHERE),
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


def shards(place: Path) -> dict[Path, int]:
    """Return when each shard was written."""
    return {p: p.stat().st_mtime_ns for p in (place / ANSWERED).glob("N.shards/*/*.parquet")}


def states(place: Path) -> list[int]:
    """List the whole states of the training."""
    return sorted(step(p) for p in place.glob(f"{TRAINED}/progress/*/checkpoint-*/whole.json"))


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
    again, repeated = 0, ""
    missing = [name for name in one.part.targets if not (one.place / name).exists()]
    if missing or unequal(one.done, one.place, all_of=True):
        before, saved = shards(one.place), states(one.place)
        hand = mended(one.place)
        again = 1
        if one.run():
            return f"could not be repeated, see {console}", again, hand, 0
        after = shards(one.place)
        twice = sum(after.get(path) != when for path, when in before.items())
        log = one.place / "results/logs/train/tiny/few8-N-quick-s0.log"
        said = re.findall(r"going on after step (\d+)", log.read_text()) if log.exists() else []
        if before and one.part is PARTS["generate"]:
            repeated = f"{twice} of {len(before)} whole shards"
        if saved and one.part is PARTS["train"]:
            repeated = f"went on after step {said[-1] if said else 0}, state {saved[-1]} was there"
        repeated = "; ".join(filter(None, [repeated, hand]))
    wrong = unequal(one.done, one.place, all_of=True)
    if wrong:
        return f"another artifact: {wrong[0]}", again, repeated, 0
    left = artifacts(one.place) - artifacts(one.done)
    return "equal", again, repeated, len(left)


def undisturbed(name: str, done: Path, place: Path) -> float:
    """Return how many seconds a part takes; make sure that it can be repeated."""
    kept, part = done.with_name("seconds.json"), PARTS[name]
    times = json.loads(kept.read_text()) if kept.exists() else {}
    if name not in times:
        begin = time.monotonic()
        one = Try(done, without(part, done, place), part, 0, random.Random())
        status, wrong = one.run(), unequal(done, place, all_of=True)
        if status or wrong:
            raise RuntimeError(f"{name}: {wrong}\n" + (place / "console").read_text())
        times[name] = time.monotonic() - begin
        kept.write_text(json.dumps(times))
    return times[name]


def main() -> None:
    """Run faults that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--faults", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0, help="of the first fault")
    parser.add_argument("--only", nargs="*", default=[], help="words of a fault or a part")
    args = parser.parse_args()

    folder = args.folder.resolve()
    done, place = finished(folder / "done", *TARGETS), folder / "place"
    both = [(name, part) for name, (_, parts) in HAPPENS.items() for part in parts]
    order = random.Random(0).sample(both, len(both))
    known = {(one.fault, one.what) for one in recorded() if one.level == "plan"}
    chosen = [
        (name, part)
        for name, part in order
        if (name, part) not in known and (not args.only or {*name.split(), part} & {*args.only})
    ]
    for number, (name, part) in enumerate(chosen[: args.faults]):
        seed = args.seed + number
        draw = random.Random(f"{seed} {name} {part}")
        lasts = undisturbed(part, done, place)
        one = Try(done, without(PARTS[part], done, place), PARTS[part], lasts, draw)
        begin = time.monotonic()
        try:
            what, again, repeated, left = outcome(name, one)
        except Missed:
            print(f"{name}, {part}, seed {seed}: was done before", flush=True)
            continue
        finally:
            for process in at_work(place, ""):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        lasted = f"{time.monotonic() - begin:.0f} s"
        print(name, part, seed, what, again, repeated, left, lasted, sep=", ", flush=True)
        record(Fault("plan", part, name, f"{part} under way", seed, what, again, repeated, left))
        if what != "equal":
            shutil.copy(
                place / "console", folder / f"console-{name}-{part}-{seed}".replace(" ", "_")
            )


if __name__ == "__main__":
    main()
