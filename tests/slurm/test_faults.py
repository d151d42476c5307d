"""What dies while a plan runs on a cluster, one after the other; the plan ends all the same.

Real scripts and a real engine, on a model of 20,000 random weights: what is tested is the way
there. Each outcome is printed, and written into outcomes.csv by `make test-slurm-long`, which does
not do again what stands there for this code.
"""

import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import psutil
import pytest
from cluster import missing, running, wait_for
from conftest import ROOT, Run, copy_to
from noted import put_into
from sites import LONGEST, Site
from tiny import write_tiny_model

from its.versions import code_version

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.long,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

HERE = Path(__file__).parent
OUTCOMES = HERE / "outcomes.csv"
COLUMNS = ["date", "code", "fault", "work", "jobs", "done_again", "at_most", "equal", "seconds"]
LEARNER = Path("results/checkpoints/tiny/few16-N-quick-s0")
WEIGHTS = LEARNER / "weights/manifest.json"
CELL = Path("results/generations/tiny/base/few_test/N.parquet")
SAVE = 4
"""Steps between two states, as tests/slurm/faults.yaml has it."""
SHARD = 1
ACCOUNTING = "with accounting"


@dataclass(frozen=True)
class Disturbed(Site):
    """A copy whose scripts note what they do, and whose work is disturbed."""

    losses: list[float]
    """Of the undisturbed training."""
    weights: bytes
    generations: pl.DataFrame

    def pace(self, seconds: float) -> None:
        """Let each step or call take so much longer from now on."""
        (self.folder / "pace").write_text(str(seconds))

    def anew(self, target: Path, seconds: float, *args: str) -> subprocess.Popen:
        """Remove a target and all work on it, and start on it again, slowly."""
        for path in [LEARNER, CELL.with_suffix(".shards")]:
            shutil.rmtree(self.folder / path, ignore_errors=True)
        for path in [CELL, Path("notes.jsonl")]:
            (self.folder / path).unlink(missing_ok=True)
        self.pace(seconds)
        return self.start(*args, "--", str(target))

    def again(self, target: Path) -> subprocess.Popen:
        """Unlock, and start once more, as after a driver that died."""
        unlocked = self.run("--unlock")
        assert unlocked.status == 0, unlocked.out
        return self.start("--", str(target))

    def notes(self) -> list[dict]:
        """List what was noted since the start."""
        path = self.folder / "notes.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def job_after(self, number: int) -> str:
        """Wait until so many steps or calls are done, and return the job that did the last one."""
        wait_for(lambda: len(self.notes()) >= number, "nothing is done", LONGEST)
        return self.notes()[-1]["job"]

    def ended(self, job: str, *states: str) -> None:
        """Wait until SLURM has a job in one of these states."""
        wait_for(lambda: self.state(job) in states, f"job {job} is not {states}", LONGEST)

    def state(self, job: str) -> str:
        """Return the state of a job."""
        return next(one["JobState"] for one in self.cluster.jobs() if one["JobId"] == job)

    def processes(self, script: str) -> list[int]:
        """List the processes that run a script."""
        found = []
        for number in self.cluster.started():
            with_args = Path(f"/proc/{number}/cmdline")
            try:
                words = with_args.read_bytes().decode().split("\0")
            except OSError:
                continue
            if script in words[1:3]:
                found.append(number)
        return found

    def same(self, target: Path) -> bool:
        """Tell whether a target came out as that of the undisturbed run."""
        if target == CELL:
            return pl.read_parquet(self.folder / CELL).equals(self.generations)
        folder = self.folder / LEARNER
        record = json.loads((folder / "training.json").read_text())
        losses = [entry["loss"] for entry in record["log"]]
        weights = (folder / "weights/model.safetensors").read_bytes()
        return losses == self.losses and weights == self.weights


@pytest.fixture(scope="module")
def site(request: pytest.FixtureRequest) -> Iterator[Disturbed]:
    """Return a cluster, with accounting if asked, and a copy where the plan ran undisturbed."""
    accounting = getattr(request, "param", None) == ACCOUNTING
    with tempfile.TemporaryDirectory(prefix="slurm.") as folder:
        checkout = copy_to(Path(folder) / "checkout")
        shutil.copy(HERE / "faults.yaml", checkout.folder / "config")
        put_into(checkout.folder)
        write_tiny_model(checkout.folder / "tiny", head_size=64)
        with running(Path(folder) / "cluster", accounting=accounting) as cluster:
            first = Site(cluster, checkout, "config/faults.yaml")
            run = first.run("--", str(WEIGHTS), str(CELL))
            assert run.status == 0, run.out
            learner = checkout.folder / LEARNER
            record = json.loads((learner / "training.json").read_text())
            yield Disturbed(
                cluster,
                checkout,
                first.config,
                losses=[entry["loss"] for entry in record["log"]],
                weights=(learner / "weights/model.safetensors").read_bytes(),
                generations=pl.read_parquet(checkout.folder / CELL),
            )


