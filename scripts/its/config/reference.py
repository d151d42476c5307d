"""The reference of all keys, written from the one definition of the config."""

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import get_args

from pydantic_core import PydanticUndefined

from its.config.benchmark import Benchmark
from its.config.claim import Claim, Reference
from its.config.experiment import Config
from its.config.meanings import meanings
from its.config.model import Chat, GenerationNeeds, Model, TrainingNeeds
from its.config.plan import Plan, Published, Replicate
from its.config.pool import Filter, Pool
from its.config.power import Power
from its.config.price import Card, Core, Price
from its.config.problems import Problems
from its.config.recipe import Recipe
from its.config.report import Report
from its.config.sample import Sample
from its.config.sampling import Sampling
from its.config.section import Section
from its.config.shape import Shape
from its.config.source import Between, Choices, Fields, Generator, Mapped, Source, Split
from its.config.strategy import Bank, Other, Strategy, Text, Words, Written
from its.config.vote import Vote
from its.config.weights import Weights


def kind_of(section: type[Section]) -> str:
    """Return the word in the config that says which one of several kinds a section is."""
    (kind,) = get_args(section.model_fields["filter"].annotation)
    return kind


SECTIONS: dict[str, type[Section]] = {
    "The whole file": Config,
    "models.NAME": Model,
    "models.NAME.chat": Chat,
    "models.NAME.shape": Shape,
    "models.NAME.generate": GenerationNeeds,
    "models.NAME.train": TrainingNeeds,
    "sources.NAME": Source,
    "sources.NAME.origin, for a generator": Generator,
    "sources.NAME.fields": Fields,
    "sources.NAME.fields.problem, answer, response": Mapped,
    "sources.NAME.fields.problem, answer, response: extract": Between,
    "sources.NAME.fields.alternatives": Split,
    "sources.NAME.fields.choices": Choices,
    "pools.NAME": Pool,
    **{f"pools.NAME.filters, {kind_of(one)}": one for one in get_args(get_args(Filter)[0])},
    "samples.NAME": Sample,
    "strategies.NAME": Strategy,
    "strategies.NAME.context, written": Written,
    "strategies.NAME.context, text": Text,
    "strategies.NAME.context, bank": Bank,
    "strategies.NAME.context, other": Other,
    "strategies.NAME.context, words": Words,
    "recipes.NAME": Recipe,
    "benchmarks.NAME": Benchmark,
    "benchmarks.NAME.problems": Problems,
    "benchmarks.NAME.sampling": Sampling,
    "votes.NAME": Vote,
    "claims.NAME": Claim,
    "claims.NAME.plus, minus": Reference,
    "plans.NAME": Plan,
    "plans.NAME.replicates": Replicate,
    "plans.NAME.published": Published,
    "weights": Weights,
    "price": Price,
    "report": Report,
    "price.cards.NAME": Card,
    "price.core": Core,
    "power": Power,
}
"""Every section by its place in the file, in the order of the data."""


def reference() -> str:
    """Return the reference as Markdown: a heading, what it is, and a table of keys a section."""
    return "\n".join(line for place, section in SECTIONS.items() for line in _lines(place, section))


def _lines(place: str, section: type[Section]) -> Iterator[str]:
    yield from [f"### {place}", "", " ".join(inspect.getdoc(section).split()), ""]
    yield from ["| key | value | default | meaning |", "| --- | --- | --- | --- |"]
    schema, meaning = section.model_json_schema(), meanings(section)
    for name, field in section.model_fields.items():
        words = " ".join(meaning[name].split()).replace("|", "\\|")
        default = field.get_default(call_default_factory=True)
        yield (
            f"| `{name}` | {_kind(schema['properties'][name], schema)} "
            f"| {_default(default)} | {words} |"
        )
    yield ""


def _default(value: object) -> str:
    if value is PydanticUndefined:
        return "required"
    return f"`{json.dumps(value, default=lambda section: json.loads(section.settings()))}`"


def _kind(schema: Mapping, root: Mapping) -> str:
    """Say in words what a value may be."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return {"Mapped": "name of a column, or a section"}.get(name, "section")
    if many := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_kind(one, root) for one in many))
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    limits = {
        "minimum": "at least {}",
        "exclusiveMinimum": "above {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "below {}",
    }
    said = [text.format(schema[key]) for key, text in limits.items() if key in schema]
    match schema.get("type"):
        case "array":
            kind = f"list of: {_kind(schema['items'], root)}"
        case "object":
            kind = "names and sections" if "patternProperties" in schema else "keys and values"
        case "null":
            kind = "nothing"
        case other:
            names = {"integer": "whole number", "string": "text", "boolean": "true or false"}
            kind = names.get(other, other or "section")
    return " ".join([kind, ", ".join(said)]).strip()
