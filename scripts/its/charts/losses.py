"""Training losses by step."""

import altair as alt
import polars as pl

from its.figures import Names, nothing, strategy_colours
from its.losses import LOSSES

TABLES = [LOSSES]


def draw(losses: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a line per learner, in the colour of its strategy; a panel per model, sample, recipe.

    Parameters
    ----------
    losses
        The columns of `LOSSES`.
    names
        Those of the plan.
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
    trained = set(losses["train"])
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
                scale=strategy_colours(names.strategies, names.strategies),
                legend=alt.Legend(values=[s for s in names.strategies if s in trained]),
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
