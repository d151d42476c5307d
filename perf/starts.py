"""What a start of the engine is made of, and its share of a plan's time.

Each round is a process of its own, as a cell is: imports, weights from the disk (the file is
dropped from the page cache before) or from the page cache, the rest of the engine (memory,
warm-up), and the first token. On the CPU nothing is compiled and no graph captured
(`its.engine.start`). The last rows set starts beside all time: of a finished demo as measured, of
the paper's plan by its price.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from measure import HEADING, Cost, merged, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
ENGINES = ["generate", "personas"]
"""Stages whose jobs start one."""
PARTS = ["imports", "weights", "the rest", "first token"]


def started(weights: Path) -> None:
    """Start an engine and let it write one token; print the seconds of each part, as JSON."""
    from its.engine import Request, prepare, respond, room_for, start

    prepare(0)
    begin = time.monotonic()
    import vllm  # noqa: F401
    from vllm.model_executor.model_loader import default_loader

    imported = time.monotonic()
    loading: list[float] = []
    load = default_loader.DefaultModelLoader.load_weights

    def timed(*words: object, **named: object) -> object:
        before = time.monotonic()
        try:
            return load(*words, **named)
        finally:
            loading.append(time.monotonic() - before)

    default_loader.DefaultModelLoader.load_weights = timed
    room = room_for([100], 1)
    engine = start(weights.parent, dtype="float32", gpus=0, limit=2048, tokens=room)
    running = time.monotonic()
    respond(engine, [Request(list(range(100, 200)), 0)], lambda _: None, max_tokens=1)
    seconds = [imported - begin, sum(loading), running - imported - sum(loading)]
    print(f"STARTED {json.dumps([*seconds, time.monotonic() - running])}", flush=True)
    os._exit(0)


def forget(folder: Path) -> None:
    """Drop the weights in a folder from the page cache."""
    for file in folder.glob("*.safetensors"):
        handle = os.open(file, os.O_RDONLY)
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def in_paper() -> tuple[int, Cost, Cost]:
    """Return how many starts the paper's plan has, what they take and what all takes, on GPUs.

    By the price model, with the start that `price.start` and the like assume.
    """
    from its.config.experiment import read_config
    from its.costs.jobs import Lengths, kinds

    config = read_config(merged([ROOT / "config/config.yaml", ROOT / "config/paper.yaml"]))
    sets = {**config.samples, **config.benchmarks}
    lengths = Lengths(
        texts={name: one.tokens for name, one in sets.items() if one.tokens},
        asked={name: one.asked for name, one in sets.items() if one.asked},
        rows={name: one.rows for name, one in config.samples.items() if one.rows},
    )
    used = [one for one in kinds(config, "paper", lengths) if one.gpus]
    engines = [one for one in used if one.stage in ENGINES]
    starts = sum(one.jobs * one.gpus * one.start for one in engines)
    whole = sum(one.jobs * one.gpus * one.seconds for one in used)
    return sum(one.jobs for one in engines), Cost(starts, 0, 0), Cost(whole, 0, 0)


def finished(timings: Path) -> dict[str, list[float]]:
    """Return the seconds of each job of a finished plan, by stage."""
    seconds: dict[str, list[float]] = {}
    for file in timings.rglob("*.tsv"):
        heads, values = (line.split("\t") for line in file.read_text().splitlines()[:2])
        stage = file.relative_to(timings).parts[0]
        seconds.setdefault(stage, []).append(float(dict(zip(heads, values, strict=True))["s"]))
    return seconds


def main() -> None:
    """Start engines, print a row of the table for each part, and one for each plan."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--timings", type=Path, help="of a finished demo: results/timings")
    parser.add_argument("--start", action="store_true", help="start once, for this script")
    args = parser.parse_args()

    if args.start:
        started(args.weights)
    print(HEADING)
    costs: dict[str, list[Cost]] = {}
    for _ in range(args.rounds):
        for where in ["the disk", "the page cache"]:
            if where == "the disk":
                forget(args.weights.parent)
            command = [sys.executable, __file__, str(args.weights), "--start"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds = json.loads(re.search(r"STARTED (.*)", done.stdout)[1])
            for name, one in {
                **dict(zip(PARTS, seconds, strict=True)),
                "all": sum(seconds),
            }.items():
                if name == "weights":
                    name = f"weights from {where}"
                elif where == "the disk":
                    continue
                costs.setdefault(name, []).append(Cost(one, 0, 0))
    for name, several in costs.items():
        show(f"engine started: {name}", 1, several)
    if args.timings:
        jobs = finished(args.timings)
        starts = sum(len(jobs.get(stage, [])) for stage in ENGINES)
        taken = [Cost(one.seconds * starts, 0, 0) for one in costs["all"]]
        whole = Cost(sum(sum(several) for several in jobs.values()), 0, 0)
        show("starts of the demo, of all its jobs", starts, taken, [whole])
    number, starting, everything = in_paper()
    show("starts of the paper's plan, of all its GPU time", number, [starting], [everything])


if __name__ == "__main__":
    main()
