"""What a training reads: every row or none, within the limit, in an order of its own."""

from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny import CHATML, tiny_tokenizer

from its.chat import completion_tokens, prompt_tokens
from its.config.model import Chat
from its.config.recipe import Recipe
from its.errors import InputError
from its.examples import (
    EXAMPLES,
    IGNORED,
    ROWS,
    accumulation,
    fit,
    order,
    read_examples,
    sequences,
    shuffled,
)


def refined(path: Path, responses: dict[str, str | None]) -> Path:
    """Write refined rows with these responses by id, each to the question that is its id."""
    messages = [[{"role": "user", "content": name}] for name in responses]
    columns = {
        "id": list(responses),
        "variant": [0] * len(responses),
        "messages": messages,
        "response": list(responses.values()),
    }
    pl.DataFrame(columns, schema=ROWS).write_parquet(path)
    return path


def examples(**lengths: tuple[int, int]) -> pl.DataFrame:
    """Return examples by id, with so many tokens in the prompt and in the completion."""
    rows = [(name, [1] * prompt, [2] * answer) for name, (prompt, answer) in lengths.items()]
    return pl.DataFrame(rows, schema=EXAMPLES, orient="row")


def test_a_row_is_the_prompt_of_the_test_side_and_a_completion_alone_is_learnt(
    tmp_path: Path,
) -> None:
    tokenizer, chat = tiny_tokenizer(), Chat(system="Count.")
    read = read_examples(refined(tmp_path / "rows.parquet", {"a": "one"}), tokenizer, chat)
    row = sequences(read).row(0, named=True)
    asked = prompt_tokens(tokenizer, [{"role": "user", "content": "a"}], chat)
    learnt = completion_tokens(tokenizer, [{"role": "user", "content": "a"}], "one", chat)
    assert row["input_ids"] == asked + learnt
    assert row["labels"] == [IGNORED] * len(asked) + learnt
    assert row["labels"][-1] == tokenizer.eos_token_id


def test_all_rows_are_looked_at_before_one_is_refused(tmp_path: Path) -> None:
    rows = {"a": "one", "b": None, "c": "2<|im_end|>2", "d": "3<|im_end|>3"}
    path = refined(tmp_path / "rows.parquet", rows)
    with pytest.raises(InputError) as refusal:
        read_examples(path, tiny_tokenizer(CHATML), Chat())
    assert "row b: it has no response" in str(refusal.value)
    assert "row c: the end mark" in str(refusal.value)
    assert "and 1 more rows like it" in str(refusal.value)


def test_rows_that_fit_stay_as_they_are() -> None:
    rows = examples(a=(5, 5), b=(9, 1))
    for policy in ["fail", "drop", "cut"]:
        fitted = fit(rows, Recipe(max_length=10, too_long=policy))
        assert fitted.examples.equals(rows)
        assert (fitted.dropped, fitted.cut) == (0, 0)


ROWS_TOO_LONG = examples(fits=(5, 5), long=(5, 6), longest=(5, 40), full=(10, 1))


def test_too_long_rows_stop_a_training_unless_the_recipe_says_otherwise() -> None:
    with pytest.raises(InputError, match="3 of 4 rows have more than 10 .* longest with 45"):
        fit(ROWS_TOO_LONG, Recipe(max_length=10))


def test_too_long_rows_are_dropped_and_counted() -> None:
    fitted = fit(ROWS_TOO_LONG, Recipe(max_length=10, too_long="drop"))
    assert fitted.examples["id"].to_list() == ["fits"]
    assert (fitted.dropped, fitted.cut) == (3, 0)


def test_too_long_rows_lose_their_end_and_are_counted() -> None:
    fitted = fit(ROWS_TOO_LONG, Recipe(max_length=10, too_long="cut"))
    lengths = fitted.examples.select(
        "id", pl.col("prompt").list.len(), pl.col("completion").list.len()
    )
    assert lengths.rows() == [("fits", 5, 5), ("long", 5, 5), ("longest", 5, 5)]
    assert (fitted.dropped, fitted.cut) == (1, 2)  # nothing was left to learn of `full`


def test_a_limit_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="none of 1 row fits into 8 tokens"):
        fit(examples(a=(9, 1)), Recipe(max_length=8, too_long="cut"))


def test_the_order_of_rows_depends_on_ids_and_seed_alone() -> None:
    rows = examples(**{f"r{i}": (1, 1) for i in range(20)})
    assert shuffled(rows, 0).equals(shuffled(rows.reverse(), 0))
    assert not shuffled(rows, 0).equals(shuffled(rows, 1))


@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 4), st.integers(0, 3))
def test_every_epoch_reads_every_sequence_once_in_whole_batches(
    count: int, batch: int, epochs: int, seed: int
) -> None:
    indices = order(count, batch, epochs, seed)
    size = len(indices) // epochs
    assert size * epochs == len(indices)
    assert size % batch == 0
    assert size - count < batch
    for start in range(0, len(indices), size):
        read = Counter(indices[start : start + size])
        assert all(read[i] == 1 for i in range(count))
        assert read[count] == size - count


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    first, second = order(30, 1, 2, 0)[:30], order(30, 1, 2, 0)[30:]
    assert len({tuple(first), tuple(second), tuple(order(30, 1, 1, 1))}) == 3


@pytest.mark.parametrize(("processes", "expected"), [(1, 8), (2, 4), (8, 1)])
def test_a_batch_is_the_same_on_any_number_of_processes(processes: int, expected: int) -> None:
    assert accumulation(Recipe(batch=16, micro_batch=2), processes) == expected


@pytest.mark.parametrize("processes", [3, 16])
def test_a_batch_that_the_processes_cannot_share_is_refused(processes: int) -> None:
    with pytest.raises(InputError, match=f"batch 16 .* micro_batch 2 on {processes} processes"):
        accumulation(Recipe(batch=16, micro_batch=2), processes)
