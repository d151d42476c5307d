"""What is found by hash is what plain sets of words find: no more, and no less."""

import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from its import overlap as module
from its import similar
from its.hashing import normalised
from its.overlap import all_ngrams, first_sharing, hashed_ngrams, ngrams, overlap, sharing
from its.similar import near_duplicates

TEXT = st.lists(st.sampled_from(["a", "B", "c", "ﬁ", "1,", " ", "\n"]), max_size=9).map(" ".join)
"""Few words, so that many n-grams are in common; a ligature, upper case, no word at all."""


def test_words_are_parted_by_white_space_of_any_kind_and_amount() -> None:
    for character in filter(str.isspace, map(chr, range(sys.maxunicode + 1))):
        assert normalised(f"{character}a{character}b{character}") == "a b", ascii(character)
        assert normalised(f"a {character}b") == "a b", ascii(character)


def windows(problem: str, size: int) -> list[list[str]]:
    words = normalised(problem).split()
    return [words[start : start + size] for start in range(len(words) - size + 1)]


@given(
    problems=st.lists(TEXT, max_size=8), others=st.lists(TEXT, max_size=4), size=st.integers(1, 6)
)
def test_the_same_problems_share_ngrams_as_by_sets(
    problems: list[str], others: list[str], size: int
) -> None:
    grams = all_ngrams(others, size)
    short = [normalised(one).split() for one in others]
    short = [words for words in short if module.FEWEST <= len(words) < size]
    expected = [
        not ngrams(problem, size).isdisjoint(grams)
        or any(words in windows(problem, len(words)) for words in short)
        for problem in problems
    ]
    assert sharing(pl.Series(problems, dtype=pl.String), others, size).to_list() == expected


@given(problems=st.lists(TEXT, max_size=8), size=st.integers(1, 4))
def test_a_problem_has_as_many_hashed_ngrams_as_texts_of_them(
    problems: list[str], size: int
) -> None:
    rows = hashed_ngrams(pl.Series(problems, dtype=pl.String), size).unique()
    counts = dict(rows.group_by("row").len().iter_rows())
    assert counts == {row: len(ngrams(one, size)) for row, one in enumerate(problems)}


def test_a_short_problem_is_found_inside_a_row_but_no_short_row_inside_a_problem() -> None:
    short, long = "What is 1 + 2?", "Add one and two. What is 1 + 2? Say it in a box."
    rows, problems = (pl.DataFrame({"problem": [one]}) for one in (long, short))
    assert overlap(rows, problems, 13) == {
        "rows": 1,
        "problems": 1,
        "examples": [{"problem": short, "row": long}],
    }
    assert overlap(problems, rows, 13)["rows"] == 0
    assert overlap(pl.DataFrame({"problem": ["I have x 1 + 2? or so"]}), problems, 13)["rows"] == 0
    few = pl.DataFrame({"problem": ["1 + 2?"]})
    assert overlap(rows, few, 13)["rows"] == 0  # so few words stand there by chance


def test_hashes_that_collide_drop_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = module._hashed

    def colliding(problems: pl.Series, size: int) -> pl.DataFrame:
        return real(problems, size).with_columns(gram=pl.lit(0, pl.UInt64))

    monkeypatch.setattr(module, "_hashed", colliding)
    problems = pl.Series(["one two three", "four five six"])
    assert sharing(problems, ["four five"], 2).to_list() == [False, True]


def test_problems_beyond_the_first_chunk_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK", 2)
    problems = pl.Series(["a b", "c d", "e f", "g h", "i j"])
    found = first_sharing(problems, {"one": ["g h"], "two": ["i j", "a b", "g h"]}, 2)
    assert found.to_list() == ["two", None, None, "one", "two"]


def jaccard(one: set[str], two: set[str]) -> float:
    return len(one & two) / len(one | two)


@given(
    problems=st.lists(TEXT, max_size=10),
    size=st.integers(1, 3),
    similarity=st.sampled_from([0.3, 0.5, 0.55, 0.7, 0.8, 1.0]),
)
def test_near_duplicates_are_those_of_all_pairs(
    problems: list[str], size: int, similarity: float
) -> None:
    stay, expected = [], []
    for problem in problems:
        grams = ngrams(problem, size)
        expected.append(any(jaccard(grams, other) >= similarity for other in stay))
        if not expected[-1]:
            stay.append(grams)
    found = near_duplicates(pl.Series(problems, dtype=pl.String), size, similarity)
    assert found.to_list() == expected


def test_near_duplicates_in_other_chunks_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "CHUNK", 2)
    problems = pl.Series(["a b", "c d", "e f", "a b", "g h", "e f"])
    found = near_duplicates(problems, 1, 0.8)
    assert found.to_list() == [False, False, False, True, False, True]


def test_another_number_makes_a_near_duplicate_and_another_story_none() -> None:
    story = (
        "A farmer has {} cows and sells a third of them to the butcher in the next village, who in "
        "turn sells half of what he has bought to the baker across the street."
    )
    other = "Find the number of positive integers below {} that are divisible by seven and not by"
    problems = pl.Series([story.format(12), story.format(90), other.format(500)])
    assert near_duplicates(problems, 3, 0.8).to_list() == [False, True, False]


def test_overlap_shows_the_row_that_holds_the_problem() -> None:
    pool = pl.DataFrame({"problem": ["nothing here", "say: one two three four now"]})
    benchmark = pl.DataFrame({"problem": ["one two three four", "other words"]})
    assert overlap(pool, benchmark, 4) == {
        "rows": 1,
        "problems": 1,
        "examples": [{"problem": "one two three four", "row": "say: one two three four now"}],
    }
