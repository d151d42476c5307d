"""A summary says how sure it is, and what was not even graded."""

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from its.scoring import VERDICTS
from its.summary import summarize

RIGHT, WRONG = "right", "wrong"
TRUTHS = {
    # correct, lenient, answered, truncated, timed out
    RIGHT: (True, True, True, False, False),
    WRONG: (False, False, True, False, False),
    "phrase": (False, True, False, False, False),
    "cut": (False, False, False, True, False),
    "hostile": (False, False, True, False, True),
}


def verdicts(*rows: list[str]) -> pl.DataFrame:
    """Build verdicts from the kinds of responses to each problem."""
    table = []
    for place, kinds in enumerate(rows):
        for sample, kind in enumerate(kinds):
            correct, lenient, answered, truncated, timed_out = TRUTHS[kind]
            extracted = "5" if answered else None
            table.append(
                (f"p{place:03}", sample, correct, lenient, extracted, extracted, "5")
                + (extracted, extracted, extracted, "", "")
                + (answered, truncated, timed_out, 10 * (sample + 1), 8, 2)
            )
    return pl.DataFrame(table, schema=VERDICTS, orient="row")


def test_every_kind_of_response_is_counted_apart() -> None:
    summary = summarize(verdicts([RIGHT, WRONG, "phrase", "cut"], ["hostile", WRONG, WRONG, RIGHT]))
    assert summary["mean"] == 0.25
    assert summary["lenient_mean"] == 0.375
    assert summary["answered"] == 6 / 8
    assert summary["truncated"] == summary["timed_out"] == 1 / 8
    assert (summary["problems"], summary["responses"], summary["samples"]) == (2, 8, 4)
    assert summary["tokens"] == {"mean": 25, "median": 25}
    assert summary["thinking_tokens"]["mean"] == 8


@pytest.mark.parametrize("samples", [1, 3, 64])
def test_pass_at_k_is_given_for_every_k(samples: int) -> None:
    summary = summarize(verdicts([RIGHT] * samples, [WRONG] * samples))
    assert list(summary["pass_at_k"]) == [str(k) for k in range(1, samples + 1)]
    assert summary["majority"]["k"] == samples


@given(st.lists(st.lists(st.sampled_from([*TRUTHS]), min_size=3, max_size=3), min_size=2))
@settings(deadline=None)
def test_a_summary_is_plain_json_and_its_numbers_agree(rows: list[list[str]]) -> None:
    summary = summarize(verdicts(*rows))
    json.dumps(summary, allow_nan=False)
    passed = [one["mean"] for one in summary["pass_at_k"].values()]
    assert passed == sorted(passed)
    assert passed[0] == pytest.approx(summary["mean"])
    assert summary["mean"] <= summary["lenient_mean"] + 1e-12
    assert summary["answered"] + summary["truncated"] <= 1 + 1e-12
