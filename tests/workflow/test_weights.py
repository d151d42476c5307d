"""Weights go once they have answered, nothing runs again for it, and who needs them is told."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import ROOT, Checkout, copy_to
from tiny import write_tiny_model

from its.files import sha256_of
from its.weights import write_manifest

SMALL = ["--configfile", "config/small.yaml"]
NONE = [*SMALL, "--config", "weights={keep: none}"]
LAST = [*SMALL, "--config", "weights={keep: last}"]
HOME = "results/checkpoints/smollm2/few16-U-quick-s0"
KEPT = "results/kept/small/smollm2/few16-U-quick-s0.json"


def as_if_run(checkout: Checkout, scratch: Path | None = None) -> Checkout:
    """Put empty files where a plan's results would be, and real weights of two epochs."""
    checkout.edit("config/small.yaml", "epochs: 1, batch", "epochs: 2, keep: [1], batch")
    checkout.edit("config/small.yaml", 'test: ["N", U]\n', 'test: ["N", U]\n    epochs: [1]\n')
    listed = checkout.snakemake("--summary", *SMALL).out.splitlines()
    for line in listed:
        if line.startswith("results/"):
            path = checkout.folder / line.split("\t")[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    home = checkout.folder / HOME
    place = scratch / "smollm2" / home.name if scratch else home
    write_tiny_model(place / "weights")
    write_tiny_model(place / "epochs/1")
    (place / "epochs/1/manifest.json").unlink()
    if scratch:
        write_manifest(home / "weights/manifest.json", place / "weights")
    write_manifest(home.with_name(f"{home.name}-e1") / "weights/manifest.json", place / "epochs/1")
    run = checkout.snakemake("--touch", "--forceall", "-c1", *SMALL)
    assert run.status == 0, run.out
    assert "Nothing to be done" in checkout.snakemake("-n", *SMALL).out
    return checkout


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return as_if_run(copy_to(tmp_path_factory.mktemp("weights") / "checkout"))


@pytest.fixture
def run(once: Checkout, tmp_path: Path) -> Checkout:
    return Checkout(shutil.copytree(once.folder, tmp_path / "run", symlinks=True))


def large(folder: Path) -> list[str]:
    """List the weights below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors"))


def test_all_weights_stay_if_nothing_is_said(run: Checkout) -> None:
    planned = run.snakemake("-n", "--forceall", *SMALL).jobs
    assert planned["train"] == planned["keep_epoch"] == 1
    assert "release_weights" not in planned


def test_the_last_epoch_stays_and_nothing_runs_again(run: Checkout) -> None:
    released = run.snakemake("-c1", *LAST)
    assert released.status == 0, released.out
    assert released.jobs == {"release_weights": 1}
    assert large(run.folder / HOME) == ["weights/model.safetensors"]

    for policy in [LAST, SMALL]:
        assert "Nothing to be done" in run.snakemake("-n", *policy).out
    assert run.snakemake("-n", *NONE).jobs == {"release_weights": 1}
    assert run.snakemake("-n", *LAST, "--", "export").jobs["export_model"] == 1


@pytest.mark.parametrize("apart", [False, True], ids=["results", "scratch"])
def test_none_stay_and_what_they_were_is_known(
    checkout: Checkout, tmp_path: Path, apart: bool
) -> None:
    scratch = tmp_path / "scratch" if apart else None
    run, home = as_if_run(checkout, scratch), checkout.folder / HOME
    place = scratch / "smollm2" / home.name if scratch else home
    files = [place / "weights/model.safetensors", place / "epochs/1/model.safetensors"]
    hashes, before = (
        [sha256_of(file) for file in files],
        (home / "weights/manifest.json").read_bytes(),
    )

    released = run.snakemake("-c1", *NONE)
    assert released.status == 0, released.out
    assert released.jobs == {"release_weights": 1}
    assert large(place) == []
    assert (place / "weights/config.json").exists()
    assert (home / "weights/manifest.json").read_bytes() == before
    (entry,) = json.loads((home / "released.json").read_text())
    assert [entry["keep"], entry["plan"]] == ["none", "small"]
    told = [files["model.safetensors"]["sha256"] for files in entry["learners"].values()]
    assert list(entry["learners"]) == [home.name, f"{home.name}-e1"]
    assert told == hashes
    assert json.loads((run.folder / KEPT).read_text()) == {"keep": "none", "bytes": 0}

    for policy in [NONE, LAST, SMALL]:
        assert "train" not in run.snakemake("-n", *policy).jobs
    assert "Nothing to be done" in run.snakemake("-n", *NONE).out


def test_a_new_benchmark_says_what_it_needs_and_one_command_trains_that_alone(
    run: Checkout,
) -> None:
    run.snakemake("-c1", *NONE)
    run.edit("config/small.yaml", "benchmarks: [few_test]", "benchmarks: [few_test, sums_easy]")

    refused = run.snakemake("-n", *NONE)
    assert refused.status != 0
    assert f"{HOME}: its weights were released at 20" in refused.out
    assert f"`snakemake --force {HOME}/weights/manifest.json` trains it again" in refused.out
    # What stands is shown all the same, and the untrained model answers.
    cells = [
        f"results/scores/smollm2/{learner}/few_test/N.json"
        for learner in ["base", HOME.rpartition("/")[2]]
    ]
    assert "Nothing to be done" in run.snakemake("-n", *NONE, "--", *cells).out
    base = "results/generations/smollm2/base/sums_easy/N.parquet"
    assert run.snakemake("-n", *NONE, "--", base).jobs["generate"] == 1

    assert "Nothing to be done" in run.snakemake("-n", *NONE, "--", "retrain").out
    for command in [
        ["retrain", "--forcerun", "train"],
        ["--force", f"{HOME}/weights/manifest.json"],
    ]:
        again = run.snakemake("-n", *command, *NONE)
        assert again.jobs == {"train": 1}, again.out


def test_what_is_to_be_asked_otherwise_needs_the_weights_before_any_job(run: Checkout) -> None:
    sampling = {"n": 2, "temperature": 1.0, "max_tokens": 24}
    sampling |= {"shard_problems": 2, "shard_samples": 1}
    run.edit("config/small.yaml", "shard_samples: 2", "shard_samples: 1")
    chat = yaml.safe_load((run.folder / "config/config.yaml").read_text())["models"]["smollm2"]
    facts = {"sampling": json.dumps(sampling), "chat": json.dumps(chat["chat"])}
    for path in (run.folder / "results/generations").rglob("*.parquet"):
        pl.DataFrame({"id": []}).write_parquet(path, metadata=facts | {"dtype": "float32"})
    assert run.snakemake("--touch", "--forceall", "-c1", *SMALL).status == 0
    run.snakemake("-c1", *NONE)
    assert "Nothing to be done" in run.snakemake("-n", *NONE).out
    once = "sampling: {n: 2, t"
    for asked, stands in [("n: 1, t", True), ("n: 3, t", False), ("n: 2, top_p: 0.9, t", False)]:
        other = once.replace("n: 2, t", asked)
        run.edit("config/small.yaml", once, other)
        planned = run.snakemake("-n", *NONE)
        assert (planned.status == 0) == stands, planned.out
        said = f"{HOME}: its weights were released at 20"
        assert (said in planned.out) != stands
        run.edit("config/small.yaml", other, once)


def test_who_asks_for_released_weights_is_told(run: Checkout) -> None:
    run.snakemake("-c1", *NONE)
    script = [sys.executable, ROOT / "scripts/export_model.py"]
    files = [run.folder / HOME / "weights/manifest.json", "record.json", "card.md"]
    done = subprocess.run(
        [*script, *files, "--lineage", "{}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "few16-U-quick-s0: its weights were released at" in done.stderr

    exported = run.snakemake("-n", *NONE, "--", "export")
    assert exported.status != 0
    assert "weights.keep is none, and an exported model is links to its weights" in exported.out


def test_weights_that_an_export_leads_to_are_not_released(run: Checkout) -> None:
    link = run.folder / "results/export/small/models/smollm2/few16-U-quick-s0/model.safetensors"
    link.parent.mkdir(parents=True)
    link.symlink_to(run.folder / HOME / "weights/model.safetensors")

    refused = run.snakemake("-n", *NONE)
    assert refused.status != 0
    assert "links to weights that `weights: {keep: none}` releases" in refused.out


def test_a_release_that_was_cut_off_is_finished_by_the_next_run(run: Checkout) -> None:
    home = run.folder / HOME
    stuck = home / "epochs/1/model.safetensors"
    stuck.unlink()
    stuck.mkdir()  # cannot be unlinked
    (stuck / "x").touch()

    cut = run.snakemake("-c1", *NONE)
    assert cut.status != 0
    (entry,) = json.loads((home / "released.json").read_text())
    assert not (run.folder / KEPT).exists()

    shutil.rmtree(stuck)
    stuck.write_bytes(b"weights")
    done = run.snakemake("-c1", *NONE)
    assert done.status == 0, done.out
    assert large(home) == []
    assert json.loads((home / "released.json").read_text())[0] == entry
    assert "Nothing to be done" in run.snakemake("-n", *NONE).out


@pytest.mark.slow
def test_responses_are_put_together_from_shards_when_the_weights_are_gone(
    finished: Checkout, tmp_path: Path
) -> None:
    shutil.copytree(finished.folder, tmp_path / "checkout", symlinks=True)
    run = Checkout(tmp_path / "checkout")
    done = run.snakemake("-c2", *NONE)
    assert done.jobs == {"release_weights": 1}, done.out
    assert large(run.folder / HOME) == []
    assert "Nothing to be done" in run.snakemake("-n", *NONE).out

    responses = run.folder / "results/generations/smollm2/few16-U-quick-s0/few_test/N.parquet"
    before = pl.read_parquet(responses)
    responses.unlink()
    again = run.snakemake("-c2", *NONE, "--", str(responses.relative_to(run.folder)))
    assert again.jobs == {"generate": 1}, again.out
    assert pl.read_parquet(responses).equals(before)

    trace = [sys.executable, "scripts/trace_file.py", str(responses.relative_to(run.folder))]
    told = subprocess.run(trace, cwd=run.folder, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "its weights were released at" in told.stdout
