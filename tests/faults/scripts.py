"""Kill, fail or fill the disk at every write, rename and sync of every script, then run it again.

`python tests/faults/scripts.py FOLDER [--only RULE ...] [--most N] [--seed S]`
"""

import argparse
import random
import shutil
import struct
import subprocess
from pathlib import Path

from campaign import (
    Fault,
    Job,
    artifacts,
    copied,
    environment,
    finished,
    jobs,
    record,
    recorded,
    same,
)

KINDS = ["kill", "fail", "full"]
KEPT = "results/checkpoints/tiny/few8-N-quick-s0-e1/weights/manifest.json"
WIDER = "results/figures/wider/samples.svg"
TARGETS = ["all", "export", "price", "power", "results/verified/few.parquet", KEPT, WIDER]
DEAR = {"train", "generate"}
"""They load an engine or a trainer each time: of their faults only `DRAWN` of a kind are drawn."""
DRAWN = 4


def built(folder: Path) -> Path:
    """Return the shim, compiled."""
    library = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    command = ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"]
    subprocess.run(command, check=True)
    return library


def run(job: Job, place: Path, shim: Path | None = None, at: int = 0, kind: str = "") -> tuple:
    """Run a job's command; return its status, its words and how often it wrote."""
    counter = place.with_name("counter")
    counter.write_bytes(bytes(8))
    faulty = {
        "LD_PRELOAD": str(shim),
        "FAULT_ROOT": str(place / "results"),
        "FAULT_COUNTER": str(counter),
        "FAULT_AT": str(at),
        "FAULT_KIND": kind,
    }
    done = subprocess.run(
        ["bash", "-c", job.command],
        cwd=place,
        env=environment(**(faulty if shim else {})),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    return done.returncode, done.stdout, struct.unpack("<q", counter.read_bytes())[0]


def without_outputs(job: Job, done: Path, place: Path) -> Path:
    """Return a copy of the finished plan without what a job makes."""
    copied(done, place)
    for output in job.outputs:
        path = place / output
        if path.name == "manifest.json" and "models" not in output:
            shutil.rmtree(path.parent)
        path.unlink(missing_ok=True)
        shutil.rmtree(path.with_name(f"{path.stem}.shards"), ignore_errors=True)
    return place


def outcome(job: Job, done: Path, place: Path, shim: Path, at: int, kind: str) -> tuple:
    """Let a fault happen, run the job again; return what came of it, and the files left."""
    without_outputs(job, done, place)
    status, words, _ = run(job, place, shim, at, kind)
    taken = [output for output in job.outputs if (place / output).exists()]
    if not all(same(done / output, place / output) for output in taken):
        return "half an artifact stood under its name", 0, words, 0
    again = 0
    if status or len(taken) < len(job.outputs):
        if status == 0:
            return "success without an artifact", 0, words, 0
        if kind != "kill" and "Traceback" in words:
            return "a traceback", 0, words, 0
        again = 1
        status, words, _ = run(job, place)
        if status:
            return "could not be run again", again, words, 0
    if not all(same(done / output, place / output) for output in job.outputs):
        return "another artifact", again, words, 0
    return "equal", again, words, len(artifacts(place) - artifacts(done))


def main() -> None:
    """Run the faults that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--most", type=int, default=12, help="faults of a kind for each script")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="what a script said, where it matters")
    args = parser.parse_args()

    done = finished((args.folder / "done").resolve(), *TARGETS)
    place, shim = args.folder.resolve() / "place", built(args.folder.resolve())
    known = {(one.what, one.fault, one.at) for one in recorded() if one.level == "script"}
    seen = set()
    for job in jobs(done, *TARGETS):
        if job.rule in seen or (args.only and job.rule not in args.only):
            continue
        seen.add(job.rule)
        without_outputs(job, done, place)
        status, words, writes = run(job, place, shim)
        if status or not all(same(done / one, place / one) for one in job.outputs):
            print(f"{job.rule}: is not repeatable: status {status}\n{words[-2000:]}", flush=True)
            continue
        print(f"{job.rule}: {writes} writes, renames and syncs", flush=True)
        for kind in KINDS:
            numbers = list(range(1, writes + 1))
            most = DRAWN if job.rule in DEAR else args.most
            if writes > most:
                numbers = sorted(random.Random(args.seed).sample(numbers, most))
            for at in numbers:
                name = f"{at} of {writes}"
                if (job.rule, kind, name) in known:
                    continue
                what, again, words, left = outcome(job, done, place, shim, at, kind)
                record(Fault("script", job.rule, kind, name, args.seed, what, again, "", left))
                if what != "equal" or left:
                    print(f"  {kind} at {name}: {what}, {left} left", flush=True)
                    if args.show:
                        print(words[-1500:])


if __name__ == "__main__":
    main()
