"""One training on two nodes of a real SLURM, its weights and states in parts."""

import tempfile
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


def test_two_nodes_train_what_two_processes_on_one_do() -> None:
    with tempfile.TemporaryDirectory(prefix="slurm.") as folder:
        checkout = copy_to(Path(folder) / "checkout")
        config = yaml.safe_load((HERE / "faults.yaml").read_text())
        model = config["models"].pop("tiny")
        one, two = {"nodes": 1, "processes": 2}, {"nodes": 2, "processes": 1}
        for name, shape in {"one": one, "two": two}.items():
            config["models"][name] = model | {"train": model["train"] | shape}
        zero3 = {"deepspeed": "config/deepspeed/zero3.json", "micro_batch": 2, "epochs": 2}
        config["recipes"] = {"sharded": config["recipes"]["quick"] | zero3}
        config["plans"]["faults"] |= {"models": ["one", "two"], "recipes": ["sharded"]}
        (checkout.folder / "config/nodes.yaml").write_text(yaml.safe_dump(config))
        write_tiny_model(checkout.folder / "tiny", head_size=64)
        with running(Path(folder) / "cluster") as cluster:
            site = Site(cluster, checkout, "config/nodes.yaml")
            files = [TRAINED.format(name) for name in ("one", "two")]
            manifests = [str(Path(file).parent / "manifest.json") for file in files]
            run = site.run("--", *manifests)
            assert run.status == 0, run.out
            jobs = {job["NumNodes"]: job for job in site.jobs("train")}

        assert {nodes: job["JobState"] for nodes, job in jobs.items()} == {
            "1": "COMPLETED",
            "2": "COMPLETED",
        }
        first, second = (sha256_of(checkout.folder / file) for file in files)
        assert first == second
