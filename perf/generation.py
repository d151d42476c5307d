"""One generation cell of ours against bare vLLM on the same prompts, the engine's start apart.

Both ask the same model the same rendered prompts with the same seeds and limits. Bare is what one
would write by hand: one `LLM`, one call of `generate`. The time apart from the start is measured
within each process: ours from the first shard to the written table, bare around `generate`.
"""

import argparse
import json
import os
import re
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
from measure import HEADING, Cost, cost, show

ROOT = Path(__file__).parents[1]


def bare(weights: Path, prompts: Path, settings: dict, dtype: str, gpus: int) -> None:
    """Answer with vLLM alone; print the seconds that `generate` took."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from its.chat import load_tokenizer, prompt_tokens
    from its.config.model import Chat
    from its.config.sampling import Sampling
    from its.engine import prepare, start
    from its.shards import seed_for

    prepare(gpus)
    from vllm import SamplingParams

    chat, sampling = Chat(**settings["chat"]), Sampling(**settings["sampling"])
    rows = pl.read_parquet(prompts)
    tokenizer = load_tokenizer(weights.parent, chat)
    tokens = [prompt_tokens(tokenizer, one, chat) for one in rows["messages"].to_list()]
    engine = start(
        weights.parent,
        dtype=dtype,
        gpus=gpus,
        limit=chat.context,
        tokens=sum(len(one) + sampling.max_tokens for one in tokens),
    )
    requests, parameters = [], []
    for one, name in zip(tokens, rows["id"], strict=True):
        for sample in range(sampling.n):
            requests.append({"prompt_token_ids": one})
            parameters.append(
                SamplingParams(
                    temperature=sampling.temperature,
                    top_p=sampling.top_p,
                    max_tokens=sampling.max_tokens,
                    seed=seed_for(sampling, name, sample),
                )
            )
    begin = time.monotonic()
    outputs = engine.generate(requests, parameters, use_tqdm=False)
    seconds = time.monotonic() - begin
    written = sum(len(output.outputs[0].token_ids) for output in outputs)
    print(f"BARE {seconds:.2f} {written}", flush=True)
    os._exit(0)


def cell(weights: Path, prompts: Path, settings: dict, device: list[str]) -> tuple[Cost, pl.Series]:
    """Run the script of the rule; return its cost after the engine's start, tokens by response."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "m/base/b/N.parquet"
        command = [sys.executable, ROOT / "scripts/generate.py", weights, prompts, out]
        for name in ["sampling", "chat"]:
            command += [f"--{name}", json.dumps(settings[name])]
        started: list[float] = []

        def heard(line: str) -> None:
            if "engine runs" in line:
                started.append(time.monotonic())

        whole = cost([*command, *device], ROOT, heard)
        if not started:
            sys.exit("error: generate.py never said that its engine runs")
        seconds = time.monotonic() - started[0]
        return replace(whole, seconds=seconds), pl.read_parquet(out)["tokens"]


def alone(weights: Path, prompts: Path, settings: dict, device: list[str]) -> tuple[Cost, int]:
    """Run vLLM alone; return its cost after the engine's start, and tokens."""
    command = [sys.executable, __file__, weights, prompts, "--bare", *device]
    said: list[str] = []
    whole = cost([*command, "--settings", json.dumps(settings)], ROOT, said.append)
    seconds, tokens = re.search(r"BARE ([\d.]+) (\d+)", "".join(said)).groups()
    return replace(whole, seconds=float(seconds)), int(tokens)


def main() -> None:
    """Run both in turns, print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("prompts", type=Path, help="a refined benchmark")
    parser.add_argument("--settings", type=json.loads, required=True, help="chat and sampling")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--gpus", default="0", help="to answer on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", action="store_true", help="run the other side, for this script")
    args = parser.parse_args()

    if args.bare:
        bare(args.weights, args.prompts, args.settings, args.dtype, int(args.gpus))
    device = ["--dtype", args.dtype, "--gpus", args.gpus]
    costs: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    print(HEADING)
    for _ in range(args.rounds):
        mine, tokens = cell(args.weights, args.prompts, args.settings, device)
        theirs, same = alone(args.weights, args.prompts, args.settings, device)
        if same != tokens.sum():
            print(f"ours wrote {tokens.sum()} tokens, bare {same}", file=sys.stderr)
        costs["ours"].append(mine)
        costs["theirs"].append(theirs)
    show("responses generated", len(tokens), **costs)


if __name__ == "__main__":
    main()
