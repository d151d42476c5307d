"""Settings of `read_benchmark`."""

from typing import Annotated

from pydantic import Field, model_validator

from its.config.expression import Expression
from its.config.section import Section, one_of


class Problems(Section):
    """Which rows a benchmark has, and what its answers may be."""

    source: Annotated[str, one_of("sources")]
    """Where its rows come from."""
    rows: int = Field(ge=2)
    """Rows that the source must have: copies of a benchmark differ."""
    take: int | None = Field(None, ge=2)
    """Ask only so many of them, those with the smallest hash: for trials. All, if it is not set."""
    answers: Expression | None = None
    """Regular expression that every answer must match in full, as `\\d{1,3}` for AIME."""

    @model_validator(mode="after")
    def _takes_what_there_is(self) -> "Problems":
        if self.take and self.take > self.rows:
            raise ValueError(f"take {self.take} is more than rows {self.rows}")
        return self

    @property
    def count(self) -> int:
        """How many problems are asked."""
        return self.take or self.rows
