"""`snakemake price` shows what a plan costs, and what cannot fit never reaches a GPU."""

import csv
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from conftest import Checkout, Run

LARGE = """
models:
  large:
    source: path:/models/Qwen2.5-32B-Instruct
    train: {gpus: 8, threads: 8, memory: 900GB, runtime: 1d}
    generate: {gpus: 4, threads: 8, memory: 200GB, runtime: 1d}
    shape:
      {layers: 64, hidden: 5120, intermediate: 27648, heads: 40, kv_heads: 8, vocabulary: 152064}
recipes:
  long: {deepspeed: config/deepspeed/zero3.json, gradient_checkpointing: true, max_length: 32768}
plans:
  large:
    {models: [large], samples: [demo192], recipes: [long], train: [U], test: [U],
     benchmarks: [sums_easy]}
"""
MIXED = """
strategies:
  Half: {mixture: {U: 0.5, S: 0.5}}
  Swapped: {context: {other: R}}
votes:
  far:
    members: [smollm2/base, smollm2/demo192-U-sft-s0, smollm2/demo192.3-R.2-sft-s7]
recipes:
  twice: {epochs: 2, keep: [1], learning_rate: 1.0e-4, batch: 4, max_length: 512, packing: false}
plans:
  mixed:
    models: [smollm2]
    samples: [demo192]
    recipes: [twice]
    epochs: [1]
    train: ["N", Half]
    test: ["N", Swapped]
    benchmarks: [sums_easy, stories_hard]
    votes: [far]
    replicates: [{seed: 0}, {draw: 1, persona: 1, seed: 1}]
plan: mixed
"""
REFUSED = "training models.large with recipes.long takes"


@pytest.fixture
def large(checkout: Checkout) -> Checkout:
    """Return a copy with a plan that does not fit."""
    (checkout.folder / "config/large.yaml").write_text(f"{LARGE}plan: large\n")
    return checkout


def priced(run: Run) -> list[str]:
    """Return the last line of the table at the terminal, in words: what all comes to."""
    return re.findall(r"^ all .*$", run.out, flags=re.MULTILINE)[-1].split()


def counts_the_jobs_of(table: pl.DataFrame, plan: Run) -> None:
    """Compare a price with a dry run: all that costs is counted exactly."""
    counted = dict(table.group_by("stage").agg(pl.col("jobs").sum()).iter_rows())
    jobs = Counter(plan.jobs)
    assert counted["models"] == jobs["fetch_model"]
    assert counted["personas"] == jobs["write_personas"]
    assert counted["refine"] == jobs["refine"]
    assert counted["train"] == jobs["train"] + jobs["keep_epoch"]
    assert counted["generate"] == jobs["generate"]
    assert counted["judge"] == jobs["judge"] + jobs["summarize"] + jobs["vote"]
    # Another table of seconds need not be known.
    assert table["jobs"].sum() == pytest.approx(sum(jobs.values()), rel=0.05)


def test_the_price_is_at_the_terminal_each_time_and_counts_the_jobs_that_run(
    checkout: Checkout,
) -> None:
    once = checkout.snakemake("price", "-c1")
    again = checkout.snakemake("price", "-c1")
    plan = checkout.snakemake("-n")

    assert once.status == again.status == plan.status == 0, once.out
    assert once.jobs == {"price_plan": 1}
    assert again.jobs == {}
    assert priced(once) == priced(again)
    table = pl.read_csv(checkout.folder / "results/cost/demo.csv")
    assert int(priced(once)[1]) == table["jobs"].sum()
    counts_the_jobs_of(table, plan)


def test_mixtures_draws_and_votes_of_others_are_counted_too(checkout: Checkout) -> None:
    (checkout.folder / "config/mixed.yaml").write_text(MIXED)
    mixed = ["--configfile", "config/mixed.yaml"]
    price = checkout.snakemake("price", "-c1", *mixed)
    plan = checkout.snakemake("-n", *mixed)

    assert price.status == plan.status == 0, price.out + plan.out
    counts_the_jobs_of(pl.read_csv(checkout.folder / "results/cost/mixed.csv"), plan)


