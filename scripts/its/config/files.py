"""What goes wrong between the files of a config, which YAML and Snakemake merge without a word."""

from collections.abc import Container, Iterator, Sequence
from pathlib import Path

import yaml

# Ten times as fast, where PyYAML was built with it.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def duplicates(files: Sequence[str]) -> Iterator[str]:
    """Yield a line for each key that stands twice in a mapping: YAML would take the last."""
    for file in dict.fromkeys(files):
        todo = [("", yaml.compose(Path(file).read_text(encoding="utf-8"), LOADER))]
        walked = set()  # an alias is the node itself: it may stand in many places
        while todo:
            place, node = todo.pop()
            if id(node) in walked:
                continue
            walked.add(id(node))
            if isinstance(node, yaml.SequenceNode):
                todo += [(f"{place}{number}.", one) for number, one in enumerate(node.value)]
            seen = set()
            for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
                if key.value in seen:
                    yield f"{place}{key.value}: stands twice, again in {file}:{_line(key)}"
                seen.add(key.value)
                todo.append((f"{place}{key.value}.", value))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def redefinitions(files: Sequence[str], catalogue: Container[str]) -> Iterator[str]:
    """Yield a line for each name of the catalogue that two files define differently.

    They would be mixed. Of what is no catalogue of names, as `price`, the last file counts.
    """
    first: dict[tuple[str, str], tuple[str, object]] = {}
    for file in dict.fromkeys(files):
        sections = yaml.load(Path(file).read_text(encoding="utf-8"), LOADER) or {}
        for section in filter(catalogue.__contains__, sections):
            names = sections[section]
            for name, content in names.items() if isinstance(names, dict) else ():
                other, known = first.setdefault((section, name), (file, content))
                if content != known:
                    yield f"{section}.{name}: {other} and {file} differ; give one a new name"
