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
import sys
from collections.abc import Callable
from pathlib import Path

from trainings import Took, alone, ours

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from its.chat import load_tokenizer  # noqa: E402
from its.config.model import Chat  # noqa: E402
from its.config.recipe import Recipe  # noqa: E402
from its.costs.found import shape_of  # noqa: E402
from its.costs.sizes import forward_flops  # noqa: E402
from its.examples import read_examples  # noqa: E402

WAYS = {
    "packed": {"packing": True},
    "padded": {"packing": False, "micro_batch": 8},
    "one by one": {"packing": False},
}
SIDES = {"ours": ours, "TRL alone": alone}


def main() -> None:
    """Train in every way, print a row of the table for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("rows", type=Path, help="a refined sample")
    parser.add_argument("--chat", type=json.loads, required=True, help="of the model")
    parser.add_argument("--dtype", default="bfloat16", choices=["float32", "bfloat16"])
    parser.add_argument("--max-length", type=int, default=8192)
    parser.add_argument("--batch", type=int, default=4, help="packs of a step")
    parser.add_argument("--steps", type=int, default=6, help="at least, for the speed")
    parser.add_argument("--ways", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--loss", action="store_true", help="take one step over all rows first")
    parser.add_argument("--flops", type=float, help="of the device in a second, for MFU")
    args = parser.parse_args()

    chat = Chat(**args.chat)
    examples = read_examples(args.rows, load_tokenizer(args.weights.parent, chat), chat)
    lengths = examples["prompt"].list.len() + examples["completion"].list.len()
    mean = lengths.mean()
    facts = json.loads((args.weights.parent / "config.json").read_text())
    flops = 3 * forward_flops(shape_of(facts), mean / 2)
    # Batches are of whole micro-batches.
    everything = 8 * -(-len(examples) // 8)
    several = max(8, 8 * round(args.batch * args.max_length / mean / 8))

    def train(side: Callable[..., Took], way: str, **more: int) -> Took:
        recipe = Recipe(max_length=args.max_length, **WAYS[way], **more)
        settings = {"recipe": recipe.model_dump(mode="json"), "chat": args.chat}
        return side(args.weights, args.rows, settings, args.dtype)

    print(f"{len(lengths)} rows, {lengths.min()} to {lengths.max()} tokens, {mean:.0f} in the mean")
    print("| way | whose | tokens/s | MFU | most memory | loss |")
    print("| --- | --- | --- | --- | --- | --- |")
    for way in args.ways:
        batch, sequences = several, len(examples)
        if WAYS[way]["packing"]:
            batch, sequences = args.batch, len(examples) * mean / args.max_length
        epochs = max(1, round(args.steps * batch / sequences))
        for whose, side in SIDES.items():
            loss = "-"
            if args.loss:
                loss = f"{train(side, way, batch=everything, epochs=1).losses[0]:.5f}"
            took = train(side, way, batch=batch, epochs=epochs)
            later = took.steps[1:]
            speed = took.tokens * len(later) / len(took.steps) / sum(later)
            mfu = f"{flops * speed / args.flops:.3f}" if args.flops else "-"
            memory = f"{took.gpu_memory / 2**30:.1f} GiB" if took.gpu_memory else "-"
            print(f"| {way} | {whose} | {speed:.0f} | {mfu} | {memory} | {loss} |", flush=True)


if __name__ == "__main__":
    main()
