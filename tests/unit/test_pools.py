"""Which rows are learnt from depends on the rows and the seed, and on nothing else."""

from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from its import ordering
from its.config.pool import Contains, Contamination, Duplicates, Equals, Filter, Length
from its.config.sample import Sample
from its.config.source import Fields
from its.errors import InputError
from its.hashing import problem_id
from its.overlap import ngrams, overlap
from its.pools import pool_of
from its.samples import drawn
from its.schemas import SET
from its.sources import SourceFile


def rows(*problems: str, response: str | None = "The final answer is \\boxed{1}.") -> pl.DataFrame:
    """Build a set of the given problems, all with one response."""
    return pl.DataFrame(
        {
            "id": [problem_id(problem) for problem in problems],
            "problem": problems,
            "response": [response] * len(problems),
            "answer": ["1"] * len(problems),
            "source": ["s"] * len(problems),
            "meta": ["{}"] * len(problems),
        },
        schema=SET,
    )


def pooled(
    published: pl.DataFrame,
    filters: list[Filter],
    benchmarks: dict[str, pl.DataFrame] | None = None,
) -> tuple[pl.DataFrame, list[dict]]:
    """Filter rows as if they stood in two files of one source."""
    half = len(published) // 2
    parts = [
        SourceFile(Path(f"{number}"), Fields(), some.drop("id").with_row_index("row").lazy())
        for number, some in enumerate([published[:half], published[half:]])
    ]
    problems = {name: rows["problem"] for name, rows in (benchmarks or {}).items()}
    left, summary = pool_of({"s": parts}, filters, problems)
    return left.collect(), summary["filters"]


def sampled(pool: pl.DataFrame, sample: Sample, draw: int) -> pl.DataFrame:
    with TemporaryDirectory() as scratch:
        return drawn(pool.lazy(), sample, draw, Path(scratch)).collect()


MANY = rows(*[f"What is {i} times {i + 1}?" for i in range(200)])


@settings(deadline=None, max_examples=30)  # each writes and reads files
@given(order=st.permutations(range(200)))
def test_a_sample_does_not_depend_on_the_order_of_its_pool(order: list[int]) -> None:
    sample = Sample(pool="p", size=20)
    assert_frame_equal(sampled(MANY, sample, 0), sampled(MANY[order], sample, 0))


def test_the_small_sample_lies_inside_the_large_one() -> None:
    small = sampled(MANY, Sample(pool="p", size=20), 0)
    assert_frame_equal(small, sampled(MANY, Sample(pool="p", size=100), 0).head(20))


def test_a_thousand_lie_inside_fifteen_thousand() -> None:
    pool = rows(*[f"What is {i} times 7?" for i in range(20_000)])
    small = sampled(pool, Sample(pool="p", size=1000), 0)
    large = sampled(pool, Sample(pool="p", size=15_000), 0)
    assert_frame_equal(small, large.head(1000))


def test_another_draw_and_another_seed_take_other_rows() -> None:
    sample = Sample(pool="p", size=20)
    first = set(sampled(MANY, sample, 0)["id"])
    assert len(first & set(sampled(MANY, sample, 1)["id"])) < 10
    assert len(first & set(sampled(MANY, Sample(pool="p", size=20, seed=1), 0)["id"])) < 10


def test_rows_added_to_a_pool_leave_most_of_a_sample_as_it_was() -> None:
    sample = Sample(pool="p", size=50)
    before = set(sampled(MANY, sample, 0)["id"])
    after = set(sampled(pl.concat([MANY, rows("One more?", "And one?")]), sample, 0)["id"])
    assert len(before & after) >= 48


def test_a_sample_larger_than_its_pool_is_refused_with_both_sizes() -> None:
    with pytest.raises(InputError, match="wants 201 rows, and pool 'p' has 200"):
        sampled(MANY, Sample(pool="p", size=201), 0)


@pytest.mark.parametrize("response", [" ", None])
def test_a_row_without_a_response_is_no_row_to_learn_from(response: str | None) -> None:
    with pytest.raises(InputError, match="there is no response to learn from"):
        sampled(rows("a?", response=response), Sample(pool="p", size="all"), 0)


