"""Sizes computed from a shape are those of the real models."""

from pathlib import Path

import pytest
import torch
import yaml
from shapes import PUBLISHED, SHAPES
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    DynamicCache,
    PretrainedConfig,
    PreTrainedModel,
)

from its.config.experiment import Config
from its.config.shape import Shape
from its.costs.activations import layer_bytes
from its.costs.found import with_shapes
from its.costs.sizes import WIDTHS, cache_bytes, forward_flops, parameters
from its.errors import InputError

ROOT = Path(__file__).parents[2]
SMALL = {"layers": 2, "hidden": 96, "intermediate": 160, "heads": 6, "kv_heads": 2}
TOKENS = 64


def kind_of(shape: Shape) -> str:
    if shape.attention_norm:
        return "qwen3"
    return "qwen2" if shape.attention_bias else "llama"


def config_of(shape: Shape, layers: int | None = None) -> PretrainedConfig:
    return AutoConfig.for_model(
        kind_of(shape),
        num_hidden_layers=layers or shape.layers,
        hidden_size=shape.hidden,
        intermediate_size=shape.intermediate,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim or shape.hidden // shape.heads,
        vocab_size=shape.vocabulary,
        tie_word_embeddings=shape.tied,
    )


def one_model(source: str, shape: Shape | None) -> Config:
    raw = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    raw["models"]["one"] = raw["models"]["smollm2"] | {"source": source, "shape": shape}
    return Config.model_validate(raw)


def real(shape: Shape, layers: int | None = None) -> PreTrainedModel:
    """Return the class of transformers that has such a shape."""
    config = config_of(shape, layers)
    return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")


@pytest.mark.parametrize("name", SHAPES)
def test_a_model_at_hand_needs_no_shape_in_the_config(name: str, tmp_path: Path) -> None:
    config_of(SHAPES[name]).save_pretrained(tmp_path)
    found = with_shapes(one_model(f"path:{tmp_path}", None), Path("results"))
    assert parameters(found.models["one"].shape) == PUBLISHED[name]
    assert cache_bytes(found.models["one"].shape, "bfloat16") == (
        cache_bytes(SHAPES[name], "bfloat16")
    )


def test_a_fetched_model_that_the_config_describes_wrongly_is_refused(tmp_path: Path) -> None:
    right = SHAPES["SmolLM2-135M"]
    config_of(right).save_pretrained(tmp_path / "models/one")
    with_shapes(one_model("pypi:one==1", right), tmp_path)
    wrong = right.model_copy(update={"layers": 31, "tied": False})
    with pytest.raises(InputError) as error:
        with_shapes(one_model("pypi:one==1", wrong), tmp_path)
    assert "models.one.shape.layers is 31, and" in str(error.value)
    assert "models.one.shape.tied is False, and" in str(error.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"model_type": "llama"}'])
def test_a_config_json_that_is_none_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(InputError, match="models.one: .* is not the config.json of a model"):
        with_shapes(one_model(f"path:{tmp_path}", None), Path("results"))


def test_a_family_of_another_shape_stays_without(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "mamba"}')
    found = with_shapes(one_model(f"path:{tmp_path}", None), Path("results"))
    assert found.models["one"].shape is None


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_as_many_weights_as_the_real_model(name: str) -> None:
    with torch.device("meta"):
        model = real(SHAPES[name])
    assert parameters(SHAPES[name]) == model.num_parameters() == PUBLISHED[name]


@pytest.mark.parametrize("dtype", WIDTHS)
def test_a_token_takes_as_much_of_the_cache_as_in_the_real_model(dtype: str) -> None:
    shape = Shape(vocabulary=32, **SMALL)
    model = real(shape).to(getattr(torch, dtype))
    cache = DynamicCache()
    with torch.no_grad():
        model(torch.ones((1, TOKENS), dtype=torch.long), past_key_values=cache)
    kept = sum(one.keys.nbytes + one.values.nbytes for one in cache.layers)
    assert cache_bytes(shape, dtype) * TOKENS == kept


@pytest.mark.parametrize("family", [{}, {"attention_bias": True}, {"tied": True}])
def test_a_token_takes_as_many_operations_as_torch_counts(family: dict) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    shape = Shape(vocabulary=512, **SMALL, **family)
    with torch.device("meta"):
        model = real(shape)
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            model(torch.ones((1, TOKENS), dtype=torch.long))
    # Norms and biases are no products of matrices.
    assert forward_flops(shape, TOKENS) * TOKENS == pytest.approx(
        counter.get_total_flops(), rel=0.02
    )


def kept_by_a_layer(shape: Shape, dtype: str, *, mixed: bool, packed: bool) -> float:
    """Measure what one more layer of a real model keeps of a token for its backward pass."""
    sizes = []
    for layers in [1, 2]:
        model = real(shape, layers).to(torch.float32 if mixed else getattr(torch, dtype)).train()
        weights = {one.untyped_storage().data_ptr() for one in model.parameters()}
        kept = {}

        def keep(tensor: torch.Tensor, kept: dict = kept, weights: set = weights) -> torch.Tensor:
            storage = tensor.untyped_storage()
            # Weights are no activations; nor are those that autocast has rounded.
            if storage.data_ptr() not in weights and TOKENS in tensor.shape:
                kept[storage.data_ptr()] = tensor
            return tensor

        half = torch.arange(TOKENS // 2)
        positions = {"position_ids": torch.cat([half, half])[None]} if packed else {}
        with (
            torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
            torch.autocast("cpu", torch.bfloat16, enabled=mixed),
        ):
            model.model(torch.ones((1, TOKENS), dtype=torch.long), use_cache=False, **positions)
        sizes.append(sum(one.untyped_storage().nbytes() for one in kept.values()))
    return (sizes[1] - sizes[0]) / TOKENS


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("dtype", "mixed"), [("float32", False), ("bfloat16", False), ("bfloat16", True)]
)
@pytest.mark.parametrize("family", [{}, {"attention_bias": True}, {"attention_norm": True}])
def test_a_layer_keeps_what_the_real_one_keeps(
    family: dict, dtype: str, mixed: bool, packed: bool
) -> None:
    shape = Shape(vocabulary=32, **SMALL, **family)
    kept = kept_by_a_layer(shape, dtype, mixed=mixed, packed=packed)
    mask = TOKENS if packed else 0
    assert layer_bytes(shape, dtype, mixed=mixed, mask=mask) == kept
