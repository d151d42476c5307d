"""A generation is made in shards: calls of the engine whose make-up no interruption changes."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from pydantic import ValidationError

from its.config.model import Chat, Model
from its.config.sampling import Sampling
from its.console import Progress, say
from its.engine import Request, Response, made_with, respond
from its.errors import InputError
from its.hashing import seed_of
from its.progress import Work, read_shard, shard_facts, write_shard

if TYPE_CHECKING:
    from vllm import LLM

SHARD = {
    "id": pl.String,
    "sample": pl.Int64,
    "seed": pl.Int64,
    "prompt_tokens": pl.Int64,
    "tokens": pl.List(pl.UInt32),
    "finish": pl.String,
    "text": pl.String,
}
"""Columns of a shard. `tokens` are those of the response, so that they can be counted anew."""

GENERATIONS = {
    "id": pl.String,
    "sample": pl.Int64,
    "seed": pl.Int64,
    "prompt_tokens": pl.Int64,
    "tokens": pl.Int64,
    "thinking_tokens": pl.Int64,
    "answer_tokens": pl.Int64,
    "finish": pl.String,
    "text": pl.String,
}
"""Columns of the generations of a cell: one row a response, by problem and sample. `tokens`
counts the end mark too, and is the sum of `thinking_tokens` and `answer_tokens`; `finish` is
`stop` or `length`."""

LONG = 100
"""Characters from which equal texts are no chance ..."""
FEW = 3
"""... if it is so for all problems, and there are no fewer than these."""


@dataclass(frozen=True, slots=True)
class Shard:
    """Some samples of some problems that follow each other."""

    problems: range
    samples: range

    @property
    def name(self) -> str:
        """What tells it from all others, however many there are."""
        return f"problem{self.problems.start}-sample{self.samples.start}"

    def pairs(self) -> list[tuple[int, int]]:
        """List the number of the problem and that of the sample for each response."""
        return [(problem, sample) for problem in self.problems for sample in self.samples]

    def keys(self, ids: Sequence[str]) -> list[tuple[str, int]]:
        """List the id of the problem and the number of the sample for each response."""
        return [(ids[problem], sample) for problem, sample in self.pairs()]

    def __len__(self) -> int:
        """Return how many responses it has."""
        return len(self.problems) * len(self.samples)


def shards(problems: int, sampling: Sampling) -> list[Shard]:
    """List the shards of a cell: all problems for the first samples come first.

    A larger `n` adds shards at the end and changes none.
    """
    return [
        Shard(range(problem, min(problem + sampling.shard_problems, problems)), samples)
        for samples in blocks(sampling.n, sampling.shard_samples)
        for problem in range(0, problems, sampling.shard_problems)
    ]


def blocks(total: int, size: int) -> list[range]:
    """Split 0 to `total` into ranges of a size; the last one may be shorter.

    >>> blocks(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [range(first, min(first + size, total)) for first in range(0, total, size)]


def seed_for(sampling: Sampling, problem: str, sample: int) -> int:
    """Return the seed of a response: its own, so that samples of a problem differ."""
    return seed_of(sampling.seed, problem, sample)


def texts_decided_by(sampling: Sampling) -> str:
    """Return the settings that decide what a response says: all but `n`.

    Defaults are left out, so that shards survive a new key; a changed default raises the version.
    """
    settings = sampling.model_dump(mode="json", exclude={"n"}, exclude_defaults=True)
    return json.dumps(settings, sort_keys=True)


def asked_otherwise(generations: Path, sampling: Sampling, model: Model) -> bool:
    """Tell whether responses that are there were made with settings that would write others.

    Fewer samples, and other marks of the thinking, are put together from shards.
    """
    try:
        facts = pl.read_parquet_metadata(generations)
        once = Sampling.model_validate_json(facts["sampling"])
        chat = Chat.model_validate_json(facts["chat"])
    except (KeyError, ValidationError, pl.exceptions.PolarsError):  # torn, or of another version
        return False
    return (
        texts_decided_by(once) != texts_decided_by(sampling)
        or once.n < sampling.n
        or (chat.system, chat.template) != (model.chat.system, model.chat.template)
        or facts["dtype"] != model.dtype
    )


class Maker:
    """Makes shards, or takes up those that are there; the engine starts when one is missing.

    Parameters
    ----------
    work
        Where the shards are.
    launch
        Starts the engine.
    gpus
        What it runs on; 0 is the CPU.
    sampling
        Of every response, as vLLM's `SamplingParams` calls it.
    progress
        What is being done; nothing is shown before the engine runs.
    """

    def __init__(
        self,
        work: Work,
        launch: Callable[[], "LLM"],
        gpus: int,
        sampling: dict[str, float | bool],
        progress: Progress,
    ) -> None:
        self.work, self.launch, self.gpus = work, launch, gpus
        self.sampling, self.progress = sampling, progress
        self.engine: LLM | None = None

    def has(self, name: str, keys: Sequence[tuple[str, int]]) -> bool:
        """Tell whether a shard is there and whole."""
        return fits(read_shard(self.work, name), keys)

    def make(
        self,
        name: str,
        keys: Sequence[tuple[str, int]],
        requests: Sequence[Request],
        *,
        done: int = 0,
    ) -> pl.DataFrame:
        """Return the rows of a shard, the columns of `SHARD`, and leave it where it was found.

        Parameters
        ----------
        keys
            Problem and sample of each request.
        done
            How many were done before, for the terminal.
        """
        rows = read_shard(self.work, name)
        if fits(rows, keys):
            return rows
        if self.engine is None:
            say(f"{self.progress.what}: starting the engine")
            begin = time.monotonic()
            self.engine = self.launch()
            say(f"{self.progress.what}: the engine runs, after {time.monotonic() - begin:.0f} s")
            self.progress.restart(done)
        responses = respond(
            self.engine,
            requests,
            report=lambda number: self.progress.show(done + number),
            **self.sampling,
        )
        rows = rows_of(keys, requests, responses)
        write_shard(self.work, name, rows, **made_with(self.gpus))
        return rows

    def machines(self, names: Sequence[str]) -> str:
        """Return, as a JSON list, on what the shards were made: one, unless something changed."""
        found = {json.dumps(shard_facts(self.work, name), sort_keys=True) for name in names}
        return f"[{', '.join(sorted(found))}]"


def rows_of(
    keys: Sequence[tuple[str, int]], requests: Sequence[Request], responses: Sequence[Response]
) -> pl.DataFrame:
    """Put what was asked for (problem and sample) and what came back into the rows of a shard."""
    rows = [
        (*key, request.seed, len(request.prompt), response.tokens, response.finish, response.text)
        for key, request, response in zip(keys, requests, responses, strict=True)
    ]
    return pl.DataFrame(rows, schema=SHARD, orient="row")


def fits(rows: pl.DataFrame | None, keys: Sequence[tuple[str, int]]) -> bool:
    """Tell whether rows are those of a shard that was asked for such problems and samples."""
    if rows is None or rows.schema != pl.Schema(SHARD):
        return False
    return list(zip(rows["id"], rows["sample"], strict=True)) == list(keys)


def repeats(generations: pl.DataFrame) -> list[str]:
    """List the problems all of whose samples say the same, though there are several.

    Raises
    ------
    InputError
        If that is so for every problem with long texts: their seeds or their temperature do
        not what they should.
    """
    several = generations.group_by("id", maintain_order=True).agg(
        pl.col("text").n_unique().alias("texts"),
        pl.len().alias("samples"),
        pl.col("text").str.len_chars().max().alias("longest"),
    )
    several = several.filter(pl.col("samples") > 1)
    same = several.filter(pl.col("texts") == 1)
    long = several.filter(pl.col("longest") >= LONG)
    if len(long) >= FEW and (long["texts"] == 1).all():
        raise InputError(
            f"the {long['samples'][0]} samples of each of {len(long)} problems are equal though "
            f"their texts are long, as of problem {long['id'][0]}: they are one sample, counted "
            "several times; raise sampling.temperature of the benchmark, or set its sampling.n to 1"
        )
    return same["id"].to_list()
