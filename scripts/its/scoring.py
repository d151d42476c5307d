"""Turn responses into verdicts, one row each."""

from collections.abc import Callable, Mapping

import polars as pl

from its.answers import Extraction, answer_part, lenient, strict
from its.children import SECONDS, Children
from its.config.model import Chat
from its.errors import refuse
from its.golds import separated
from its.grading import Verdict, decided, judge, unusable
from its.words import amount

RESPONSES = {
    "id": pl.String,
    "sample": pl.Int64,
    "tokens": pl.Int64,
    "thinking_tokens": pl.Int64,
    "answer_tokens": pl.Int64,
    "finish": pl.String,
    "text": pl.String,
}
"""What is read of generations."""

ANSWERS = {"id": pl.String, "answer": pl.String}
"""What is read of a benchmark; of several golds, any is right (`its.golds`)."""

VERDICTS = {
    "id": pl.String,
    "sample": pl.Int64,
    "correct": pl.Boolean,
    "lenient": pl.Boolean,
    "extracted": pl.String,
    "lenient_extracted": pl.String,
    "gold": pl.String,
    "parsed": pl.String,
    "lenient_parsed": pl.String,
    "gold_parsed": pl.String,
    "rule": pl.String,
    "lenient_rule": pl.String,
    "answered": pl.Boolean,
    "truncated": pl.Boolean,
    "timed_out": pl.Boolean,
    "tokens": pl.Int64,
    "thinking_tokens": pl.Int64,
    "answer_tokens": pl.Int64,
}
"""One row per response, in the order of the generations.

`correct` looks at the last box alone, `lenient` also at what is called the answer and at the last
number; `extracted` and `lenient_extracted` are what they looked at (null: nothing found), `rule`
and `lenient_rule` what decided, and which of several golds. `parsed`, `lenient_parsed` and
`gold_parsed` are how the two were read to be compared, on one line and cut
(`its.grading.Verdict`; null where nothing was compared).
A truncated response is neither correct nor `answered`, whatever it holds; `answered` are the
others that have a box. `timed_out` counts as wrong.
"""


