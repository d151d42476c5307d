"""A job of each kind, small enough to be lost, before the large ones."""

import json
import socket

import pytest
from conftest import Checkout

FOUND = "results/preflight"


def test_one_job_for_each_kind_and_not_for_each_model(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "preflight", "--configfile", "config/paper.yaml")

    assert run.status == 0, run.out
    assert run.jobs == {"preflight_train": 1, "preflight_generate": 1}


@pytest.mark.slow
def test_a_step_and_a_token_are_made_by_the_scripts_of_real_jobs(checkout: Checkout) -> None:
    checkout.edit("config/config.yaml", "train: {threads: 2", "train: {processes: 2, threads: 2")
    checkout.edit("config/small.yaml", "micro_batch: 4", "micro_batch: 2")
    run = checkout.snakemake("preflight", "--cores", "2", "--configfile", "config/small.yaml")

    assert run.status == 0, run.out
    trained = json.loads((checkout.folder / FOUND / "train/smollm2-quick.json").read_text())
    assert trained["processes"] == 2
    assert trained["loss"]["first"] > 0
    assert trained["versions"]["torch"]
    generated = json.loads((checkout.folder / FOUND / "generate/smollm2.json").read_text())
    assert generated["made_with"]
    assert not [path for path in (checkout.folder / FOUND).rglob("*.safetensors")]

    again = checkout.snakemake(
        *["preflight", "--cores", "2", "--quiet", "all", "--configfile", "config/small.yaml"]
    )
    assert again.status == 0
    generated, trained, together = again.out.splitlines()[-3:]
    host = socket.gethostname()
    assert generated.startswith(f"{FOUND}/generate/smollm2: a token on {host} (")
    assert ", vllm " in generated
    assert trained.startswith(f"{FOUND}/train/smollm2-quick: a step on {host} (cpu x 2; ")
    assert together == "Jobs of 2 kinds work here as the config asks for them"


@pytest.mark.slow
def test_a_gpu_that_is_not_there_is_told(checkout: Checkout) -> None:
    checkout.edit("config/config.yaml", "generate: {threads: 1", "generate: {gpus: 1, threads: 1")
    run = checkout.snakemake(f"{FOUND}/generate/smollm2.json", "--cores", "2")

    assert run.status != 0
    assert "error: the config asks for 1 GPU, and this job on" in run.out
