"""Prompt files: text with named holes, filled for one question at a time."""

from collections.abc import Iterator
from pathlib import Path

from its.config.section import meant
from its.config.strategy import HOLE, Context, Written
from its.contexts import read_lines

HOLES = ["question", "domain"]


def fill(prompt: str, **texts: str) -> str:
    """Put texts into the holes of a prompt, in one pass: braces in a text stay what they are.

    >>> fill("Who asks {question}?", question="what {domain} is")
    'Who asks what {domain} is?'
    """
    return HOLE.sub(lambda hole: texts.get(hole[1], hole[0]), prompt)


def check_lines(context: Context) -> Iterator[str]:
    """Yield what is wrong with the files of a context that no model writes, each with its key."""
    for key in context.files:
        file = Path(getattr(context, key))
        if wrong := _unreadable(file):
            yield f"{key}: {wrong}"
        elif not read_lines(file):
            yield f"{key}: {file} has no line to draw from"


def check_prompt(context: Written) -> Iterator[str]:
    """Yield what is wrong with the files of a context, each with its key first."""
    prompt = Path(context.prompt)
    if wrong := _unreadable(prompt):
        yield f"prompt: {wrong}"
        return
    holes = set(HOLE.findall(prompt.read_text(encoding="utf-8")))
    for hole in sorted(holes.difference(HOLES)):
        yield f"prompt: {prompt} has {{{hole}}}, {meant(hole, HOLES)}"
    if not holes.intersection(HOLES):
        yield f"prompt: {prompt} holds neither {{question}} nor {{domain}}; it needs one of them"
    if "question" in holes and context.per == "dataset":
        yield f"prompt: {prompt} has {{question}}, but a context per dataset belongs to none"
    if ("domain" in holes) != (context.domains is not None):
        yield f"domains: {prompt} must have {{domain}} if a file of domains is given, and only then"
    if context.domains is not None:
        file = Path(context.domains)
        if wrong := _unreadable(file):
            yield f"domains: {wrong}"
        elif not read_lines(file):
            yield f"domains: {file} has no line with a domain"


def _unreadable(file: Path) -> str:
    """Say why a file holds no text, if it holds none."""
    try:
        file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        return f"{file} is no UTF-8, from its byte {error.start + 1} on; save it as UTF-8"
    except OSError as error:  # a folder, for one
        return f"{file} cannot be read ({error.strerror}); name a file with text"
    return ""
