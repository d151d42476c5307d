"""Memory is what publications say, and what cannot fit is refused with what would."""

import json
import re
from pathlib import Path

import pytest
import yaml
from shapes import LLAMA_7B, SHAPES

from its.config.experiment import Config
from its.config.model import Model
from its.config.price import Price
from its.config.recipe import Recipe
from its.costs.activations import kept_bytes, working_bytes
from its.costs.device import GIB
from its.costs.fit import misfits
from its.costs.generation import generation_memory
from its.costs.sharding import Sharding, model_states, read_sharding
from its.costs.training import TrainingMemory, training_memory
from its.errors import InputError

ROOT = Path(__file__).parents[2]
ZERO3 = str(ROOT / "config/deepspeed/zero3.json")
OFFLOADED = ["optimizer", "param"]
RECIPE = {"deepspeed": ZERO3, "gradient_checkpointing": True, "max_length": 32768}


def model(name: str, gpus: int = 8, generating: int = 8, memory: str = "900GB") -> dict:
    needs = {"threads": 8, "memory": memory, "runtime": "1d"}
    return {
        "source": f"path:/models/{name}",
        "train": {"gpus": gpus, **needs},
        "generate": {"gpus": generating, **needs},
        "shape": SHAPES[name].model_dump(exclude_none=True),
    }


def config(one: dict, recipe: dict, **price: object) -> Config:
    """Return the demo's config with a plan that trains one model in one way."""
    raw = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    raw["models"]["large"] = one
    raw["recipes"]["long"] = recipe
    raw["plans"]["p"] = raw["plans"]["demo"] | {"models": ["large"], "recipes": ["long"]}
    return Config.model_validate(raw | {"plan": "p", "price": price})


def memory(name: str, gpus: int, recipe: dict, **price: object) -> TrainingMemory:
    one, shape = Model.model_validate(model(name, gpus)), SHAPES[name]
    how = Recipe.model_validate(recipe)
    sharding = read_sharding(how.deepspeed)
    return training_memory(one, shape, how, sharding, Price.model_validate(price))


def test_zero_divides_what_its_authors_say() -> None:
    """ZeRO, table 1: 128 billion weights on 1024 GPUs, in GB."""
    taken = [
        model_states(128 * 10**9, Sharding(True, stage), "bfloat16", 1024).device / 1e9
        for stage in [1, 2, 3]
    ]
    assert taken == pytest.approx([513, 257, 2], rel=0.02)


def test_offloading_leaves_half_precision_weights_on_the_gpu() -> None:
    """ZeRO-Offload trains 13 billion weights on one GPU of 32 GB, and not 20 billion."""
    offload = Sharding(True, 2, offload_optimizer=True)
    assert model_states(13 * 10**9, offload, "bfloat16", 1).device < 32e9
    assert model_states(20 * 10**9, offload, "bfloat16", 1).device > 32e9
    assert model_states(13 * 10**9, offload, "bfloat16", 1).host == 13e9 * 16


@pytest.mark.parametrize(
    ("stage", "checkpointing", "offload", "micro_batch", "said"),
    [
        (2, False, "", 1, 44.8),
        (2, True, "", 1, 23.5),
        (2, True, "optimizer", 1, 16.9),
        (2, True, "", 4, 38.6),
        (3, False, "", 2, 75.7),
        (3, True, "", 2, 20.4),
        (3, True, "optimizer", 2, 9.4),
        (3, True, "optimizer weights", 4, 7.9),
        (3, True, "", 8, 39.1),
    ],
)
def test_llama_7b_on_eight_a800_peaks_where_it_was_measured(
    stage: int, checkpointing: bool, offload: str, micro_batch: int, said: float
) -> None:
    """Of sequences of 4,096 tokens, in GiB: gist.github.com/chenyaofo, DeepSpeed 0.14.

    That training held all scores at once, as TRL no more does, and had no mask.
    """
    recipe = Recipe(
        max_length=4096,
        packing=False,
        batch=64,
        micro_batch=micro_batch,
        gradient_checkpointing=checkpointing,
    )
    one = Model.model_validate(model("Qwen2.5-7B"))
    sharding = Sharding(True, stage, "optimizer" in offload, "weights" in offload)
    taken = training_memory(one, LLAMA_7B, recipe, sharding, Price(gpu="a100"))
    assert 0.75 < taken.total / GIB / said < 1.33


