"""Work on two nodes of a real SLURM: a training in parts, and a look before the week."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cluster import missing, running
from conftest import copy_to
from sites import Site
from tiny import write_tiny_model

from its.files import sha256_of

pytestmark = [pytest.mark.slurm, pytest.mark.skipif(bool(missing()), reason=missing())]

HERE = Path(__file__).parent
TRAINED = "results/checkpoints/{}/few16-N-sharded-s0/weights/model.safetensors"
# As many threads a process on either way: their number decides how sums are rounded.
SHAPES = {
    "one": {"nodes": 1, "processes": 2},
    "two": {"nodes": 2, "processes": 1, "threads": 1},
    "gpus": {"nodes": 2, "gpus": 8},
}


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Return a cluster, and a copy with a plan whose trainings are in parts."""
    with tempfile.TemporaryDirectory(prefix="slurm.") as folder:
        checkout = copy_to(Path(folder) / "checkout")
        config = yaml.safe_load((HERE / "faults.yaml").read_text())
        model = config["models"].pop("tiny")
        for name, shape in SHAPES.items():
            config["models"][name] = model | {"train": model["train"] | shape}
        zero3 = {"deepspeed": "config/deepspeed/zero3.json", "micro_batch": 2, "epochs": 2}
        sharded = config["recipes"]["quick"] | zero3
        config["recipes"] = {"sharded": sharded, "wide": sharded | {"batch": 32}}
        plan = config["plans"].pop("faults") | {"recipes": ["sharded"]}
        config["plans"] |= {"nodes": plan | {"models": ["one", "two"]}}
        config["plans"] |= {"gpus": plan | {"models": ["gpus"], "recipes": ["wide"]}}
        config["plan"] = "nodes"
        (checkout.folder / "config/nodes.yaml").write_text(yaml.safe_dump(config))
        write_tiny_model(checkout.folder / "tiny", head_size=64)
        with running(Path(folder) / "cluster") as cluster:
            yield Site(cluster, checkout, "config/nodes.yaml")


def test_two_nodes_train_what_two_processes_on_one_do(site: Site) -> None:
    files = [TRAINED.format(name) for name in ("one", "two")]
    manifests = [str(Path(file).parent / "manifest.json") for file in files]
    run = site.run("--", *manifests)

    assert run.status == 0, run.out
    jobs = {job["NumNodes"]: job for job in site.jobs("train")}
    assert {nodes: job["JobState"] for nodes, job in jobs.items()} == {
        "1": "COMPLETED",
        "2": "COMPLETED",
    }
    first, second = (sha256_of(site.folder / file) for file in files)
    assert first == second


@pytest.mark.long
def test_a_step_is_made_on_two_nodes_before_the_week(site: Site) -> None:
    run = site.run("--", "preflight")

    assert run.status == 0, run.out
    shapes = {job["NumNodes"]: job["TimeLimit"] for job in site.jobs("preflight_train")}
    assert shapes == {"1": "00:05:00", "2": "00:05:00"}
    found = json.loads((site.folder / "results/preflight/train/two-sharded.json").read_text())
    assert found["processes"] == 2
    assert len(site.jobs("preflight_generate")) == 1


@pytest.mark.long
def test_gpus_that_slurm_deals_out_and_torch_does_not_see_are_told_before_the_week(
    site: Site,
) -> None:
    run = site.run("--retries", "0", "--config", "plan=gpus", "--", "preflight")

    assert run.status != 0
    assert "error: the config asks for 8 GPUs, and this job on" in run.out
    (job,) = [job for job in site.jobs("preflight_train") if "TresPerJob" in job]
    assert (job["NumNodes"], job["TresPerJob"]) == ("2", "gres:gpu:16")
    assert job["JobState"] == "FAILED"
