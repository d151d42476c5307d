"""Kill, fail or fill the disk at every write, rename and sync of every script, then run it again.

`python tests/faults/scripts.py FOLDER [--only RULE ...] [--most N] [--seed S]`
"""

import argparse
import os
import random
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaign import (
    ROOT,
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

sys.path.append(str(ROOT / "tests"))

from loopback import REVISION, Hub, Repository, serving  # noqa: E402

KINDS = ["kill", "fail", "full"]
KEPT = "results/checkpoints/tiny/few8-N-quick-s0-e1/weights/manifest.json"
WIDER = "results/figures/wider/samples.svg"
RELEASED = "results/kept/wider/tiny/few4-N-quick-s0.json"
PERSONAS = "results/personas/few_test/Babbled.json"
TARGETS = ["all", "export", "price", "power", "preflight"]
TARGETS += ["results/verified/few.parquet", KEPT, WIDER, PERSONAS]
DEAR = {"train", "generate", "write_personas", "preflight_train", "preflight_generate"}
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
        "FAULT_ROOT": str(place / job.below),
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


def outcome(
    job: Job, before: Path, done: Path, place: Path, shim: Path, at: int, kind: str
) -> tuple:
    """Let a fault happen, run the job again; return what came of it, and the files left.

    The job is still to be done in `before`, and was done in `done`.
    """
    copied(before, place)
    status, words, _ = run(job, place, shim, at, kind)
    taken = [output for output in job.outputs if not same(before / output, place / output)]
    taken = [output for output in taken if (place / output).exists()]
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
    left = artifacts(place, job.below) - artifacts(done, job.below)
    return "equal", again, words, len(left)


def calls(done: Path, folder: Path, only: list[str]) -> Iterator[tuple[Job, Path, Path]]:
    """Yield a call of each script, a folder where it is to be done, and one where it was."""
    seen = set()
    for job in jobs(done, *TARGETS):
        if job.rule not in seen and (not only or job.rule in only):
            seen.add(job.rule)
            yield job, without_outputs(job, done, folder / "before"), done
    with apart(done, folder / "before") as more:
        for job, before in more:
            if not only or job.rule in only:
                whole = copied(before, folder / "after")
                status, words, _ = run(job, whole)
                if status:
                    raise RuntimeError(words)
                yield job, before, whole


@contextmanager
def apart(done: Path, before: Path) -> Iterator[Iterator[tuple[Job, Path]]]:
    """Yield calls that a finished plan does not make, each with a folder where it is to be done.

    Weights are released, without which the plan could not be made again; a model comes from a hub;
    and people call what writes below `config/`.
    """
    files = {file.name: file.read_bytes() for file in (done / "tiny").iterdir()}
    hub = Hub(models={"me/tiny": Repository(files)})
    with serving(hub):
        os.environ |= {
            "HF_ENDPOINT": hub.endpoint,
            "HF_HOME": str(before.with_name("cache")),
            "NO_PROXY": "127.0.0.1",
        }
        yield _apart(done, before)


def _apart(done: Path, before: Path) -> Iterator[tuple[Job, Path]]:
    for job in jobs(done, RELEASED, words=["--config", "weights={keep: none}"]):
        if job.rule == "release_weights":
            yield job, copied(done, before)
    hub, manifest = f"hub:me/tiny@{REVISION}", "results/models/hub/manifest.json"
    command = f"python scripts/fetch_model.py {manifest} --source {hub}"
    yield Job("fetch_model from a hub", [manifest], command), copied(done, before)
    names = ["config/schema.json", "config/README.md"]
    copied(done, before)
    for name in names:
        (before / name).unlink()
    (before / names[1]).write_text("# How to configure it\n")
    yield Job("its.config", names, "PYTHONPATH=scripts python -m its.config"), before
    pinned = "config/hub.yaml"
    (copied(done, before) / pinned).write_text("models:\n  tiny: {source: hub:me/tiny}\n")
    yield Job("pin.py", [pinned], f"python scripts/pin.py {pinned}"), before


def main() -> None:
    """Run the faults that have no line yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--most", type=int, default=12, help="faults of a kind for each script")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="what a script said, where it matters")
    args = parser.parse_args()

    folder = args.folder.resolve()
    done, place, shim = finished(folder / "done", *TARGETS), folder / "place", built(folder)
    known = {(one.what, one.fault, one.at) for one in recorded() if one.level == "script"}
    for job, before, whole in calls(done, folder, args.only):
        copied(before, place)
        status, words, writes = run(job, place, shim)
        if status or not all(same(whole / one, place / one) for one in job.outputs):
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
                what, again, words, left = outcome(job, before, whole, place, shim, at, kind)
                record(Fault("script", job.rule, kind, name, args.seed, what, again, "", left))
                if what != "equal" or left:
                    print(f"  {kind} at {name}: {what}, {left} left", flush=True)
                    if args.show:
                        print(words[-1500:])


if __name__ == "__main__":
    main()
