"""Whether the responses of a pool end on its golds."""

from collections.abc import Callable

import polars as pl

from its.answers import answer_part, strict
from its.children import SECONDS, Children
from its.filters.verified import Verified
from its.golds import separated
from its.grading import decided, judge, unusable

VERIFIED = {"answer": pl.String, "extracted": pl.String, "verdict": pl.String}
"""One row per row of the sources, in their order: the gold, what stands in the last box of the
response, and why it is not right (null if it is)."""


def extraction(one: Verified) -> pl.Expr:
    """Return an expression for what a response ends on, as a struct of `text` and `rule`."""

    def extract(response: str) -> dict[str, str | None]:
        found = strict(answer_part(response, one.thinking_start, one.thinking_end))
        return {"text": found.text, "rule": found.rule}

    dtype = pl.Struct({"text": pl.String, "rule": pl.String})
    return pl.col("response").fill_null("").map_elements(extract, return_dtype=dtype)


def verdicts(
    rows: pl.DataFrame,
    *,
    workers: int = 1,
    seconds: int = SECONDS,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> pl.DataFrame:
    """Compare what responses end on with the golds, each distinct pair once.

    Parameters
    ----------
    rows
        `answer` (str, null if there is no gold), `text` and `rule` (str) of `extraction`.
    workers, seconds
        As for `its.children.Children`.
    show
        As for `its.grading.judge`.

    Returns
    -------
    DataFrame
        The columns of `VERIFIED`, in the order of the rows.
    """
    both = rows.select("answer", "text").drop_nulls().unique().sort("answer", "text")
    pairs = [(one, text) for gold, text in both.iter_rows() for one in separated(gold)]
    with Children(workers, seconds) as children:
        bad = dict(unusable((gold for gold, _ in pairs), children))
        judged = judge([pair for pair in pairs if pair[0] not in bad], children, show=show)
    why = []
    for gold, text, rule in rows.select("answer", "text", "rule").iter_rows():
        if gold is None:
            why.append("no gold")
        elif text is None:
            why.append(rule)
        elif any(one in bad for one in separated(gold)):
            why.append("unusable gold")
        else:
            verdict = decided(gold, lambda one, text=text: judged[one, text])
            other = verdict.rule if verdict.timed_out else "another answer"
            why.append(None if verdict.equal else other)
    verdict = pl.Series("verdict", why, dtype=pl.String)
    return rows.select("answer", verdict, extracted="text").select(list(VERIFIED))
