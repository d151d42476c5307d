"""Thinking and answer are measured apart, however the marks are split into tokens."""

from collections.abc import Sequence

import pytest

from its.config.model import Chat
from its.thinking import opens_thinking, thinking_tokens

WORDS = ["<think>", "a", " b", "</", "think", ">", "\n", "4", "</think>"]
CHAT = Chat()


def decode(tokens: Sequence[int]) -> str:
    return "".join(WORDS[token] for token in tokens)


def count(tokens: list[int], *, opened: bool = False, mark: int | None = None) -> int:
    return thinking_tokens(decode(tokens), tokens, CHAT, opened=opened, decode=decode, mark=mark)


@pytest.mark.parametrize("opened", [True, False])
def test_thinking_ends_with_the_end_mark(opened: bool) -> None:
    assert count([1, 2, 8, 6, 7], opened=opened, mark=8) == 3
    assert count([1, 2, 3, 4, 5, 6, 7], opened=opened, mark=8) == 5  # the mark in pieces
    assert count([1, 2, 3, 4, 5, 6, 7], opened=opened) == 5
    assert count([8], opened=opened) == 1


def test_the_first_end_mark_counts() -> None:
    assert count([0, 1, 8, 7, 8, 7], mark=8) == 3
    assert count([0, 1, 3, 4, 5, 7, 3, 4, 5]) == 5


def test_an_end_mark_counts_where_the_engine_does_not_write_it() -> None:
    assert thinking_tokens("a4", [1, 8, 7], CHAT, opened=True, decode=decode, mark=8) == 2


def test_thinking_that_is_never_closed_is_all_thinking() -> None:
    assert count([0, 1, 2, 1]) == 4
    assert count([1, 2, 1], opened=True) == 3


def test_without_marks_all_is_answer() -> None:
    assert count([1, 2, 7]) == 0
    assert count([]) == 0
    no_marks = Chat(thinking_start="", thinking_end="")
    assert thinking_tokens("a", [1], no_marks, opened=False, decode=decode) == 0


@pytest.mark.parametrize(
    ("prompt", "opened"),
    [
        ("<|im_start|>assistant\n", False),
        ("<|Assistant|><think>\n", True),
        ("<|Assistant|><think>", True),
        ("<|Assistant|><think>\n\n</think>\n\n", False),
        ("What does <think> mean?<|Assistant|>", False),
    ],
)
def test_a_prompt_may_end_inside_the_thinking(prompt: str, opened: bool) -> None:
    assert opens_thinking(prompt, CHAT) is opened
    assert opens_thinking(prompt, Chat(thinking_start="")) is False
