"""Settings that are right each by itself, and not together."""

import re
from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

from its.config.plan import Replicate
from its.config.strategy import Counted, Written
from its.filters.equals import Equals
from its.prompts import check_lines, check_prompt
from its.words import amount

if TYPE_CHECKING:
    from its.config.experiment import Config


def contradictions(config: "Config") -> Iterator[str]:
    """Yield a line for each: the place, what is there, and what can be done."""
    for check in [
        _mixed,
        _voters,
        _claimed,
        _repeated,
        _shared,
        _divided,
        _not_kept,
        _no_room,
        _not_carried,
        _prompts,
    ]:
        yield from check(config)


def _mixed(config: "Config") -> Iterator[str]:
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


def _voters(config: "Config") -> Iterator[str]:
    """Yield a line for each member of a vote that no path could stand for."""
    learner = re.compile(
        r"base|(?P<samples>\w+)(?:\.[1-9]\d*)?-(?P<strategies>\w+)(?:\.[1-9]\d*)?"
        r"-(?P<recipes>\w+)-s(?:0|[1-9]\d*)(?:-e(?P<epoch>[1-9]\d*))?"
    )
    for name, vote in config.votes.items():
        for number, member in enumerate(vote.members):
            place = f"votes.{name}.members.{number}"
            model, _, rest = member.partition("/")
            match = learner.fullmatch(rest)
            if match is None:
                yield f"{place}: {member!r} is not model/base or model/sample-strategy-recipe-s0"
                continue
            names = {"models": model, **match.groupdict()}
            epoch, recipe = names.pop("epoch"), names["recipes"]
            for section, one in names.items():
                if one is not None and one not in getattr(config, section):
                    yield f"{place}: {section} has no {one!r}"
            if epoch and recipe in config.recipes:
                kept = config.recipes[recipe].keep
                if int(epoch) not in kept:
                    yield (
                        f"{place}: weights after epoch {epoch} are not kept; add it to "
                        f"recipes.{recipe}.keep, found {kept}"
                    )


def _claimed(config: "Config") -> Iterator[str]:
    """Yield a line for each claim that names what its plan does not make."""
    for name, plan in config.plans.items():
        for claim in plan.claims:
            for mistake in config.claims[claim].mistakes(plan):
                yield f"plans.{name}.claims: {claim}.{mistake}"


def _repeated(config: "Config") -> Iterator[str]:
    """Yield a line for each list in which a name stands twice: its tests would count twice."""
    lists = [
        (f"plans.{name}.{key}", getattr(plan, key))
        for name, plan in config.plans.items()
        for key in ["models", "samples", "recipes", "train", "test", "benchmarks", "epochs"]
        + ["claims", "votes"]
    ]
    lists += [(f"votes.{name}.members", vote.members) for name, vote in config.votes.items()]
    for place, names in lists:
        for name in {one: None for one in names if names.count(one) > 1}:
            yield f"{place}: {name!r} stands twice; name each once"


def _divided(config: "Config") -> Iterator[str]:
    """Yield a line for each training of the plan at hand whose processes cannot share a batch."""
    plan = config.plans[config.plan]
    for model, name in product(plan.models, plan.recipes):
        recipe, processes = config.recipes[name], config.models[model].train.all_processes
        at_once = recipe.micro_batch * processes
        if recipe.batch % at_once:
            yield (
                f"recipes.{name}.batch: {recipe.batch} cannot be made of micro_batch "
                f"{recipe.micro_batch} on {amount(processes, 'process', 'processes')} of "
                f"models.{model}.train; set a multiple of {at_once}, or fewer gpus, nodes or "
                "processes"
            )


def _shared(config: "Config") -> Iterator[str]:
    """Yield a line for each plan whose replicates share chance: they count as independent."""
    drawn = config.drawn
    for name, plan in config.plans.items():
        place, count = f"plans.{name}.replicates", len(plan.replicates)
        values = {
            key: [getattr(one, key) for one in plan.replicates] for key in Replicate.model_fields
        }
        for key, found in values.items():
            if 1 < len(set(found)) < count:
                yield (
                    f"{place}: {key} is {found}, so some share it, and all count as independent; "
                    "give each another, or all the same"
                )
        vary = {key for key, found in values.items() if len(set(found)) > 1}
        for sample, train in product(plan.samples, plan.train):
            means = {"seed"}  # what another training of them may differ by
            means |= {"draw"} if config.samples[sample].size != "all" else set()
            means |= {"persona"} if train in drawn else set()
            if count > 1 and not vary & means:
                yield (
                    f"{place}: {sample} with {train} is one training in all of them, and would "
                    f"count as {count}; let {' or '.join(sorted(means))} differ"
                )


def _not_kept(config: "Config") -> Iterator[str]:
    """Yield a line for each epoch that a plan tests and a recipe of it does not keep."""
    for name, plan in config.plans.items():
        for recipe in plan.recipes:
            for epoch in plan.epochs:
                if epoch not in config.recipes[recipe].keep:
                    yield (
                        f"plans.{name}.epochs: recipe {recipe!r} does not keep epoch {epoch}; add "
                        f"it to recipes.{recipe}.keep"
                    )


def _prompts(config: "Config") -> Iterator[str]:
    """Yield a line for each file of a prompt, of domains or of contexts that cannot be used."""
    for name, strategy in config.strategies.items():
        if isinstance(strategy.context, Written):
            mistakes = check_prompt(strategy.context)
        else:
            mistakes = check_lines(strategy.context) if strategy.context else []
        for mistake in mistakes:
            yield f"strategies.{name}.context.{mistake}"


def _no_room(config: "Config") -> Iterator[str]:
    """Yield a line for each benchmark of a plan whose responses alone fill a model's context."""
    pairs = dict.fromkeys(
        (model, benchmark)
        for plan in config.plans.values()
        for model in plan.models
        for benchmark in plan.benchmarks
    )
    for model, benchmark in pairs:
        room = config.models[model].chat.context
        response = config.benchmarks[benchmark].sampling.max_tokens
        if response >= room:
            yield (
                f"benchmarks.{benchmark}.sampling.max_tokens: {response} tokens leave no room for "
                f"a question in the {room} of models.{model}.chat.context; lower one, or raise "
                "the other"
            )


def _not_carried(config: "Config") -> Iterator[str]:
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
