"""Contexts are the same whatever happened while they were written, and none is one to reject."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from conftest import ROOT

from its.hashing import problem_id
from its.schemas import SET

PROBLEMS = [f"What is {number} + {3 * number}?" for number in range(11, 16)]
PROMPT = (
    '"{question}"\n\nWrite one sentence about a person who works in gardening. Start with "I am a".'
)
CHAT = {"system": "You write short texts.", "context": 256}
CONTEXT = {"writer": "smollm2", "temperature": 0.6, "max_tokens": 40, "shard": 2}

pytestmark = pytest.mark.slow


def questions(path: Path, first: str = "44") -> Path:
    """Write a set; `first` is the answer of its first problem."""
    answers = [first, "48", "52", "56", "60"]
    rows = [
        (problem_id(one), one, None, answer, "test", "{}")
        for one, answer in zip(PROBLEMS, answers, strict=True)
    ]
    pl.DataFrame(rows, schema=SET, orient="row").write_parquet(path)
    return path


@pytest.fixture(scope="module")
def unbroken(smollm2: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what is written if nothing happens meanwhile."""
    folder = tmp_path_factory.mktemp("unbroken")
    out = folder / "personas/U.parquet"
    run = write(smollm2, questions(folder / "set.parquet"), out)
    assert run.returncode == 0, run.stderr
    return out


def command(
    weights: Path, asked: Path, out: Path, *, draw: int = 0, attempts: int = 8
) -> list[str]:
    prompt = asked.parent / "prompt.md"
    prompt.write_text(PROMPT)
    context = CONTEXT | {"prompt": str(prompt), "attempts": attempts}
    files = [str(path) for path in (ROOT / "scripts/write_personas.py", weights, asked, out)]
    options = ["--context", json.dumps(context), "--draw", str(draw), "--chat", json.dumps(CHAT)]
    return [sys.executable, *files, *options, "--dtype", "float32", "--gpus", "0"]


def write(*args: object, **settings: int) -> subprocess.CompletedProcess:
    """Run the script to its end."""
    return subprocess.run(
        command(*args, **settings), env=environment(), capture_output=True, text=True
    )


def environment() -> dict[str, str]:
    """Return what Snakemake would set for a job with one thread."""
    return os.environ | {"OMP_NUM_THREADS": "1"}


def test_every_question_has_a_context(unbroken: Path) -> None:
    rows = pl.read_parquet(unbroken)
    assert rows["id"].to_list() == [problem_id(one) for one in PROBLEMS]
    assert rows["request"][0] == PROMPT.replace("{question}", PROBLEMS[0])
    assert rows["context"].str.len_chars().min() > 0
    assert rows["seed"].n_unique() == 5
    assert [path.name for path in unbroken.parent.iterdir()] == ["U.parquet"]  # nothing left over


def test_interrupted_writing_equals_an_unbroken_one(
    smollm2: Path, unbroken: Path, tmp_path: Path
) -> None:
    asked, broken = questions(tmp_path / "set.parquet"), tmp_path / "broken/U.parquet"
    job = subprocess.Popen(
        command(smollm2, asked, broken), env=environment(), stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 300
    while job.poll() is None and not list(broken.parent.rglob("*.parquet")):
        assert time.monotonic() < end
        time.sleep(0.02)
    job.send_signal(signal.SIGKILL)
    assert job.wait(60) == -signal.SIGKILL
    assert 1 <= len(list(broken.parent.rglob("*.parquet"))) < 3
    run = write(smollm2, asked, broken)
    assert run.returncode == 0, run.stderr
    assert pl.read_parquet(broken).equals(pl.read_parquet(unbroken))


def test_another_draw_is_another_context(smollm2: Path, unbroken: Path, tmp_path: Path) -> None:
    out = tmp_path / "U.1.parquet"
    run = write(smollm2, questions(tmp_path / "set.parquet"), out, draw=1)
    assert run.returncode == 0, run.stderr
    one, other = pl.read_parquet(unbroken), pl.read_parquet(out)
    assert one["request"].equals(other["request"])
    assert (one["context"] != other["context"]).sum() >= 3


def test_what_was_rejected_is_all_that_is_asked_again(
    smollm2: Path, unbroken: Path, tmp_path: Path
) -> None:
    before = pl.read_parquet(unbroken)
    answer = max(re.findall(r"\w+", before["context"][0]), key=len)
    asked, out = questions(tmp_path / "set.parquet", answer), tmp_path / "personas/U.parquet"
    run = write(smollm2, asked, out, attempts=1)
    assert run.returncode == 2, run.stderr
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    missing = 1 + (before["attempts"][1:] > 1).sum()
    assert missing < 5
    assert f"{out}: {missing} of 5 contexts could not be written in 1 attempts: " in line
    assert f"the last one for {problem_id(PROBLEMS[0])} was rejected as " in line
    assert "raise context.attempts" in line
    assert not out.exists()

    run = write(smollm2, asked, out, attempts=8)
    assert run.returncode == 0, run.stderr
    rows = pl.read_parquet(out)
    assert rows[1:].equals(before[1:])
    assert not re.search(rf"\b{answer}\b", rows["context"][0])
    assert rows["attempts"][0] > before["attempts"][0]
    counts = json.loads(pl.read_parquet_metadata(out)["rejected"])
    assert counts["answer"] >= 1
    assert sum(counts.values()) == (rows["attempts"] - 1).sum()
