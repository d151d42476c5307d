"""Settings of what gathers cells: a plan, and the paths it stands for."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, model_validator

from its.config.section import Section, Shown, one_of
from its.epochs import is_earlier

UNTRAINED = "base"
"""The learner that is the model as published, and its train strategy in tables."""

StrategyName = Annotated[str, one_of("strategies")]


class Replicate(Section):
    """One repetition of everything: which draw of the rows, of the personas, and which seed."""

    draw: int = Field(0, ge=0)
    """Which draw of the samples."""
    persona: int = Field(0, ge=0)
    """Which draw of the personas."""
    seed: int = Field(0, ge=0)
    """Of the training."""


class Published(Section):
    """A number that somebody published, to be shown beside ours; it never counts as a result."""

    model: Annotated[str, one_of("models")]
    """Which of ours it is about."""
    benchmark: Annotated[str, one_of("benchmarks")]
    """On which of ours."""
    what: str = Field(min_length=1)
    """What it is, such as `best train x test pair`."""
    right: int = Field(ge=0)
    """Problems solved."""
    problems: int = Field(ge=1)
    """Of how many."""
    vote: Annotated[str, one_of("votes")] | None = None
    """Which of the plan's votes stands beside it, for a majority vote; else it is a cell."""
    source: str = Field(min_length=1)
    """Where it was published."""

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "Published":
        if self.right > self.problems:
            raise ValueError(f"right {self.right} is more than problems {self.problems}")
        return self


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement of a plan: who answers what, asked how, in which replicate."""

    model: str
    learner: str
    sample: str
    """Empty for the untrained learner, as `recipe` is."""
    train: str
    """The strategy of the training set; `base` for the untrained learner."""
    recipe: str
    seed: int | None
    benchmark: str
    test: str
    replicate: int
    """Its place in the plan's list."""
    path: str
    """`model/learner/benchmark/strategy`, draws written out."""


class Plan(Section):
    """The cells that `snakemake` makes; any other can still be asked for by its path."""

    note: Shown = ""
    """What a reader of its report has to know first, such as what it is no evidence of."""
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
    epochs: list[Annotated[int, Field(ge=1)]] = []
    """Earlier epochs that are tested too, of recipes that keep them: learners `...-e1`."""
    claims: list[Annotated[str, one_of("claims")]] = Field([], exclude=True)
    """What is said about these cells, for the table `claims.csv`."""
    votes: list[Annotated[str, one_of("votes")]] = []
    """Votes on these benchmarks, asked in each of the ways of `test` as in the first replicate."""
    published: list[Published] = Field([], exclude=True)
    """Numbers of others, for the table `published.csv`."""
    replicates: list[Replicate] = Field([Replicate()], min_length=1)
    """Repetitions, which count as independent: of draw, persona draw and seed, each is the same in
    all of them or another in each."""

    def strategies(self) -> list[str]:
        """List the strategies on either side."""
        return list(dict.fromkeys([*self.train, *self.test]))

    def sets(self) -> list[str]:
        """List the samples and benchmarks."""
        samples = [suffixed(s, r.draw) for r in self.replicates for s in self.samples]
        return list(dict.fromkeys([*samples, *self.benchmarks]))

    def refined(self, drawn: Container[str]) -> list[str]:
        """List `set/strategy`. Strategies outside `drawn` have no persona, so no draw either."""
        pairs = self.refinements()
        return list(dict.fromkeys(f"{n}/{_written(s, p, drawn)}" for n, p, s in pairs))

    def refinements(self) -> Iterator[tuple[str, int, str]]:
        """Yield which set meets which draw of which strategy, some of them several times."""
        for replicate in self.replicates:
            samples = [suffixed(sample, replicate.draw) for sample in self.samples]
            for names, strategies in [(samples, self.train), (self.benchmarks, self.test)]:
                for name in names:
                    for strategy in strategies:
                        yield name, replicate.persona, strategy

    def grid(self, drawn: Container[str]) -> Iterator[Cell]:
        """Yield the cells replicate by replicate, the untrained learner's first.

        A cell that does not change between replicates comes in each of them, with the same path.
        """
        for number, replicate in enumerate(self.replicates):
            for model in self.models:
                for learner, trained in self._learners(replicate, drawn).items():
                    for benchmark in self.benchmarks:
                        for test in self.test:
                            refined = _written(test, replicate.persona, drawn)
                            path = f"{model}/{learner}/{benchmark}/{refined}"
                            yield Cell(model, learner, *trained, benchmark, test, number, path)

    def cells(self, drawn: Container[str]) -> list[str]:
        """List `model/learner/benchmark/strategy`, the untrained learner's first."""
        return list(dict.fromkeys(cell.path for cell in self.grid(drawn)))

    def ballots(self, drawn: Container[str]) -> list[str]:
        """List `vote/benchmark/strategy`, asked as in the first replicate."""
        return [
            f"{vote}/{benchmark}/{_written(test, self.replicates[0].persona, drawn)}"
            for vote in self.votes
            for benchmark in self.benchmarks
            for test in self.test
        ]

    def trainings(self, drawn: Container[str]) -> list[str]:
        """List `model/learner` of everything that the plan trains, kept epochs apart."""
        return list(
            dict.fromkeys(
                f"{cell.model}/{cell.learner}"
                for cell in self.grid(drawn)
                if cell.learner != UNTRAINED and not is_earlier(cell.learner)
            )
        )

    def _learners(
        self, replicate: Replicate, drawn: Container[str]
    ) -> dict[str, tuple[str, str, str, int | None]]:
        """Return the learners of a replicate, each with sample, train strategy, recipe and seed."""
        trained = {
            f"{suffixed(sample, replicate.draw)}-{_written(train, replicate.persona, drawn)}"
            f"-{recipe}-s{replicate.seed}{kept}": (sample, train, recipe + kept, replicate.seed)
            for sample in self.samples
            for train in self.train
            for recipe in self.recipes
            for kept in ["", *(f"-e{epoch}" for epoch in self.epochs)]
        }
        return {UNTRAINED: ("", UNTRAINED, "", None), **trained}


def suffixed(name: str, draw: int) -> str:
    """Return the one name of a draw: `ot1k` for draw 0, `ot1k.1` for draw 1."""
    return f"{name}.{draw}" if draw else name


def _written(strategy: str, draw: int, drawn: Container[str]) -> str:
    return suffixed(strategy, draw) if strategy in drawn else strategy
