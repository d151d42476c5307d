"""What the keys of a section mean: the text below each."""

import ast
import inspect
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel


def meanings(section: type[BaseModel]) -> dict[str, str]:
    """Return the text below each key of a section and of those that it extends, by key."""
    found = {}
    for one in reversed(section.__mro__):
        if one not in BaseModel.__mro__:
            found |= _texts(one)
    return {key: found[key] for key in section.model_fields if key in found}


def _texts(section: type) -> dict[str, str]:
    (lines,) = ast.parse(dedent(inspect.getsource(section))).body
    return {
        key.target.id: inspect.cleandoc(text.value.value)
        for key, text in pairwise(lines.body)
        if isinstance(key, ast.AnnAssign)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
    }
