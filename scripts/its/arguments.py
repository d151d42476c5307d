"""Settings that scripts are handed as JSON words, checked while the command line is read."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import Any

from pydantic import TypeAdapter, ValidationError


def as_json(kind: object) -> Callable[[str], Any]:
    """Return a type for argparse: JSON of a kind, such as a section, or sections by name.

    What is wrong with it is told with its place, all at once.
    """
    adapter = TypeAdapter(kind)

    def read(text: str) -> object:
        try:
            return adapter.validate_json(text)
        except ValidationError as error:
            wrong = [(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()]
            lines = [f"{place}: {message}" if place else message for place, message in wrong]
            raise ArgumentTypeError(f"{'; '.join(lines)}, found {text[:200]!r}") from error

    return read
