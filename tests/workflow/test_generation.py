"""Responses are the same whatever happened while they were made."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import psutil
import pytest
from conftest import ROOT

from its.config.strategy import Strategy
from its.engine import APART, ENGINE
from its.hashing import problem_id
from its.refinement import refine
from its.schemas import SET
from its.shards import GENERATIONS

SUMS = [f"What is {number} + {3 * number}? Think step by step." for number in range(11, 16)]
SAMPLING = {
    "n": 2,
    "temperature": 1.0,
    "max_tokens": 24,
    "shard_problems": 2,
    "seed": 5,
}
CHAT = {"system": "You solve math problems.", "context": 256}

pytestmark = pytest.mark.slow  # all share a model that takes half a minute to fetch


def refined(path: Path, problems: list[str]) -> Path:
    """Write a refined set of plain questions."""
    rows = [(problem_id(one), one, None, "4", "test", "{}") for one in problems]
    questions = pl.DataFrame(rows, schema=SET, orient="row")
    refine(questions, "N", {"N": Strategy()}, {}).write_parquet(path)
    return path


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    return refined(tmp_path / "N.parquet", SUMS)


@pytest.fixture(scope="module")
def unbroken(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what a cell is if nothing happens while it is made."""
    folder = tmp_path_factory.mktemp("unbroken")
    generate(smollm2, refined(folder / "prompts.parquet", SUMS), folder / "N.parquet")
    return folder / "N.parquet"


def command(
    weights: Path,
    prompts: Path,
    out: Path,
    sampling: dict | None = None,
    chat: dict | None = None,
    gpus: int = 0,
) -> list[str]:
    files = [str(path) for path in (ROOT / "scripts/generate.py", weights, prompts, out)]
    options = ["--sampling", json.dumps(SAMPLING | (sampling or {}))]
    options += ["--chat", json.dumps(CHAT | (chat or {})), "--dtype", "float32"]
    return [sys.executable, *files, *options, "--gpus", str(gpus)]


