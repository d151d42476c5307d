"""What a writer is asked for: one context or several for each question, or some for the set."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from its.config.strategy import Written
from its.hashing import smallest
from its.leaks import copies, gives_away
from its.prompts import fill


@dataclass(frozen=True, slots=True)
class Wanted:
    """One context to be written."""

    key: str
    """The id of its question or the name of its set; with its number, from the second on."""
    number: int
    """Which of the contexts of one question."""
    request: str
    """What the writer is asked."""
    questions: Sequence[dict]
    """The questions that get it: rows of a set."""
    paraphrase: bool

    def leaks(self, text: str) -> bool:
        """Tell whether a text gives the answer of one of its questions away."""
        return any(
            gives_away(text, one["answer"], one["problem"] if self.paraphrase else "")
            for one in self.questions
        )

    def copies(self, text: str) -> bool:
        """Tell whether a text, which is no paraphrase, says one of its questions again."""
        return not self.paraphrase and any(copies(text, one["problem"]) for one in self.questions)


def wanted(
    context: Written,
    prompt: str,
    domains: Sequence[str],
    questions: pl.DataFrame,
    *,
    dataset: str,
    draw: int,
) -> Iterator[Wanted]:
    """Yield what to ask the writer for, in the order of the questions.

    The domain is the one with the smallest hash of (seed, draw, key, domain): it depends neither
    on the order of the file nor on other questions.

    Parameters
    ----------
    questions
        A set: `id`, `problem` and `answer`.
    dataset
        Its name.
    """
    rows = questions.select("id", "problem", "answer").to_dicts()
    whole = context.per == "dataset"
    groups = {dataset: rows} if whole else {row["id"]: [row] for row in rows}
    for name, group in groups.items():
        for number in range(context.count):
            key = f"{name}/{number}" if number else name
            domain = smallest(domains, context.seed, draw, key) if domains else ""
            request = fill(prompt, question=group[0]["problem"], domain=domain)
            yield Wanted(key, number, request, group, context.paraphrase)
