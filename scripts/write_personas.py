"""Write a context for every question with a model; what cannot be used is asked for again."""

import argparse
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.asked import Asked, check_ids
from its.chat import load_tokenizer
from its.config.model import Chat
from its.config.strategy import Written
from its.console import Progress, say
from its.contexts import read_lines
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
from its.errors import InputError, run
from its.hashing import digest, seed_of
from its.personas import clean, rejection
from its.progress import fingerprint_of, unfinished
from its.reasons import REASONS
from its.shards import Maker, blocks
from its.tables import read_table, write_table
from its.versions import version_of
from its.wanted import Wanted, wanted
from its.weights import identity, weights_of

COLUMNS = {"id": pl.String, "problem": pl.String, "answer": pl.String}
PERSONAS = {
    "id": pl.String,
    "number": pl.Int64,
    "context": pl.String,
    "request": pl.String,
    "attempts": pl.Int64,
    "seed": pl.Int64,
    "finish": pl.String,
}
"""One row a context, in the order of the questions: which of those of the question it is, the text,
what the writer was asked, how often until it could be used, the seed of the last time, and
`length` where a limit cut it."""
MOST = 10
"""Questions that an error lists; the rest are counted."""


def main() -> None:
    """Ask for every question, then again for those without a context, until all have one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of the model that writes")
    parser.add_argument("questions", type=Path, help="parquet, one row per question")
    parser.add_argument("personas", type=Path, help="parquet to write, one row per question")
    parser.add_argument("--context", type=as_json(Written), required=True)
    parser.add_argument("--attempts", type=int, help="in place of the context's")
    parser.add_argument("--draw", type=int, default=0, help="another one is another persona")
    parser.add_argument("--chat", type=as_json(Chat), required=True)
    parser.add_argument(
        "--room", type=int, help="tokens of prompt and response, in place of the chat's"
    )
    parser.add_argument("--dtype", required=True, help="of weights and arithmetic, as float32")
    parser.add_argument("--gpus", type=int, default=0, help="0 runs on the CPU")
    parser.add_argument("--gpu-share", default="auto", help="of its memory")
    args = parser.parse_args()

    attempts = args.attempts or args.context.attempts

    prepare(args.gpus)
    folder = weights_of(args.weights)
    questions = read_table(args.questions, COLUMNS)
    check_ids(args.questions, questions["id"])
    check_device(args.gpus)
    tokenizer = load_tokenizer(folder, args.chat)
    prompt = Path(args.context.prompt).read_text(encoding="utf-8").strip()
    domains = read_lines(Path(args.context.domains)) if args.context.domains else []
    dataset = args.questions.stem
    tasks = list(wanted(args.context, prompt, domains, questions, dataset=dataset, draw=args.draw))
    messages = [[{"role": "user", "content": one.request}] for one in tasks]
    asked = Asked.of([one.key for one in tasks], messages, tokenizer, args.chat)
    room = args.room or args.chat.context
    limit = limit_of(folder, room)
    check_lengths(
        asked.lengths,
        response=args.context.max_tokens,
        limit=limit,
        context=room,
        setting="context.max_tokens of the strategy",
    )
    decides = [
        version_of("write_personas"),
        identity(args.weights),
        args.dtype,
        # More attempts are asked only for what is missing. Files are what was read of them.
        args.context.model_dump_json(
            exclude={"attempts", "writer", "prompt", "domains"}, exclude_defaults=True
        ),
        args.draw,
        asked.digest(),
        # Whether marks of the thinking stay in the texts.
        *(["special"] if asked.special else []),
    ]
    place = args.personas.with_name(f"{args.personas.stem}.shards")
    with unfinished(place, *decides, inputs=[]) as work:
        checked = [args.chat.thinking_start, args.chat.thinking_end]
        fingerprint = digest(work.fingerprint, *checked, *questions["answer"])
        if fingerprint_of(args.personas) == fingerprint:
            say(f"{args.personas}: was made meanwhile, by a job that went on after Snakemake")
            return
        what = f"personas {'/'.join(args.personas.with_suffix('').parts[-2:])}"
        tokens = [
            asked.room(block, args.context.max_tokens)
            for block in blocks(len(asked.ids), args.context.shard)
        ]
        maker = Maker(
            work,
            launch=lambda: start(
                folder,
                dtype=args.dtype,
                gpus=args.gpus,
                share=args.gpu_share,
                limit=limit,
                tokens=max(tokens),
            ),
            gpus=args.gpus,
            sampling={"skip_special_tokens": not asked.special}
            | args.context.model_dump(include={"temperature", "top_p", "max_tokens"}),
            progress=Progress(what, len(asked.ids), "contexts"),
        )
        drafts = Drafts(tasks)
        for attempt in range(attempts):
            ask(drafts, attempt, maker, asked, args)
        counts = ", ".join(f"{n} {reason}" for reason, n in sorted(drafts.rejected.items()))
        say(f"{what}: rejected: {counts or 'none'}")
        if drafts.pending:
            raise InputError(failure(args.personas, asked.ids, drafts, attempts))
        work.lease.check()
        rows = [
            (
                question["id"],
                task.number,
                draft.text,
                task.request,
                draft.attempts,
                draft.seed,
                draft.finish,
            )
            for task, draft in zip(tasks, drafts.accepted, strict=True)
            for question in task.questions
        ]
        order = pl.col("id").replace_strict(questions["id"], range(len(questions)))
        write_table(
            args.personas,
            pl.DataFrame(rows, schema=PERSONAS, orient="row").sort(order, "number"),
            {
                "fingerprint": fingerprint,
                "context": args.context.model_dump_json(),
                "chat": args.chat.model_dump_json(),
                "dtype": args.dtype,
                "rejected": json.dumps(drafts.rejected, sort_keys=True),
                "made_with": maker.machines(drafts.shards),
            },
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """What the writer wrote, and how it came to it."""

    text: str
    attempts: int
    seed: int
    finish: str


class Drafts:
    """What has been written so far of what is wanted."""

    def __init__(self, tasks: list[Wanted]) -> None:
        self.tasks = tasks
        self.accepted: list[Draft | None] = [None] * len(tasks)
        self.last: dict[int, tuple[str, str]] = {}
        self.rejected: Counter[str] = Counter()
        self.shards: list[str] = []

    @property
    def pending(self) -> list[int]:
        """List the places of the tasks that have no context yet."""
        return [number for number, draft in enumerate(self.accepted) if draft is None]

    def judge(self, number: int, draft: Draft) -> None:
        """Take a draft, or count why not."""
        task = self.tasks[number]
        reason = rejection(
            draft.text,
            task.leaks,
            task.copies,
            request=task.request,
            finish=draft.finish,
            question=task.paraphrase,
        )
        if reason is None:
            self.accepted[number] = draft
        else:
            self.rejected[reason] += 1
            self.last[number] = reason, draft.text


def ask(drafts: Drafts, attempt: int, maker: Maker, asked: Asked, args: argparse.Namespace) -> None:
    """Ask once for each task that has no context yet, a shard a call."""
    context, pending = args.context, drafts.pending
    for block in blocks(len(pending), context.shard):
        numbers = [pending[place] for place in block]
        name = f"attempt{attempt}-question{block.start}"
        drafts.shards.append(name)
        rows = maker.make(
            name,
            [(asked.ids[number], attempt) for number in numbers],
            [
                Request(
                    asked.prompts[number][0],
                    seed_of(context.seed, asked.ids[number], args.draw, attempt),
                )
                for number in numbers
            ],
            done=len(asked.ids) - len(pending) + block.start,
        )
        for number, row in zip(numbers, rows.iter_rows(named=True), strict=True):
            text = clean(
                row["text"],
                row["finish"],
                args.chat,
                opened=asked.opened[number],
                question=context.paraphrase,
            )
            drafts.judge(number, Draft(text, attempt + 1, row["seed"], row["finish"]))


def failure(path: Path, ids: list[str], drafts: Drafts, attempts: int) -> str:
    """Say which questions have no context, why, and what can be done."""
    pending = drafts.pending
    reason, text = drafts.last[pending[0]]
    named = ", ".join(ids[number] for number in pending[:MOST])
    more = f" and {len(pending) - MOST} more" if len(pending) > MOST else ""
    return (
        f"{path}: {len(pending)} of {len(ids)} contexts could not be written in {attempts} "
        f"attempts: {named}{more}; the last one for {ids[pending[0]]} was rejected as {reason!r} "
        f"({REASONS[reason]}): {text[:200]!r}; raise context.attempts of the strategy (what is "
        "there is kept, only these are asked again), or change its prompt or its writer"
    )


if __name__ == "__mp_main__":  # the engine's process, where it is not a fork of this one
    end_with_job()
if __name__ == "__main__":
    run(main)
    leave()
