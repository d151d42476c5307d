"""The contexts of a set's questions: as a model wrote them, or made here by draws."""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import polars as pl

from its.config.strategy import Bank, Other, Strategy, Text, Words, Written
from its.errors import InputError
from its.hashing import digest, seed_of
from its.leaks import holds_answer

CONTEXTS = {"id": pl.String, "number": pl.Int64, "context": pl.String}
"""One row a context, in the order of the questions; `number` counts those of one question."""
TRIES = 1000
"""Draws for one context, until one does not hold the answer."""


def contexts_of(
    name: str,
    strategies: Mapping[str, Strategy],
    questions: pl.DataFrame,
    written: Mapping[str, pl.DataFrame],
    *,
    dataset: str,
    draw: int,
) -> pl.DataFrame:
    """Return the contexts that a strategy has for each question, the columns of `CONTEXTS`.

    What is drawn for a question depends on its id, not on its place nor, `Other` apart, on the
    other questions.

    Parameters
    ----------
    name
        A strategy with a context.
    strategies
        It, and those that its context is made of.
    questions
        A set: `id` and `answer`.
    written
        What models wrote, for each of these strategies that has a writer: the columns of
        `CONTEXTS`.
    dataset
        Name of the set.
    draw
        Which draw of the contexts.

    Raises
    ------
    InputError
        If a question has no context, or none can be drawn that does not hold the answer.
    """
    context = strategies[name].context
    match context:
        case Written():
            return _complete(name, questions, written[name])
        case Text():
            made = [(one, 0, context.text) for one in questions["id"]]
        case Bank():
            made = list(_from_bank(context, questions, dataset, draw))
        case Other() | Words():
            source = getattr(context, context.source)
            given = contexts_of(source, strategies, questions, written, dataset=dataset, draw=draw)
            make = _from_others if isinstance(context, Other) else _from_words
            made = list(make(context, questions, given, draw))
        case _:
            raise TypeError(f"{name} has no context but {context!r}")
    return pl.DataFrame(made, schema=CONTEXTS, orient="row")


def read_lines(path: Path) -> list[str]:
    """Read a context, or a domain, a line, without empty lines and what follows a `#`."""
    lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line]


def _complete(name: str, questions: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """Return what was written for these questions, all of them."""
    texts = questions.select("id").join(written, on="id", how="left", maintain_order="left")
    missing = texts.filter(pl.col("context").fill_null("").str.strip_chars() == "")["id"]
    if len(missing):
        raise InputError(
            f"{len(missing)} of {len(questions)} questions have no context of {name}, as "
            f"{missing[0]}; its personas were written for another set: remove their file"
        )
    return texts.select(list(CONTEXTS))


def _from_bank(
    bank: Bank, questions: pl.DataFrame, dataset: str, draw: int
) -> Iterator[tuple[str, int, str]]:
    lines = sorted(set(read_lines(Path(bank.bank))))
    golds = dict(questions["id", "answer"].iter_rows())
    wanted = {dataset: list(golds)} if bank.per == "dataset" else {one: [one] for one in golds}
    for key, ids in wanted.items():
        drawn = (lines[seed_of(bank.seed, draw, key, n) % len(lines)] for n in range(TRIES))
        # Draws may miss a line that a large count needs: then all follow.
        usable = _without(chain(drawn, lines), [golds[one] for one in ids])
        texts: dict[str, None] = {}
        while len(texts) < bank.count and (text := next(usable, None)) is not None:
            texts[text] = None
        if len(texts) < bank.count:
            raise InputError(
                f"{bank.bank}: has {len(texts)} lines without the answer of {key}, and count is "
                f"{bank.count}; add lines, or lower count"
            )
        yield from ((one, number, text) for one in ids for number, text in enumerate(texts))


def _from_others(
    context: Other, questions: pl.DataFrame, given: pl.DataFrame, draw: int
) -> Iterator[tuple[str, int, str]]:
    """Yield for each question the contexts of the one after it, on a circle drawn by hash."""
    if len(questions) < 2:
        raise InputError("a set of one question has no other whose context it could take")
    circle = sorted(questions["id"], key=lambda one: digest(context.seed, draw, one))
    place = {one: number for number, one in enumerate(circle)}
    texts = {
        one: rows["context"].to_list() for (one,), rows in given.group_by("id", maintain_order=True)
    }
    for one, answer in questions["id", "answer"].iter_rows():
        others = (texts[circle[(place[one] + n) % len(circle)]] for n in range(1, len(circle)))
        free = (theirs for theirs in others if list(_without(theirs, [answer])) == theirs)
        taken = next(free, None)
        if taken is None:
            raise InputError(f"question {one}: every other one has a context with its answer")
        yield from ((one, number, text) for number, text in enumerate(taken))


def _from_words(
    context: Words, questions: pl.DataFrame, given: pl.DataFrame, draw: int
) -> Iterator[tuple[str, int, str]]:
    vocabulary = sorted(set(Path(context.words).read_text(encoding="utf-8").split()))
    golds = dict(questions["id", "answer"].iter_rows())
    for one, number, text in given.iter_rows():
        key, length = (context.seed, draw, one, number), len(text.split())
        drawn = (
            " ".join(random.Random(seed_of(*key, n)).choices(vocabulary, k=length))
            for n in range(TRIES)
        )
        words = next(_without(drawn, [golds[one]]), None)
        if words is None:
            raise InputError(f"{context.words}: no words without the answer of question {one}")
        yield one, number, words


def _without(texts: Iterable[str], golds: Sequence[str | None]) -> Iterator[str]:
    """Yield the texts that hold none of the answers."""
    return (text for text in texts if not any(holds_answer(text, gold) for gold in golds))
