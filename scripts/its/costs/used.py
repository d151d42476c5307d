"""What of a config a plan uses: all that its price depends on."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from its.config.experiment import Config
from its.config.plan import Plan
from its.config.section import Section

One = TypeVar("One", bound=Section)


def used(config: Config, name: str) -> Config:
    """Return the config with the entries that the plan of that name uses, and no others."""
    plan = config.plans[name]
    pools = {one: config.pools[one] for one in pools_of(config, plan)}
    benchmarks = _some(config.benchmarks, benchmarks_of(config, plan))
    sources = [one for pool in pools.values() for one in pool.sources]
    sources += [one.problems.source for one in benchmarks.values()]
    return config.model_copy(
        update={
            "models": _some(config.models, [*plan.models, *writers_of(config, plan)]),
            "sources": _some(config.sources, sources),
            "pools": pools,
            "samples": _some(config.samples, plan.samples),
            "recipes": _some(config.recipes, plan.recipes),
            "strategies": _some(config.strategies, plan.strategies()),
            "benchmarks": benchmarks,
            "plans": {name: plan},
            "plan": name,
            "partial": False,
        }
    )


def writers_of(config: Config, plan: Plan) -> list[str]:
    """List the models that write personas for a plan."""
    contexts = [config.strategies[name].context for name in plan.strategies()]
    return list(dict.fromkeys(context.writer for context in contexts if context))


def pools_of(config: Config, plan: Plan) -> list[str]:
    """List the pools that the samples of a plan are drawn from."""
    return list(dict.fromkeys(config.samples[name].pool for name in plan.samples))


def benchmarks_of(config: Config, plan: Plan) -> list[str]:
    """List the benchmarks that a plan asks, and those that its pools are compared with."""
    against = [one for name in pools_of(config, plan) for one in config.pools[name].against()]
    return list(dict.fromkeys([*plan.benchmarks, *against]))


def _some(entries: Mapping[str, One], names: Iterable[str]) -> dict[str, One]:
    wanted = set(names)
    return {name: entry for name, entry in entries.items() if name in wanted}
