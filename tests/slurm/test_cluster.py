"""`snakemake --profile slurm` on a real SLURM, with pretended GPUs and a pretended engine."""

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import psutil
import pytest
from cluster import SITE, Cluster, missing, running, wait_for
from conftest import Checkout, copy_to, environment
from polars.testing import assert_frame_equal
from pretended import put_into
from sites import LONGEST, Site
from tiny import write_tiny_model

pytestmark = [pytest.mark.slurm, pytest.mark.skipif(bool(missing()), reason=missing())]

HERE = Path(__file__).parent
CELL = "results/generations/pretended/base/few_test/N.parquet"
LOG = "results/logs/generate/pretended/base/few_test/N.log"


@dataclass(frozen=True)
class Pretending(Site):
    """A copy whose engine is pretended, and notes what it is called with."""

    def notes(self, job: dict[str, str], what: str) -> list[dict]:
        """List what the processes of a job noted: a `start` or a `call` of the engine."""
        path = self.folder / "notes.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        notes = [json.loads(line) for line in lines]
        return [n for n in notes if n["SLURM_JOB_ID"] == job["JobId"] and n["what"] == what]

    def held(self) -> tuple[subprocess.Popen, Path, dict[str, str]]:
        """Start on the cell anew, until a job waits after its first shard."""
        path = self.folder / CELL
        path.unlink(missing_ok=True)
        shutil.rmtree(path.with_suffix(".shards"), ignore_errors=True)
        (self.folder / "hold").touch()
        process = self.start(CELL)
        pattern = f"{path.stem}.shards/*/[!.]*.parquet"
        wait_for(
            lambda: list(path.parent.glob(pattern)) or process.poll() is not None,
            "no shard",
            LONGEST,
        )
        (shard,) = path.parent.glob(pattern)
        return process, shard, self.jobs("generate")[-1]

    def go_on(self) -> None:
        """Let the waiting job go on."""
        (self.folder / "hold").unlink()


def test_a_cluster_hears_nobody_else_and_leaves_nothing_behind() -> None:
    with tempfile.TemporaryDirectory(prefix="slurm.") as folder:
        with running(Path(folder) / "cluster") as cluster:
            cluster.call("sbatch", "--output=/dev/null", "--wrap", "srun sleep 1000")
            wait_for(lambda: "sleep" in names(cluster), "the job does not start")
            processes = [psutil.Process(number) for number in cluster.started()]
            sockets = [one for process in processes for one in process.net_connections("inet")]
            heard = {one.laddr.ip for one in sockets if one.status == psutil.CONN_LISTEN}

        assert heard == {"127.0.0.1"}
        assert cluster.started() == []
        assert not (SITE / "slurm.conf").exists()


def names(cluster: Cluster) -> set[str]:
    """Name the programs that a cluster started."""
    found = set()
    for number in cluster.started():
        with suppress(OSError):  # it is gone
            found.add(Path(f"/proc/{number}/comm").read_text().strip())
    return found


@pytest.fixture(scope="module")
def made() -> Iterator[Pretending]:
    """Return a cluster, and a copy in which a whole plan was made on it."""
    with tempfile.TemporaryDirectory(prefix="slurm.") as folder:
        checkout = copy_to(Path(folder) / "checkout")
        shutil.copy(HERE / "pretended.yaml", checkout.folder / "config")
        put_into(checkout.folder)
        write_tiny_model(checkout.folder / "tiny")
        with running(Path(folder) / "cluster") as cluster:
            site = Pretending(cluster, checkout, "config/pretended.yaml")
            run = site.run()
            assert run.status == 0, run.out
            yield site


