"""One generation cell of ours against bare vLLM on the same prompts, the engine's start apart.

Both ask the same model the same rendered prompts with the same seeds and limits. Bare is what one
would write by hand: one `LLM`, one call of `generate`. The time apart from the start is measured
within each process: ours from the first shard to the written table, bare around `generate`.
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

from measure import HEADING, Cost, show

ROOT = Path(__file__).parents[1]


def bare(weights: Path, prompts: Path, settings: dict, dtype: str, gpus: int) -> None:
    """Answer with vLLM alone; print the seconds that `generate` took."""
    sys.path.insert(0, str(ROOT / "scripts"))
    import polars as pl

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
    written = sum(len(output.outputs[0].token_ids) for output in outputs)
    print(f"BARE {time.monotonic() - begin:.2f} {written}", flush=True)
    os._exit(0)


def ours(weights: Path, prompts: Path, settings: dict, device: list[str]) -> tuple[float, int, int]:
    """Run the script of the rule; return seconds after the engine's start, tokens, responses."""
    import polars as pl

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "m/base/b/N.parquet"
        command = [sys.executable, ROOT / "scripts/generate.py", weights, prompts, out]
        for name in ["sampling", "chat"]:
            command += [f"--{name}", json.dumps(settings[name])]
        process = subprocess.Popen([*command, *device], stderr=subprocess.PIPE, text=True)
        begin = None
        for line in process.stderr:
            if re.search(r"engine runs", line):
                begin = time.monotonic()
        if process.wait() or begin is None:
            sys.exit("error: generate.py failed, or never said that its engine runs")
        seconds = time.monotonic() - begin
        tokens = pl.read_parquet(out)["tokens"]
        return seconds, int(tokens.sum()), len(tokens)


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
        seconds, tokens, responses = ours(args.weights, args.prompts, args.settings, device)
        command = [sys.executable, __file__, args.weights, args.prompts, "--bare"]
        command += ["--settings", json.dumps(args.settings), *device]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        other, same = re.search(r"BARE ([\d.]+) (\d+)", done.stdout).groups()
        if int(same) != tokens:
            print(f"ours wrote {tokens} tokens, bare {same}", file=sys.stderr)
        costs["ours"].append(Cost(seconds, 0, 0))
        costs["theirs"].append(Cost(float(other), 0, 0))
    show("responses generated", responses, **costs)


if __name__ == "__main__":
    main()
