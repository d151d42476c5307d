"""A model that is published as GGUF becomes what engines and trainers load."""

import json
from pathlib import Path

from its.errors import InputError

TRACES = {
    "config.json": ["_model_name_or_path", "quantization_config"],
    "generation_config.json": ["_model_name_or_path"],
    "tokenizer_config.json": ["name_or_path", "is_local", "local_files_only", "gguf_file"],
}
"""Keys that say where a model was loaded from: some look like the name of another model."""


def convert(file: Path, folder: Path) -> None:
    """Write a GGUF file as float32 safetensors, with configuration, tokenizer and chat template.

    Quantised numbers become the nearest of float32: exactly those that GGUF stands for.

    Raises
    ------
    InputError
        If transformers cannot read the file.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    named = {"pretrained_model_name_or_path": file.parent, "gguf_file": file.name}
    try:
        model = AutoModelForCausalLM.from_pretrained(**named, dtype=torch.float32)
        tokenizer = AutoTokenizer.from_pretrained(**named)
    except Exception as error:  # of every kind, as broken files lead to
        raise InputError(f"{file.name}: transformers cannot read this GGUF: {error}") from error
    # It would save itself as quantised otherwise, though its numbers no longer are.
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.hf_quantizer, model.is_quantized = None, False
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    for name, keys in TRACES.items():
        _without(folder / name, keys)


def _without(path: Path, keys: list[str]) -> None:
    """Remove keys from a JSON file, if it and they are there."""
    if path.is_file():
        content = {
            k: v for k, v in json.loads(path.read_text(encoding="utf-8")).items() if k not in keys
        }
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
