"""Join contexts to questions: one function, for samples and benchmarks alike."""

import re
from collections.abc import Mapping
from fractions import Fraction

import polars as pl

from its.config.strategy import Counted, Strategy, Written
from its.contexts import contexts_of
from its.errors import refuse
from its.hashing import digest
from its.leaks import gives_away
from its.schemas import MESSAGES, REFINED

SENTENCE_END = re.compile(r"[.!?]\s+(?=[A-Z])")


def refine(
    questions: pl.DataFrame,
    name: str,
    strategies: Mapping[str, Strategy],
    written: Mapping[str, pl.DataFrame],
    *,
    dataset: str = "",
    draw: int = 0,
) -> pl.DataFrame:
    """Turn each question and its context into the messages that a model reads.

    Parameters
    ----------
    questions
        A set: `id`, `problem`, `response` (null in benchmarks), `answer`.
    name
        The strategy.
    strategies
        It, and those that it is made of.
    written
        What models wrote for those that have a writer, the columns of `its.contexts.CONTEXTS`.
    dataset
        Name of the set, for a context that the whole of it has.
    draw
        Which draw of the contexts.

    Returns
    -------
    DataFrame
        The columns of `REFINED`, in the order of the questions.

    Raises
    ------
    InputError
        If a question has no context, or a context holds the answer.
    """
    strategy = strategies[name]
    parts = [_part(strategy, name, one, draw) for one in questions["id"]]
    placed = questions.with_row_index("place").with_columns(
        strategy=pl.Series(parts, dtype=pl.String)
    )
    asked = questions.unique("id", keep="first", maintain_order=True)
    tables = []
    for part in dict.fromkeys(parts or [name]):
        texts = _joined(part, strategies, asked, written, dataset=dataset, draw=draw)
        rows = placed.filter(pl.col("strategy") == part).join(
            texts, on="id", how="left", maintain_order="left_right"
        )
        refuse(_leaks(rows, strategies[part]))
        messages = [
            message(problem, context, strategies[part])
            for problem, context in rows["problem", "context"].iter_rows()
        ]
        tables.append(rows.with_columns(messages=pl.Series(messages, dtype=MESSAGES)))
    return (
        pl.concat(tables)
        .sort("place", "variant")
        .select(pl.col(column).cast(dtype) for column, dtype in REFINED.items())
    )


def message(problem: str, context: str | None, strategy: Strategy) -> list[dict[str, str]]:
    """Return the messages of one question. Without a context that is the question, byte for byte.

    >>> message("1 + 1?", None, Strategy())
    [{'role': 'user', 'content': '1 + 1?'}]
    """
    user = {"role": "user", "content": problem}
    if context is None:
        return [user]
    if paraphrases(strategy):
        return [user | {"content": context}]
    match strategy.position:
        case "system":
            return [{"role": "system", "content": context}, user]
        case "turn":
            reply = {"role": "assistant", "content": strategy.reply}
            return [user | {"content": context}, reply, user]
        case "inside":
            before, after = halves(problem)
            texts = {"{context}": context, "{before}": before, "{after}": after}
        case _:
            texts = {"{context}": context, "{question}": problem}
    # In one pass, so that braces in a question or a context stay what they are.
    hole = "|".join(map(re.escape, texts))
    return [user | {"content": re.sub(hole, lambda found: texts[found[0]], strategy.template)}]


def paraphrases(strategy: Strategy) -> bool:
    """Tell whether the context takes the question's place, instead of joining it."""
    return isinstance(strategy.context, Written) and strategy.context.paraphrase


def halves(problem: str) -> tuple[str, str]:
    """Split a question at the end of the sentence nearest to its middle, or else between words.

    >>> halves("Ann has 3 apples. Ben has 4. How many are there?")
    ('Ann has 3 apples. Ben has 4. ', 'How many are there?')
    """
    ends = [found.end() for found in SENTENCE_END.finditer(problem)]
    ends = ends or [found.end() for found in re.finditer(r"\s+(?=\S)", problem)]
    middle = len(problem) / 2
    cut = min(ends, key=lambda end: abs(end - middle), default=len(problem))
    return problem[:cut], problem[cut:]


def _part(strategy: Strategy, name: str, question: str, draw: int) -> str:
    """Return the strategy that a question gets: `name`, or one of its mixture by weight."""
    if not strategy.mixture:
        return name
    # Not the hash that samples are drawn by: all rows of a sample have a small one.
    place = Fraction(int(digest("mixture", strategy.seed, draw, question), 16), 16**64)
    for part, weight in sorted(strategy.mixture.items()):
        place -= Fraction(weight)
        if place < 0:
            return part
    return part  # what rounding of the weights leaves


def _joined(
    name: str,
    strategies: Mapping[str, Strategy],
    questions: pl.DataFrame,
    written: Mapping[str, pl.DataFrame],
    *,
    dataset: str,
    draw: int,
) -> pl.DataFrame:
    """Return what stands beside each question: `id`, `variant`, `context`.

    Several contexts of a question are joined, unless each response reads another one.
    """
    strategy = strategies[name]
    if strategy.context is None:
        plain = pl.lit(None, pl.String)
        return questions.select("id", context=plain, variant=pl.lit(0, pl.Int64))
    texts = contexts_of(name, strategies, questions, written, dataset=dataset, draw=draw)
    if _per_sample(name, strategies):
        return texts.rename({"number": "variant"})
    together = pl.col("context").sort_by("number").str.join(strategy.separator)
    joined = texts.group_by("id", maintain_order=True).agg(together)
    return joined.with_columns(variant=pl.lit(0, pl.Int64))


def _per_sample(name: str, strategies: Mapping[str, Strategy]) -> bool:
    """Tell whether each response reads another context; made of others', it does as they do."""
    context = strategies[name].context
    if context.source:
        return _per_sample(getattr(context, context.source), strategies)
    return isinstance(context, Counted) and context.per == "sample"


def _leaks(rows: pl.DataFrame, strategy: Strategy) -> list[str]:
    """List the questions whose answer stands in their context."""
    return [
        f"question {row['id']}: its context holds the answer {row['answer']!r}: "
        f"{row['context'][:120]!r}"
        for row in rows.iter_rows(named=True)
        if row["context"]
        and gives_away(
            row["context"], row["answer"], row["problem"] if paraphrases(strategy) else ""
        )
    ]
