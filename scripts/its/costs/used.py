"""What of a config a plan uses: all that its price depends on."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from its.config.experiment import Config
from its.config.section import Section
from its.costs.paths import learners, texts, trainings, undrawn

One = TypeVar("One", bound=Section)


def used(config: Config, name: str) -> Config:
    """Return the config with the entries that the plan of that name uses, and no others."""
    plan = config.plans[name]
    made = trainings(config, plan)
    strategies = [undrawn(text.partition("/")[2]) for text in texts(config, plan)]
    parts = [part for one in strategies for part in config.parts(one)]
    writers = [config.strategies[one].context.writer for one in config.written(strategies)]
    answering = [one.partition("/")[0] for one in learners(config, plan)]
    samples = _some(config.samples, [undrawn(one.sample) for one in made])
    pools = _some(config.pools, [one.pool for one in samples.values()])
    against = [one for pool in pools.values() for one in pool.against(config.benchmarks)]
    benchmarks = _some(config.benchmarks, [*plan.benchmarks, *against])
    sources = [one for pool in pools.values() for one in pool.sources]
    sources += [one.problems.source for one in benchmarks.values()]
    return config.model_copy(
        update={
            "models": _some(config.models, [*answering, *writers]),
            "sources": _some(config.sources, sources),
            "pools": pools,
            "samples": samples,
            "recipes": _some(config.recipes, [one.recipe for one in made]),
            "strategies": _some(config.strategies, parts),
            "benchmarks": benchmarks,
            "votes": _some(config.votes, plan.votes),
            "plans": {name: plan},
            "plan": name,
            "partial": False,
        }
    )


def _some(entries: Mapping[str, One], names: Iterable[str]) -> dict[str, One]:
    wanted = set(names)
    return {name: entry for name, entry in entries.items() if name in wanted}
