"""What a look at a cluster starts from and ends with; between them run the scripts of real jobs.

`make` writes a model of random weights and rows for it, `tell` keeps what came out.
"""

import argparse
import json
import shutil
import socket
from pathlib import Path

import polars as pl

from its.console import say
from its.errors import InputError, run
from its.files import write_json
from its.schemas import REFINED
from its.tables import write_table

QUESTION, RESPONSE = "What is 1 + 2?", "1 + 2 = 3. The final answer is \\boxed{3}."


def main() -> None:
    """Do the one or the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = parser.add_subparsers(required=True)
    first = parts.add_parser("make")
    first.add_argument("folder", type=Path, help="folder to make: a model, and rows for it")
    first.add_argument("--gpus", type=int, default=0, help="that the job asks for, on each node")
    first.add_argument("--rows", type=int, default=1, help="how many")
    first.set_defaults(do=make)
    last = parts.add_parser("tell")
    last.add_argument("folder", type=Path, help="folder to remove")
    last.add_argument("made", type=Path, help="what came out: record of a training, or generations")
    last.add_argument("found", type=Path, help="JSON to write")
    last.set_defaults(do=tell)
    args = parser.parse_args()
    args.do(args)


def make(args: argparse.Namespace) -> None:
    """Check the devices, write the model and the rows."""
    import torch

    from its.tiny import write_tiny_model

    seen = torch.cuda.device_count()
    if seen < args.gpus:
        raise InputError(
            f"the config asks for {args.gpus} GPUs, and this job on {socket.gethostname()} sees "
            f"{seen}, with torch {torch.__version__}: ask for what the node has, or for a torch "
            "that is made for its driver"
        )
    shutil.rmtree(args.folder, ignore_errors=True)
    heads = max(2, args.gpus)
    write_tiny_model(args.folder / "model", heads=heads, kv_heads=heads, head_size=64)
    rows = [
        {
            "id": str(number),
            "problem": QUESTION,
            "context": None,
            "messages": [{"role": "user", "content": QUESTION}],
            "response": RESPONSE,
            "answer": "3",
            "variant": 0,
            "strategy": "N",
        }
        for number in range(args.rows)
    ]
    write_table(args.folder / "rows.parquet", pl.DataFrame(rows, schema=REFINED))


def tell(args: argparse.Namespace) -> None:
    """Keep on what machine a step or a token was made, and with what."""
    if args.made.suffix == ".json":
        record = json.loads(args.made.read_text())
        kept = ["versions", "device", "processes", "threads", "gpu_memory", "loss"]
        found = {name: record[name] for name in kept}
    else:
        found = {"made_with": json.loads(pl.read_parquet_metadata(args.made)["made_with"])}
    write_json(args.found, {"host": socket.gethostname(), **found})
    shutil.rmtree(args.folder)
    say(f"{args.found.with_suffix('')}: a job of this shape works on {socket.gethostname()}")


if __name__ == "__main__":
    run(main)
