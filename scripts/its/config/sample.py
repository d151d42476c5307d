"""Settings of `sample_pool`."""

from typing import Annotated, Literal

from pydantic import Field

from its.config.expected import Expected
from its.config.section import Section, one_of


class Sample(Section):
    """Rows drawn from a pool; `name.1` is the next draw of the same size."""

    pool: Annotated[str, one_of("pools")]
    """Where its rows are drawn from."""
    size: Annotated[int, Field(ge=1)] | Literal["all"]
    """Rows to draw; a pool with fewer is an error."""
    seed: int = 0
    """The rows with the smallest hash of (seed, draw, id) are taken: their order is no matter,
    and the smaller of two samples with one pool and seed lies inside the larger."""
    rows: Expected = None
    """Rows that `all` comes to, for the price; not needed where `size` says it."""
    tokens: Expected = None
    """Mean tokens of a row, for the price; the price's `row_share`, if it is not set."""
    asked: Expected = None
    """Mean tokens of a question with system prompt and persona, for the price; the price's
    `question_tokens`, if it is not set."""
