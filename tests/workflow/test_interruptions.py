"""Killed in the middle and called again, the workflow ends in what an undisturbed run makes."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from conftest import Checkout, copy_to, environment
from polars.testing import assert_frame_equal

SMALL = ["--cores", "2", "--configfile", "config/small.yaml"]
# A state after every step, so that there is one to go on from in so short a training.
OFTEN = ["--set-resources", "train:save_steps=1"]
LONGEST = 600


@pytest.fixture
def started(finished: Checkout, tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen]]:
    """Return a function that starts the small plan in a folder that has the model and no more."""
    place = copy_to(tmp_path / "interrupted").folder
    model = "results/models/smollm2"
    shutil.copytree(finished.folder / model, place / model, copy_function=os.link)
    running = []

    def start() -> subprocess.Popen:
        with (place / "console").open("w") as console:
            process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *SMALL, *OFTEN],
                cwd=place,
                env=environment(),
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.append(process)
        return process

    start.place = place
    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    for process in at_work(place):
        os.kill(process, signal.SIGKILL)


def at_work(place: Path, script: str = "scripts/") -> list[int]:
    """List the processes that run a script in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode().split("\0")
            if (process / "cwd").readlink() == place and any(w.startswith(script) for w in words):
                found.append(int(process.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return sorted(found)


def wait_for(place: Path, pattern: str, process: subprocess.Popen) -> Path:
    """Wait until there is a file that matches; fail if the run ends before."""
    end = time.monotonic() + LONGEST
    while time.monotonic() < end:
        found = sorted(place.glob(pattern))
        if found:
            return found[0]
        assert process.poll() is None, f"no {pattern}\n" + (place / "console").read_text()
        time.sleep(0.1)
    raise AssertionError(f"no {pattern} after {LONGEST} s")


@pytest.mark.slow
def test_three_kinds_of_death_leave_the_same_artifacts(
    finished: Checkout, started: Callable[[], subprocess.Popen]
) -> None:
    place = started.place

    # Snakemake alone is killed: the job that writes personas lives on, without anybody's care.
    process = started()
    wait_for(place, "results/personas/*/*/lease.json", process)
    orphans = at_work(place, "scripts/write_personas.py")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert orphans
    unlocked = Checkout(place).snakemake("--unlock", *SMALL)
    assert unlocked.status == 0, unlocked.out

    # Ctrl-C in the middle of a training, once it has a state to go on from.
    process = started()
    wait_for(place, "results/checkpoints/*/*/progress/*/checkpoint-1/trainer_state.json", process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(60) != 0
    assert not list(place.glob("results/checkpoints/*/*/weights/manifest.json"))

    # A job that answers is killed after its first shard. (Cells of the untrained model may stand.)
    process = started()
    shard = wait_for(place, "results/generations/*/few16*/*/*.shards/*/*.parquet", process)
    for job in at_work(place, "scripts/generate.py"):
        os.kill(job, signal.SIGKILL)
    assert process.wait(LONGEST) != 0, (place / "console").read_text()
    whole = shard.read_bytes()

    process = started()
    assert process.wait(LONGEST) == 0, (place / "console").read_text()

    log = next(place.glob("results/logs/train/smollm2/*.log")).read_text()
    assert "going on after step" in log, "the training did not go on from its state:\n" + log
    assert shard.read_bytes() == whole, "a whole shard was made again"
    assert artifacts(finished.folder).keys() == artifacts(place).keys()
    for name, frame in artifacts(finished.folder).items():
        assert_frame_equal(frame, artifacts(place)[name])
    weights = "results/checkpoints/smollm2/few16-U-quick-s0/weights/model.safetensors"
    assert (finished.folder / weights).read_bytes() == (place / weights).read_bytes()


def artifacts(place: Path) -> dict[str, pl.DataFrame]:
    """Return every table that the plan made, unfinished work apart."""
    results = place / "results"
    return {
        str(path.relative_to(results)): pl.read_parquet(path)
        for path in sorted(results.rglob("*.parquet"))
        if ".shards" not in str(path)
    }
