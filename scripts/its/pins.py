"""Revisions in the text of a config file: found where they are missing, written in their place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from its.config.experiment import Config
from its.errors import InputError
from its.hub import NAME, Repository

KINDS = {"sources": ("origin", "dataset"), "models": ("source", "model")}
"""Section of the config, its key that says where something comes from, and what that is."""


@dataclass(frozen=True, slots=True)
class Unpinned:
    """A value without a revision."""

    place: str
    """`models.qwen7b.source`."""
    repository: Repository
    start: int
    """Where the value starts in the text, quotes included."""
    end: int


def unpinned(text: str, name: str) -> list[Unpinned]:
    """Return what in a config file comes from the hub without a revision, in order.

    Parameters
    ----------
    name
        Of the file, for messages.

    Raises
    ------
    InputError
        If the text is no YAML.
    """
    try:
        root = yaml.compose(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise InputError(f"{name}: is no YAML: {' '.join(str(error).split())}") from error
    found = {}
    for section, (key, kind) in KINDS.items():
        for entry, node in _items(_under(root, section)):
            value = _under(node, key)
            if not isinstance(value, yaml.ScalarNode):
                continue  # not there, or a generator
            match = NAME.fullmatch(value.value)
            if match and match[2] is None:
                repository = Repository(kind, match[1])
                start, end = value.start_mark.index, value.end_mark.index
                # What an alias repeats stands in the text once.
                found[start] = Unpinned(f"{section}.{entry}.{key}", repository, start, end)
    return [found[start] for start in sorted(found)]


def missing_revisions(config: Config, files: Sequence[str]) -> Iterator[str]:
    """Yield a line for each file of a config in which a revision is missing, with the way out.

    Parameters
    ----------
    config
        What is to be fetched, and nothing else.
    files
        The YAML that it was read from.
    """
    loose = {
        f"{section}.{name}.{key}"
        for section, (key, _) in KINDS.items()
        for name, entry in getattr(config, section).items()
        if (found := NAME.fullmatch(str(getattr(entry, key)))) and found[2] is None
    }
    for file in files if loose else ():
        places = unpinned(Path(file).read_text(encoding="utf-8"), file)
        if here := [one.place for one in places if one.place in loose]:
            yield (
                f"{file}: {', '.join(here)} cannot be fetched without a revision; "
                f"`make pin CONFIG={file}` writes the newest one"
            )


def with_revisions(text: str, places: list[Unpinned], revisions: Mapping[Repository, str]) -> str:
    r"""Return the text with a revision behind each repository, and all else as it was.

    Raises
    ------
    InputError
        If a repository is written over several lines or with escapes.

    >>> text = "models: {a: {source: 'hub:me/a'}}  # mine\n"
    >>> places = unpinned(text, "config.yaml")
    >>> print(with_revisions(text, places, {places[0].repository: 40 * "0"}), end="")
    models: {a: {source: 'hub:me/a@0000000000000000000000000000000000000000'}}  # mine
    """
    for place in reversed(places):
        value = text[place.start : place.end]
        bare = re.escape(str(place.repository))
        written = f"{place.repository}@{revisions[place.repository]}"
        value, count = re.subn(rf"{bare}(?![\w.@-])", written, value)
        if count != 1:
            raise InputError(
                f"{place.place}: {text[place.start : place.end]!r} is written in a way that no "
                f"revision can be added to; write it as {written}"
            )
        text = text[: place.start] + value + text[place.end :]
    return text


def _under(node: yaml.Node | None, key: str) -> yaml.Node | None:
    return dict(_items(node)).get(key)


def _items(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Yield keys and values of a mapping; nothing for another node."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, value