@pytest.fixture(autouse=True)
def known(request: pytest.FixtureRequest) -> None:
    """Skip a fault whose outcome stands in the table for this code, if the table is written."""
    if os.environ.get("ITS_OUTCOMES") and (_code(), _fault(request)) in {
        (row["code"], row["fault"]) for row in _outcomes()
    }:
        pytest.skip("its outcome stands in outcomes.csv")


@pytest.fixture
def outcome(
    site: Disturbed, request: pytest.FixtureRequest
) -> Iterator[Callable[[Path, Run, int], None]]:
    """Return a function that checks how a disturbed run ended, and adds it to the table."""
    begin = time.monotonic()

    def ended(target: Path, run: Run, at_most: int) -> None:
        notes = site.notes()
        again = len(notes) - len({json.dumps(note["which"]) for note in notes})
        jobs = dict.fromkeys(note["job"] for note in notes)
        row = {
            "date": date.today().isoformat(),
            "code": _code(),
            "fault": _fault(request),
            "work": "shards" if target == CELL else "steps",
            "jobs": " ".join(site.state(job) for job in jobs),
            "done_again": again,
            "at_most": at_most,
            "equal": run.status == 0 and site.same(target),
            "seconds": round(time.monotonic() - begin),
        }
        print(row)
        if os.environ.get("ITS_OUTCOMES"):
            new = not OUTCOMES.exists()
            with OUTCOMES.open("a", newline="") as table:
                writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
                if new:
                    writer.writeheader()
                writer.writerow(row)
        assert run.status == 0, run.out
        assert row["equal"]
        assert again <= at_most, f"{again} done again"

    yield ended
    site.pace(0)


def _outcomes() -> list[dict[str, str]]:
    if not OUTCOMES.exists():
        return []
    with OUTCOMES.open(newline="") as table:
        return list(csv.DictReader(table))


def _code() -> str:
    """Return what the outcomes rest on: the scripts at work."""
    scripts = [str(ROOT / f"scripts/{name}.py") for name in ["train", "generate"]]
    return "-".join(code_version(script) for script in scripts)


def _fault(request: pytest.FixtureRequest) -> str:
    return request.node.name.removeprefix("test_").replace("_", " ")


def test_a_training_is_cancelled(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5)
    site.cluster.call("scancel", site.job_after(10))

    outcome(WEIGHTS, site.end(process), SAVE)


def test_a_training_reaches_its_time_limit(site: Disturbed, outcome: Callable) -> None:
    extra = "train:slurm_extra='--nice=0'"
    process = site.anew(WEIGHTS, 4, "--set-resources", "train:runtime=attempt", extra)
    job = site.job_after(1)
    site.ended(job, "TIMEOUT")
    site.pace(0)

    outcome(WEIGHTS, site.end(process), SAVE)


def test_a_training_is_warned_of_its_time_limit_and_gets_more_time(
    site: Disturbed, outcome: Callable
) -> None:
    site.checkout.edit(
        "config/faults.yaml", "memory: 3GB, runtime: 30m", "memory: 3GB, runtime: 2m"
    )
    site.checkout.edit("slurm/partitions.yaml", "cpu: {max_gpu: 0}", "cpu: {max_runtime: 1h}")
    before = {job["JobId"] for job in site.jobs("train")}
    process = site.anew(WEIGHTS, 4, "--set-resources", "train:slurm_extra='--signal=URG@30'")
    job = site.job_after(1)
    site.ended(job, "FAILED")
    site.pace(0)
    run = site.end(process)
    site.checkout.edit("config/faults.yaml", "3GB, runtime: 2m", "3GB, runtime: 30m")

    limits = [one["TimeLimit"] for one in site.jobs("train") if one["JobId"] not in before]
    assert limits == ["00:02:00", "00:03:00"]
    outcome(WEIGHTS, run, 0)


def test_a_training_is_preempted_and_queued_again(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5)
    site.job_after(10)
    preempt(site)

    outcome(WEIGHTS, site.end(process, 600), SAVE)


def test_a_training_is_preempted_and_not_queued_again(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5, "--set-resources", "train:slurm_partition=leftover")
    job = site.job_after(10)
    preempt(site)
    site.ended(job, "PREEMPTED")
    seen = site.doctor()
    assert f"    scontrol requeue {job}\n" in seen.out, seen.out
    site.cluster.call("scontrol", "requeue", job)

    outcome(WEIGHTS, site.end(process, 600), SAVE)


def test_a_node_dies(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5)
    job = site.job_after(10)
    (node,) = {one["NodeList"] for one in site.jobs("train") if one["JobId"] == job}
    kill_node(site, node, job)
    run = site.end(process, 600)
    site.cluster.start(node, "slurmd", "-D", "-N", node)

    outcome(WEIGHTS, run, SAVE)


