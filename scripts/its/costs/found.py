"""The shapes of models whose config.json is at hand: what the config need not say again."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from its.config.experiment import Config
from its.config.model import Model
from its.config.shape import Shape
from its.errors import refuse
from its.weights import own_folder

NAMES = {
    "layers": "num_hidden_layers",
    "hidden": "hidden_size",
    "intermediate": "intermediate_size",
    "heads": "num_attention_heads",
    "kv_heads": "num_key_value_heads",
    "head_dim": "head_dim",
    "vocabulary": "vocab_size",
    "tied": "tie_word_embeddings",
}
"""What a key of a shape is called in config.json."""
FAMILIES = {
    "llama": {},
    "mistral": {},
    "qwen2": {"attention_bias": True},
    "qwen3": {"attention_norm": True},
}
"""Families that `Shape` describes, by `model_type`, and what their code has beyond config.json."""


def with_shapes(config: Config, results: Path) -> Config:
    """Return the config with the shapes of all models that it leaves out and that are at hand.

    A model is at hand if it lies in a folder of the user's or has been fetched. Those of families
    that a shape cannot describe stay without.

    Raises
    ------
    InputError
        If a shape in the config differs from that of the model, or a config.json cannot be read:
        all of those at once.
    """
    refuse([line for name, model in config.models.items() for line in _wrong(name, model, results)])
    models = {
        name: model.model_copy(update={"shape": model.shape or _found(name, model, results)})
        for name, model in config.models.items()
    }
    return config.model_copy(update={"models": models})


def shape_of(facts: Mapping[str, object]) -> Shape | None:
    """Return the shape that a config.json tells; None for a family that has another one."""
    own = FAMILIES.get(facts.get("model_type"))
    if own is None:
        return None
    told = {key: facts[name] for key, name in NAMES.items() if facts.get(name) is not None}
    bias = {"attention_bias": facts.get("attention_bias", False)}
    return _whole(Shape.model_validate({**bias, **own, **told}))


def _wrong(name: str, model: Model, results: Path) -> Iterator[str]:
    file = _file(name, model, results)
    try:
        found = _found(name, model, results)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        yield f"models.{name}: {file} is not the config.json of a model ({error}); replace it"
        return
    if model.shape and found:
        said = _whole(model.shape)
        for key in Shape.model_fields:
            if getattr(said, key) != getattr(found, key):
                yield (
                    f"models.{name}.shape.{key} is {getattr(said, key)}, and {file} says "
                    f"{getattr(found, key)}; correct it, or leave shape out"
                )


def _found(name: str, model: Model, results: Path) -> Shape | None:
    file = _file(name, model, results)
    return shape_of(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else None


def _whole(shape: Shape) -> Shape:
    """Return the same shape with its default written out."""
    return shape.model_copy(update={"head_dim": shape.head_dim or shape.hidden // shape.heads})


def _file(name: str, model: Model, results: Path) -> Path:
    folder = own_folder(model.source) or results / "models" / name
    return folder / "config.json"
