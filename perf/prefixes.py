"""Several samples of one prompt against as many separate prompts of its length, in our engine.

Both are one call of `its.engine.respond`, as a shard is, and write as many tokens. vLLM says of
each request how many tokens of its prompt it took from the cache of prefixes; that share is printed
too, and it fails if samples of one prompt took less than half from there.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path

from measure import HEADING, Cost, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
WRITTEN = 32
"""Tokens of each response."""


def main() -> None:
    """Ask both in turns, print a row of the table for each number of samples."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("--samples", type=int, nargs="+", default=[4, 16])
    parser.add_argument("--length", type=int, default=512, help="tokens of a prompt")
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--gpus", type=int, default=0, help="to answer on")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    from its.engine import Request, prepare, respond, room_for, start

    prepare(args.gpus)
    limit = args.length + WRITTEN
    room = room_for([args.length] * max(args.samples), WRITTEN)
    engine = start(args.weights.parent, dtype=args.dtype, gpus=args.gpus, limit=limit, tokens=room)
    cached: list[int] = []
    generate = engine.generate

    def noting(*words: object, **named: object) -> list:
        outputs = generate(*words, **named)
        cached.append(sum(output.num_cached_tokens for output in outputs))
        return outputs

    engine.generate = noting

    def ask(prompts: list[list[int]]) -> Cost:
        begin, processor = time.monotonic(), time.process_time()
        respond(
            engine,
            [Request(prompt, seed) for seed, prompt in enumerate(prompts)],
            lambda _: None,
            temperature=0.6,
            max_tokens=WRITTEN,
            ignore_eos=True,
        )
        return Cost(time.monotonic() - begin, time.process_time() - processor, 0)

    vocabulary = json.loads((args.weights.parent / "config.json").read_text())["vocab_size"]

    def prompt(number: int) -> list[int]:
        return [(number + 7 * place) % (vocabulary - 100) + 50 for place in range(args.length)]

    print(HEADING)
    for samples in args.samples:
        costs: dict[str, list[Cost]] = {"ours": [], "theirs": []}
        shares = {}
        for _ in range(args.rounds):
            for name, prompts in [
                ("ours", [prompt(0)] * samples),
                ("theirs", [prompt(number) for number in range(samples)]),
            ]:
                costs[name].append(ask(prompts))
                shares[name] = cached[-1] / (samples * args.length)
        show("samples of one prompt, against prompts", samples, **costs)
        print(
            f"from the cache: {shares['ours']:.1%} of the prompts' tokens of one prompt, "
            f"{shares['theirs']:.1%} of separate ones",
            file=sys.stderr,
        )
        if shares["ours"] < 0.5:
            sys.exit("error: samples of one prompt do not share it")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
