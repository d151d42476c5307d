"""A folder of weights is whole, or refused."""

import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from its.errors import InputError
from its.releasing import release
from its.weights import (
    check_model,
    has_template,
    identity,
    looks_changed,
    weights_of,
    write_manifest,
)


def write_model(folder: Path) -> Path:
    """Write what a model is made of, and things that are none of it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file({"a": torch.ones(2, 3), "b": torch.zeros(4)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    (folder / "training_args.bin").write_bytes(b"a pickle")
    (folder / ".cache").mkdir(exist_ok=True)
    return folder


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    folder = write_model(tmp_path / "model")
    write_manifest(folder / "manifest.json", source="somewhere")
    return folder / "manifest.json"


def test_a_whole_folder_is_returned(manifest: Path) -> None:
    assert weights_of(manifest, hashes=True) == manifest.parent


def test_a_manifest_says_what_the_weights_are(manifest: Path) -> None:
    record = json.loads(manifest.read_text())
    assert record["parameters"] == 10
    assert record["dtype"] == "float32"
    assert record["source"] == "somewhere"
    assert sorted(record["files"]) == [
        "chat_template.jinja",
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]


def test_weights_that_were_trained_are_brought_back_and_not_fetched(tmp_path: Path) -> None:
    trained = write_model(tmp_path / "model") / "manifest.json"
    write_manifest(trained)
    (trained.parent / "model.safetensors").unlink()
    with pytest.raises(InputError, match=f"bring back {trained.parent}, .* trains anew"):
        weights_of(trained)


def test_equal_weights_have_equal_manifests(manifest: Path) -> None:
    before = manifest.read_bytes()
    write_manifest(manifest, source="somewhere")
    assert manifest.read_bytes() == before


def test_a_folder_elsewhere_is_named_and_has_the_same_identity(
    manifest: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "results/manifest.json"
    write_manifest(elsewhere, manifest.parent)
    assert weights_of(elsewhere) == manifest.parent
    assert [path.name for path in elsewhere.parent.iterdir()] == ["manifest.json"]
    assert identity(elsewhere) == identity(manifest)


def test_every_changed_file_is_named_with_the_way_out(manifest: Path) -> None:
    (manifest.parent / "model.safetensors").write_bytes(b"1234")
    (manifest.parent / "config.json").unlink()
    with pytest.raises(InputError) as error:
        weights_of(manifest)
    assert "model.safetensors: 4 bytes, expected " in str(error.value)
    assert "config.json: no bytes, expected 2; remove " in str(error.value)


def test_equal_sizes_with_other_content_are_found_when_asked(manifest: Path) -> None:
    (manifest.parent / "config.json").write_text("[]")
    weights_of(manifest)
    with pytest.raises(InputError, match=r"config\.json: sha256 "):
        weights_of(manifest, hashes=True)


def test_what_is_younger_than_its_manifest_or_away_looks_changed(manifest: Path) -> None:
    assert not looks_changed(manifest)
    file, later = manifest.parent / "config.json", manifest.stat().st_mtime_ns + 1
    os.utime(file, ns=(later, later))
    assert looks_changed(manifest)
    os.utime(file, ns=(0, 0))
    assert not looks_changed(manifest)
    file.unlink()
    assert looks_changed(manifest)


def test_another_model_in_the_place_of_ones_own_is_found(tmp_path: Path) -> None:
    first, other, own = tmp_path / "first", tmp_path / "other", tmp_path / "own"
    for place in (first, other):
        write_model(place)
    (other / "config.json").write_text("[]")
    own.symlink_to(first)
    write_manifest(tmp_path / "manifest.json", own)
    assert weights_of(tmp_path / "manifest.json") == own
    own.unlink()
    own.symlink_to(other)
    for path in other.iterdir():
        os.utime(path, (0, 0))
    with pytest.raises(InputError, match=r"config\.json: sha256 .*remove .*manifest\.json"):
        weights_of(tmp_path / "manifest.json")


def test_a_torn_manifest_is_no_traceback(manifest: Path) -> None:
    manifest.write_text(manifest.read_text()[:30])
    with pytest.raises(InputError, match="is no manifest of weights"):
        weights_of(manifest)


def test_truncated_weights_get_no_manifest(tmp_path: Path) -> None:
    file = write_model(tmp_path / "model") / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match="its header says"):
        write_manifest(tmp_path / "model/manifest.json")
    file.write_bytes(b"1234")
    with pytest.raises(InputError, match="is no safetensors file"):
        write_manifest(tmp_path / "model/manifest.json")
    assert not (tmp_path / "model/manifest.json").exists()


def test_what_an_engine_loads_is_accepted(tmp_path: Path) -> None:
    check_model(write_model(tmp_path / "model"))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(InputError, match=r"only pytorch_model.bin, training_args.bin; expected"):
        check_model(folder)


def test_all_that_is_missing_is_listed_at_once(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.index.json").write_text(
        '{"weight_map": {"a": "part.safetensors"}}'
    )
    with pytest.raises(InputError) as error:
        check_model(tmp_path)
    for what in ["no config.json", "no tokenizer.json", "no weights at all", "part.safetensors: "]:
        assert what in str(error.value)
    with pytest.raises(InputError, match="there is no such directory"):
        check_model(tmp_path / "other")


def test_a_chat_template_is_found_where_tokenizers_keep_it(tmp_path: Path) -> None:
    assert not has_template(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    assert has_template(tmp_path)
    assert has_template(write_model(tmp_path / "model"))


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """Return the manifest of a training that kept its first epoch, with its learner beside it."""
    home = tmp_path / "checkpoints/m/a-N-r-s0"
    write_manifest(write_model(home / "weights") / "manifest.json")
    epoch = write_model(home / "epochs/1")
    write_manifest(home.with_name("a-N-r-s0-e1") / "weights/manifest.json", epoch)
    return home / "weights/manifest.json"


def test_released_weights_are_missed_by_name_and_day(trained: Path) -> None:
    assert release(trained, "none", "demo") == (2 * 160, 0)
    with pytest.raises(InputError) as error:
        weights_of(trained)
    assert "a-N-r-s0: its weights were released at 20" in str(error.value)
    assert f"`snakemake --force {trained}` trains it again" in str(error.value)
    assert weights_of(trained, released=True) == trained.parent
    (trained.parent / "config.json").unlink()  # which no policy releases
    with pytest.raises(InputError, match=r"config\.json: no bytes, expected 2"):
        weights_of(trained, released=True)


def test_the_last_epoch_is_there_once_the_others_are_released(trained: Path) -> None:
    assert release(trained, "last", "demo") == (160, 160)
    assert release(trained, "last", "demo") == (0, 160)
    assert weights_of(trained) == trained.parent
    earlier = trained.parents[2] / "a-N-r-s0-e1/weights/manifest.json"
    with pytest.raises(InputError, match=f"a-N-r-s0-e1: .*`snakemake --force {trained}`"):
        weights_of(earlier)


def test_the_record_keeps_what_was_released_before(trained: Path) -> None:
    release(trained, "last", "demo")
    release(trained, "none", "other")
    first, second = json.loads((trained.parents[1] / "released.json").read_text())
    assert (first["keep"], first["plan"], second["keep"]) == ("last", "demo", "none")
    assert [list(one["learners"]) for one in (first, second)] == [["a-N-r-s0-e1"], ["a-N-r-s0"]]
    files = json.loads(trained.read_text())["files"]
    assert second["learners"]["a-N-r-s0"] == {"model.safetensors": files["model.safetensors"]}


def test_a_release_that_was_cut_off_is_finished_and_noted_once(trained: Path) -> None:
    stuck = trained.parents[1] / "epochs/1/model.safetensors"
    stuck.unlink()
    stuck.mkdir()  # cannot be unlinked
    with pytest.raises(OSError, match="model.safetensors"):
        release(trained, "none", "demo")
    record = trained.parents[1] / "released.json"
    before = record.read_bytes()
    with pytest.raises(InputError, match="its weights were released at"):
        weights_of(trained)

    stuck.rmdir()
    stuck.write_bytes(b"weights")
    assert release(trained, "none", "demo")[1] == 0
    assert not list(trained.parents[1].rglob("*.safetensors"))
    assert record.read_bytes() == before
