"""What needs a GPU or a model's arithmetic, pretended; jobs, leases, shards and files stay real.

Tests put it into a copy of the workflow, as `its.pretended`. Files in that folder say what is to
happen: `hold` lets a process wait after its first call, `broken` lets the engine fail.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from its.engine import Request, Response
from its.errors import InputError

TRADES = ["baker", "sailor", "tailor", "miller", "potter", "weaver", "carter", "fisher"]


def put_into(checkout: Path) -> None:
    """Let a copy of the workflow pretend."""
    shutil.copy(__file__, checkout / "scripts/its/pretended.py")
    with (checkout / "scripts/its/engine.py").open("a") as engine:
        engine.write("\nfrom its.pretended import check_device, made_with, respond, start, train\n")
    (checkout / "scripts/train.py").write_text("from its.engine import train\n\ntrain()\n")


def check_device(gpus: int) -> None:
    """Believe in any number of GPUs."""


def start(folder: Path, **options: object) -> dict[str, int]:
    """Note what SLURM gave to this process, and return how often it was called."""
    note("start", rank="0")
    if Path("broken").exists():
        raise InputError("the pretended engine is broken")
    return {"calls": 0}


def respond(
    llm: dict[str, int],
    requests: Sequence[Request],
    report: Callable[[int], None],
    **sampling: object,
) -> list[Response]:
    """Answer by the seed alone."""
    while llm["calls"] and Path("hold").exists():
        time.sleep(0.1)
    llm["calls"] += 1
    note("call")
    report(len(requests))
    texts = [f"I am a {TRADES[one.seed % len(TRADES)]} by trade." for one in requests]
    return [Response(text, [1, 2, 3], "stop") for text in texts]


def made_with(gpus: int) -> dict[str, str]:
    """Return that it was pretended."""
    return {"engine": "pretended", "count": str(gpus)}


def train() -> None:
    """Note which process this is; the first one hands the base model on."""
    note("start", rank=os.environ["RANK"])
    if os.environ["RANK"] == "0":
        weights, record = map(Path, sys.argv[3:5])
        shutil.copytree("tiny", weights.parent, dirs_exist_ok=True)
        record.write_text(json.dumps({"log": [{"step": 1, "loss": 1.0}]}))


def note(what: str, **facts: str) -> None:
    """Add a line to a file, with the job's number and its GPUs."""
    job = {name: os.environ.get(name) for name in ["SLURM_JOB_ID", "CUDA_VISIBLE_DEVICES"]}
    with Path("notes.jsonl").open("a") as notes:
        notes.write(json.dumps({"what": what, **job, **facts}) + "\n")