def score(
    generations: pl.DataFrame,
    answers: pl.DataFrame,
    chat: Chat,
    *,
    workers: int = 1,
    seconds: int = SECONDS,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> pl.DataFrame:
    """Judge every response against the gold of its problem.

    Parameters
    ----------
    generations, answers
        The columns of `RESPONSES` and `ANSWERS`.
    chat
        Where thinking begins and ends.
    workers, seconds
        As for `its.children.Children`.
    show
        As for `its.grading.judge`.

    Returns
    -------
    DataFrame
        The columns of `VERDICTS`.

    Raises
    ------
    InputError
        With all mistakes at once, before anything is judged: problems without responses, without
        a gold or with one that cannot be parsed, responses to unknown problems, a sample that
        stands twice or is missing.
    """
    with Children(workers, seconds) as children:
        known = answers["answer"].drop_nulls()
        unread = unusable((gold for one in known for gold in separated(one)), children)
        texts = generations.select(pl.col("text").fill_null(""), "tokens", "thinking_tokens")
        found = [_extract(*row, chat) for row in texts.iter_rows()]  # while children read golds
        refuse([*_mistakes(generations, answers), *_unusable_golds(answers, dict(unread))])
        golds = dict(answers.select("id", "answer").iter_rows())
        ids = generations["id"].to_list()
        pairs = (
            (gold, extraction.text)
            for id, extractions in zip(ids, found, strict=True)
            for extraction in extractions
            if extraction.text is not None
            for gold in separated(golds[id])
        )
        verdicts = judge(pairs, children, show=show)
    rows = [
        _row(golds[id], finish == "length", *extractions, verdicts)
        for id, finish, extractions in zip(ids, generations["finish"], found, strict=True)
    ]
    judged = pl.DataFrame(
        rows, schema={k: v for k, v in VERDICTS.items() if k not in RESPONSES}, orient="row"
    )
    return pl.concat([generations, judged], how="horizontal").select(list(VERDICTS))


def _extract(
    text: str, tokens: int, thinking_tokens: int, chat: Chat
) -> tuple[Extraction, Extraction]:
    answer = answer_part(text, chat.thinking_start, chat.thinking_end)
    # The prompt may have opened a thinking that never ends: the text alone does not show it.
    if not answer.strip() or thinking_tokens == tokens:
        nothing = Extraction(None, "only thinking" if text.strip() else "empty")
        return nothing, nothing
    boxed = strict(answer)
    return boxed, lenient(answer, boxed)


def _row(
    gold: str,
    truncated: bool,
    boxed: Extraction,
    anywhere: Extraction,
    verdicts: dict[tuple[str, str], Verdict],
) -> tuple:
    """Return a row of what `VERDICTS` adds to `RESPONSES`, in that order."""
    nothing = Verdict(False, "")
    strictly, leniently = (
        decided(gold, lambda one, text=extraction.text: verdicts[one, text])
        if extraction.text is not None
        else nothing
        for extraction in (boxed, anywhere)
    )
    return (
        strictly.equal and not truncated,
        leniently.equal and not truncated,
        boxed.text,
        anywhere.text,
        gold,
        strictly.answer,
        leniently.answer,
        strictly.gold or leniently.gold,
        "truncated" if truncated else strictly.rule or boxed.rule,
        "truncated" if truncated else ": ".join(filter(None, [anywhere.rule, leniently.rule])),
        boxed.text is not None and not truncated,
        truncated,
        (strictly.timed_out or leniently.timed_out) and not truncated,
    )


def _mistakes(generations: pl.DataFrame, answers: pl.DataFrame) -> list[str]:
    asked, answered = answers["id"], generations["id"]
    known, present = pl.DataFrame({"id": asked}), pl.DataFrame({"id": answered}).unique()
    mistakes = [
        f"the benchmark has the problem {id} twice"
        for id in asked.filter(asked.is_duplicated()).unique(maintain_order=True)
    ]
    mistakes += [
        f"problem {id}: no response; generate again"
        for id in known.join(present, on="id", how="anti", maintain_order="left")["id"]
    ]
    mistakes += [
        f"responses to {id}, which the benchmark does not have; generate again"
        for id in present.join(known, on="id", how="anti")["id"].sort()
    ]
    counts = generations.group_by("id", "sample").len().filter(pl.col("len") > 1)
    mistakes += [
        f"problem {id}: sample {sample} stands there {count} times; generate again"
        for id, sample, count in counts.sort("id", "sample").iter_rows()
    ]
    samples = generations["sample"].n_unique()
    numbers = generations.group_by("id").agg(pl.col("sample").n_unique())
    mistakes += [
        f"problem {id}: {amount(count, 'sample')}, others have {samples}; generate again"
        for id, count in numbers.filter(pl.col("sample") != samples).sort("id").iter_rows()
    ]
    mistakes += [
        f"problem {id}: finish is {finish!r}, expected 'stop' or 'length'"
        for id, finish in generations.filter(
            ~pl.col("finish").is_in(["stop", "length"]).fill_null(False) | pl.col("text").is_null()
        )
        .select("id", "finish")
        .iter_rows()
    ]
    return mistakes


def _unusable_golds(answers: pl.DataFrame, reasons: Mapping[str, str]) -> list[str]:
    mistakes = []
    for id, answer in answers.select("id", "answer").iter_rows():
        if answer is None:
            mistakes.append(f"problem {id}: no answer to compare with")
            continue
        mistakes += [
            f"problem {id}: its answer {gold[:80]!r} {reasons[gold]}; mend the source, or "
            "the fields that say where its answer stands"
            for gold in separated(answer)
            if gold in reasons
        ]
    return mistakes