@pytest.mark.parametrize(
    ("rule", "partition", "gpus", "threads", "memory", "time"),
    [
        ("filter_pool", "cpu", "", "1", "4000M", "00:30:00"),
        ("write_personas", "gpu", "gres:gpu:2", "4", "3000M", "00:40:00"),
        ("train", "gpu", "gres:gpu:8", "8", "9000M", "02:00:00"),
        ("generate", "gpu", "gres:gpu:2", "4", "3000M", "00:40:00"),
    ],
)
def test_a_job_gets_what_its_rule_declares(
    made: Pretending, rule: str, partition: str, gpus: str, threads: str, memory: str, time: str
) -> None:
    jobs = made.jobs(rule)

    assert jobs
    for job in jobs:
        assert job["JobState"] == "COMPLETED"
        assert job["Partition"] == partition
        assert job.get("TresPerJob", "") == gpus
        assert (job["NumNodes"], job["NumTasks"], job["CPUs/Task"]) == ("1", "1", threads)
        assert job["MinMemoryNode"] == memory
        assert job["TimeLimit"] == time


@pytest.mark.parametrize(("rule", "jobs"), [("write_personas", 2), ("train", 1), ("generate", 4)])
def test_from_nothing_to_the_matrix_every_gpu_job_ran_once(
    made: Pretending, rule: str, jobs: int
) -> None:
    matrix = pl.read_csv(made.folder / "results/tables/pretended/codesign.csv")

    assert matrix["mean"].null_count() == 0
    assert len(matrix) == 4
    assert [job["Restarts"] for job in made.jobs(rule)] == ["0"] * jobs


@pytest.mark.parametrize(
    ("rule", "gpus", "processes"), [("write_personas", 2, 1), ("generate", 2, 1), ("train", 8, 8)]
)
def test_a_command_starts_once_and_sees_the_gpus_of_its_job(
    made: Pretending, rule: str, gpus: int, processes: int
) -> None:
    jobs = made.jobs(rule)

    assert jobs
    for job in jobs:
        notes = made.notes(job, "start")
        assert len(notes) == processes
        assert {len(note["CUDA_VISIBLE_DEVICES"].split(",")) for note in notes} == {gpus}
        assert sorted(note["rank"] for note in notes) == [str(rank) for rank in range(processes)]


def test_the_queue_says_what_each_job_makes(made: Pretending) -> None:
    listed = made.cluster.call("squeue", "--states=all", "--Format=name:30,comment:100")

    words = "rule_generate_wildcards_pretended_few16-Pretended-quick-s0_few_test_N"
    (line,) = [line for line in listed.splitlines() if words in line]
    assert line.startswith("its_")


def test_a_cluster_without_accounting_is_not_waited_for(made: Pretending, tmp_path: Path) -> None:
    # The jobs of `made` ended on a cluster like this: sacct is there, and has no answer.
    asked = subprocess.run(["sacct"], capture_output=True, text=True)
    assert "accounting storage is disabled" in asked.stderr

    programs = Path(shutil.which("sacct")).parent
    for program in programs.iterdir():
        if program.name != "sacct":
            (tmp_path / program.name).symlink_to(program)
    folders = environment()["PATH"].split(os.pathsep)
    path = os.pathsep.join(
        str(tmp_path) if Path(one).resolve() == programs.resolve() else one for one in folders
    )
    target = "results/contamination/few/few_test.json"
    run = made.run("--force", "--", target, path=path)
    assert run.status == 0, run.out
    assert made.jobs("compare_pool")[-1]["Account"] == "none"


def test_cells_that_share_a_job_do_not_ask_for_all_they_need_at_once(made: Pretending) -> None:
    folder = made.folder / "results/generations/pretended/base/few_test"
    draws = [f"Pretended.{number}" for number in range(1, 12)]
    for draw in draws:
        shutil.copy(made.folder / CELL, folder / f"{draw}.parquet")

    scores = [f"results/scores/pretended/base/few_test/{draw}.json" for draw in draws]
    run = made.run("--allowed-rules", "judge", "summarize", "--", *scores)

    assert run.status == 0, run.out
    *_, job = made.jobs("score")
    assert (job["CPUs/Task"], job["MinMemoryNode"]) == ("8", "16000M")
    assert job["TimeLimit"] == "00:20:00"  # two rules, in two rounds each


