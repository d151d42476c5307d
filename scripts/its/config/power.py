"""Settings of `power_plan`: how much accuracies are expected to vary. No result depends on them."""

from pydantic import Field

from its.config.section import Section


class Power(Section):
    """What the smallest difference that a plan can detect is computed with.

    All but the accuracy are standard deviations in log odds: 0.4 moves a chance of a half by ten
    points. `variance.csv` of a finished plan says how large the parts were.
    """

    accuracy: float = Field(0.5, gt=0, lt=1)
    """Of the cells."""
    problems: float = Field(1.5, ge=0)
    """How much problems differ. Paired comparisons are free of it."""
    cells: float = Field(0.5, ge=0)
    """What a cell does to a single problem, in all replicates: it falls with more problems."""
    trainings: float = Field(0.2, ge=0)
    """How much replicates of a training differ, in all of its tests."""
    tests: float = Field(0.1, ge=0)
    """How much they differ from test to test."""
