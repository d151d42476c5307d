"""A regular expression as a value of the config."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field


def _compiles(expression: str) -> str:
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        what, at = getattr(error, "msg", error), getattr(error, "pos", None)
        where = "" if at is None else f" at character {at + 1}"
        raise ValueError(f"no regular expression: {what}{where}, found '{expression}'") from error
    return expression


Expression = Annotated[str, Field(pattern=r"^\S.*$"), AfterValidator(_compiles)]
"""A regular expression of Python, refused with the config where it is none."""
