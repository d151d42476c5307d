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
import time
from collections import Counter
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

from campaign import Fault, artifacts, finished, record, recorded, same, snakemake
from happenings import HAPPENS
from parts import PARTS, Missed, Part, Try, at_work
from scripts import TARGETS, built

PATIENCE = 20
"""Seconds that a process has to end after the plan did."""
DATA = {".parquet", ".json", ".csv", ".safetensors"}
"""What must be equal to an undisturbed run. Pages and pictures are made of it."""
TWICE = 1
"""States or shards that may be made twice: one interval, or one shard."""


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
