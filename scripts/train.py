"""Fine-tune a model on refined rows; an interrupted training goes on where it stopped."""

import argparse
import os
from pathlib import Path

from its.arguments import as_json
from its.config.model import Chat
from its.config.recipe import Recipe
from its.config.weights import Storing
from its.errors import run
from its.job import Job
from its.offline import stay_offline
from its.processes import leave, share_cores


def main() -> None:
    """Read the settings, train, write weights and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path, help="manifest of the model to start from")
    parser.add_argument("rows", type=Path, help="parquet: messages and completions")
    parser.add_argument("weights", type=Path, help="manifest to write, after the weights beside it")
    parser.add_argument("record", type=Path, help="JSON to write: settings, losses, tokens, time")
    parser.add_argument("--recipe", type=as_json(Recipe), required=True)
    parser.add_argument("--chat", type=as_json(Chat), required=True)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--saving", type=as_json(Storing), default=Storing())
    args = parser.parse_args()

    share_cores()
    stay_offline()
    import torch

    if not torch.cuda.is_available():
        os.environ["DS_ACCELERATOR"] = "cpu"  # or DeepSpeed says at length that it finds no GPU

    from its.training import train

    train(
        Job(
            base=args.base,
            rows=args.rows,
            manifest=args.weights,
            record=args.record,
            recipe=args.recipe,
            chat=args.chat,
            dtype=args.dtype,
            seed=args.seed,
            saving=args.saving,
        )
    )
    leave()


if __name__ == "__main__":
    run(main)