def test_snakemake_is_killed_and_started_again(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 1)
    site.job_after(5)
    process.kill()
    process.wait()

    outcome(WEIGHTS, site.end(site.again(WEIGHTS)), 0)


def test_the_controller_is_restarted(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5)
    site.job_after(5)
    site.cluster.end("slurmctld")
    time.sleep(45)
    site.cluster.start("slurmctld", "slurmctld", "-D")
    wait_for(lambda: site.doctor().out.count("cannot be asked") == 0, "no controller")
    watched = site.doctor("--watch", "--patience", "90", "--every", "5")
    run = site.end(process)
    if watched.status:  # Snakemake waited for ever, and was ended
        assert "waited for jobs that SLURM no longer has" in watched.out
        run = site.end(site.again(WEIGHTS))

    outcome(WEIGHTS, run, 0)


def test_the_disk_is_full_for_a_while(site: Disturbed, outcome: Callable) -> None:
    with small_disk(site.folder / LEARNER.parent) as disk:
        process = site.anew(WEIGHTS, 0.5)
        job = site.job_after(6)
        with (disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError):
            while True:
                filler.write(bytes(4096))
        site.ended(job, "FAILED")
        (disk / "filler").unlink()
        run = site.end(process)

        log = (site.folder / "results/logs/train/tiny/few16-N-quick-s0.log").read_text()
        assert "No space left on device" in run.out + log
        outcome(WEIGHTS, run, SAVE)


def test_the_newest_state_is_torn(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(WEIGHTS, 0.5)
    job = site.job_after(14)
    site.cluster.call("scancel", job)
    site.ended(job, "CANCELLED")
    states = (site.folder / LEARNER).glob("progress/*/checkpoint-*/model.safetensors")
    newest = max(states, key=lambda path: int(path.parent.name.rpartition("-")[2]))
    os.truncate(newest, newest.stat().st_size // 2)

    outcome(WEIGHTS, site.end(process), 32)


def test_a_training_is_killed_at_random_moments(site: Disturbed, outcome: Callable) -> None:
    moments = sorted(random.sample(range(2, 30), 3))
    print("killed after", moments)
    process = site.anew(WEIGHTS, 0.3, "--retries", "4")
    for moment in moments:
        wait_for(lambda m=moment: step(site) >= m, f"no step {moment}", LONGEST)
        for number in site.processes("scripts/train.py"):
            os.kill(number, signal.SIGKILL)

    outcome(WEIGHTS, site.end(process), 3 * SAVE)


def test_a_generation_is_killed_at_random_moments(site: Disturbed, outcome: Callable) -> None:
    process = site.anew(CELL, 2, "--retries", "3")
    for calls in [1, 2]:
        site.job_after(calls)
        time.sleep(random.uniform(0, 2))
        for number in site.processes("scripts/generate.py"):
            os.kill(number, signal.SIGKILL)

    outcome(CELL, site.end(process), 2 * SHARD)


@pytest.mark.skipif(bool(missing("slurmdbd", "mariadbd")), reason="no slurmdbd, no MariaDB")
@pytest.mark.parametrize("site", [ACCOUNTING], indirect=True)
@pytest.mark.parametrize("daemons", [["slurmctld"], ["slurmctld", "slurmdbd"]], ids="-".join)
def test_with_accounting_daemons_are_restarted(
    site: Disturbed, outcome: Callable, daemons: list[str]
) -> None:
    process = site.anew(WEIGHTS, 0.5)
    site.job_after(5)
    for daemon in daemons:
        site.cluster.end(daemon)
    time.sleep(45)
    for daemon in reversed(daemons):
        site.cluster.start(daemon, daemon, "-D")

    outcome(WEIGHTS, site.end(process), 0)


def step(site: Disturbed) -> int:
    """Return the furthest step that was noted."""
    return max((note["which"] for note in site.notes()), default=0)


def preempt(site: Disturbed) -> None:
    """Let a job that comes first take all nodes for some seconds."""
    site.cluster.call(
        *["sbatch", "--partition=urgent", "--nodes=2", "--exclusive", "--output=/dev/null"],
        *["--wrap", "sleep 5"],
    )


def kill_node(site: Disturbed, node: str, job: str) -> None:
    """End what runs on a node, as when its power fails."""
    daemon = site.cluster.processes.pop(node)
    daemon.kill()
    daemon.wait()
    # First what would tell the controller of the end of the others.
    stepd = re.compile(rf"slurmstepd:\s+\[{job}\.")
    for what in [
        lambda one: stepd.match(" ".join(one.cmdline())),
        lambda one: one.environ().get("SLURM_JOB_ID") == job,
    ]:
        for one in psutil.process_iter():
            with suppress(psutil.Error):  # it is gone
                if what(one):
                    one.kill()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Put a disk of a few megabytes where a folder is."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
