"""Summarize the verdicts of one cell."""

from dataclasses import asdict
from typing import Any

import polars as pl

from its.intervals import Accuracy, accuracy, majority, pass_at_k


def summarize(verdicts: pl.DataFrame, *, level: float = 0.95) -> dict[str, Any]:
    """Return what one cell comes to, for a JSON file.

    Parameters
    ----------
    verdicts
        The columns of `its.scoring.VERDICTS`.
    level
        Coverage of the intervals.

    Returns
    -------
    dict
        `mean`, `low`, `high`: pass@1 by the last box, and its interval; `lenient_mean` and so on:
        wherever the answer stands. `problems`, `responses`, `samples` (per problem; the fewest).
        `answered`, `truncated`, `timed_out`: rates among responses; what is neither answered nor
        truncated has no box. `pass_at_k`: by k, from 1 to the number of samples.
        `majority`: the answer given most often among all samples. `tokens`, `thinking_tokens`,
        `answer_tokens`: `mean` and `median` over responses.
    """
    strict = accuracy(verdicts, level=level)
    lenient = accuracy(verdicts, column="lenient", level=level)
    samples = int(verdicts.group_by("id").len()["len"].min())
    return {
        **_interval(strict),
        **{f"lenient_{key}": value for key, value in _interval(lenient).items()},
        "problems": strict.problems,
        "responses": strict.responses,
        "samples": samples,
        **{name: verdicts[name].mean() for name in ["answered", "truncated", "timed_out"]},
        "pass_at_k": {
            str(k): _interval(one) for k, one in pass_at_k(verdicts, level=level).items()
        },
        "majority": {"k": samples, **_interval(majority(verdicts, level=level))},
        **{
            name: {"mean": verdicts[name].mean(), "median": verdicts[name].median()}
            for name in ["tokens", "thinking_tokens", "answer_tokens"]
        },
    }


def _interval(estimate: Accuracy) -> dict[str, float]:
    return {key: value for key, value in asdict(estimate).items() if key in {"mean", "low", "high"}}
