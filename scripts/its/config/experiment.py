"""The whole config: checked once, all mistakes at once, before any job."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, get_origin

from pydantic import ValidationError, ValidationInfo, field_validator

from its.config.benchmark import Benchmark
from its.config.checks import contradictions
from its.config.claim import Claim
from its.config.files import duplicates, redefinitions
from its.config.mistakes import in_words
from its.config.model import Model
from its.config.plan import Plan
from its.config.pool import Pool
from its.config.power import Power
from its.config.price import Price
from its.config.recipe import Recipe
from its.config.report import Report
from its.config.sample import Sample
from its.config.section import Name, Section, one_of
from its.config.source import Source
from its.config.strategy import Strategy, Written
from its.config.vote import Vote
from its.config.weights import Weights
from its.errors import InputError


class Config(Section):
    """The whole of `config/config.yaml`."""

    models: dict[Name, Model]
    """Base models."""
    sources: dict[Name, Source]
    """Published rows."""
    pools: dict[Name, Pool]
    """Rows of sources, filtered."""
    samples: dict[Name, Sample]
    """Rows of pools, drawn to learn from."""
    recipes: dict[Name, Recipe]
    """Ways to fine-tune."""
    strategies: dict[Name, Strategy]
    """What is joined to a question, in training and in testing."""
    benchmarks: dict[Name, Benchmark]
    """Test sets, and how they are asked."""
    votes: dict[Name, Vote] = {}
    """Learners that answer together."""
    claims: dict[Name, Claim] = {}
    """What is said about cells, to be tested."""
    plans: dict[Name, Plan]
    """Which cells of all these to make."""
    plan: Annotated[str, one_of("plans")]
    """What a bare `snakemake` makes."""
    weights: Weights = Weights()
    """Where trained weights lie, and how long."""
    price: Price = Price()
    """What the price of a plan is computed with."""
    power: Power = Power()
    """What a plan is expected to vary by, to say what it can detect."""
    report: Report = Report()
    """How much of the responses the report holds."""
    partial: bool = False
    """Draw tables from the scores that exist, with holes marked, instead of making the others.
    Nothing is tested then before all of its planned replicates are there."""

    @field_validator("benchmarks")
    @classmethod
    def _no_sample_of_that_name(
        cls, benchmarks: dict[str, Benchmark], info: ValidationInfo
    ) -> dict[str, Benchmark]:
        samples = (info.context or {}).get("samples")
        both = benchmarks.keys() & samples if isinstance(samples, Mapping) else set()
        if both:
            raise ValueError(f"{', '.join(sorted(both))}: a sample has that name too; rename one")
        return benchmarks

    def value(self, path: str) -> object:
        """Return what stands at `path`, as in `models/smollm2/train/threads`."""
        value: object = self
        for key in path.split("/"):
            value = value[key] if isinstance(value, Mapping) else getattr(value, key)
        return value

    def section(self, path: str) -> Section:
        """Return the section at `path`, as in `strategies/U/context`."""
        value = self.value(path)
        if not isinstance(value, Section):
            raise TypeError(f"{path} is no section but {value!r}")
        return value

    @property
    def drawn(self) -> list[str]:
        """The strategies whose contexts, or whose mixture, can be drawn again."""
        return [
            name
            for name, strategy in self.strategies.items()
            if strategy.mixture or (strategy.context and strategy.context.drawn)
        ]

    def parts(self, name: str) -> list[str]:
        """List a strategy, those in its mixture, and those whose contexts any of them takes."""
        found = [name]
        for part in found:
            strategy = self.strategies[part]
            source = strategy.context.source if strategy.context else ""
            more = [*strategy.mixture, *([getattr(strategy.context, source)] if source else [])]
            found += [one for one in more if one not in found]
        return found

    def written(self, names: Iterable[str]) -> list[str]:
        """List the strategies that these are made of and that have a writer."""
        parts = dict.fromkeys(part for name in names for part in self.parts(name))
        return [part for part in parts if isinstance(self.strategies[part].context, Written)]


CATALOGUE = {
    name for name, field in Config.model_fields.items() if get_origin(field.annotation) is dict
}
"""The sections of names that plans pick from."""


def read_config(merged: Mapping[str, object], files: Sequence[str] = ()) -> Config:
    """Check the config as Snakemake merged it, and the files that it was merged from.

    Raises `InputError` with one line per mistake, all of them at once.
    """
    mixed = list(redefinitions(files, CATALOGUE))
    # What follows from a mixture says nothing of either file.
    names = tuple(line.partition(":")[0] + "." for line in mixed)
    try:
        config = Config.model_validate(merged, context=merged)
    except ValidationError as error:
        found = in_words(error.errors(), merged, Config.model_json_schema)
    else:
        found = contradictions(config)
    mistakes = [*duplicates(files), *mixed, *(one for one in found if not one.startswith(names))]
    if mistakes:
        raise InputError("config:\n  " + "\n  ".join(mistakes))
    return config
