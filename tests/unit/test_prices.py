"""The price of a plan: against published runs, against finished jobs, and in itself."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import yaml
from shapes import LLAMA_7B, SHAPES

from its.config.experiment import Config
from its.config.model import Model, Saving
from its.config.price import CARDS, Price
from its.config.recipe import Recipe
from its.costs.device import GIB
from its.costs.generation import generation_seconds, start_seconds
from its.costs.jobs import Kind, Lengths, generation_kind, kinds, training_kind
from its.costs.measured import Factors, Finished, corrected, factors, finished
from its.costs.sharding import Sharding
from its.costs.sizes import forward_flops
from its.costs.table import PRICES, heading, in_short, in_words, price_rows, total_rows
from its.costs.training import training_seconds, writing_seconds
from its.errors import InputError

ROOT = Path(__file__).parents[2]
HOUR = 3600
NEEDS = {"threads": 8, "memory": "900GB", "runtime": "1d"}


def model(name: str, gpus: int, generating: int = 8) -> Model:
    return Model.model_validate(
        {
            "source": f"path:/models/{name}",
            "train": {"gpus": gpus, **NEEDS},
            "generate": {"gpus": generating, **NEEDS},
            "shape": SHAPES[name],
        }
    )


@pytest.fixture
def raw() -> dict:
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


@pytest.fixture
def demo(raw: dict) -> Config:
    return Config.model_validate(raw)


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("tokens", [4700, 7000])
def test_s1_takes_what_its_authors_say(tokens: int, checkpointing: bool) -> None:
    """26 minutes on 16 H100 for 1,000 rows, 5 epochs, 32B (arXiv:2501.19393, appendix).

    The mean length of a row is not printed: three in four are beyond 4,096 tokens.
    """
    recipe = Recipe(max_length=32768, packing=False, gradient_checkpointing=checkpointing)
    one, shape = model("Qwen2.5-32B", 16), SHAPES["Qwen2.5-32B"]
    seconds = start_seconds(shape, "bfloat16", Price(), engine=False)
    seconds += training_seconds(one, shape, recipe, Sharding(), Price(), rows=1000, tokens=tokens)
    assert 26 / 2 < seconds / 60 < 26 * 2


@pytest.mark.parametrize(("name", "hours"), [("Qwen2.5-7B", 20), ("Qwen2.5-32B", 90)])
def test_openthinker_reached_less_than_is_assumed(name: str, hours: int) -> None:
    """20 and 90 hours on 32 H100 for 114,000 rows, 3 epochs, 16k tokens (their model cards).

    The assumption's docstring says so. The mean length of a row is not printed; 7,000 is a guess.
    """
    read = 114_000 * 3 * 7000
    flops = 3 * forward_flops(SHAPES[name], 3500) * read
    reached = flops / (32 * hours * HOUR * CARDS["h100"].bfloat16 * 1e12)
    assert 0.03 < reached < 0.1


@pytest.mark.parametrize(("packing", "steps"), [(False, 63), (True, 16)])
def test_an_offloaded_optimizer_takes_its_time_after_each_step(packing: bool, steps: int) -> None:
    recipe = Recipe(max_length=8192, packing=packing, batch=16, epochs=2)
    one, rows = model("Qwen2.5-7B", 8), {"rows": 1000, "tokens": 2048}
    here, there = (
        training_seconds(one, SHAPES["Qwen2.5-7B"], recipe, sharding, Price(), **rows)
        for sharding in [Sharding(True, 3), Sharding(True, 3, offload_optimizer=True)]
    )
    assert there - here == pytest.approx(2 * steps * 7.6156 / Price().offloading, rel=1e-3)


@pytest.mark.parametrize(
    ("stage", "checkpointing", "offload", "micro_batch", "said"),
    [
        (2, False, False, 1, 5.33),
        (2, True, False, 1, 4.19),
        (2, True, True, 1, 1.81),
        (3, False, False, 2, 4.95),
        (3, True, False, 2, 4.45),
        (3, True, True, 2, 2.05),
        (3, True, False, 8, 4.73),
    ],
)
def test_llama_7b_on_eight_a800_takes_what_was_measured(
    stage: int, checkpointing: bool, offload: bool, micro_batch: int, said: float
) -> None:
    """Sequences of 4,096 tokens a second, 64 a step: gist.github.com/chenyaofo, DeepSpeed 0.14."""
    recipe = Recipe(
        max_length=4096,
        packing=False,
        batch=64,
        micro_batch=micro_batch,
        gradient_checkpointing=checkpointing,
        epochs=1,
    )
    one = model("Qwen2.5-7B", 8)
    sharding = Sharding(True, stage, offload)
    rows = {"rows": 6400, "tokens": 4096}
    seconds = training_seconds(one, LLAMA_7B, recipe, sharding, Price(gpu="a100"), **rows)
    assert 0.5 < 6400 / seconds / said < 2


@pytest.mark.parametrize(
    ("saving", "states"),
    [
        ({"save_minutes": 30}, 1),  # and none after the last step
        ({"save_minutes": 25}, 2),
        ({"save_minutes": None}, 0),
        ({"save_minutes": 30, "save_steps": 50}, 7),
        ({"save_minutes": None, "save_steps": 1}, 399),
        ({"save_minutes": 600}, 0),
    ],
)
def test_a_training_waits_for_every_state_that_it_writes(saving: dict, states: int) -> None:
    how = {"seconds": 3600, "steps": 400, "state": 8e9, "weights": 2e9}
    written = writing_seconds(Saving(**saving), Price(writing=4), **how)
    assert written == pytest.approx(states * 2 + 0.5)


def test_checkpointing_costs_a_third_and_twice_the_gpus_halve_the_time() -> None:
    recipe = Recipe(max_length=8192)
    shape, rows = SHAPES["Qwen2.5-7B"], {"rows": 1000, "tokens": 4000}

    def seconds(gpus: int, one: Recipe) -> float:
        return training_seconds(model("Qwen2.5-7B", gpus), shape, one, Sharding(), Price(), **rows)

    again = recipe.model_copy(update={"gradient_checkpointing": True})
    assert seconds(8, again) == pytest.approx(seconds(8, recipe) * 4 / 3)
    assert seconds(16, recipe) == pytest.approx(seconds(8, recipe) / 2)


def per_second(name: str, gpus: int, requests: int, **price: object) -> float:
    """Return the tokens that an engine writes a second on each GPU."""
    seconds = generation_seconds(
        model(name, 8, gpus),
        SHAPES[name],
        Price.model_validate(price),
        requests=requests,
        prompt=200,
        response=8000,
    )
    return requests * 8000 / seconds / gpus


def test_generation_is_faster_for_smaller_models_larger_batches_and_faster_memory() -> None:
    sizes = ["Qwen2.5-32B", "Qwen2.5-14B", "Qwen2.5-7B", "Qwen2.5-1.5B"]
    speeds = [per_second(name, 2, 2000) for name in sizes]
    assert speeds == sorted(speeds)
    # What engines are seen to do on an H100, in thousands: 0.1 to 1 for 32B, 1 to 20 for 1.5B.
    assert 100 < speeds[0] < 1000 < speeds[-1] < 20_000
    assert per_second("Qwen2.5-7B", 1, 4) < per_second("Qwen2.5-7B", 1, 64) / 4
    assert per_second("Qwen2.5-7B", 1, 64) < per_second("Qwen2.5-7B", 1, 64, gpu="h200")


def test_one_response_is_written_as_fast_as_weights_are_read() -> None:
    read = 3.35e12 * Price().decoding / (7_615_616_512 * 2)
    assert per_second("Qwen2.5-7B", 1, 1, step=0) == pytest.approx(read, rel=0.1)


def test_totals_are_the_sums_and_wall_times_know_what_is_at_hand(demo: Config) -> None:
    found = kinds(demo, "demo", Lengths())
    prices = price_rows(found, demo.price)
    totals = total_rows(prices)

    assert prices.schema == pl.Schema(PRICES)
    every, stages = totals.filter(stage="all"), totals.filter(pl.col("stage") != "all")
    for name in ["jobs", "gpu_hours", "core_hours", "tokens", "disk_gb", "wall_hours"]:
        assert every[name].item() == pytest.approx(stages[name].sum())
    hours = sum(one.jobs * one.seconds * one.cores for one in found) / HOUR
    assert every["core_hours"].item() == pytest.approx(hours)
    assert every["gpu_hours"].item() == 0
    # Two cores, since a training asks for so many: one training, or two generations at once.
    wall = dict(totals.select("stage", "wall_hours").iter_rows())
    core = dict(totals.select("stage", "core_hours").iter_rows())
    assert wall["train"] == pytest.approx(core["train"] / 2)
    assert wall["generate"] == pytest.approx(core["generate"] / 2)


def test_a_stage_takes_no_less_than_its_longest_job() -> None:
    long = Kind("generate", "m", "b", 1, gpus=1, cores=1, start=0, work=HOUR)
    prices = price_rows([long], Price(gpus=8))
    assert total_rows(prices)["wall_hours"].to_list() == [1, 1]


def test_jobs_that_leave_a_gpu_over_wait_for_each_other() -> None:
    three = Kind("train", "m", "b", 4, gpus=3, cores=1, start=0, work=HOUR)
    assert price_rows([three], Price(gpus=8))["wall_hours"].item() == 2
    assert price_rows([three], Price(gpus=9))["wall_hours"].item() == pytest.approx(4 / 3)


def test_fewer_gpus_than_a_job_asks_for_are_refused() -> None:
    eight = Kind("train", "m", "b", 1, gpus=8, cores=1, start=0, work=1)
    with pytest.raises(InputError, match="price.gpus is 4, and one job asks for 8"):
        price_rows([eight], Price(gpus=4))


def test_a_person_sees_jobs_and_totals(demo: Config) -> None:
    found = kinds(demo, "demo", Lengths())
    prices = price_rows(found, demo.price)
    text = in_words(prices, heading(found, demo.price, {}))
    assert "config/README.md says what it assumes" in text
    assert "Cores at once for jobs without a GPU (price.cores): 2." in text
    assert "GPUs" not in text.split("stage")[0]
    assert "1 core " in text
    assert "2 cores" in text
    assert "smollm2 demo192 sft" in text
    assert max(map(len, text.splitlines())) <= 160
    assert text.splitlines()[-1].split()[:2] == ["all", str(prices["jobs"].sum())]


def test_gpus_at_hand_stand_with_the_key_that_declares_them() -> None:
    one = Kind("train", "m", "b", 1, gpus=2, cores=1, start=0, work=1)
    for declared, expected in [(None, 2), (8, 8)]:
        head = heading([one], Price(gpus=declared), {})
        assert any(
            line.startswith(f"GPUs at once (price.gpus): {expected} h100, ") for line in head
        )


def test_a_line_says_time_disk_and_memory(demo: Config) -> None:
    two = Kind("train", "m", "s r", 3, gpus=0, cores=2, start=0, work=HOUR, memory=6 * GIB)
    one = Kind("generate", "m", "b", 2, gpus=0, cores=1, start=0, work=HOUR, memory=1.5 * GIB)
    prices = price_rows([two, one], demo.price)
    assert in_short("demo", prices, 7.04e9) == (
        "The price of plan demo, an estimate: 4.0 h, 7.0 GB on the disk, up to 6.0 GiB of memory "
        "of a job if texts are as long as they may be."
    )
    gpus = price_rows([replace(two, gpus=8)], demo.price)
    assert "6.0 GiB of memory of a GPU if" in in_short("demo", gpus, 0)


def test_a_job_that_takes_longer_than_it_may_is_named(raw: dict) -> None:
    raw["models"]["smollm2"]["train"]["runtime"] = "1m"
    demo = Config.model_validate(raw)
    found = kinds(demo, "demo", Lengths())
    said = in_words(price_rows(found, demo.price), []).splitlines()[-1]
    assert said.startswith("train smollm2 demo192 sft takes 0.1 h")
    assert "models.smollm2.train.runtime is 0.017 h: raise it" in said


def test_all_that_is_missing_is_told_at_once(raw: dict) -> None:
    del raw["models"]["smollm2"]["shape"]
    raw["samples"]["demo192"]["size"] = "all"
    with pytest.raises(InputError) as error:
        kinds(Config.model_validate(raw), "demo", Lengths())
    assert "models.smollm2.shape is missing" in str(error.value)
    assert "samples.demo192.rows is missing" in str(error.value)


def test_what_is_expected_of_texts_decides_tokens(demo: Config) -> None:
    for texts in [{}, {"demo192": 100, "sums_easy": 10}]:
        found = {one.stage: one for one in kinds(demo, "demo", Lengths(texts=texts))}
        assert found["train"].tokens == 192 * texts.get("demo192", 512 * 0.25)
        assert found["generate"].tokens == 64 * (200 + texts.get("sums_easy", 96 * 0.4))


def test_as_many_contexts_are_written_as_a_strategy_wants(raw: dict) -> None:
    for settings, contexts in [
        ({}, 192),
        ({"count": 3}, 3 * 192),
        ({"count": 3, "per": "sample"}, 3 * 192),
        ({"count": 3, "per": "dataset"}, 3),
    ]:
        raw["strategies"]["U"]["context"] |= settings
        one = Config.model_validate(raw)
        (found,) = (k for k in kinds(one, "demo", Lengths()) if k.what == "demo192 U")
        each = one.price.question_tokens + 40 * one.price.context_share
        assert found.tokens == pytest.approx(contexts * one.price.attempts * each)


def test_a_training_leaves_its_weights_and_those_of_kept_epochs(raw: dict) -> None:
    raw["recipes"]["sft"] |= {"epochs": 3, "keep": [1, 2]}
    (found,) = (k for k in kinds(Config.model_validate(raw), "demo", Lengths()) if k.scratch)
    weights = 134_515_008
    assert found.disk == 3 * 4 * weights
    assert found.scratch == 2 * (12 + 4) * weights  # two states while the second is written


def test_a_local_model_takes_no_room_again(raw: dict) -> None:
    before = kinds(Config.model_validate(raw), "demo", Lengths())[0]
    raw["models"]["smollm2"]["source"] = "path:/models/smollm2"
    after = kinds(Config.model_validate(raw), "demo", Lengths())[0]
    assert before.disk == 134_515_008 * 4
    assert after.disk == 0


def test_factors_are_found_again_and_kept_near_1_where_nothing_says_more() -> None:
    kind = Kind("generate", "m", "b", 1, gpus=0, cores=1, start=20, work=100)
    jobs = [
        Finished(replace(kind, work=work), 0.5 * 20 + 3 * work) for work in [10, 40, 100, 1000] * 5
    ]
    found = factors(jobs)["generate", False]
    assert (found.start, found.work) == pytest.approx((0.5, 3), rel=0.1)
    alike = factors([Finished(kind, 240)] * 3)["generate", False]
    assert corrected(kind, {("generate", False): alike}).seconds == pytest.approx(240, rel=0.05)
    assert corrected(kind, {("generate", True): Factors(9, 9)}) == kind


def finish(results: Path, demo: Config, seconds: float, **device: str) -> None:
    """Leave what a training, a generation and a writing of personas leave."""
    files = {
        "train": ("smollm2/demo192.1-U.1-sft-s0", "checkpoints/{}/training.json"),
        "generate": ("smollm2/base/sums_easy/U.1", "generations/{}.parquet"),
        "personas": ("demo192.1/U.1", "personas/{}.parquet"),
    }
    made = {}
    for stage, (job, path) in files.items():
        timing = results / f"timings/{stage}/{job}.tsv"
        timing.parent.mkdir(parents=True)
        timing.write_text(f"s\th:m:s\tmax_rss\n{seconds}\t0:01:00\t-\n")
        made[stage] = results / path.format(job)
        made[stage].parent.mkdir(parents=True, exist_ok=True)
    record = {
        "device": device.get("train", "cpu"),
        "processes": 1,
        "epochs": 1,
        "seconds": seconds - 10,
        "rows": {"read": 192, "dropped": 2},
        "tokens": {"epoch": 190 * 80},
        "settings": {"recipe": demo.recipes["sft"].model_dump()},
    }
    made["train"].write_text(json.dumps(record))
    facts = {"made_with": json.dumps([{"device": device.get("generate", "x86_64 AVX2")}])}
    pl.DataFrame({"tokens": [20, 40], "prompt_tokens": [50, 70]}).write_parquet(
        made["generate"], metadata=facts
    )
    pl.DataFrame({"attempts": [1] * 190 + [4]}).write_parquet(made["personas"], metadata=facts)


def test_finished_jobs_tell_lengths_and_times(tmp_path: Path, demo: Config) -> None:
    finish(tmp_path, demo, 300.0)
    jobs, lengths = finished(demo, tmp_path, Lengths(texts={"sums_easy": 9, "other": 5}))

    assert lengths.texts == {"demo192": 80, "sums_easy": 30, "other": 5}
    assert lengths.asked == {"sums_easy": 60}
    assert {(job.kind.stage, job.seconds) for job in jobs} == {
        (stage, 300.0) for stage in ["train", "generate", "personas"]
    }
    one, price = demo.models["smollm2"], demo.price
    expected = training_kind(
        "smollm2", one, demo.recipes["sft"], price, what="", rows=190, tokens=80
    )
    assert jobs[0].kind.seconds == expected.seconds
    writing = next(job for job in jobs if job.kind.stage == "personas")
    assert writing.kind.tokens == 194 * (price.question_tokens + 40 * price.context_share)


def test_an_interrupted_training_took_what_its_own_clock_says(tmp_path: Path, demo: Config) -> None:
    finish(tmp_path, demo, 300.0)
    record = tmp_path / "checkpoints/smollm2/demo192.1-U.1-sft-s0/training.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"seconds": 900.0}))
    jobs, _ = finished(demo, tmp_path, Lengths())
    assert jobs[0].seconds == 900


def test_jobs_on_another_device_tell_lengths_only(tmp_path: Path, demo: Config) -> None:
    gpu = "NVIDIA H100 80GB HBM3"
    finish(tmp_path, demo, 300.0, train=gpu, generate=gpu)
    jobs, lengths = finished(demo, tmp_path, Lengths())
    assert jobs == []
    assert lengths.texts == {"demo192": 80, "sums_easy": 30}


def test_files_that_no_job_left_are_named(tmp_path: Path, demo: Config) -> None:
    finish(tmp_path, demo, 300.0)
    broken = [
        tmp_path / "checkpoints/smollm2/demo192.1-U.1-sft-s0/training.json",
        tmp_path / "timings/generate/smollm2/base/sums_easy/U.1.tsv",
    ]
    for path in broken:
        path.write_text("{}")
    with pytest.raises(InputError) as error:
        finished(demo, tmp_path, Lengths())
    assert all(str(path) in str(error.value) for path in broken)


def test_half_of_a_plan_says_what_the_other_half_takes(demo: Config) -> None:
    """What the demo took on two cores: replicate 0 calibrates, replicate 1 is foretold."""
    one, price = demo.models["smollm2"], demo.price

    def training(tokens: float) -> Kind:
        return training_kind(
            "smollm2", one, demo.recipes["sft"], price, what="", rows=192, tokens=tokens
        )

    def generation(asked: float, response: float) -> Kind:
        texts = {"requests": 64, "prompt": asked, "response": response}
        return generation_kind("smollm2", one, price, stage="generate", what="", **texts)

    before = [
        Finished(training(84.2), 145.6),
        Finished(training(105.3), 171.9),
        Finished(generation(49.4, 32.5), 30.4),
        Finished(generation(72.7, 28.5), 38.3),
        Finished(generation(49.4, 34.5), 28.9),
        Finished(generation(72.7, 34.6), 36.2),
    ]
    after = [
        Finished(training(84.2), 238.8),
        Finished(training(105.3), 211.3),
        Finished(generation(49.4, 34.1), 32.0),
        Finished(generation(72.7, 34.1), 43.9),
    ]
    by = factors(before)
    for job in after:
        assert 0.5 < corrected(job.kind, by).seconds / job.seconds < 2
