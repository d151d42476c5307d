"""Means over pairs are what they say, and their intervals leave out a question at a time."""

import numpy as np
import pytest

from its.errors import InputError
from its.similarity import nearest, over_questions, similarities


def vectors(rows: int, seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(0.3, 1, size=(rows, 5))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def means(contexts: np.ndarray, questions: np.ndarray) -> dict[str, float]:
    """Return the same means pair by pair."""
    apart = ~np.eye(len(questions), dtype=bool)
    own = float(np.diag(contexts @ questions.T).mean())
    other = float((contexts @ questions.T)[apart].mean())
    among = float((contexts @ contexts.T)[apart].mean())
    return {"own": own, "other": other, "difference": own - other, "among": among}


def test_sums_of_vectors_give_the_means_over_all_pairs() -> None:
    contexts, questions = vectors(9, 1), vectors(9, 2)
    found = similarities(contexts, questions)
    assert {name: one.mean for name, one in found.items()} == pytest.approx(
        means(contexts, questions)
    )


def test_an_interval_is_the_jackknife_s_over_questions() -> None:
    contexts, questions = vectors(9, 1), vectors(9, 2)
    whole = means(contexts, questions)
    without = [
        means(np.delete(contexts, place, axis=0), np.delete(questions, place, axis=0))
        for place in range(9)
    ]
    found = similarities(contexts, questions)
    for name, estimate in found.items():
        pseudo = np.array([9 * whole[name] - 8 * one[name] for one in without])
        expected = over_questions(pseudo)
        assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high))


def test_student_s_interval_is_that_of_the_tables() -> None:
    found = over_questions(np.array([1.0, 2.0, 3.0]))
    half = 4.3027 / 3**0.5
    assert (found.mean, found.low, found.high) == pytest.approx((2, 2 - half, 2 + half), abs=1e-4)


def test_equal_contexts_are_as_near_to_each_other_as_can_be() -> None:
    contexts = np.repeat(vectors(1, 1), 6, axis=0)
    found = similarities(contexts, vectors(6, 2))
    assert (found["among"].mean, found["among"].low) == pytest.approx((1, 1))
    assert found["difference"].mean == pytest.approx(0)  # no question owns what all have


def test_the_nearest_is_another_one_in_every_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("its.similarity.BLOCK", 4)
    drawn = vectors(10, 3)
    products = drawn @ drawn.T
    np.fill_diagonal(products, -1)
    assert nearest(drawn) == pytest.approx(products.max(axis=1))


def test_two_questions_are_too_few() -> None:
    with pytest.raises(InputError, match="at least 3 questions, and there are 2"):
        similarities(vectors(2, 1), vectors(2, 2))
    assert "own" in similarities(vectors(3, 1), vectors(3, 2))
