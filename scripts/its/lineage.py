"""What a set or a model was made from: the part of the config that says so, followed to its end."""

import json
from collections.abc import Iterable, Mapping

from its.config.experiment import Config
from its.config.section import Section

ELSEWHERE = {"models": {"train", "generate", "shape"}, "benchmarks": {"sampling"}}
"""Keys that decide nothing of a set or of weights: where and how fast, how a test is asked."""


class _Names(dict):
    """Stands for the names of a section, of which it has every one, and notes those asked for."""

    def __init__(self, section: str, asked: list[tuple[str, str]]) -> None:
        self.section, self.asked = section, asked

    def __contains__(self, name: object) -> bool:
        self.asked.append((self.section, str(name)))
        return True


def named_in(section: Section) -> list[tuple[str, str]]:
    """List what a section of the config names, as section and name: (`models`, `smollm2`).

    Every key that names something is checked with `its.config.section.one_of` when the config is
    read; so reading the section again shows all of them, whichever keys it has.
    """
    asked: list[tuple[str, str]] = []
    names = {key: _Names(key, asked) for key in Config.model_fields}
    type(section).model_validate(section.model_dump(mode="json"), context=names)
    return asked


def closure(config: Config, start: Iterable[tuple[str, str]]) -> dict[str, dict[str, Section]]:
    """Return the given parts of the config and all that they name in turn, by section and name."""
    waiting, found = list(start), set()
    while waiting:
        place = waiting.pop()
        if place not in found:
            found.add(place)
            waiting += named_in(config.section("/".join(place)))
    return {
        key: {name: getattr(config, key)[name] for section, name in sorted(found) if section == key}
        for key in Config.model_fields
        if any(section == key for section, _ in found)
    }


def excerpt(parts: Mapping[str, Mapping[str, Section]]) -> dict[str, dict[str, dict]]:
    """Return parts of the config as they would stand in the file, without defaults."""
    return {
        section: {
            name: {
                key: value
                for key, value in json.loads(one.settings()).items()
                if key not in ELSEWHERE.get(section, ())
            }
            for name, one in named.items()
        }
        for section, named in parts.items()
    }


def rows_of(config: Config, name: str) -> list[str]:
    """List the sources that the rows of a sample or a benchmark come from."""
    if name in config.samples:
        return list(config.pools[config.samples[name].pool].sources)
    return [config.benchmarks[name].problems.source]


def set_lineage(config: Config, name: str, strategy: str) -> dict:
    """Return what a card of a refined set says of the config, as JSON.

    That is `config` (an excerpt), `sources` (of its rows: name, `origin` and `licence`), `label`
    (of the strategy), `test` (whether it is a benchmark) and `files` (prompts and lists).
    """
    kind = "samples" if name in config.samples else "benchmarks"
    parts = closure(config, [(kind, name), ("strategies", strategy)])
    return {
        "config": excerpt(parts),
        "sources": _sources(config, name),
        "label": config.strategies[strategy].label,
        "test": kind == "benchmarks",
        "files": _files(parts),
    }


def model_lineage(config: Config, model: str, sample: str, strategy: str, recipe: str) -> dict:
    """Return what a card of a trained model says of the config, as JSON.

    That is `config`, `sources` (of the rows that it learnt from), `label` (of the strategy),
    `base` (`source` and `licence` of the untrained model) and `files`.
    """
    named = {"models": model, "samples": sample, "strategies": strategy, "recipes": recipe}
    parts = closure(config, named.items())
    base = config.models[model]
    return {
        "config": excerpt(parts),
        "sources": _sources(config, sample),
        "label": config.strategies[strategy].label,
        "base": {"source": base.source, "licence": base.licence},
        "files": _files(parts),
    }


def _sources(config: Config, name: str) -> dict[str, dict]:
    return {
        source: {
            "origin": json.loads(config.sources[source].settings())["origin"],
            "licence": config.sources[source].licence,
        }
        for source in rows_of(config, name)
    }


def _files(parts: Mapping[str, Mapping[str, Section]]) -> list[str]:
    """List the files that contexts are written with or drawn from."""
    contexts = [strategy.context for strategy in parts["strategies"].values()]
    return sorted({file for context in contexts if context for file in context.paths()})
