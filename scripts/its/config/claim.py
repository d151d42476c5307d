"""Settings of a claim: a contrast of cells, and what is said about it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from its.config.plan import UNTRAINED, Plan, StrategyName
from its.config.section import Section, one_of

AXES = ["model", "sample", "recipe", "benchmark"]
"""What a claim may leave open: then it is made of each of the plan's."""

SHARES = {"correct", "lenient", "truncated", "answered"}
"""Quantities whose means lie between 0 and 1, and differences of them between -1 and 1."""


class Reference(Section):
    """A cell of the train x test matrix; what it leaves open is that of the row in the table."""

    train: Literal["base"] | StrategyName
    """The strategy of the training set, or `base` for the untrained model."""
    test: StrategyName
    """The strategy of the benchmark."""
    model: Annotated[str, one_of("models")] | None = None
    """Named where a claim compares models; each of the plan's has a row, if it is left out."""
    sample: Annotated[str, one_of("samples")] | None = None
    """Named where a claim compares samples."""
    recipe: Annotated[str, one_of("recipes")] | None = None
    """Named where a claim compares recipes."""
    benchmark: Annotated[str, one_of("benchmarks")] | None = None
    """Named where a claim compares benchmarks."""

    @model_validator(mode="after")
    def _untrained_learnt_nothing(self) -> "Reference":
        if self.train == UNTRAINED and (self.sample or self.recipe):
            raise ValueError("train: base has neither sample nor recipe; leave them out")
        return self

    def open(self, axis: str) -> bool:
        """Tell whether a cell takes what stands on an axis from its row."""
        learnt = axis in {"sample", "recipe"}
        return getattr(self, axis) is None and not (learnt and self.train == UNTRAINED)


class Claim(Section):
    """The mean of some cells minus the mean of others, and where it is said to lie.

    It is supported if the data speak against every value outside, contradicted if they speak
    against every value inside, and undecided at this size otherwise. Before all planned
    replicates are there it is unfinished.
    """

    label: str = ""
    """How tables and figures call it; its name, if empty."""
    sentence: str = Field(min_length=1)
    """What the paper says, in our words."""
    quantity: Literal[
        "correct", "lenient", "truncated", "answered", "tokens", "thinking_tokens", "answer_tokens"
    ] = "correct"
    """What is averaged: shares of responses (right in the box, right wherever the answer stands,
    cut off, with a box), or their lengths, in all, before and after the end of the thinking."""
    plus: list[Reference] = Field(min_length=1)
    """Cells of the first mean."""
    minus: list[Reference] = Field(min_length=1)
    """Cells of the second."""
    above: float | None = None
    """The difference is said to be larger. 0 for "better", a little less for "as good as".
    Differences of shares are fractions, -0.02 for two points less; of lengths, tokens."""
    below: float | None = None
    """The difference is said to be smaller, in the same unit."""

    @field_validator("above", "below")
    @classmethod
    def _a_fraction_of_shares(cls, bound: float | None, info: ValidationInfo) -> float | None:
        quantity = info.data.get("quantity")
        if bound is not None and quantity in SHARES and abs(bound) >= 1:
            raise ValueError(
                f"differences of the share {quantity!r} lie between -1 and 1, found {bound:g}; did "
                f"you mean {bound / 100:g}?"
            )
        return bound

    @model_validator(mode="after")
    def _says_something(self) -> "Claim":
        if self.above is None and self.below is None:
            raise ValueError("say where the difference lies: above, below or both")
        if None not in {self.above, self.below} and self.above >= self.below:
            raise ValueError(f"above {self.above} is not below {self.below}")
        return self

    @model_validator(mode="after")
    def _compares(self) -> "Claim":
        if _shares(self.plus) == _shares(self.minus):
            raise ValueError("plus and minus have the same cells; their difference is always 0")
        return self

    @property
    def references(self) -> list[Reference]:
        """All of its cells."""
        return [*self.plus, *self.minus]

    def mistakes(self, plan: Plan) -> Iterator[str]:
        """Yield what is wrong with it in a plan."""
        for side in ["plus", "minus"]:
            for number, one in enumerate(getattr(self, side)):
                known = {
                    "train": [*plan.train, UNTRAINED],
                    "test": plan.test,
                    **{axis: getattr(plan, f"{axis}s") for axis in AXES},
                }
                for name, values in known.items():
                    value = getattr(one, name)
                    if value is not None and value not in values:
                        yield (
                            f"{side}.{number}.{name}: the plan has no {value!r} there; add it to "
                            f"the plan, or take the claim out of it"
                        )
        for axis in AXES:
            cells = [one for one in self.references if one.open(axis) or getattr(one, axis)]
            if len({one.open(axis) for one in cells}) > 1:
                yield f"{axis}: some cells name one and some do not; name it in all or in none"

    def rows(self, plan: Plan) -> Iterator[dict[str, str]]:
        """Yield what is left open, filled in: a combination for each row of the table."""
        axes = [axis for axis in AXES if any(one.open(axis) for one in self.references)]
        for values in product(*(getattr(plan, f"{axis}s") for axis in axes)):
            yield dict(zip(axes, values, strict=True))

    def terms(self, row: Mapping[str, str]) -> list[tuple[float, dict[str, str]]]:
        """Return its cells in a row of the table, each with its weight."""
        return [*_weighted(self.plus, row, 1), *_weighted(self.minus, row, -1)]


def _shares(cells: Sequence[Reference]) -> dict[Reference, Fraction]:
    """Return the weight of each cell in the mean of all."""
    return {one: Fraction(number, len(cells)) for one, number in Counter(cells).items()}


def _weighted(
    cells: Sequence[Reference], row: Mapping[str, str], sign: int
) -> Iterator[tuple[float, dict[str, str]]]:
    for one in cells:
        axes = {axis: row.get(axis, "") if one.open(axis) else getattr(one, axis) for axis in AXES}
        named = {axis: value or "" for axis, value in axes.items()}
        yield sign / len(cells), {"train": one.train, "test": one.test, **named}
