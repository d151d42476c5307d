"""Settings of `filter_pool`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from its.config.section import Name, Section, one_of


class Contains(Section):
    """Keep rows whose text holds every one of the given words."""

    filter: Literal["contains"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    words: list[str] = Field(min_length=1)
    """Exact, upper and lower case apart. The paper's: `final answer` and `boxed{`."""


class Length(Section):
    """Keep rows whose text is neither too short nor too long."""

    filter: Literal["length"]
    """Its kind."""
    column: Literal["problem", "response", "answer"] = "response"
    """The text that is looked at."""
    minimum: int = Field(1, ge=0)
    """In characters: a pool belongs to no model, so it has no tokens."""
    maximum: int = Field(ge=1)
    """In characters, as well."""


class Duplicates(Section):
    """Keep the first of the rows that state the same problem, by the hash that is their id."""

    filter: Literal["duplicates"]
    """Its kind."""


class Contamination(Section):
    """Keep rows that share no n-gram of words with a problem of the benchmarks."""

    filter: Literal["contamination"]
    """Its kind."""
    ngram: int = Field(13, ge=1)
    """Words in a row, lower case, split at white space. s1 takes 13, open-r1 8. A problem with
    fewer words is compared whole."""
    against: list[Annotated[str, one_of("benchmarks")]] = Field(min_length=1)
    """Named here, and not all that exist: a new benchmark must not change what was trained on.
    How much of every benchmark of a plan stands in the pool is reported in any case."""


Filter = Annotated[Contains | Length | Duplicates | Contamination, Field(discriminator="filter")]


class Pool(Section):
    """Rows of sources in one schema, filtered in the order of the list."""

    sources: list[Annotated[str, one_of("sources")]] = Field(min_length=1)
    """Where its rows come from."""
    filters: list[Filter] = []
    """What they must pass, in this order."""

    def against(self) -> list[Name]:
        """List the benchmarks that some filter compares with."""
        return [
            name for one in self.filters if isinstance(one, Contamination) for name in one.against
        ]

    @model_validator(mode="after")
    def _no_source_twice(self) -> "Pool":
        if len(set(self.sources)) < len(self.sources):
            raise ValueError(f"a source stands twice in {self.sources}; name each once")
        return self
