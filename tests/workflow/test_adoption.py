"""Results that were moved without Snakemake's own records are taken over as they are."""

import shutil

import pytest
from conftest import Checkout

PLAN = ["--configfile", "config/small.yaml"]


@pytest.mark.slow
def test_results_moved_to_another_machine_are_adopted(
    finished: Checkout, checkout: Checkout
) -> None:
    shutil.copytree(finished.folder / "results", checkout.folder / "results")
    for path in (checkout.folder / "results").rglob("*"):
        path.touch()  # as copying does: in any order
    cell = "smollm2/base/few_test/N"
    for lost in [f"generations/{cell}.parquet", f"scores/{cell}.parquet", f"scores/{cell}.json"]:
        (checkout.folder / "results" / lost).unlink()

    run = checkout.snakemake("--touch", "--forceall", "--cores", "1", *PLAN)
    assert run.status == 0, run.out

    assert checkout.snakemake("-n", *PLAN).jobs == {}
    run = checkout.snakemake("-n", f"results/scores/{cell}.json", *PLAN)
    assert run.jobs == {"generate": 1, "judge": 1, "summarize": 1}

    checkout.edit("config/small.yaml", "learning_rate: 1.0e-4", "learning_rate: 2.0e-4")
    run = checkout.snakemake("-n", *PLAN)
    assert run.jobs["train"] == 1
