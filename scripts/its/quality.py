"""What contexts are like: how near to their questions, how varied, and what they cost to write."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from its.errors import InputError, refuse
from its.golds import separated
from its.hashing import normalised
from its.leaks import bare, holds_word
from its.reasons import REASONS
from its.similarity import Estimate, nearest, over_questions, similarities

NEAR = 0.9
"""Cosine from which two contexts count as near duplicates: one sentence in other words."""
DIGITS = 4
"""Of what is written: further ones differ from processor to processor."""

ESTIMATES = ["own", "other", "difference", "among", "words", "short_answer"]
SHARES = ["exact_duplicates", "near_duplicates", "distinct_1", "distinct_2", "cut"]
COUNTS = ["questions", "contexts", "written", "attempts"]

QUALITY = {
    "set": pl.String,
    "draw": pl.Int64,
    "strategy": pl.String,
    "persona": pl.Int64,
    "label": pl.String,
    **{f"n_{name}": pl.Int64 for name in COUNTS},
    **{f"{name}{end}": pl.Float64 for name in ESTIMATES for end in ["", "_low", "_high"]},
    **{name: pl.Float64 for name in SHARES},
    "rejected": pl.Int64,
    **{f"rejected_{reason}": pl.Int64 for reason in REASONS},
}
"""One row per file of contexts: the numbers of `measure` and `effort`, by set and strategy and the
draws of both. `rejected` is the sum over the reasons of `its.reasons.REASONS`."""


def paired(personas: pl.DataFrame, questions: pl.DataFrame) -> pl.DataFrame:
    """Return contexts with their questions: `id`, `context`, `problem`, `answer`.

    Parameters
    ----------
    personas
        `id` and `context`, a row a context.
    questions
        A set: `id`, `problem`, `answer`.

    Raises
    ------
    InputError
        If a context belongs to no question of the set, or a question has none.
    """
    odd = set(personas["id"]) ^ set(questions["id"])
    if odd:
        raise InputError(
            f"personas and questions differ: {len(odd)} ids are in one of both alone, as "
            f"{min(odd)}; the personas were written for another set: remove their file"
        )
    return personas.select("id", "context").join(
        questions.select("id", "problem", "answer"), on="id", maintain_order="left"
    )


def measure(rows: pl.DataFrame, contexts: np.ndarray, problems: np.ndarray) -> dict[str, Any]:
    """Return what contexts are like, for a JSON file.

    Parameters
    ----------
    rows
        `id`, `context` and `answer`, a row a context.
    contexts, problems
        A vector of length 1 for the context of each row, and for its problem.

    Returns
    -------
    dict
        `n_questions`, `n_contexts`. `own`, `other`, `difference`, `among`: cosines
        (`its.similarity.similarities`). `words`: length of a context. `short_answer`: share of
        questions with a context that holds their answer of one or two characters as a word, which
        is not refused; its interval is Wilson's. All of these have `mean`, `low` and `high`, over
        questions. `exact_duplicates`: share of
        contexts whose normalised text another one has, too; `near_duplicates`: share of those
        with another one at a cosine of `NEAR` or more. `distinct_1`, `distinct_2`: distinct words
        and pairs of neighbouring words as a share of all; they fall with the number of contexts,
        so compare only sets of a size.

    References
    ----------
    Li et al., arXiv:1510.03055, for distinct-n.
    """
    from scipy.stats import binomtest  # takes longer to import than all else here

    by_question = rows.with_row_index("place").group_by("id", maintain_order=True)
    places = by_question.agg("place")["place"].to_list()
    means = np.stack([contexts[group].mean(axis=0) for group in places])
    words = [text.split() for text in map(normalised, rows["context"])]
    lengths = np.array([len(text) for text in words])
    texts = Counter(map(tuple, words))
    held = {
        one
        for one, context, answer in rows.select("id", "context", "answer").iter_rows()
        if holds_short_answer(context, answer)
    }
    ends = binomtest(len(held), len(places)).proportion_ci(method="wilson")
    estimates = similarities(means, problems[[group[0] for group in places]]) | {
        "words": over_questions(np.array([lengths[group].mean() for group in places])),
        "short_answer": Estimate(len(held) / len(places), float(ends.low), float(ends.high)),
    }
    near = nearest(contexts) >= NEAR - 1e-6
    return {
        "n_questions": len(places),
        "n_contexts": len(rows),
        **{name: _rounded(asdict(estimate)) for name, estimate in estimates.items()},
        **_rounded(
            {
                "exact_duplicates": sum(n for n in texts.values() if n > 1) / len(rows),
                "near_duplicates": float(near.mean()),
                "distinct_1": distinct(words, 1),
                "distinct_2": distinct(words, 2),
            }
        ),
    }


def effort(personas: pl.DataFrame, rejected: Mapping[str, int]) -> dict[str, Any]:
    """Return what it took to write contexts, for a JSON file.

    Parameters
    ----------
    personas
        `request`, `seed`, `attempts`, `finish`; questions that share a context share all of these.
    rejected
        How many drafts were rejected, by reason; what is not there is 0.

    Returns
    -------
    dict
        `n_written`: contexts; `n_attempts`: drafts that it took to have them. `rejected`: by
        reason. `cut`: share of contexts that a limit cut, to whole sentences.
    """
    written = personas.select("request", "seed", "attempts", "finish").unique()
    return {
        "n_written": len(written),
        "n_attempts": int(written["attempts"].sum()),
        "rejected": {reason: rejected.get(reason, 0) for reason in REASONS},
        **_rounded({"cut": (written["finish"] == "length").mean()}),
    }


def holds_short_answer(context: str, answer: str | None) -> bool:
    """Tell whether a context holds an answer of one or two characters, as a word.

    >>> holds_short_answer("I own 20 books.", "20"), holds_short_answer("I own 120 books.", "20")
    (True, False)
    """
    golds = (bare(gold) for gold in separated(answer or ""))
    return any(1 <= len(gold) <= 2 and holds_word(bare(context), gold) for gold in golds)


def distinct(texts: Iterable[list[str]], size: int) -> float:
    """Return distinct n-grams as a share of all, over all texts; 1 if there are none.

    >>> distinct([["i", "am", "i"], ["i", "am"]], 2)
    0.6666666666666666
    """
    grams = [
        tuple(text[start : start + size]) for text in texts for start in range(len(text) - size + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 1.0


def quality_rows(paths: Iterable[Path], labels: Mapping[str, str]) -> pl.DataFrame:
    """Return the columns of `QUALITY`, in the order of the files.

    Parameters
    ----------
    labels
        What strategies are called; their names, where it has none.

    Raises
    ------
    InputError
        If a file is not what `measure_personas.py` writes, naming all of those.
    """
    rows, mistakes = [], []
    for path in paths:
        try:
            rows.append(_row(json.loads(path.read_text(encoding="utf-8")), labels))
        except (ValueError, TypeError, KeyError) as error:
            mistakes.append(
                f"{path}: not what scripts/measure_personas.py writes ({error}); delete it"
            )
    refuse(mistakes)
    return pl.DataFrame(rows, schema=QUALITY)


def _row(found: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    name, _, draw = found["set"].partition(".")
    strategy, _, persona = found["strategy"].partition(".")
    row = {
        "set": name,
        "draw": int(draw or 0),
        "strategy": strategy,
        "persona": int(persona or 0),
        "label": labels.get(strategy, strategy),
        "rejected": sum(found["rejected"].values()),
    }
    for name in ESTIMATES:
        ends = [found[name][end] for end in ["mean", "low", "high"]]
        row |= dict(zip([name, f"{name}_low", f"{name}_high"], ends, strict=True))
    row |= {name: found[name] for name in [*(f"n_{count}" for count in COUNTS), *SHARES]}
    return row | {f"rejected_{reason}": found["rejected"][reason] for reason in REASONS}


def _rounded(numbers: Mapping[str, float]) -> dict[str, float]:
    return {name: round(number, DIGITS) for name, number in numbers.items()}
