"""Real scripts that note what they do: each step of a training, each call of the engine.

Tests put it into a copy of the workflow, as `its.noted`. A file `pace` in that folder says how
many seconds each of them takes longer: work of seconds has to be met in its midst.
"""

import json
import os
import shutil
import time
from pathlib import Path


def put_into(checkout: Path) -> None:
    """Let the scripts of a copy of the workflow note what they do."""
    shutil.copy(__file__, checkout / "scripts/its/noted.py")
    with (checkout / "scripts/its/trainer.py").open("a") as trainer:
        trainer.write("\nfrom its.noted import noting_steps\n\nWatch = noting_steps(Watch)\n")
    with (checkout / "scripts/its/shards.py").open("a") as shards:
        shards.write("\nfrom its.noted import noting_calls\n\nrespond = noting_calls(respond)\n")


def noting_steps(watch: type) -> type:
    """Return the class that watches a training, which notes each step once it is done."""

    class Noting(watch):
        def on_step_end(self, args: object, state: object, control: object, **more: object) -> None:
            if self.work:
                note("step", state.global_step)
            super().on_step_end(args, state, control, **more)

    return Noting


def noting_calls(respond: object) -> object:
    """Return the function that asks the engine, which notes the seeds it was asked with."""

    def noting(llm: object, requests: list, *args: object, **more: object) -> list:
        responses = respond(llm, requests, *args, **more)
        note("call", [one.seed for one in requests])
        return responses

    return noting


def note(what: str, which: object) -> None:
    """Add a line to a file, then take the time that `pace` asks for."""
    line = {"what": what, "which": which, "job": os.environ.get("SLURM_JOB_ID")}
    with Path("notes.jsonl").open("a") as notes:
        notes.write(json.dumps(line) + "\n")
    pace = Path("pace")
    if pace.exists():
        time.sleep(float(pace.read_text()))
