"""The same config makes the same data, wherever and by whomever it is run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import Checkout, copy_to, environment

SMALL = ["--configfile", "config/small.yaml"]
ELSEWHERE = {
    "HOME": "/nowhere",
    "LANG": "tr_TR.UTF-8",  # where a capital i has a dot
    "LC_ALL": "C",
    "OMP_NUM_THREADS": "2",
    "POLARS_MAX_THREADS": "1",
    "PYTHONHASHSEED": "4321",
    "TZ": "Asia/Kathmandu",
    "USER": "somebody",
}


def run_elsewhere(folder: Path, *words: str) -> Checkout:
    """Run the small plan in a folder of another name, the shell of another user, on one core."""
    there = copy_to(folder / "another folder, of more words")
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", "--cores", "1", *SMALL, *words],
        cwd=there.folder,
        env=environment() | ELSEWHERE,
        umask=0o077,
        preexec_fn=lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return there


def data(checkout: Checkout) -> dict[str, object]:
    """Return what the tables say, by path; unfinished work, logs and costs of time apart."""
    results = checkout.folder / "results"
    found = {}
    for path in sorted(results.rglob("*")):
        name = str(path.relative_to(results))
        if (
            ".shards/" in name
            or path.name.startswith(".")
            or name.split("/")[0] in {"logs", "timings", "report"}
        ):
            continue
        if path.suffix == ".parquet":
            found[name] = pl.read_parquet(path).rows()
        elif path.suffix == ".csv":
            found[name] = path.read_text()
        elif path.suffix == ".json" and path.name != "training.json":
            found[name] = json.loads(path.read_text())
    return found


def test_data_is_the_same_for_another_user_in_another_place(
    checkout: Checkout, tmp_path: Path
) -> None:
    targets = [
        "results/refined/few16/Listed.parquet",
        "results/refined/few_test/Each.parquet",
        "results/contamination/few/few_test.json",
        "price",
        "power",
    ]
    there = data(run_elsewhere(tmp_path, "--", *targets))
    run = checkout.snakemake("--cores", "2", *SMALL, "--", *targets)
    assert run.status == 0, run.out
    assert len(there) >= 9
    assert there == data(checkout)


@pytest.mark.long
def test_a_whole_plan_is_the_same_for_another_user_in_another_place(
    finished: Checkout, tmp_path: Path
) -> None:
    there, here = data(run_elsewhere(tmp_path)), data(finished)
    assert there.keys() == here.keys()
    assert [name for name in here if here[name] != there[name]] == []
