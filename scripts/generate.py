"""Let a model answer a refined benchmark: several responses a problem, each with its own seed."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from its.arguments import as_json
from its.asked import Asked, check_ids
from its.chat import load_tokenizer
from its.config.model import Chat
from its.config.sampling import Sampling
from its.console import Progress, say
from its.engine import (
    Request,
    check_device,
    check_lengths,
    end_with_job,
    leave,
    limit_of,
    prepare,
    start,
)
from its.errors import run
from its.hashing import digest
from its.progress import fingerprint_of, unfinished
from its.schemas import MESSAGES
from its.shards import GENERATIONS, Maker, repeats, seed_for, shards, texts_decided_by
from its.tables import read_table, write_table
from its.thinking import thinking_tokens
from its.versions import version_of
from its.weights import identity, weights_of

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer

COLUMNS = {"id": pl.String, "variant": pl.Int64, "messages": MESSAGES}


def main() -> None:
    """Render the prompts, make the shards that are not there, put all together."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of the model that answers")
    parser.add_argument("prompts", type=Path, help="parquet: messages to send")
    parser.add_argument("generations", type=Path, help="parquet to write, one row per response")
    parser.add_argument("--sampling", type=as_json(Sampling), required=True)
    parser.add_argument("--chat", type=as_json(Chat), required=True)
    parser.add_argument(
        "--room", type=int, help="tokens of prompt and response, in place of the chat's"
    )
    parser.add_argument("--dtype", required=True, help="of weights and arithmetic, as float32")
    parser.add_argument("--gpus", type=int, default=0, help="0 runs on the CPU")
    parser.add_argument("--gpu-share", default="auto", help="of its memory")
    args = parser.parse_args()

    prepare(args.gpus)
    folder = weights_of(args.weights, released=True)  # shards may hold all that is asked
    problems = read_table(args.prompts, COLUMNS)
    check_ids(args.prompts, problems.filter(pl.col("variant") == 0)["id"])
    check_device(args.gpus)
    tokenizer = load_tokenizer(folder, args.chat)
    asked = Asked.of(problems["id"], problems["messages"].to_list(), tokenizer, args.chat)
    room = args.room or args.chat.context
    limit = limit_of(folder, room)
    check_lengths(
        asked.lengths,
        response=args.sampling.max_tokens,
        limit=limit,
        context=room,
        setting="sampling.max_tokens of the benchmark",
    )
    decides = [
        version_of("generate"),
        identity(args.weights),
        args.dtype,
        texts_decided_by(args.sampling),
        asked.digest(),
        # Whether marks of the thinking stay in the texts.
        *(["special"] if asked.special else []),
    ]
    place = args.generations.with_name(f"{args.generations.stem}.shards")
    with unfinished(place, *decides, inputs=[], keep=True) as work:
        # What the shards leave open: how many there are, and what counts as thinking.
        counted = [args.sampling.n, args.chat.thinking_start, args.chat.thinking_end]
        fingerprint = digest(work.fingerprint, *counted)
        if fingerprint_of(args.generations) == fingerprint:
            say(f"{args.generations}: was made meanwhile, by a job that went on after Snakemake")
            return
        planned = shards(len(asked.ids), args.sampling)
        keys = {shard.name: shard.keys(asked.ids) for shard in planned}
        what = f"generate {'/'.join(args.generations.with_suffix('').parts[-4:])}"
        maker = Maker(
            work,
            launch=lambda: start(
                weights_of(args.weights),
                dtype=args.dtype,
                gpus=args.gpus,
                share=args.gpu_share,
                limit=limit,
                tokens=max(
                    asked.room(shard.problems, args.sampling.max_tokens) * len(shard.samples)
                    for shard in planned
                ),
            ),
            gpus=args.gpus,
            sampling={"skip_special_tokens": not asked.special}
            | args.sampling.model_dump(
                include={"temperature", "top_p", "top_k", "max_tokens", "stop"}
            ),
            progress=Progress(what, sum(map(len, planned)), "responses"),
        )
        there = [shard for shard in planned if maker.has(shard.name, keys[shard.name])]
        if there:
            say(f"{what}: {len(there)} of {len(planned)} shards are there")
        done = sum(map(len, there))
        made = []
        for shard in planned:
            requests = [
                Request(
                    asked.prompt(problem, sample),
                    seed_for(args.sampling, asked.ids[problem], sample),
                )
                for problem, sample in shard.pairs()
            ]
            made.append(maker.make(shard.name, keys[shard.name], requests, done=done))
            done += 0 if shard in there else len(shard)

        generations = in_order(counted_apart(pl.concat(made), asked, tokenizer, args.chat), asked)
        for one in repeats(generations):
            say(f"WARNING: {what}: all {args.sampling.n} samples of problem {one} are equal")
        work.lease.check()
        write_table(
            args.generations,
            generations,
            {
                "fingerprint": fingerprint,
                "sampling": args.sampling.model_dump_json(),
                "chat": args.chat.model_dump_json(),
                "dtype": args.dtype,
                "made_with": maker.machines(list(keys)),
            },
        )


def counted_apart(
    rows: pl.DataFrame, asked: Asked, tokenizer: "Tokenizer", chat: Chat
) -> pl.DataFrame:
    """Replace the tokens of each row by how many are thinking and how many answer."""
    opened = dict(zip(asked.ids, asked.opened, strict=True))
    mark = tokenizer.get_vocab().get(chat.thinking_end)
    thinking = [
        thinking_tokens(
            row["text"],
            row["tokens"],
            chat,
            opened=opened[row["id"]],
            decode=lambda tokens: tokenizer.decode(tokens, skip_special_tokens=not asked.special),
            mark=mark,
        )
        for row in rows.iter_rows(named=True)
    ]
    return rows.with_columns(
        pl.col("tokens").list.len().cast(pl.Int64),
        thinking_tokens=pl.Series(thinking, dtype=pl.Int64),
    ).with_columns(answer_tokens=pl.col("tokens") - pl.col("thinking_tokens"))


def in_order(generations: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """Return the columns of `GENERATIONS`, by the order of the problems and the sample."""
    order = pl.DataFrame({"id": asked.ids, "order": range(len(asked.ids))})
    return generations.join(order, on="id").sort("order", "sample").select(list(GENERATIONS))


if __name__ == "__mp_main__":  # the engine's process, where it is not a fork of this one
    end_with_job()
if __name__ == "__main__":
    run(main)
    leave()
