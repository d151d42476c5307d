"""What an interruption or a larger n may change, and what it may not."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from its.config.sampling import Sampling
from its.console import Progress
from its.engine import Request, Response
from its.errors import InputError
from its.progress import unfinished, write_shard
from its.shards import (
    SHARD,
    Maker,
    fits,
    repeats,
    rows_of,
    seed_for,
    shards,
    texts_decided_by,
)

SETTINGS = st.builds(
    lambda n, problems, samples: Sampling(
        n=n * samples, temperature=1, shard_problems=problems, shard_samples=samples
    ),
    st.integers(1, 5),
    st.integers(1, 7),
    st.integers(1, 3),
)


@given(SETTINGS, st.integers(1, 20))
def test_every_response_is_in_one_shard(sampling: Sampling, problems: int) -> None:
    pairs = [pair for shard in shards(problems, sampling) for pair in shard.pairs()]
    assert sorted(pairs) == [(p, s) for p in range(problems) for s in range(sampling.n)]
    ids = [f"p{number}" for number in range(problems)]
    keys = [key for shard in shards(problems, sampling) for key in shard.keys(ids)]
    assert keys == [(ids[problem], sample) for problem, sample in pairs]
    names = [shard.name for shard in shards(problems, sampling)]
    assert len(set(names)) == len(names)


@given(SETTINGS, st.integers(1, 20))
def test_a_larger_n_only_adds_shards(sampling: Sampling, problems: int) -> None:
    larger = sampling.model_copy(update={"n": 2 * sampling.n})
    before, after = shards(problems, sampling), shards(problems, larger)
    assert after[: len(before)] == before
    assert len(after) == 2 * len(before)
    assert texts_decided_by(larger) == texts_decided_by(sampling)


@pytest.mark.parametrize("key", sorted(Sampling.model_fields.keys() - {"n"}))
def test_every_other_setting_decides_the_texts(key: str) -> None:
    sampling = Sampling(n=4, temperature=0.5)
    other = sampling.model_copy(update={key: {"top_p": 0.25, "stop": ["."]}.get(key, 2)})
    assert texts_decided_by(other) != texts_decided_by(sampling)


def test_a_default_that_is_written_out_changes_nothing() -> None:
    assert texts_decided_by(Sampling(top_p=0.95)) == texts_decided_by(Sampling())
    assert texts_decided_by(Sampling()) == "{}"  # nor does a key that is new


def test_samples_of_a_problem_have_seeds_of_their_own() -> None:
    seeds = {
        seed_for(Sampling(seed=seed), problem, sample)
        for seed in range(2)
        for problem in ["a", "b"]
        for sample in range(50)
    }
    assert len(seeds) == 200
    assert seed_for(Sampling(n=8), "a", 3) == seed_for(Sampling(n=64), "a", 3)


def test_rows_of_another_shard_do_not_fit() -> None:
    keys = [("a", 0), ("b", 0)]
    rows = rows_of(keys, [Request([1, 2], 7)] * 2, [Response("text", [5, 6, 7], "stop")] * 2)
    assert rows.schema == pl.Schema(SHARD)
    assert rows.row(0) == ("a", 0, 7, 2, [5, 6, 7], "stop", "text")
    assert fits(rows, keys)
    assert not fits(rows, [("a", 0), ("b", 1)])
    assert not fits(rows, [*keys, ("c", 0)])
    assert not fits(rows, keys[:1])
    assert not fits(rows.drop("seed"), keys)
    assert not fits(None, keys)


def test_a_shard_that_is_there_is_taken_up_and_starts_no_engine(tmp_path: Path) -> None:
    keys = [("a", 0), ("b", 0)]
    rows = rows_of(keys, [Request([1, 2], 7)] * 2, [Response("text", [5], "stop")] * 2)

    def launch() -> None:
        raise AssertionError("an engine was started")

    with unfinished(tmp_path / "progress", inputs=[]) as work:
        write_shard(work, "first", rows, engine="1")
        maker = Maker(work, launch, 0, {}, Progress("generate", 2, "responses"))
        assert maker.has("first", keys)
        assert maker.make("first", keys, []).equals(rows)
        assert not maker.has("first", keys[:1])
        assert maker.machines(["first", "first"]) == '[{"engine": "1"}]'


def generations(*problems: list[str]) -> pl.DataFrame:
    rows = [(f"p{i}", text) for i, texts in enumerate(problems) for text in texts]
    return pl.DataFrame(rows, schema=["id", "text"], orient="row")


LONG = "so" * 50


def test_samples_that_are_one_sample_are_refused() -> None:
    with pytest.raises(InputError, match=r"the 2 samples of each of 3 problems .* problem p0: "):
        repeats(generations([LONG, LONG], [LONG, LONG], [LONG, LONG], ["4", "5"]))


@pytest.mark.parametrize(
    "frame",
    [
        generations([LONG, LONG], [LONG, LONG], [LONG, LONG + "."]),
        generations(["4", "4"], [LONG[1:], LONG[1:]], ["4", "4"], ["4", "5"]),
        generations([LONG[1:], LONG[1:]], [LONG[1:], LONG[1:]], [LONG[1:], LONG[1:]]),
        generations([LONG, LONG]),
    ],
    ids=["one differs", "short", "not long enough", "few"],
)
def test_equal_samples_that_may_be_chance_are_listed(frame: pl.DataFrame) -> None:
    listed = repeats(frame)
    assert listed[0] == "p0"
    assert len(listed) < 4


def test_one_sample_repeats_nothing() -> None:
    assert repeats(generations([LONG], [LONG], [LONG], [LONG])) == []
