"""Packed rows against padded ones and rows one by one, of ours and of TRL alone, on one device.

Each way reads the same rows in batches of about as many tokens. Speed is that of the steps after
the first, which pays for what is loaded and compiled once. `loss` is that of a batch of all rows
before anything is learnt: a mean over the same tokens in every way, so packed rows that saw each
other would show in it. Needs a GPU to say much: on a CPU, packing gains nothing.
Nobody has run it on one yet.

    python perf/packing.py results/models/M/manifest.json results/refined/SET/N.parquet
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from training import conversations, ours

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from its.config.recipe import Recipe  # noqa: E402

WAYS = {
    "packed": {"packing": True},
    "padded": {"packing": False, "micro_batch": 8},
    "one by one": {"packing": False},
}


def bare(weights: Path, rows: Path, chat: dict, recipe: Recipe) -> None:
    """Train with TRL alone; print the seconds of each step and the first loss, as JSON."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
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

    gpu = torch.cuda.is_available()
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder,
            use_cpu=not gpu,
            bf16=gpu,
            per_device_train_batch_size=recipe.micro_batch,
            gradient_accumulation_steps=recipe.batch // recipe.micro_batch,
            learning_rate=recipe.learning_rate,
            num_train_epochs=recipe.epochs,
            max_length=recipe.max_length,
            packing=recipe.packing,
            completion_only_loss=True,
            gradient_checkpointing=recipe.gradient_checkpointing,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            model_init_kwargs={"dtype": "float32", "attn_implementation": recipe.attention},
        )
        data = conversations(rows, chat["system"])
        trainer = SFTTrainer(
            str(weights.parent), args=config, train_dataset=data, callbacks=[Clock]
        )
        tokens = sum(map(len, trainer.train_dataset["input_ids"])) * recipe.epochs
        trainer.train()
    seconds = [later - before for before, later in pairwise(ends)]
    memory = torch.cuda.max_memory_reserved() if gpu else None
    print(f"BARE {json.dumps([seconds, losses, tokens, memory])}", flush=True)


def measured(
    weights: Path, rows: Path, chat: dict, recipe: Recipe, dtype: str, *, alone: bool
) -> dict:
    """Return seconds and loss of each step, all tokens, and the most memory of a training."""
    if alone:
        command = [sys.executable, __file__, weights, rows, "--bare", recipe.model_dump_json()]
        command += ["--chat", json.dumps(chat)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: TRL alone failed\n{done.stderr[-3000:]}")
        seconds, losses, tokens, memory = json.loads(re.search(r"BARE (.*)", done.stdout)[1])
    else:
        settings = {"chat": chat, "recipe": recipe.model_dump(mode="json")}
        record = ours(weights, rows, settings, dtype)
        ends = [0.0, *(entry["seconds"] for entry in record["log"])]
        seconds = [later - before for before, later in pairwise(ends)]
        losses = [entry["loss"] for entry in record["log"]]
        tokens, memory = record["tokens"]["epoch"] * recipe.epochs, record["gpu_memory"]
    return {"seconds": seconds, "losses": losses, "tokens": tokens, "memory": memory}


def main() -> None:
    """Train in every way, print a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("rows", type=Path, help="a refined sample")
    parser.add_argument("--chat", type=json.loads, required=True, help="of the model")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--max-length", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=4, help="packs of a step")
    parser.add_argument("--steps", type=int, default=6, help="at least, for the speed")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--loss", action="store_true", help="take one step over all rows first")
    parser.add_argument("--flops", type=float, help="of the device in a second, for MFU")
    parser.add_argument("--bare", type=Recipe.model_validate_json, help="the other side")
    args = parser.parse_args()

    if args.bare:
        bare(args.weights, args.rows, args.chat, args.bare)
        return
    import polars as pl

    from its.chat import load_tokenizer
    from its.config.model import Chat
    from its.costs.found import shape_of
    from its.costs.sizes import forward_flops
    from its.examples import read_examples

    examples = read_examples(
        args.rows, load_tokenizer(args.weights.parent, Chat(**args.chat)), Chat(**args.chat)
    )
    length = pl.col("prompt").list.len() + pl.col("completion").list.len()
    lengths = examples.select(length).to_series()
    mean = lengths.mean()
    several = max(8, 8 * round(args.batch * args.max_length / mean / 8))
    whole = 8 * -(-len(examples) // 8)
    facts = json.loads((args.weights.parent / "config.json").read_text())
    needed = 3 * forward_flops(shape_of(facts), mean / 2)
    print(
        f"{len(lengths)} rows of {lengths.min()} to {lengths.max()} tokens, {mean:.0f} in the mean"
    )
    print("| way | whose | tokens/s | MFU | most memory | loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for way in args.ways:
        for alone in [False, True]:
            packing = WAYS[way]["packing"]
            common = {"max_length": args.max_length, "learning_rate": 1e-5, **WAYS[way]}
            batch = args.batch if packing else several
            told = {}
            if args.loss:
                told = measured(
                    args.weights,
                    args.rows,
                    args.chat,
                    Recipe(**common, batch=whole, epochs=1),
                    args.dtype,
                    alone=alone,
                )
            steps = len(examples) * (mean / args.max_length if packing else 1) / batch
            epochs = max(1, round(args.steps / steps))
            recipe = Recipe(**common, batch=batch, epochs=epochs)
            found = measured(args.weights, args.rows, args.chat, recipe, args.dtype, alone=alone)
            later = found["seconds"][1:]
            share = len(later) / len(found["seconds"])
            speed = found["tokens"] * share / sum(later)
            mfu = f"{needed * speed / args.flops:.3f}" if args.flops else "-"
            memory = f"{found['memory'] / 2**30:.1f} GiB" if found["memory"] else "-"
            loss = f"{told['losses'][0]:.5f}" if told else "-"
            whose = "TRL alone" if alone else "ours"
            print(f"| {way} | {whose} | {speed:.0f} | {mfu} | {memory} | {loss} |", flush=True)


if __name__ == "__main__":
    main()
