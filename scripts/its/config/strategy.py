"""Settings of a strategy: what stands beside a question, where it comes from, and how they join."""

import re
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from its.config.section import File, Section, Shown, meant, one_of

StrategyName = Annotated[str, one_of("strategies")]
Position = Literal["prefix", "suffix", "wrap", "inside", "system", "turn"]

HOLE = re.compile(r"(?<![\w}])\{([A-Za-z_]{3,})\}")
"""A word in braces. Braces of LaTeX, as in \\boxed{answer} or \\frac{a}{b}, are none."""

JOINS = {
    "prefix": "{context}\n\n{question}",
    "suffix": "{question}\n\n{context}",
    "wrap": "{context}\n\n{question}\n\n{context}",
    "inside": "{before}\n\n{context}\n\n{after}",
}
"""How both become one message where they share one: the order of the holes, and what is between
them if `join` says nothing else."""


class Context(Section):
    """What every kind of context has in common."""

    drawn: ClassVar[bool] = False
    """Whether `U.1` differs from `U`."""
    files: ClassVar[tuple[str, ...]] = ()
    """The keys that name a file."""
    source: ClassVar[str] = ""
    """The key that names the strategy whose contexts this one is made of."""

    def paths(self) -> list[str]:
        """List the files that it names."""
        return [getattr(self, key) for key in self.files if getattr(self, key)]


class Drawn(Context):
    """A context that is drawn."""

    drawn: ClassVar[bool] = True

    seed: int = 0
    """Each question's draws are made by hash of this, its id and the draw."""


class Counted(Drawn):
    """A context of which a question can have several, or a set one."""

    count: int = Field(1, ge=1)
    """How many a question has."""
    per: Literal["question", "dataset", "sample"] = "question"
    """`question`: each question has its own, and all `count` of them are joined to it. `dataset`:
    all questions of a set have the same. `sample`: response i reads context i modulo `count`,
    and a training, which has one response a question, reads the first."""


class Written(Counted):
    """An LLM writes it. Every key but `attempts` decides what is written."""

    files: ClassVar[tuple[str, ...]] = ("prompt", "domains")

    writer: Annotated[str, one_of("models")]
    """The model that writes. The paper does not say which; machine-written reviews say itself."""
    prompt: File
    """File that asks for it. `{question}` stands for the question, `{domain}` for a domain; one
    of them must be there."""
    domains: File | None = None
    """File with a domain a line; one is drawn for each question, by hash. The paper's R has such
    a list and does not print it."""
    temperature: float = Field(1.0, gt=0, le=2)
    """Above 0, so that `U.1` is another draw than `U`."""
    top_p: float = Field(0.95, gt=0, le=1)
    """As for responses."""
    max_tokens: int = Field(256, ge=1)
    """Tokens of a context; a longer one is cut at the end of its last whole sentence."""
    attempts: int = Field(8, ge=1)
    """How often a context is asked for: one that is empty, a refusal, a solution, holds the answer,
    repeats eight words in a row of the question, is in another script or was cut within its first
    sentence is asked for again."""
    paraphrase: bool = False
    """What is written takes the question's place: the one strategy that changes the question.
    `position` and `join` then have no say."""
    shard: int = Field(1024, ge=1)
    """Questions of one call of the engine: what an interrupted job does again at most."""

    @model_validator(mode="after")
    def _one_paraphrase_of_each(self) -> "Written":
        joined = self.count > 1 and self.per == "question"
        if self.paraphrase and (joined or self.per == "dataset"):
            raise ValueError("a paraphrase stands for a question: set count to 1, or per to sample")
        return self


class Text(Context):
    """The same words for every question: a placebo for what any words would do."""

    text: str = Field(min_length=1)
    """The words."""


class Bank(Counted):
    """A line of a file, drawn by hash."""

    files: ClassVar[tuple[str, ...]] = ("bank",)

    bank: File
    """File with a context a line; empty lines and what follows a `#` do not count."""


class Other(Drawn):
    """The context that another question of the set has: the same words, without the relation."""

    source: ClassVar[str] = "other"

    other: StrategyName
    """The strategy whose contexts change places."""


