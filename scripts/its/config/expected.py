"""Numbers that only the price of a plan reads."""

from typing import Annotated

from pydantic import Field

Expected = Annotated[int | None, Field(ge=1, exclude=True)]
"""What is expected of texts not yet written. No setting of a job holds it: better guesses remake
only the price."""
