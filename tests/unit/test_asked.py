"""What an engine is asked is what a trainer was shown, and its hash says so."""

from pathlib import Path

import polars as pl
import pytest
from tiny import tiny_tokenizer

from its.asked import Asked, check_ids
from its.chat import prompt_tokens
from its.config.model import Chat
from its.errors import InputError

MESSAGES = [[{"role": "user", "content": "1 + 1?"}], [{"role": "user", "content": "What is 2?"}]]


def asked(*, chat: Chat = Chat(), opening: str = "") -> Asked:  # noqa: B008
    tokenizer = tiny_tokenizer()
    tokenizer.chat_template = tokenizer.chat_template.replace(
        "assistant\n", f"assistant\n{opening}"
    )
    return Asked.of(["a", "b"], MESSAGES, tokenizer, chat)


def test_prompts_are_rendered_in_the_one_way() -> None:
    expected = [prompt_tokens(tiny_tokenizer(), one, Chat()) for one in MESSAGES]
    assert asked().prompts == [[tokens] for tokens in expected]
    assert asked().lengths == {"a": len(expected[0]), "b": len(expected[1])}


def test_the_hash_is_that_of_problems_and_tokens_in_order() -> None:
    one = asked()
    assert asked().digest() == one.digest()
    assert asked(chat=Chat(system="Think.")).digest() != one.digest()
    assert asked(chat=Chat(context=100)).digest() == one.digest()
    assert Asked(["a", "c"], one.prompts, [], False).digest() != one.digest()
    assert (
        Asked(["a", "b"], [[[1]], [[2, 3]]], [], False).digest()
        != Asked(["a", "b"], [[[1, 2]], [[3]]], [], False).digest()
    )


def test_each_response_reads_its_variant() -> None:
    both = Asked.of(["a", "a", "b"], [*MESSAGES, MESSAGES[0]], tiny_tokenizer(), Chat())
    first, second = asked().prompts[0][0], asked().prompts[1][0]
    assert both.ids == ["a", "b"]
    assert [both.prompt(0, sample) for sample in range(3)] == [first, second, first]
    assert [both.prompt(1, sample) for sample in range(3)] == [first, first, first]
    assert both.lengths == {"a": max(len(first), len(second)), "b": len(first)}


def test_a_prompt_that_opens_the_thinking_is_noticed() -> None:
    assert asked().opened == [False, False]
    assert asked(opening="<think>").opened == [True, True]


def test_marks_that_texts_would_leave_out_are_noticed() -> None:
    assert not asked().special
    assert asked(chat=Chat(thinking_end="<|im_end|>")).special


def test_a_file_needs_problems_and_each_once() -> None:
    check_ids(Path("rows"), pl.Series(["a", "b"]))
    with pytest.raises(InputError, match="rows: has no rows"):
        check_ids(Path("rows"), pl.Series([], dtype=pl.String))
    with pytest.raises(InputError, match="problem b stands 2 times"):
        check_ids(Path("rows"), pl.Series(["a", "b", "b"]))