def generate(*args: object, **settings: object) -> str:
    """Run the script to its end and return its log."""
    done = subprocess.run(
        command(*args, **settings), env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def refused(*args: object, **settings: object) -> str:
    """Run the script, which must refuse its input, and return its one line."""
    done = subprocess.run(
        command(*args, **settings), env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert "starting the engine" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    return line


def environment() -> dict[str, str]:
    """Return what Snakemake would set for a job with one thread."""
    return os.environ | {"OMP_NUM_THREADS": "1"}


def stopped(arguments: list[str], folder: Path, number: signal.Signals) -> int:
    """Start a job, stop it by a signal once the first of its shards stands; return its status."""
    job = subprocess.Popen(arguments, env=environment(), stderr=subprocess.DEVNULL)
    end = time.monotonic() + 300
    while job.poll() is None and not list(folder.rglob("*.parquet")):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert job.poll() is None, "it was faster than we are: make its shards larger"
    job.send_signal(number)
    return job.wait(60)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_cell_that_grew_equals_an_unbroken_one(
    smollm2: Path, prompts: Path, unbroken: Path, tmp_path: Path, number: signal.Signals
) -> None:
    broken = tmp_path / "broken/N.parquet"
    status = stopped(command(smollm2, prompts, broken, {"n": 1}), broken.parent, number)
    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 128 + signal.SIGTERM)
    assert not broken.exists()
    shards = {path.name: path.stat().st_mtime_ns for path in broken.parent.rglob("p*.parquet")}
    assert 1 <= len(shards) < 3

    log = generate(smollm2, prompts, broken)  # n is 2 now
    assert f"{len(shards)} of 6 shards are there" in log
    kept = {path.name: path.stat().st_mtime_ns for path in broken.parent.rglob("p*.parquet")}
    assert shards.items() <= kept.items()
    assert pl.read_parquet(broken).equals(pl.read_parquet(unbroken))


def test_an_engine_that_leaves_its_job_ends_it(
    smollm2: Path, prompts: Path, unbroken: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken/N.parquet"
    apart = environment() | {APART: "1"}
    with subprocess.Popen(
        command(smollm2, prompts, broken), env=apart, stderr=subprocess.PIPE, text=True
    ) as job:
        engine = engine_of(job)
        engine.terminate()
        try:
            _, log = job.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            job.kill()
            raise
    assert job.returncode == 128 + signal.SIGTERM
    assert "error: the engine's process ended" in log
    assert not engine.is_running()
    assert not list(broken.parent.rglob("lease.json")), "the job left its lease"

    generate(smollm2, prompts, broken)
    assert pl.read_parquet(broken).equals(pl.read_parquet(unbroken))


def engine_of(job: subprocess.Popen) -> psutil.Process:
    """Return the process that a job started for its engine, once it waits for work or does it."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert job.poll() is None, job.stderr.read()
        for one in psutil.Process(job.pid).children():
            if ENGINE in one.name() or ENGINE in " ".join(one.cmdline()):
                return one
        time.sleep(0.1)
    raise AssertionError("no engine has a process of its own")


def test_every_response_has_its_text_counts_and_seed(unbroken: Path) -> None:
    rows = pl.read_parquet(unbroken)
    assert rows.schema == pl.Schema(GENERATIONS)
    assert rows["id"].to_list() == [problem_id(one) for one in SUMS for _ in range(2)]
    assert rows["sample"].to_list() == [0, 1] * 5
    assert rows["seed"].n_unique() == rows["text"].n_unique() == 10  # samples differ
    assert (rows["tokens"] == rows["thinking_tokens"] + rows["answer_tokens"]).all()
    cut = rows.filter(pl.col("finish") == "length")
    assert len(cut) and (cut["tokens"] == 24).all()
    facts = pl.read_parquet_metadata(unbroken)
    assert json.loads(facts["sampling"])["top_p"] == 0.95
    (machine,) = json.loads(facts["made_with"])
    assert machine["count"] == "1"
    assert {"vllm", "torch", "transformers", "device"} < machine.keys()


def test_what_is_there_is_not_made_again(smollm2: Path, prompts: Path, tmp_path: Path) -> None:
    out = tmp_path / "cell/N.parquet"
    greedy = {"n": 1, "temperature": 0, "shard_problems": 10}
    # As after Snakemake was killed: its job lives on, and its next start begins another.
    orphan = subprocess.Popen(
        command(smollm2, prompts, out, greedy), env=environment(), stderr=subprocess.DEVNULL
    )
    while not (out.parent / "N.shards/lease.json").exists():
        assert orphan.poll() is None
        time.sleep(0.02)
    log = generate(smollm2, prompts, out, greedy)
    assert orphan.wait(60) == 0
    assert f"waiting for process {orphan.pid} " in log
    assert "was made meanwhile" in log
    assert "starting the engine" not in log
    rows = pl.read_parquet(out)

    # Marks of the thinking decide what is counted, and nothing that an engine does.
    marks = {"thinking_start": "", "thinking_end": rows["text"][0][:8]}
    log = generate(smollm2, prompts, out, greedy, marks)
    assert "1 of 1 shards are there" in log
    assert "starting the engine" not in log
    again = pl.read_parquet(out)
    assert again["text"].equals(rows["text"])
    assert 0 < again["thinking_tokens"][0] < again["tokens"][0]


def test_prompts_without_room_are_refused_before_the_engine_starts(
    smollm2: Path, prompts: Path, tmp_path: Path
) -> None:
    line = refused(smollm2, prompts, tmp_path / "out.parquet", {"max_tokens": 250})
    assert "5 of 5 prompts leave no room for 250 tokens" in line
    assert "the limit is 256; raise chat.context to " in line
    assert not (tmp_path / "out.parquet").exists()


def test_gpus_that_are_not_there_are_refused(smollm2: Path, prompts: Path, tmp_path: Path) -> None:
    line = refused(smollm2, prompts, tmp_path / "out.parquet", gpus=100)
    assert "the config declares 100 GPUs" in line


def test_problems_that_are_none_or_twice_are_refused(smollm2: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.parquet"
    assert "has no rows" in refused(smollm2, refined(tmp_path / "none.parquet", []), out)
    twice = refined(tmp_path / "twice.parquet", [*SUMS, SUMS[1]])
    assert f"problem {problem_id(SUMS[1])} stands 2 times" in refused(smollm2, twice, out)


def test_weights_that_changed_are_refused(prompts: Path, smollm2: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "model/manifest.json"
    manifest.parent.mkdir()
    manifest.write_bytes(smollm2.read_bytes())
    line = refused(manifest, prompts, tmp_path / "out.parquet")
    assert "6 mistakes" in line
