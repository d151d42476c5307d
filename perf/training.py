"""Tokens a second of a training of ours against a bare TRL script on the same rows.

Bare is TRL as one would write it by hand: prompt and completion as messages, its own tokenising,
no checks. Both learn the same rows in the same batches, in fp32, and save no states on the way.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from measure import HEADING, Cost, show

if TYPE_CHECKING:
    from datasets import Dataset

ROOT = Path(__file__).parents[1]


def conversations(rows: Path, system: str) -> "Dataset":
    """Return rows as TRL's own tokenising wants them."""
    import polars as pl
    from datasets import Dataset

    return Dataset.from_list(
        [
            {
                "prompt": [{"role": "system", "content": system}, *row["messages"]],
                "completion": [{"role": "assistant", "content": row["response"]}],
            }
            for row in pl.read_parquet(rows).iter_rows(named=True)
        ]
    )


def bare(weights: Path, rows: Path, settings: dict) -> None:
    """Train with TRL alone; print seconds of the training and the tokens it saw."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    from trl import SFTConfig, SFTTrainer

    recipe, system = settings["recipe"], settings["chat"]["system"]
    with tempfile.TemporaryDirectory() as folder:
        config = SFTConfig(
            output_dir=folder,
            use_cpu=True,
            bf16=False,
            per_device_train_batch_size=recipe["micro_batch"],
            gradient_accumulation_steps=recipe["batch"] // recipe["micro_batch"],
            learning_rate=recipe["learning_rate"],
            num_train_epochs=recipe["epochs"],
            max_length=recipe["max_length"],
            packing=False,
            completion_only_loss=True,
            gradient_checkpointing=False,
            save_strategy="no",
            report_to="none",
            model_init_kwargs={"dtype": "float32"},
        )
        trainer = SFTTrainer(
            str(weights.parent), args=config, train_dataset=conversations(rows, system)
        )
        tokens = sum(map(len, trainer.train_dataset["input_ids"])) * recipe["epochs"]
        begin = time.monotonic()
        trainer.train()
        print(f"BARE {time.monotonic() - begin:.2f} {tokens}", flush=True)


def ours(weights: Path, rows: Path, settings: dict, dtype: str = "float32") -> dict:
    """Run the command of the rule; return its record."""
    with tempfile.TemporaryDirectory() as folder:
        outputs = [Path(folder) / "m/weights/manifest.json", Path(folder) / "m/training.json"]
        command = [str(Path(sys.executable).with_name("torchrun")), "--standalone"]
        command += ["--nproc-per-node", "1", ROOT / "scripts/train.py", weights, rows, *outputs]
        for name in ["recipe", "chat"]:
            command += [f"--{name}", json.dumps(settings[name])]
        command += ["--dtype", dtype, "--seed", "0", "--saving", '{"save_steps": 1000000}']
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"error: the training failed\n{done.stderr[-3000:]}")
        return json.loads(outputs[1].read_text())


def main() -> None:
    """Run both in turns, print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("rows", type=Path, help="a refined sample")
    parser.add_argument("--settings", type=json.loads, required=True, help="recipe and chat")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", action="store_true", help="run the other side, for this script")
    args = parser.parse_args()

    if args.bare:
        bare(args.weights, args.rows, args.settings)
        return
    costs: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    print(HEADING)
    for _ in range(args.rounds):
        record = ours(args.weights, args.rows, args.settings)
        tokens = record["tokens"]["epoch"] * record["epochs"]
        command = [sys.executable, __file__, args.weights, args.rows, "--bare"]
        command += ["--settings", json.dumps(args.settings)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        other, same = re.search(r"BARE ([\d.]+) (\d+)", done.stdout).groups()
        # Templates differ in a few tokens.
        costs["ours"].append(Cost(1000 * record["seconds"] / tokens, 0, 0))
        costs["theirs"].append(Cost(1000 * float(other) / int(same), 0, 0))
    show("tokens trained, seconds for a thousand", tokens, **costs)


if __name__ == "__main__":
    main()
