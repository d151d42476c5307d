"""Settings of `filter_pool`."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from its.config.section import Section, one_of
from its.filters.contains import Contains
from its.filters.contamination import Contamination
from its.filters.duplicates import Duplicates
from its.filters.equals import Equals
from its.filters.language import Language
from its.filters.length import Length
from its.filters.near_duplicates import NearDuplicates
from its.filters.verified import Verified

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
