"""Settings of what gathers cells: a plan, and the paths it stands for."""

from collections.abc import Container, Iterator
from typing import Annotated

from pydantic import Field

from its.config.section import Section, one_of

StrategyName = Annotated[str, one_of("strategies")]


class Replicate(Section):
    """One repetition of everything: which draw of the rows, of the personas, and which seed."""

    draw: int = Field(0, ge=0)
    """Which draw of the samples."""
    persona: int = Field(0, ge=0)
    """Which draw of the personas."""
    seed: int = Field(0, ge=0)
    """Of the training."""


class Plan(Section):
    """The cells that `snakemake` makes; any other can still be asked for by its path."""

    models: list[Annotated[str, one_of("models")]] = Field(min_length=1)
    """Trained and untrained, both are tested."""
    samples: list[Annotated[str, one_of("samples")]] = Field(min_length=1)
    """What they learn from."""
    recipes: list[Annotated[str, one_of("recipes")]] = Field(min_length=1)
    """How."""
    train: list[StrategyName] = Field(min_length=1)
    """Strategies that the samples are refined with: the rows of the matrix."""
    test: list[StrategyName] = Field(min_length=1)
    """Strategies that the benchmarks are refined with: its columns."""
    benchmarks: list[Annotated[str, one_of("benchmarks")]] = Field(min_length=1)
    """What they are tested on."""
    replicates: list[Replicate] = Field([Replicate()], min_length=1)
    """Combinations, not a product: draw, persona draw and seed may vary together or alone."""

    def strategies(self) -> list[str]:
        """List the strategies on either side."""
        return list(dict.fromkeys([*self.train, *self.test]))

    def sets(self) -> list[str]:
        """List the samples and benchmarks."""
        samples = [suffixed(s, r.draw) for r in self.replicates for s in self.samples]
        return list(dict.fromkeys([*samples, *self.benchmarks]))

    def refined(self, drawn: Container[str]) -> list[str]:
        """List `set/strategy`. Strategies outside `drawn` have no persona, so no draw either."""
        pairs = [
            (name, r.persona, strategy)
            for r in self.replicates
            for names, strategies in [
                ([suffixed(s, r.draw) for s in self.samples], self.train),
                (self.benchmarks, self.test),
            ]
            for name in names
            for strategy in strategies
        ]
        return list(dict.fromkeys(f"{n}/{_written(s, p, drawn)}" for n, p, s in pairs))

    def cells(self, drawn: Container[str]) -> list[str]:
        """List `model/learner/benchmark/strategy`, the untrained learner's first."""
        return list(
            dict.fromkeys(
                f"{model}/{learner}/{benchmark}/{_written(test, r.persona, drawn)}"
                for r in self.replicates
                for model in self.models
                for learner in ["base", *self._learners(r, drawn)]
                for benchmark in self.benchmarks
                for test in self.test
            )
        )

    def learners(self, drawn: Container[str]) -> list[str]:
        """List `model/learner` of everything that the plan trains."""
        return list(
            dict.fromkeys(
                f"{model}/{learner}"
                for r in self.replicates
                for model in self.models
                for learner in self._learners(r, drawn)
            )
        )

    def _learners(self, replicate: Replicate, drawn: Container[str]) -> Iterator[str]:
        for sample in self.samples:
            for train in self.train:
                for recipe in self.recipes:
                    yield (
                        f"{suffixed(sample, replicate.draw)}"
                        f"-{_written(train, replicate.persona, drawn)}"
                        f"-{recipe}-s{replicate.seed}"
                    )


def suffixed(name: str, draw: int) -> str:
    """Return the one name of a draw: `ot1k` for draw 0, `ot1k.1` for draw 1."""
    return f"{name}.{draw}" if draw else name


def _written(strategy: str, draw: int, drawn: Container[str]) -> str:
    return suffixed(strategy, draw) if strategy in drawn else strategy
