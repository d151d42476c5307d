"""Train the same rows with ours and with TRL alone, each in a process of its own.

Alone is TRL as one would write it by hand: prompt and completion as messages, its own tokenising,
no checks. Both save no states on the way. Called as a script, it is the side of TRL alone.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

from measure import cost

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Took:
    """What a training took."""

    seconds: float
    """From its first step to its last."""
    steps: list[float]
    """Seconds of each step."""
    losses: list[float]
    """Of each step."""
    tokens: int
    """Read in all epochs."""
    gpu_memory: int | None
    """The most that was reserved on the GPU, in bytes; None on a CPU."""
    mebibytes: float = 0
    """The most that its process held, start and imports included."""


def ours(weights: Path, rows: Path, settings: dict, dtype: str) -> Took:
    """Run the command of the rule.

    Parameters
    ----------
    weights, rows
        Manifest of a model, refined sample.
    settings
        `recipe` and `chat`, as the config has them.
    """
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / "m/weights/manifest.json", Path(folder) / "m/training.json"]
        command = [str(Path(sys.executable).with_name("torchrun")), "--standalone"]
        command += ["--nproc-per-node", "1", ROOT / "scripts/train.py", weights, rows, *outputs]
        for name in ["recipe", "chat"]:
            command += [f"--{name}", json.dumps(settings[name])]
        command += ["--dtype", dtype, "--seed", "0", "--saving", '{"save_steps": 1000000}']
        whole = cost(command, ROOT)
        record = json.loads(outputs[1].read_text())
    ends = [0.0, *(entry["seconds"] for entry in record["log"])]
    return Took(
        record["seconds"],
        [later - before for before, later in pairwise(ends)],
        [entry["loss"] for entry in record["log"]],
        record["tokens"]["epoch"] * record["epochs"],
        record["gpu_memory"],
        whole.mebibytes,
    )


def alone(weights: Path, rows: Path, settings: dict, dtype: str) -> Took:
    """Run TRL alone, as `ours` runs the command of the rule."""
    with tempfile.TemporaryDirectory() as folder:
        took = Path(folder, "took.json")
        command = [sys.executable, __file__, weights, rows, took, "--dtype", dtype]
        whole = cost([*command, "--settings", json.dumps(settings)], ROOT)
        return Took(**json.loads(took.read_text()) | {"mebibytes": whole.mebibytes})


def with_trl(weights: Path, rows: Path, settings: dict, dtype: str) -> Took:
    """Train with TRL alone, in this process."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import polars as pl
    import torch
    from datasets import Dataset
    from transformers import TrainerCallback
    from trl import SFTConfig, SFTTrainer

    ends, losses = [], []

    class Clock(TrainerCallback):
        def on_train_begin(self, *_: object, **__: object) -> None:
            ends.append(time.monotonic())

        def on_log(self, *_: object, logs: dict, **__: object) -> None:
            if "loss" in logs:
                ends.append(time.monotonic())
                losses.append(logs["loss"])

    recipe, system = settings["recipe"], settings["chat"]["system"]
    conversations = Dataset.from_list(
        [
            {
                "prompt": [{"role": "system", "content": system}, *row["messages"]],
                "completion": [{"role": "assistant", "content": row["response"]}],
            }
            for row in pl.read_parquet(rows).iter_rows(named=True)
        ]
    )
    gpu = torch.cuda.is_available()
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder,
            use_cpu=not gpu,
            bf16=dtype == "bfloat16",
            per_device_train_batch_size=recipe["micro_batch"],
            gradient_accumulation_steps=recipe["batch"] // recipe["micro_batch"],
            learning_rate=recipe["learning_rate"],
            num_train_epochs=recipe["epochs"],
            max_length=recipe["max_length"],
            packing=recipe["packing"],
            completion_only_loss=True,
            gradient_checkpointing=recipe["gradient_checkpointing"],
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            model_init_kwargs={"dtype": "float32", "attn_implementation": recipe["attention"]},
        )
        trainer = SFTTrainer(
            str(weights.parent), args=config, train_dataset=conversations, callbacks=[Clock]
        )
        tokens = sum(map(len, trainer.train_dataset["input_ids"])) * recipe["epochs"]
        begin = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - begin
    steps = [later - before for before, later in pairwise(ends)]
    memory = torch.cuda.max_memory_reserved() if gpu else None
    return Took(seconds, steps, losses, tokens, memory)


def main() -> None:
    """Train with TRL alone, write what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("rows", type=Path, help="a refined sample")
    parser.add_argument("took", type=Path, help="JSON to write")
    parser.add_argument("--settings", type=json.loads, required=True, help="recipe and chat")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    args = parser.parse_args()

    took = with_trl(args.weights, args.rows, args.settings, args.dtype)
    args.took.write_text(json.dumps(asdict(took)))


if __name__ == "__main__":
    main()
