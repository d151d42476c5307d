"""What is exported is what the hub, and whoever downloads from it, takes as it stands."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import polars as pl
import pytest
import yaml
from conftest import ROOT, Checkout
from huggingface_hub import DatasetCard, ModelCard
from tiny import write_tiny_model
from transformers import AutoModelForCausalLM

from its.config.experiment import Config, read_config
from its.lineage import model_lineage

RECORD = {
    "fingerprint": "0123",
    "settings": {
        "recipe": {"epochs": 1},
        "chat": {"system": "Add."},
        "dtype": "float32",
        "seed": 3,
    },
    "versions": {"python": "3.11.2", "torch": "2.13.0"},
    "device": "cpu",
    "gpu_memory": None,
    "processes": 1,
    "threads": 2,
    "attention": "eager",
    "rows": {"read": 16, "dropped": 1, "cut": 0},
    "sequences": 15,
    "batch": {"sequences": 4, "tokens": 375.0},
    "tokens": {"epoch": 1500, "learnt": 700, "longest": 120},
    "epochs": 1,
    "steps": 4,
    "loss": {"first": 2.5, "last": 1.25},
    "log": [],
    "seconds": 12.4,
    "tokens_per_second": 120.9,
}
"""Of a training; `test_a_finished_plan_is_exported_whole` has one that really ran."""


def test_a_plan_is_exported_set_by_set_and_model_by_model(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "export", "--configfile", "config/small.yaml")

    assert run.status == 0, run.out
    assert run.jobs["export_set"] == 3
    assert run.jobs["export_model"] == run.jobs["train"] == 1
    assert "generate" not in run.jobs  # what was answered is not published


def test_a_refined_set_is_a_data_set_of_the_hub(checkout: Checkout, tmp_path: Path) -> None:
    names = ["few16/Listed", "few_test/N"]
    cards = [f"results/export/small/datasets/{name}/README.md" for name in names]
    run = checkout.snakemake("-c2", "--configfile", "config/small.yaml", "--", *cards)
    assert run.status == 0, run.out

    for name, split in zip(names, ["train", "test"], strict=True):
        folder = checkout.folder / "results/export/small/datasets" / name
        refined = checkout.folder / f"results/refined/{name}.parquet"
        assert (folder / "data/rows.parquet").read_bytes() == refined.read_bytes()
        loaded = datasets.load_dataset(str(folder), split=split, cache_dir=str(tmp_path / "cache"))
        rows = pl.read_parquet(refined)
        assert loaded["id"] == rows["id"].to_list()
        assert loaded["messages"] == rows["messages"].to_list()

        card = DatasetCard.load(folder / "README.md")
        assert card.data.license == ["mit" if split == "train" else "unknown"]
        assert card.data.size_categories == "n<1K"
        assert f"| rows | {len(rows)} |" in card.text
        assert f"hf upload OWNER/{name.replace('/', '-')} results/export/" in run.out
        assert str(checkout.folder) not in card.content

    sample, benchmark = ((checkout.folder / card).read_text() for card in cards)
    assert "| published | 40 |  |" in sample
    assert "| contamination (against ['few_test'], ngram 13) | 34 | 6 |" in sample
    assert (checkout.folder / "config/prompts/personas.txt").read_text().strip() in sample
    excerpt = yaml.safe_load(sample.partition("```yaml\n")[2].partition("```")[0])
    assert excerpt["samples"] == {"few16": {"pool": "few", "size": 16}}
    assert excerpt["strategies"]["Listed"]["context"] == {"bank": "config/prompts/personas.txt"}
    assert "can no longer be tested with them" in benchmark
    assert "can no longer be tested with them" not in sample


@pytest.fixture
def lineage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict:
    """Return what decided a model that was fine-tuned from a repository, on rows of one."""
    monkeypatch.chdir(ROOT)
    raw = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    raw["models"]["smollm2"] |= {"source": f"hub:me/tiny@{'0' * 40}", "licence": "MIT"}
    raw["sources"]["sums"]["origin"] = f"path:{tmp_path}/secret/rows.jsonl"
    config: Config = read_config(raw)
    return model_lineage(config, "smollm2", "demo192", "U", "sft")


def export(folder: Path, lineage: dict, weights: Path) -> Path:
    """Export the weights of a manifest, and return the folder."""
    record = folder / "training.json"
    record.write_text(json.dumps(RECORD))
    card = folder / "export/smollm2/demo192-U-sft-s3/README.md"
    script = [sys.executable, ROOT / "scripts/export_model.py", weights, record, card]
    done = subprocess.run(
        [*script, "--lineage", json.dumps(lineage)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "nothing is uploaded" in done.stderr
    return card.parent


def test_weights_are_a_model_of_the_hub(tmp_path: Path, lineage: dict) -> None:
    weights = write_tiny_model(tmp_path / "weights")
    folder = export(tmp_path, lineage, weights)

    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.num_parameters() > 10_000
    card = ModelCard.load(folder / "README.md")
    assert card.data.license == "mit"
    assert card.data.base_model == "me/tiny"
    assert "| loss, first and last | 2.500, 1.250 |" in card.text
    assert "| seed | 3 |" in card.text
    assert "learning_rate: 0.0001" in card.text
    assert (ROOT / "config/prompts/unrelated.md").read_text().strip() in card.text
    assert "path:rows.jsonl" in card.text
    assert str(tmp_path) not in card.content
    assert json.loads((folder / "training.json").read_text()) == RECORD


def test_weights_are_linked_to_and_a_moved_checkout_keeps_them(
    tmp_path: Path, lineage: dict
) -> None:
    before = tmp_path / "before"
    before.mkdir()
    folder = export(before, lineage, write_tiny_model(before / "weights"))
    names = {path.name for path in folder.iterdir()} - {"README.md", "training.json"}
    assert names == {path.name for path in (before / "weights").iterdir()} - {"manifest.json"}
    assert all((folder / name).is_symlink() for name in names)

    moved = before.rename(tmp_path / "after")
    link = moved / folder.relative_to(before) / "model.safetensors"
    assert link.samefile(moved / "weights/model.safetensors")


def test_an_export_holds_nothing_of_an_earlier_one(tmp_path: Path, lineage: dict) -> None:
    weights = write_tiny_model(tmp_path / "weights")
    folder = export(tmp_path, lineage, weights)
    (folder / "model-00002-of-00002.safetensors").symlink_to("gone")
    export(tmp_path, lineage, weights)
    assert not (folder / "model-00002-of-00002.safetensors").is_symlink()


def test_weights_that_are_not_whole_are_not_exported(tmp_path: Path, lineage: dict) -> None:
    weights = write_tiny_model(tmp_path / "weights")
    (weights.parent / "config.json").write_text("{}")
    with pytest.raises(AssertionError, match=r"config\.json: 2 bytes, expected"):
        export(tmp_path, lineage, weights)
    assert not list(tmp_path.glob("export/**/README.md"))


@pytest.mark.slow
def test_a_finished_plan_is_exported_whole(finished: Checkout) -> None:
    small = ["--configfile", "config/small.yaml"]
    run = finished.snakemake("-c2", "export", *small)
    assert run.status == 0, run.out
    assert run.jobs == {"export_set": 3, "export_model": 1}

    folder = finished.folder / "results/export/small/models/smollm2/few16-U-quick-s0"
    assert ModelCard.load(folder / "README.md").data.license == "apache-2.0"
    record = json.loads((folder / "training.json").read_text())
    assert RECORD.keys() == record.keys()
    AutoModelForCausalLM.from_pretrained(folder)
    assert "Nothing to be done" in finished.snakemake("-n", "export", *small).out
    shutil.rmtree(finished.folder / "results/export")  # others look at the finished plan too
