"""Join contexts to questions: one function, for samples and benchmarks alike."""

import re

import polars as pl

from its.config.strategy import Strategy
from its.errors import InputError, refuse
from its.schemas import MESSAGES, REFINED


def refine(
    questions: pl.DataFrame, contexts: pl.DataFrame | None, strategy: Strategy
) -> pl.DataFrame:
    """Turn each question and its context into the messages that a model reads.

    Parameters
    ----------
    questions
        A set: `id`, `problem`, `response` (null in benchmarks), `answer`.
    contexts
        `id` and `context`, one row per question; None for a strategy without a context.

    Returns
    -------
    DataFrame
        The columns of `REFINED`, in the order of the questions.

    Raises
    ------
    InputError
        If a question has no context, or a context holds the answer.
    """
    if (contexts is None) != (strategy.context is None):
        raise InputError("a strategy has personas exactly if it has a context")
    if contexts is None:
        joined = questions.with_columns(context=pl.lit(None, pl.String))
    else:
        joined = questions.join(
            contexts.select("id", "context"), on="id", how="left", maintain_order="left"
        )
        refuse(_mistakes(joined))
    messages = [
        message(problem, context, strategy)
        for problem, context in joined["problem", "context"].iter_rows()
    ]
    return joined.with_columns(messages=pl.Series(messages, dtype=MESSAGES)).select(
        pl.col(name).cast(dtype) for name, dtype in REFINED.items()
    )


def message(problem: str, context: str | None, strategy: Strategy) -> list[dict[str, str]]:
    """Return the messages of one question. Without a context that is the question, byte for byte.

    >>> message("1 + 1?", None, Strategy())
    [{'role': 'user', 'content': '1 + 1?'}]
    """
    if context is None:
        return [{"role": "user", "content": problem}]
    if strategy.position == "system":
        return [{"role": "system", "content": context}, {"role": "user", "content": problem}]
    # In one pass, so that braces in a question or a context stay what they are.
    texts = {"{context}": context, "{question}": problem}
    content = re.sub(r"\{(context|question)\}", lambda hole: texts[hole[0]], strategy.join)
    return [{"role": "user", "content": content}]


def holds_answer(context: str, answer: str | None) -> bool:
    """Tell whether a context gives the answer away, as a word of three or more characters.

    Shorter answers stand in any text by chance: half of all golds have one or two characters.

    >>> holds_answer("I was born in 1204.", "204"), holds_answer("I own 204 books.", "204")
    (False, True)
    """
    if answer is None or len(answer.strip()) < 3:
        return False
    return re.search(rf"(?<!\w){re.escape(answer.strip())}(?!\w)", context) is not None


def _mistakes(joined: pl.DataFrame) -> list[str]:
    without = joined.filter(pl.col("context").fill_null("").str.strip_chars() == "")["id"]
    mistakes = [f"question {one}: no persona" for one in without]
    for row in joined.iter_rows(named=True):
        if row["context"] and holds_answer(row["context"], row["answer"]):
            mistakes.append(
                f"question {row['id']}: its persona holds the answer {row['answer']!r}: "
                f"{row['context'][:120]!r}"
            )
    return mistakes
