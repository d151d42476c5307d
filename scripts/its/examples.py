"""Rows become examples to learn from: tokens, checked, held to the limit, put in an order."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from its.chat import completion_tokens, prompt_tokens
from its.config.model import Chat
from its.config.recipe import Recipe
from its.errors import InputError, refuse
from its.hashing import digest
from its.tables import read_table
from its.words import amount

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer

ROWS = {
    "id": pl.String,
    "variant": pl.Int64,
    "messages": pl.List(pl.Struct({"role": pl.String, "content": pl.String})),
    "response": pl.String,
}
"""What is read of a refined set."""

EXAMPLES = {"id": pl.String, "prompt": pl.List(pl.Int32), "completion": pl.List(pl.Int32)}
"""A row as tokens: what is read, and what is learnt, end mark included."""

PROMPT, COMPLETION = (pl.col(name).list.len().cast(pl.Int64) for name in ("prompt", "completion"))
LENGTH = (PROMPT + COMPLETION).alias("length")
"""Tokens of an example, and of its parts."""

IGNORED = -100
"""The label of a token that is read and not learnt."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """Examples within the limit, and what became of those beyond it."""

    examples: pl.DataFrame
    dropped: int
    cut: int

    @property
    def lengths(self) -> pl.Series:
        """How many tokens each example has."""
        return self.examples.select(LENGTH).to_series()

    @property
    def longest(self) -> int:
        """How many tokens the longest one has."""
        return int(self.lengths.max())


def read_examples(path: Path, tokenizer: "Tokenizer", chat: Chat) -> pl.DataFrame:
    """Read refined rows and turn each into tokens, in the one way of `its.chat`.

    Of a question with several variants, the first is learnt.

    Returns the columns of `EXAMPLES`, in the order of the rows.

    Raises
    ------
    InputError
        If a row has no response or the chat template does not fit it. All rows are looked at
        before: the message counts those that fail and shows the first of each kind.
    """
    examples, mistakes = [], {}
    for row in read_table(path, ROWS).filter(pl.col("variant") == 0).iter_rows(named=True):
        try:
            examples.append(_example(row, tokenizer, chat))
        except InputError as error:
            # One template fails in one way on many rows, with other words in the message.
            mistakes.setdefault(str(error)[:40], []).append(f"row {row['id']}: {error}")
    refuse([_first(path, lines) for lines in mistakes.values()])
    return pl.DataFrame(examples, schema=EXAMPLES, orient="row")


def _example(row: dict, tokenizer: "Tokenizer", chat: Chat) -> tuple[str, list[int], list[int]]:
    if row["response"] is None:
        raise InputError("it has no response to learn from; draw from a pool that has them")
    prompt = prompt_tokens(tokenizer, row["messages"], chat)
    completion = completion_tokens(tokenizer, row["messages"], row["response"], chat)
    return row["id"], prompt, completion


def _first(path: Path, lines: list[str]) -> str:
    more = f" (and {len(lines) - 1} more rows like it)" if len(lines) > 1 else ""
    return f"{path}: {lines[0]}{more}"


def fit(examples: pl.DataFrame, recipe: Recipe) -> Fitted:
    """Hold examples to the recipe's `max_length`, in the way that its `too_long` says.

    `cut` takes away the end. An example whose prompt alone fills the limit would have nothing
    left to learn, and is dropped.

    Parameters
    ----------
    examples
        Columns of `EXAMPLES`.

    Raises
    ------
    InputError
        If an example is too long and `too_long` is `fail`, or if no example is left.
    """
    long = examples.select("id", LENGTH).filter(pl.col("length") > recipe.max_length)
    if recipe.too_long == "fail" and len(long):
        name, longest = long.row(long["length"].arg_max())
        raise InputError(
            f"{len(long)} of {len(examples)} rows have more than {recipe.max_length} tokens, the "
            f"longest is {name} with {longest}; raise max_length in the recipe, or say there "
            "what to do with them (too_long: drop or cut)"
        )
    room = recipe.max_length - PROMPT
    kept = examples.filter(room >= (1 if recipe.too_long == "cut" else COMPLETION))
    if kept.is_empty():
        raise InputError(
            f"none of {amount(len(examples), 'row')} fits into {recipe.max_length} tokens"
        )
    dropped = len(examples) - len(kept)
    cut = kept.with_columns(pl.col("completion").list.head(room))
    return Fitted(cut, dropped, len(long) - dropped)


def shuffled(examples: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Return the rows in an order that depends on their ids and the seed alone."""
    keys = pl.Series([digest(seed, name) for name in examples["id"]], dtype=pl.String)
    return examples[keys.arg_sort().to_list()] if len(examples) else examples


def sequences(examples: pl.DataFrame) -> pl.DataFrame:
    """Return what a trainer reads: `input_ids`, and `labels`, which are `IGNORED` in the prompt."""
    ignored = pl.lit(IGNORED, pl.Int32).repeat_by(pl.col("prompt").list.len())
    return examples.select(
        input_ids=pl.concat_list("prompt", "completion"),
        labels=pl.concat_list(ignored, "completion"),
    )


def order(count: int, batch: int, epochs: int, seed: int) -> list[int]:
    """Return the order in which `count` sequences are read, all epochs one after the other.

    Each epoch is a permutation by hash, so that it depends on nothing but the seed: not on a
    library's random numbers, nor on how many processes share the work. It ends on a whole batch,
    filled up with `count`, the index of an empty sequence: otherwise processes would fill it up
    with sequences from the start, how many depending on how many processes there are.

    >>> order(3, batch=2, epochs=1, seed=0)
    [1, 2, 0, 3]
    """
    filling = [count] * (-count % batch)
    return [
        index
        for epoch in range(epochs)
        for index in [*_permuted(range(count), seed, epoch), *filling]
    ]


def _permuted(indices: Iterable[int], *key: int) -> list[int]:
    return sorted(indices, key=lambda index: digest(*key, index))


def accumulation(recipe: Recipe, processes: int) -> int:
    """Return how many micro batches make a batch of the recipe on so many processes.

    Raises
    ------
    InputError
        If they do not divide: another batch would be another recipe.
    """
    at_once = recipe.micro_batch * processes
    if recipe.batch % at_once:
        raise InputError(
            f"batch {recipe.batch} cannot be made of micro_batch {recipe.micro_batch} on "
            f"{processes} processes ({at_once} at once); set a batch that is a multiple of "
            f"{at_once} in the recipe, or use fewer processes for the model's training"
        )
    return recipe.batch // at_once