def test_a_cancelled_job_goes_on_after_its_last_shard(made: Pretending) -> None:
    whole = pl.read_parquet(made.folder / CELL)
    process, shard, first = made.held()
    before = shard.stat()
    made.cluster.call("scancel", first["JobId"])
    state = "--states=CANCELLED"
    wait_for(
        lambda: made.cluster.call("squeue", "--noheader", state, f"--job={first['JobId']}"),
        "the job is not cancelled",
    )
    made.go_on()
    run = made.end(process)

    assert run.status == 0, run.out
    *_, cancelled, again = made.jobs("generate")
    assert cancelled["JobId"] == first["JobId"]
    assert (cancelled["JobState"], again["JobState"]) == ("CANCELLED", "COMPLETED")
    assert [len(made.notes(job, "call")) for job in (cancelled, again)] == [1, 2]
    assert (shard.stat().st_ino, shard.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert_frame_equal(pl.read_parquet(made.folder / CELL), whole)


def test_snakemake_killed_and_started_again_neither_doubles_nor_loses_a_job(
    made: Pretending,
) -> None:
    whole = pl.read_parquet(made.folder / CELL)
    process, _, first = made.held()
    assert f"Snakemake, process {process.pid} on" in made.doctor().out
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    seen = made.doctor()
    assert seen.status == 1
    assert seen.out.count("snakemake --unlock") == 1
    orphan = rf"SLURM job {first['JobId']} \(rule_generate\S+\) is running, \S+ No Snakemake"
    assert re.search(orphan, seen.out), seen.out
    unlocked = made.run("--unlock")
    assert unlocked.status == 0, unlocked.out

    process = made.start(CELL)
    log = made.folder / LOG
    waits = f", SLURM job {first['JobId']}, which is already at work on "
    # Snakemake removes the log of the first job before the second one writes its own.
    wait_for(lambda: log.exists() and waits in log.read_text(), "no second job waits", LONGEST)
    made.go_on()
    run = made.end(process)

    assert run.status == 0, run.out
    *_, one, two = made.jobs("generate")
    assert one["JobId"] == first["JobId"]
    assert (one["JobState"], two["JobState"]) == ("COMPLETED", "COMPLETED")
    assert [len(made.notes(job, "call")) for job in (one, two)] == [3, 0]
    assert "was made meanwhile" in log.read_text()
    assert_frame_equal(pl.read_parquet(made.folder / CELL), whole)


def test_a_failure_is_shown_with_the_names_of_its_logs(made: Pretending) -> None:
    (made.folder / "broken").touch()
    run = made.run("--retries", "0", CELL.replace("N.parquet", "Pretended.50.parquet"))
    (made.folder / "broken").unlink()

    assert run.status != 0
    assert "error: the pretended engine is broken" in run.out
    assert "results/logs/personas/few_test/Pretended.50.log" in run.out
    assert re.search(r"\.snakemake/slurm_logs/rule_write_personas/\S+/\d+\.log", run.out)


def test_without_a_scheduler_jobs_side_by_side_have_gpus_of_their_own(
    made: Pretending, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = [CELL, CELL.replace("N.parquet", "Pretended.parquet")]
    for cell in cells:
        path = made.folder / cell
        path.unlink()
        shutil.rmtree(path.with_suffix(".shards"), ignore_errors=True)
    (made.folder / "notes.jsonl").unlink()
    (made.folder / "hold").touch()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3,4,5,6,7")
    process = made.start_alone("--cores", "8", "--resources", "gpu=8", "--", *cells)
    wait_for(
        lambda: len(made.notes({"JobId": None}, "call")) == 2 or process.poll() is not None,
        "no two jobs side by side",
        LONGEST,
    )
    made.go_on()
    run = made.end(process)

    assert run.status == 0, run.out
    starts = made.notes({"JobId": None}, "start")
    one, two = (set(note["CUDA_VISIBLE_DEVICES"].split(",")) for note in starts)
    assert (len(one), len(two)) == (2, 2)
    assert not one & two


@pytest.mark.long
def test_the_small_plan_comes_out_as_on_one_machine(made: Pretending, finished: Checkout) -> None:
    checkout = copy_to(made.folder.parent / "small")
    site = Site(made.cluster, checkout, "config/small.yaml")
    run = site.run()

    assert run.status == 0, run.out
    table = "results/tables/small/codesign.csv"
    assert (site.folder / table).read_bytes() == (finished.folder / table).read_bytes()
