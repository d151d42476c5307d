"""Training losses by step."""

from collections.abc import Container
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl

from its.config.plan import Cell, Plan
from its.errors import InputError
from its.figures import nothing, strategy_colours

LOSSES = {
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "train": pl.String,
    "learner": pl.String,
    "step": pl.Int64,
    "loss": pl.Float64,
}
"""One row per logged step of a training."""


def losses_of(cell: Cell, record: dict[str, Any], path: Path) -> list[dict[str, Any]]:
    """Return the rows of `LOSSES` of one training.

    Raises `InputError` if the record has no log.
    """
    names = {name: getattr(cell, name) for name in LOSSES if name not in {"step", "loss"}}
    try:
        return [{**names, "step": one["step"], "loss": one["loss"]} for one in record["log"]]
    except (KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected a list `log` of steps and losses; train this learner again"
        ) from error


def learners(plan: Plan, drawn: Container[str]) -> dict[str, Cell]:
    """Return a cell of each learner that a plan trains, by `model/learner`."""
    cells = {}
    trained = set(plan.learners(drawn))
    for cell in plan.grid(drawn):
        if (name := f"{cell.model}/{cell.learner}") in trained:
            cells.setdefault(name, cell)
    return cells


def losses_chart(losses: pl.DataFrame, strategies: list[str]) -> alt.TopLevelMixin:
    """Draw a line per learner, in the colour of its strategy; a panel per model, sample, recipe.

    Parameters
    ----------
    losses
        The columns of `LOSSES`.
    strategies
        Those of the plan, in its order: they have the same colours in its other figures.
    """
    title = alt.TitleParams(
        "Loss of each training, by step",
        subtitle=[
            "On the tokens of the response alone, as the trainer logs it. A line is a learner:",
            "a sample's draw, in one strategy, with one seed.",
        ],
    )
    if losses.is_empty():
        return nothing("Nothing to show yet: nothing has been trained.", title)
    panels = []
    for rows in losses.partition_by("model", "sample", "recipe", maintain_order=True):
        name = ", ".join(rows.row(0)[:3])
        base = alt.Chart(rows).encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=True)),
            detail="learner:N",
            color=alt.Color(
                "train:N",
                title="trained with",
                scale=strategy_colours(strategies, strategies),
                legend=alt.Legend(values=[s for s in strategies if s in set(losses["train"])]),
            ),
        )
        line = base.mark_line(strokeWidth=2, interpolate="linear", opacity=0.9)
        panels.append(
            (line + base.mark_point(filled=True, size=22, opacity=0.9)).properties(
                width=380,
                height=220,
                title=alt.TitleParams(name, fontSize=13, offset=8, frame="group"),
            )
        )
    return alt.concat(*panels, columns=2, spacing=36).properties(title=title)
