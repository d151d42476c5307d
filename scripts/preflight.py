"""What a look at a cluster starts from and ends with; between them run the scripts of real jobs.

`make` writes a model of random weights and rows for it, `tell` keeps what came out, `show` prints
it.
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
from its.words import amount

QUESTION, RESPONSE = "What is 1 + 2?", "1 + 2 = 3. The final answer is \\boxed{3}."


def main() -> None:
    """Do one of them."""
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
    all_of_them = parts.add_parser("show")
    all_of_them.add_argument("found", type=Path, nargs="+", help="JSON that `tell` wrote")
    all_of_them.set_defaults(do=show)
    args = parser.parse_args()
    args.do(args)


def make(args: argparse.Namespace) -> None:
    """Check the devices, write the model and the rows."""
    import torch

    from its.tiny import write_tiny_model

    seen = torch.cuda.device_count()
    if seen < args.gpus:
        raise InputError(
            f"the config asks for {amount(args.gpus, 'GPU')}, and this job on "
            f"{socket.gethostname()} sees {seen}, with torch {torch.__version__}: ask for "
            "what the node has, or for a torch that is made for its driver"
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


def show(args: argparse.Namespace) -> None:
    """Print a line for each: where it was, on what, with which versions."""
    for path in args.found:
        found = json.loads(path.read_text())
        if "made_with" in found:
            versions = dict(found["made_with"][0])
            made, devices = "a token", f"{versions.pop('device')} x {versions.pop('count')}"
        else:
            versions = found["versions"]
            made, devices = "a step", f"{found['device']} x {found['processes']}"
        named = ", ".join(f"{name} {version}" for name, version in versions.items())
        print(f"{path.with_suffix('')}: {made} on {found['host']} ({devices}; {named})")
    print(f"Jobs of {amount(len(args.found), 'kind')} work here as the config asks for them")


if __name__ == "__main__":
    run(main)
