"""How near contexts are to questions and to each other, with intervals over questions."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit  # scipy.stats takes longer to import than all else here

from its.errors import InputError

FEWEST = 3
"""Questions without which a mean over pairs has no interval."""
BLOCK = 1024
"""Rows that are compared with all others at once: 60 MB for 15,000 rows."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and the ends of its interval over questions."""

    mean: float
    low: float
    high: float


def similarities(
    contexts: np.ndarray, questions: np.ndarray, *, level: float = 0.95
) -> dict[str, Estimate]:
    """Estimate mean cosines between contexts and questions, and among contexts.

    A question counts once, however many contexts it has. A mean over pairs depends on each
    question through all pairs that it is in, so its interval comes from leaving out one question
    at a time, context and all (the jackknife): Student's, over the pseudo-values. For a mean over
    questions that is the usual one. Simulated coverage (1,500 runs each, contexts related to their
    questions or not) is 93.8 to 96.1% for 30 and 200 questions, 92.6 to 96.9% for 6.

    Parameters
    ----------
    contexts
        A row a question: the mean of its contexts' vectors of length 1.
    questions
        The questions' vectors, in the same order.

    Returns
    -------
    dict
        `own`: a context and its question. `other`: a context and the other questions of the set.
        `difference`: own minus other. `among`: the contexts of two questions. All in [-1, 1].

    Raises
    ------
    InputError
        If there are fewer than `FEWEST` questions.

    References
    ----------
    Arvesen, Annals of Mathematical Statistics 40 (1969) 2076, for means over pairs.
    """
    if len(questions) < FEWEST:
        raise InputError(
            f"similarity needs at least {FEWEST} questions, and there are {len(questions)}"
        )
    contexts, questions = contexts.astype(np.float64), questions.astype(np.float64)
    own = (contexts * questions).sum(axis=1)
    other = _pseudo_values(contexts, questions)
    return {
        "own": over_questions(own, level=level),
        "other": over_questions(other, level=level),
        "difference": over_questions(own - other, level=level),
        "among": over_questions(_pseudo_values(contexts, contexts), level=level),
    }


def over_questions(values: np.ndarray, *, level: float = 0.95) -> Estimate:
    """Return the mean of values that stand for a question each, with Student's interval."""
    mean = float(values.mean())
    error = float(values.std(ddof=1)) / len(values) ** 0.5
    half = float(stdtrit(len(values) - 1, (1 + level) / 2)) * error
    return Estimate(mean, mean - half, mean + half)


def nearest(vectors: np.ndarray) -> np.ndarray:
    """Return for each vector the cosine with the one that is nearest to it, of all others.

    >>> nearest(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]))
    array([1., 1., 0.])
    """
    found = np.empty(len(vectors))
    for start in range(0, len(vectors), BLOCK):
        products = vectors[start : start + BLOCK] @ vectors.T
        rows = np.arange(len(products))
        products[rows, start + rows] = -np.inf
        found[start : start + BLOCK] = products.max(axis=1)
    return found


def _pseudo_values(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the jackknife's pseudo-values of the mean of a_i b_j over all pairs of i and j != i.

    By sums of vectors, so that time grows with the number of questions and not of pairs.
    """
    count, a_sum, b_sum = len(a), a.sum(axis=0), b.sum(axis=0)
    both = (a * b).sum(axis=1)
    pairs = a_sum @ b_sum - both.sum()
    of_question = a @ b_sum + b @ a_sum - 2 * both
    without = (pairs - of_question) / ((count - 1) * (count - 2))
    return pairs / (count - 1) - (count - 1) * without