class Words(Drawn):
    """Random words: as many as a strategy's context has, without its meaning."""

    files: ClassVar[tuple[str, ...]] = ("words",)
    source: ClassVar[str] = "like"

    words: File
    """File of words to draw from, apart by white space."""
    like: StrategyName
    """The strategy whose contexts give the lengths."""


KINDS: dict[str, type[Context]] = {
    "writer": Written,
    "text": Text,
    "bank": Bank,
    "other": Other,
    "words": Words,
}
"""Kinds of contexts, by the key that each alone has."""


def _kind(value: object) -> str | None:
    """Return the kind of a context, by a name that is no key of it: a message would name that."""
    for key, kind in KINDS.items():
        if isinstance(value, kind) or (isinstance(value, dict) and key in value):
            return kind.__name__
    return None


AnyContext = Annotated[
    Annotated[Written, Tag("Written")]
    | Annotated[Text, Tag("Text")]
    | Annotated[Bank, Tag("Bank")]
    | Annotated[Other, Tag("Other")]
    | Annotated[Words, Tag("Words")],
    Discriminator(
        _kind,
        custom_error_type="context_kind",
        custom_error_message=f"a context needs one of the keys {', '.join(KINDS)}",
    ),
]


class Strategy(Section):
    """What is joined to a question, and how. Without context or mixture, nothing is."""

    label: Shown = ""
    """How tables and figures call it; its name, if empty."""
    context: AnyContext | None = None
    """Where it comes from: the key `writer`, `text`, `bank`, `other` or `words` says how."""
    mixture: dict[StrategyName, Annotated[float, Field(gt=0)]] = {}
    """Strategies with their weights: each question takes one of them, by hash, with its position
    and join. Then there is no context of its own."""
    seed: int = 0
    """Of the mixture."""
    position: Position = "prefix"
    """Where the context goes: before, after or around the question, inside it (at the end of the
    sentence nearest to its middle), into the system prompt, or into a turn of its own before
    it. The paper says "concatenated"; `prefix` is our choice."""
    join: str | None = None
    """How both become one message: text with `{context}` and `{question}` in the order that
    `position` says, for `inside` with `{before}`, `{context}` and `{after}`. None: an empty line
    between them."""
    reply: str = "Understood."
    """What the model is taken to have said to a context in a turn of its own."""
    separator: str = "\n\n"
    """Between several contexts of one question."""

    @property
    def plain(self) -> bool:
        """Whether it joins nothing to a question."""
        return not (self.context or self.mixture)

    @property
    def template(self) -> str:
        """How context and question become one message."""
        return self.join if self.join is not None else JOINS.get(self.position, "")

    @field_validator("join")
    @classmethod
    def _join_fits(cls, join: str | None, info: ValidationInfo) -> str | None:
        position = info.data.get("position")  # not there, if that is wrong itself
        if join is None or position is None:
            return join
        if position not in JOINS:
            raise ValueError(f"position {position} joins nothing; leave join out")
        expected, found = holes(JOINS[position]), holes(join)
        if found != expected:
            unknown = [hole for hole in found if hole not in expected]
            raise ValueError(
                f"position {position} wants {_shown(expected)}, in this order; found "
                f"{_shown(found) or 'none of them'}"
                + "".join(f"; for {hole!r}, {meant(hole, expected)}" for hole in unknown)
            )
        return join

    @model_validator(mode="after")
    def _one_source(self) -> "Strategy":
        if self.mixture and self.context:
            raise ValueError("context and mixture exclude each other; keep one of them")
        return self

    @field_validator("mixture")
    @classmethod
    def _weights_sum(cls, mixture: dict[str, float]) -> dict[str, float]:
        total = sum(mixture.values())
        if mixture and abs(total - 1) > 1e-9:
            raise ValueError(f"the weights sum to {total:g}; they must sum to 1")
        return mixture


def holes(join: str) -> list[str]:
    r"""List the holes of a join in their order, and what looks like one.

    >>> holes("{question}, says {contxt} in \\boxed{answer}")
    ['question', 'contxt']
    """
    known = r"\{(context|question|before|after)\}"
    return [found[1] or found[2] for found in re.finditer(f"{known}|{HOLE.pattern}", join)]


def _shown(names: Iterable[str]) -> str:
    return " ".join(f"{{{name}}}" for name in names)