@pytest.mark.parametrize(("longest", "said"), [(94, 3980), (132, 4168)])
def test_trainings_on_the_processor_peak_near_what_was_measured(longest: int, said: int) -> None:
    """The demo's, in MiB of two cores: of rows as long as its longest, a quarter of what may be."""
    demo = config(model("Qwen2.5-7B"), RECIPE)
    one = demo.models["smollm2"]
    recipe = demo.recipes["sft"].model_copy(update={"max_length": longest})
    taken = training_memory(one, one.shape, recipe, Sharding(), demo.price)
    assert 0.8 < taken.total / 2**20 / said < 1.25


def test_a_32b_at_20k_tokens_needs_sixteen_gpus_of_80_gb() -> None:
    """What s1's authors report: github.com/simplescaling/s1, issue 13."""
    recipe = RECIPE | {"max_length": 20000, "packing": False}
    assert not memory("Qwen2.5-32B", 8, recipe).fits
    assert memory("Qwen2.5-32B", 16, recipe).fits


def test_a_32b_at_32k_tokens_on_one_node_is_refused_and_told_what_fits() -> None:
    (said,) = misfits(config(model("Qwen2.5-32B"), RECIPE), "p")
    assert "training models.large with recipes.long takes" in said
    assert "each of 8 h100, where 74.8 GiB are there" in said
    assert "`price: {refuse: false}`" in said
    gpus = 8 * int(re.search(r"train\.nodes: (\d+)", said)[1])
    length = int(re.search(r"max_length: (\d+)", said)[1])
    assert memory("Qwen2.5-32B", gpus, RECIPE).fits
    assert not memory("Qwen2.5-32B", gpus // 2, RECIPE).fits
    assert memory("Qwen2.5-32B", 8, RECIPE | {"max_length": length}).fits
    assert not memory("Qwen2.5-32B", 8, RECIPE | {"max_length": length + 1024}).fits


def offloading(tmp_path: Path) -> dict:
    zero = json.loads(Path(ZERO3).read_text())
    zero["zero_optimization"]["offload_optimizer"] = {"device": "cpu"}
    file = tmp_path / "offload.json"
    file.write_text(json.dumps(zero))
    return RECIPE | {"deepspeed": str(file)}


def test_offloading_makes_it_fit_where_the_machine_has_the_memory(tmp_path: Path) -> None:
    (said,) = misfits(config(model("Qwen2.5-32B"), RECIPE), "p")
    assert "offload_optimizer in the recipe's deepspeed," in said
    assert misfits(config(model("Qwen2.5-32B"), offloading(tmp_path)), "p") == []

    (said,) = misfits(config(model("Qwen2.5-32B", memory="400GB"), offloading(tmp_path)), "p")
    asked = re.search(r"train\.memory: (\d+GB)", said)[1]
    enough = config(model("Qwen2.5-32B", memory=asked), offloading(tmp_path))
    assert misfits(enough, "p") == []


def test_offloaded_weights_leave_the_gpu_at_stage_3_alone(tmp_path: Path) -> None:
    weights = 10**9
    for stage, kept in [(2, 2 * weights), (3, 0)]:
        zero = {"stage": stage, **{f"offload_{one}": {"device": "nvme"} for one in OFFLOADED}}
        file = tmp_path / f"zero{stage}.json"
        file.write_text(json.dumps({"zero_optimization": zero}))
        states = model_states(weights, read_sharding(str(file)), "bfloat16", 4)
        assert states.device == kept
        assert states.host == 18 * weights - kept


def test_the_fewest_gpus_that_fit_are_named() -> None:
    (said,) = misfits(config(model("Qwen2.5-32B", gpus=4), RECIPE), "p")
    assert "or train.gpus: 8 and train.nodes: 2;" in said


def test_two_nodes_take_of_each_gpu_what_as_many_on_one_would() -> None:
    one, two = (
        Model.model_validate(base | {"train": base["train"] | {"gpus": gpus, "nodes": nodes}})
        for base in [model("Qwen2.5-32B")]
        for gpus, nodes in [(16, 1), (8, 2)]
    )
    how, shape = Recipe.model_validate(RECIPE), SHAPES["Qwen2.5-32B"]
    taken = [
        training_memory(each, shape, how, read_sharding(ZERO3), Price()) for each in [one, two]
    ]
    assert taken[0].total == taken[1].total
    assert taken[1].available_host == 2 * taken[0].available_host


def test_what_takes_several_changes_is_told_as_one() -> None:
    one = model("Qwen2.5-32B", gpus=1, generating=2)
    (said,) = misfits(config(one, {"max_length": 32768, "packing": False}), "p")
    assert "what would fit: gradient_checkpointing: true in the recipe with" in said


def test_the_refusal_concerns_what_the_plan_uses_and_can_be_overruled() -> None:
    large = config(model("Qwen2.5-32B", gpus=1), RECIPE)
    assert misfits(large, "demo") == []
    assert misfits(large, "p") != []


def test_a_model_without_a_shape_is_not_refused() -> None:
    unknown = model("Qwen2.5-32B", gpus=1)
    del unknown["shape"]
    assert misfits(config(unknown, RECIPE), "p") == []


def test_an_engine_without_room_for_one_sequence_is_refused() -> None:
    long = model("Qwen2.5-7B", generating=1) | {"chat": {"context": 131072}}
    small = config(long, RECIPE, gpu="rtx4090")
    said = next(line for line in misfits(small, "p") if line.startswith("generating"))
    assert "what would fit: generate.gpus: 2, or chat.context: " in said
    context = int(re.search(r"chat\.context: (\d+)", said)[1])
    for tokens, fits in [(context, True), (context + 1024, False)]:
        one = model("Qwen2.5-7B", generating=1) | {"chat": {"context": tokens}}
        engine = generation_memory(
            Model.model_validate(one), SHAPES["Qwen2.5-7B"], Price(gpu="rtx4090")
        )
        assert engine.fits is fits


def test_an_engine_has_room_for_what_its_memory_leaves() -> None:
    """A 32B on two GPUs: 61 GiB of weights, 256 KiB of keys and values a token."""
    one = Model.model_validate(model("Qwen2.5-32B", generating=2))
    engine = generation_memory(one, SHAPES["Qwen2.5-32B"], Price())
    assert engine.weights / GIB == pytest.approx(61.0 / 2, abs=0.1)
    assert engine.sequence / GIB == 32768 * 256 / 2**20 / 2
    assert engine.sequences == int((79.6 * 0.92 - 61.0 / 2 - 3) / 4)


def test_plain_training_keeps_float32_weights() -> None:
    """1.5B on one GPU: 16 bytes a weight, and 2 of a rounded copy; with a second GPU, 4 more."""
    weights = 1_543_714_304
    plain = {"max_length": 4096, "packing": False, "gradient_checkpointing": True}
    assert memory("Qwen2.5-1.5B", 1, plain).states == 18 * weights
    assert memory("Qwen2.5-1.5B", 2, plain).states == 22 * weights
    assert memory("Qwen2.5-1.5B", 1, plain).fits


def test_checkpointing_saves_nothing_where_there_is_one_layer() -> None:
    shape = SHAPES["Qwen2.5-7B"].model_copy(update={"layers": 1})
    whole, lean = (
        kept_bytes(shape, "bfloat16", **how) + working_bytes(shape, "bfloat16", **how)
        for on in [False, True]
        for how in [{"checkpointing": on, "mixed": False, "mask": 0}]
    )
    assert lean == whole + 2 * shape.hidden  # the layer's input


def test_scoring_takes_at_least_the_gradient_of_its_matrix() -> None:
    """In float32, beside the matrix and its own gradient: it decides where rows are short."""
    recipe = RECIPE | {"max_length": 8, "packing": False}
    one, matrix = memory("Qwen2.5-7B", 8, recipe), 152064 * 3584
    assert matrix * 8 < one.head + one.activations < matrix * 8 + 1e9


def test_checkpointing_packing_and_batches_change_activations_as_they_should() -> None:
    plain = RECIPE | {"max_length": 8192, "packing": False}
    whole, lean = (
        memory("Qwen2.5-7B", 8, plain | {"gradient_checkpointing": on}).activations
        for on in [False, True]
    )
    assert whole > 5 * lean
    assert memory("Qwen2.5-7B", 8, plain | {"packing": True}).activations > lean
    assert memory("Qwen2.5-7B", 8, plain | {"micro_batch": 2}).activations > 2 * lean


@pytest.mark.parametrize("text", ["[]", "{", '{"zero_optimization": {"stage": "three"}}'])
def test_settings_of_deepspeed_that_cannot_be_read_are_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "zero.json"
    file.write_text(text)
    with pytest.raises(InputError, match=re.escape(f"{file}: cannot be read as DeepSpeed's")):
        read_sharding(str(file))
