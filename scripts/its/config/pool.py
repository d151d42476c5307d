"""Settings of `filter_pool`."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, model_validator

from its.config.section import Section, one_of


class Contains(Section):
    """Keep rows whose text holds every one of the given words."""

    filter: Literal["contains"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    words: list[str] = Field(min_length=1)
    """Exact, upper and lower case apart. The paper's: `final answer` and `boxed{`."""


class Equals(Section):
    """Keep rows that have one of the given values in a column that is carried along."""

    filter: Literal["equals"]
    """Its kind."""
    column: str = Field(min_length=1)
    """Its name, as it stands in `fields.meta` of every source of the pool."""
    values: list[str | int | float | bool] = Field(min_length=1)
    """What it may hold. Numbers are compared as text: 5 is "5"."""


class Length(Section):
    """Keep rows whose text is neither too short nor too long."""

    filter: Literal["length"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    unit: Literal["characters", "words"] = "characters"
    """What is counted. Words end at white space. A pool belongs to no model, so it has no tokens:
    the recipe's `max_length` holds rows to a number of those."""
    minimum: int = Field(1, ge=0)
    """The fewest."""
    maximum: int = Field(ge=1)
    """The most."""

    @model_validator(mode="after")
    def _not_empty(self) -> "Length":
        if self.minimum > self.maximum:
            raise ValueError(f"minimum {self.minimum} is above maximum {self.maximum}")
        return self


class Language(Section):
    """Keep rows whose text is in one of the given languages, as far as that can be told.

    Formulas, commands and digits are left out before; what has hardly a word, or words of no
    language in particular, stays.
    """

    filter: Literal["language"]
    """Its kind."""
    column: Literal["problem", "response"] = "problem"
    """The text that is looked at, its first 2,000 characters."""
    languages: list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]] = Field(["en"], min_length=1)
    """Codes of ISO 639, as `en` and `zh`."""
    confidence: float = Field(0.6, gt=0, le=1)
    """A row is dropped where py3langid gives another language at least this probability."""


class Verified(Section):
    """Keep rows whose response ends on the gold: its last box outside the thinking equals it.

    Boxes are found and compared as those of a benchmark's responses, by math-verify, in all rows
    of the sources: that is a rule of its own, so that a new grader remakes no other pool. A row
    without a gold, or with one that cannot be parsed, is not verified.
    """

    filter: Literal["verified"]
    """Its kind."""
    thinking_start: str = "<think>"
    """Mark that opens the thinking in a response; empty if there is none."""
    thinking_end: str = "</think>"
    """Mark that closes it."""


class Duplicates(Section):
    """Keep the first of the rows that state the same problem, by the hash that is their id."""

    filter: Literal["duplicates"]
    """Its kind."""


class NearDuplicates(Section):
    """Keep the first of the rows, by id, whose problems are nearly the same.

    A row goes if a row that stays has so many n-grams of words in common with it. All pairs are
    looked at that could have so many; nothing is estimated.
    """

    filter: Literal["near_duplicates"]
    """Its kind."""
    ngram: int = Field(3, ge=1)
    """Words in a row, as for contamination."""
    similarity: float = Field(0.8, gt=0, le=1)
    """The least Jaccard similarity of two sets of n-grams, those in both by those in either, that
    makes two problems the same. Another number in a problem of 40 words leaves 0.85."""


class Contamination(Section):
    """Keep rows that share no n-gram of words with a problem of the benchmarks."""

    filter: Literal["contamination"]
    """Its kind."""
    ngram: int = Field(13, ge=1)
    """Words in a row, lower case, split at white space. s1 takes 13, open-r1 8. A problem with
    fewer words is compared whole."""
    against: (
        Annotated[list[Annotated[str, one_of("benchmarks")]], Field(min_length=1)] | Literal["all"]
    )
    """Their names, or `all` that the config has. With `all`, a benchmark that is added later makes
    the pool again, and may change what is trained on; with names, none does. How much of every
    benchmark of a plan stands in the pool is reported in any case."""

    def names(self, benchmarks: Iterable[str]) -> list[str]:
        """List the benchmarks that it compares with, given all that there are."""
        return list(benchmarks) if self.against == "all" else self.against


Filter = Annotated[
    Contains | Equals | Length | Language | Verified | Duplicates | NearDuplicates | Contamination,
    Field(discriminator="filter"),
]


class Pool(Section):
    """Rows of sources in one schema, filtered in the order of the list."""

    sources: list[Annotated[str, one_of("sources")]] = Field(min_length=1)
    """Where its rows come from."""
    filters: list[Filter] = []
    """What they must pass, in this order."""

    def against(self, benchmarks: Iterable[str]) -> list[str]:
        """List the benchmarks that some filter compares with, given all that there are."""
        found = [one for one in self.filters if isinstance(one, Contamination)]
        return list(dict.fromkeys(name for one in found for name in one.names(benchmarks)))

    @property
    def verified(self) -> Verified | None:
        """The filter that looks at what responses end on, if there is one."""
        return next((one for one in self.filters if isinstance(one, Verified)), None)

    @model_validator(mode="after")
    def _no_source_twice(self) -> "Pool":
        if len(set(self.sources)) < len(self.sources):
            raise ValueError(f"a source stands twice in {self.sources}; name each once")
        return self

    @model_validator(mode="after")
    def _verified_once(self) -> "Pool":
        if sum(isinstance(one, Verified) for one in self.filters) > 1:
            raise ValueError("filter 'verified' stands twice; name it once")
        return self
