"""The whole config: checked once, all mistakes at once, before any job."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import ValidationError, ValidationInfo, field_validator

from its.config.benchmark import Benchmark
from its.config.model import Model
from its.config.plan import Plan
from its.config.pool import Equals, Pool
from its.config.price import Price
from its.config.recipe import Recipe
from its.config.sample import Sample
from its.config.section import Name, Section, one_of
from its.config.source import Source
from its.config.strategy import Counted, Strategy, Written
from its.config.vote import Vote
from its.errors import InputError
from its.prompts import check_lines, check_prompt


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
    plans: dict[Name, Plan]
    """Which cells of all these to make."""
    plan: Annotated[str, one_of("plans")]
    """What a bare `snakemake` makes."""
    price: Price = Price()
    """What the price of a plan is computed with."""
    partial: bool = False
    """Draw tables from the scores that exist, with holes marked, instead of making the others."""

    @field_validator("benchmarks")
    @classmethod
    def _no_sample_of_that_name(
        cls, benchmarks: dict[str, Benchmark], info: ValidationInfo
    ) -> dict[str, Benchmark]:
        both = benchmarks.keys() & (info.context or {}).get("samples", {})
        if both:
            raise ValueError(f"{', '.join(sorted(both))}: a sample has that name too; rename one")
        return benchmarks

    def section(self, path: str) -> Section:
        """Return the section at `path`, as in `strategies/U/context`."""
        value: object = self
        for key in path.split("/"):
            value = value[key] if isinstance(value, Mapping) else getattr(value, key)
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


def read_config(merged: Mapping[str, object], files: Sequence[str] = ()) -> Config:
    """Check the config as Snakemake merged it, and the files that it was merged from.

    Raises `InputError` with one line per mistake, all of them at once.
    """
    mistakes = [*_duplicates(files), *_redefinitions(files)]
    try:
        config = Config.model_validate(merged, context=merged)
    except ValidationError as error:
        mistakes += _mistakes(error.errors(), merged)
    else:
        checks = [_mixed, _voters, _not_kept, _not_carried, _prompts, _missing_files]
        mistakes += [mistake for check in checks for mistake in check(config)]
    if mistakes:
        raise InputError("config:\n  " + "\n  ".join(mistakes))
    return config


def _mistakes(errors: Sequence[Mapping], merged: Mapping[str, object]) -> Iterator[str]:
    """Yield a line for each place with a mistake: where, what is wrong, what was found."""
    lines: dict[str, list[str]] = {}
    places = [_place(error, merged) for error in errors]
    for error, place in zip(errors, places, strict=True):
        # Of two alternatives, the one that was meant has its mistakes further in.
        deeper = any(len(one) > len(place) and one[: len(place)] == place for one in places)
        if not (deeper and error["type"] == "string_type"):
            lines.setdefault(".".join(map(str, place)), []).append(_wrong(error, place))
    for place, wrong in lines.items():
        yield f"{place}: {', or '.join(dict.fromkeys(wrong))}"


def _place(error: Mapping, merged: Mapping[str, object]) -> list[str | int]:
    """Return a place in the config, without the names that pydantic gives to alternatives."""
    *most, last = error["loc"]
    place, value = [], merged
    for key in most:
        if _holds(value, key):
            value = value[key]
            place.append(key)
    return [*place, last] if _holds(value, last) or error["type"] == "missing" else place


def _holds(value: object, key: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(key, int)
    return isinstance(value, Mapping) and key in value


def _wrong(error: Mapping, place: Sequence[str | int]) -> str:
    """Say what is wrong, in words that name keys and values of the config."""
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            keys = _keys(Config.model_json_schema(), place[:-1])
            near = get_close_matches(str(place[-1]), keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(sorted(keys))}"
            return f"no such key here; {hint}"
        case "missing":
            return "this key is missing"
        case "value_error":
            return message
        case "string_pattern_mismatch" if error["loc"][-1] == "[key]":
            return "a name is made of letters, digits and '_', for '-' and '.' join names in paths"
    return f"{message[0].lower()}{message[1:]}, found {error['input']!r}"


def _keys(schema: Mapping, place: Sequence[str | int]) -> set[str]:
    """Return the keys that the schema knows at a place, over all alternatives."""
    nodes = [schema]
    for key in [*place, None]:
        opened = []
        while nodes:  # follow references and alternatives
            node = nodes.pop()
            if "$ref" in node:
                nodes.append(schema["$defs"][node["$ref"].rpartition("/")[2]])
            elif many := node.get("anyOf") or node.get("oneOf"):
                nodes += many
            else:
                opened.append(node)
        if key is None:
            return {name for node in opened for name in node.get("properties", {})}
        for node in opened:
            nodes += [
                node.get("items"),
                node.get("properties", {}).get(key, node.get("additionalProperties")),
                *node.get("patternProperties", {}).values(),  # names of our own
            ]
        nodes = [node for node in nodes if isinstance(node, dict)]
    return set()


def _mixed(config: Config) -> Iterator[str]:
    """Yield a line for each strategy that is made of one that cannot be a part."""
    for name, strategy in config.strategies.items():
        for part in strategy.mixture:
            if config.strategies[part].mixture:
                yield f"strategies.{name}.mixture.{part}: is a mixture itself; name its parts"
        source = strategy.context.source if strategy.context else ""
        if source:
            taken = getattr(strategy.context, source)
            if not isinstance(config.strategies[taken].context, Counted):
                yield (
                    f"strategies.{name}.context.{source}: {taken} has no contexts of its own; name "
                    "a strategy with a writer or a bank"
                )


def _voters(config: Config) -> Iterator[str]:
    """Yield a line for each member of a vote that no path could stand for."""
    learner = re.compile(
        r"base|(?P<samples>\w+)(?:\.[1-9]\d*)?-(?P<strategies>\w+)(?:\.[1-9]\d*)?"
        r"-(?P<recipes>\w+)-s(?:0|[1-9]\d*)(?:-e[1-9]\d*)?"
    )
    for name, vote in config.votes.items():
        for number, member in enumerate(vote.members):
            place = f"votes.{name}.members.{number}"
            model, _, rest = member.partition("/")
            match = learner.fullmatch(rest)
            if match is None:
                yield f"{place}: {member!r} is not model/base or model/sample-strategy-recipe-s0"
                continue
            for section, one in {"models": model, **match.groupdict()}.items():
                if one is not None and one not in getattr(config, section):
                    yield f"{place}: {section} has no {one!r}"


def _not_kept(config: Config) -> Iterator[str]:
    """Yield a line for each epoch that a plan tests and a recipe of it does not keep."""
    for name, plan in config.plans.items():
        for recipe in plan.recipes:
            for epoch in plan.epochs:
                if epoch not in config.recipes[recipe].keep:
                    yield (
                        f"plans.{name}.epochs: recipe {recipe!r} does not keep epoch {epoch}; add "
                        f"it to recipes.{recipe}.keep"
                    )


def _prompts(config: Config) -> Iterator[str]:
    """Yield a line for each file of a prompt, of domains or of contexts that cannot be used."""
    for name, strategy in config.strategies.items():
        if isinstance(strategy.context, Written):
            mistakes = check_prompt(strategy.context)
        else:
            mistakes = check_lines(strategy.context) if strategy.context else []
        for mistake in mistakes:
            yield f"strategies.{name}.context.{mistake}"


def _not_carried(config: Config) -> Iterator[str]:
    """Yield a line for each column that a filter looks at and a source does not carry along."""
    for pool, settings in config.pools.items():
        for number, one in enumerate(settings.filters):
            for source in settings.sources if isinstance(one, Equals) else ():
                carried = config.sources[source].fields.meta
                if one.column not in carried:
                    yield (
                        f"pools.{pool}.filters.{number}.column: source {source!r} carries no "
                        f"{one.column!r}; add it to sources.{source}.fields.meta"
                    )


def _missing_files(config: Config) -> Iterator[str]:
    """Yield a line for each file that a setting names and that is not there."""
    named = {
        **{f"models.{n}.chat.template": m.chat.template for n, m in config.models.items()},
        **{f"recipes.{n}.deepspeed": r.deepspeed for n, r in config.recipes.items()},
    }
    for place, file in named.items():
        if file and not Path(file).is_file():
            yield f"{place}: there is no file {file}"


def _duplicates(files: Sequence[str]) -> Iterator[str]:
    """Yield a line for each key that stands twice in a mapping: YAML would take the last."""
    for file in dict.fromkeys(files):
        todo = [("", yaml.compose(Path(file).read_text(), yaml.SafeLoader))]
        while todo:
            place, node = todo.pop()
            seen = set()
            for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
                if key.value in seen:
                    yield f"{place}{key.value}: stands twice, again in {file}:{_line(key)}"
                seen.add(key.value)
                todo.append((f"{place}{key.value}.", value))


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _redefinitions(files: Sequence[str]) -> Iterator[str]:
    """Yield a line for each name that two files define differently: they would be mixed."""
    first: dict[tuple[str, str], tuple[str, object]] = {}
    for file in dict.fromkeys(files):
        for section, names in (yaml.safe_load(Path(file).read_text()) or {}).items():
            for name, content in names.items() if isinstance(names, dict) else ():
                other, known = first.setdefault((section, name), (file, content))
                if content != known:
                    yield f"{section}.{name}: {other} and {file} differ; give one a new name"