def test_only_what_the_plan_uses_prices_it_again(checkout: Checkout) -> None:
    checkout.snakemake("price", "-c1")
    checkout.edit("config/config.yaml", "sums_held_out, rows: 64", "sums_held_out, rows: 65")
    assert checkout.snakemake("price", "-c1").jobs == {"price_plan": 1}
    checkout.edit("config/config.yaml", "  Fixed:  #", "  Fixed2:  #")
    assert checkout.snakemake("price", "-c1").jobs == {}


def test_a_guess_at_a_length_reruns_the_price_alone(checkout: Checkout) -> None:
    before = checkout.snakemake("-n", "-p", "data")
    checkout.edit("config/config.yaml", "192, tokens: 90, asked: 60", "192, tokens: 900, asked: 70")
    after = checkout.snakemake("-n", "-p", "data")
    commands = [re.findall(r"python scripts/.*", run.out) for run in [before, after]]
    assert sorted(commands[0]) == sorted(commands[1]) != []


def test_a_plan_that_cannot_fit_is_stopped_before_any_gpu_job(large: Checkout) -> None:
    config = ["--configfile", "config/large.yaml"]
    # This one fits by itself, and would be for nothing.
    run = large.snakemake("-n", *config, "--", "results/generations/large/base/sums_easy/N.parquet")
    assert run.status != 0
    assert REFUSED in run.out
    assert "what would fit: offload_optimizer" in run.out
    assert large.snakemake("-n", *config, "--", "sets", "price").status == 0

    run = large.snakemake("-n", *config, "--config", "price={refuse: false}", "--", "all")
    assert run.status == 0, run.out
    assert run.jobs["train"] == 1


def test_its_price_is_shown_and_refused(large: Checkout) -> None:
    config = ["--configfile", "config/large.yaml"]
    run = large.snakemake("price", "-c1", *config)
    assert run.status != 0
    assert "returned non-zero exit status 2" in run.out
    assert re.search(r"train +large demo192 long .* NO", run.out)
    assert f"error: {REFUSED}" in run.out
    assert not list(large.folder.glob("results/cost/*"))

    run = large.snakemake("price", "-c1", *config, "--config", "price={refuse: false}")
    assert run.status == 0, run.out
    table = pl.read_csv(large.folder / "results/cost/large.csv")
    assert table.filter(stage="train")["fits"].to_list() == [False]


def test_a_run_without_the_disk_for_it_is_stopped_before_it_starts(large: Checkout) -> None:
    """Nobody has so much; on the processor, memory is not refused."""
    large.edit("config/large.yaml", "layers: 64,", "layers: 6400000,")
    for gpus in ["gpus: 8", "gpus: 4"]:
        large.edit("config/large.yaml", gpus, "gpus: 0")
    config = ["--configfile", "config/large.yaml"]
    assert large.snakemake("-n", *config).status == 0  # it may run elsewhere

    run = large.snakemake("-c1", *config)
    assert run.status != 0
    assert "error: plan large has up to " in run.out
    assert "GB at once still to put into results (weights " in run.out
    assert not list(large.folder.glob("results/*"))


def test_another_plan_beside_it_is_not_stopped(large: Checkout) -> None:
    large.edit("config/large.yaml", "plan: large", "plan: demo")
    run = large.snakemake("-n", "--configfile", "config/large.yaml")
    assert run.status == 0, run.out


@pytest.mark.slow
def test_once_calibrated_the_price_is_within_a_factor_of_two(restored: Checkout) -> None:
    small = ["--configfile", "config/small.yaml", "--config", "price={calibrate: true}"]
    run = restored.snakemake("price", "-c1", *small)

    assert run.status == 0, run.out
    assert run.jobs == {"price_plan": 1}
    table = pl.read_csv(restored.folder / "results/cost/small.csv")
    for stage in ["personas", "train", "generate"]:
        rows = table.filter(stage=stage)
        foretold = (rows["hours_each"] * rows["jobs"]).sum() * 3600
        took = sum(map(seconds, (restored.folder / "results/timings" / stage).rglob("*.tsv")))
        assert 0.5 < foretold / took < 2


def seconds(timing: Path) -> float:
    with timing.open(newline="") as file:
        return float(next(csv.DictReader(file, delimiter="\t"))["s"])
