"""What an engine is asked: problems, rendered and turned into tokens in the one way."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from its.chat import Messages, prompt_text, prompt_tokens
from its.config.model import Chat
from its.engine import room_for
from its.errors import InputError
from its.hashing import digest
from its.thinking import opens_thinking

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer


@dataclass(frozen=True, slots=True)
class Asked:
    """What the model reads, problem by problem."""

    ids: list[str]
    """Each problem once."""
    prompts: list[list[list[int]]]
    """Tokens, of each variant of each problem; most have one."""
    opened: list[bool]
    """Whether the prompt ends inside the thinking."""
    special: bool
    """Whether a mark of the thinking is a special token, which texts leave out otherwise."""

    @classmethod
    def of(
        cls, ids: Sequence[str], messages: Sequence[Messages], tokenizer: "Tokenizer", chat: Chat
    ) -> "Asked":
        """Render the messages of each problem, variant by variant where an id comes again."""
        prompts: dict[str, list[list[int]]] = {}
        opened = {}
        for problem, one in zip(ids, messages, strict=True):
            prompts.setdefault(problem, []).append(prompt_tokens(tokenizer, one, chat))
            opened[problem] = opens_thinking(prompt_text(tokenizer, one, chat), chat)
        marks = {chat.thinking_start, chat.thinking_end} - {""}
        return cls(
            ids=list(prompts),
            prompts=list(prompts.values()),
            opened=list(opened.values()),
            special=bool(marks & set(tokenizer.all_special_tokens)),
        )

    @property
    def lengths(self) -> dict[str, int]:
        """Tokens of the longest prompt of each problem, by its id."""
        longest = [max(map(len, variants)) for variants in self.prompts]
        return dict(zip(self.ids, longest, strict=True))

    def prompt(self, problem: int, sample: int) -> list[int]:
        """Return what the model reads for one response to a problem, by its number."""
        variants = self.prompts[problem]
        return variants[sample % len(variants)]

    def room(self, problems: Sequence[int], response: int) -> int:
        """Return the tokens that a call with these problems takes at most, by their numbers."""
        lengths = list(self.lengths.values())
        return room_for([lengths[problem] for problem in problems], response)

    def digest(self) -> str:
        """Return a hash of the problems and of what the model reads of each, in order."""
        rows = [
            (one, prompt)
            for one, variants in zip(self.ids, self.prompts, strict=True)
            for prompt in variants
        ]
        return digest(*(f"{one} {' '.join(map(str, tokens))}" for one, tokens in rows))


def check_ids(path: Path, ids: pl.Series) -> None:
    """Raise `InputError` for a file without a problem, or with one that stands there twice.

    Of a refined set, `ids` are those of one variant.
    """
    if ids.is_empty():
        raise InputError(f"{path}: has no rows; expected one problem at least")
    twice = ids.filter(ids.is_duplicated())
    if len(twice):
        raise InputError(
            f"{path}: problem {twice[0]} stands {(twice == twice[0]).sum()} times; its responses "
            "would be the same, counted several times; make the set again"
        )