def test_each_filter_counts_what_it_drops_and_shows_examples() -> None:
    pool = pl.concat(
        [
            rows("a b c?", "a b  C?", "x y z?"),
            rows("no answer?", response="I do not know"),
            rows("very long?", response="final answer \\boxed{" + "1" * 100),
        ]
    )
    benchmark = rows("say: x y z? now")
    filters = [
        Contains(filter="contains", words=["final answer", "boxed{"]),
        Length(filter="length", maximum=50),
        Duplicates(filter="duplicates"),
        Contamination(filter="contamination", ngram=3, against=["b"]),
    ]
    kept, counts = pooled(pool, filters, {"b": benchmark})
    assert [count["dropped"] for count in counts] == [1, 1, 1, 1]
    assert counts[0]["examples"][0]["problem"] == "no answer?"
    assert counts[3]["examples"][0]["problem"] == "x y z?"
    assert len(kept) == counts[-1]["kept"] == 1


def test_of_many_rows_and_reasons_a_filter_shows_the_first_and_the_most_frequent() -> None:
    levels = [*range(12), 11, 12]
    some = MANY[: len(levels)].with_columns(meta=pl.Series([f'{{"level": {n}}}' for n in levels]))
    _, (counts,) = pooled(some, [Equals(filter="equals", column="level", values=[12])])
    assert (counts["dropped"], len(counts["why"]), len(counts["examples"])) == (13, 10, 3)
    assert next(iter(counts["why"].items())) == ("11", 2)


def test_every_row_of_a_pool_keeps_its_response_and_its_place() -> None:
    numbered = MANY.with_columns(response="to: " + pl.col("problem"))
    some = Contains(filter="contains", column="problem", words=["1"])
    left, _ = pooled(numbered, [some])
    assert_frame_equal(left, numbered.filter(pl.col("problem").str.contains("1")))


def test_every_row_of_a_sample_keeps_its_response(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "BLOCK", 7)  # of which there are many then
    numbered = MANY.with_columns(response="to: " + pl.col("problem"))
    every = sampled(numbered, Sample(pool="p", size="all"), 0)
    assert_frame_equal(every.sort("id"), numbered.sort("id"))
    with TemporaryDirectory() as scratch:
        order = drawn(numbered.lazy(), Sample(pool="p", size="all"), 0, Path(scratch))
        assert_frame_equal(order.head(10).collect(), every.head(10))


def test_which_of_two_equal_problems_stays_does_not_depend_on_their_order() -> None:
    twins = pl.concat([rows("a?", response="one"), rows("A ?".replace(" ", ""), response="two")])
    keep = [Duplicates(filter="duplicates")]
    one, _ = pooled(twins, keep)
    two, _ = pooled(twins.reverse(), keep)
    assert len(one) == 1
    assert_frame_equal(one, two)


def test_a_pool_that_filters_leave_empty_is_refused_with_the_counts() -> None:
    filters = [Contains(filter="contains", words=["boxed{"]), Length(filter="length", maximum=1)]
    with pytest.raises(InputError, match="no row: contains dropped 0, length dropped 1"):
        pooled(rows("a?"), filters)


def test_rows_that_lack_what_every_row_must_have_are_all_named() -> None:
    with pytest.raises(InputError, match="2 mistakes") as error:
        pooled(rows("a?", " ", "b?", ""), [])
    assert "0: row 2: problem is empty" in str(error.value)
    assert "1: row 2: problem is empty" in str(error.value)


def test_overlap_counts_both_sides() -> None:
    pool = rows("one two three four", "two three four five", "something else")
    benchmark = rows("zero one two three", "short", "nothing in common here")
    found = overlap(pool, benchmark, 3)
    assert found["rows"] == 1
    assert found["problems"] == 1
    assert found["examples"] == [{"problem": "zero one two three", "row": "one two three four"}]


def test_overlap_shows_three_problems_each_with_the_first_row_that_shares() -> None:
    found = overlap(rows("a b c", "a b d"), rows("a b", "x a b", "y a b", "z a b"), 2)
    assert (found["rows"], found["problems"]) == (2, 4)
    assert [one["problem"] for one in found["examples"]] == ["a b", "x a b", "y a b"]
    assert {one["row"] for one in found["examples"]} == {"a b c"}


def test_a_problem_shorter_than_the_ngram_is_found_if_it_is_equal() -> None:
    assert ngrams("Two  words", 8) == {"two words"}
    assert overlap(rows("TWO words"), rows("two words"), 8)["rows"] == 1
