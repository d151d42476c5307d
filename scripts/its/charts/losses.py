"""Training losses by step."""

import altair as alt
import polars as pl

from its.figures import Names, heading, nothing
from its.losses import LOSSES

TABLES = [LOSSES]

POINTS = 100
"""Of a line at most, so that a long training stays a light picture."""


def draw(losses: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a line per learner, in the colour of its strategy; a panel per model, sample, recipe.

    Parameters
    ----------
    losses
        The columns of `LOSSES`.
    names
        Those of the plan.
    """
    lines = thinned(losses)
    title = alt.TitleParams(
        "Loss of each training, by step",
        subtitle=[
            "On the tokens of the response alone, as the trainer logs it. A line is a learner:",
            "a sample's draw, in one strategy, with one seed."
            + (" Points are means of neighbouring steps." if len(lines) < len(losses) else ""),
        ],
    )
    if losses.is_empty():
        return nothing("Nothing to show yet: nothing has been trained.", title)
    told, trained = names.all_told(), set(losses["train"])
    used = [words for name, words in told.items() if name in trained]
    lines = lines.with_columns(pl.col("train").replace_strict(told))
    panels = []
    for owner, rows in lines.group_by("model", "sample", "recipe", maintain_order=True):
        base = alt.Chart(rows.select("step", "loss", "train", "learner")).encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(format="d", tickMinStep=1)),
            y=alt.Y("loss:Q", title="loss", scale=alt.Scale(zero=True)),
            detail="learner:N",
            color=alt.Color(
                "train:N",
                title="trained with",
                scale=names.colours(),
                legend=alt.Legend(values=used, orient="top", columns=3, titlePadding=6)
                if not panels
                else None,
            ),
        )
        line = base.mark_line(strokeWidth=1.5, interpolate="linear", opacity=0.9)
        # Points only where they do not run together.
        few = rows.group_by("learner").len()["len"].max() <= POINTS / 2
        layers = [line, base.mark_point(filled=True, size=22, opacity=0.9)] if few else [line]
        named = heading(", ".join(owner))
        named.frame = "group"
        panels.append(alt.layer(*layers).properties(width=380, height=220, title=named))
    return alt.concat(*panels, columns=2, spacing=36).properties(title=title)


def thinned(losses: pl.DataFrame) -> pl.DataFrame:
    """Return the losses, those of a learner with many steps as means of neighbouring ones.

    >>> one = {"model": "m", "sample": "s", "recipe": "r", "train": "N", "learner": "s-N-r-s0"}
    >>> rows = [{**one, "step": step, "loss": step * 2.0} for step in range(1, 201)]
    >>> thinned(pl.DataFrame(rows, schema=LOSSES)).select("step", "loss").row(0)
    (1.5, 3.0)
    """
    learner = ["model", "learner"]
    together = (pl.len().over(learner) / POINTS).ceil().cast(pl.Int64)
    place = pl.int_range(pl.len()).over(learner)
    names = ["model", "sample", "recipe", "train", "learner"]
    return (
        losses.with_columns(part=place // together)
        .group_by(*names, "part", maintain_order=True)
        .agg(pl.col("step", "loss").mean())
        .drop("part")
    )
