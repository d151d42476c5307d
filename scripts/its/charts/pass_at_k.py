"""How often at least one of k responses is right, by k."""

import altair as alt
import polars as pl

from its.config.plan import UNTRAINED
from its.figures import Names, nothing
from its.matrix import PASSES

TABLES = [PASSES]

WIDTH, HEIGHT = 320, 240
"""Pixels of a panel."""


def draw(passes: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a line per training, in the colour of its strategy; a panel per model and benchmark.

    Parameters
    ----------
    passes
        The columns of `its.matrix.PASSES`.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        "How often at least one of k responses is right, by how a model was trained",
        subtitle=[
            "Means over all ways of asking and all replicates. The axis of k is logarithmic."
        ],
    )
    shown = passes.filter(pl.col("k").max().over("benchmark") > 1)
    if shown.is_empty():
        return nothing("Nothing to show: no cell has two responses to a problem.", title)
    several = shown.filter(pl.col("train") != UNTRAINED).select("sample", "recipe").n_unique() > 1
    group = ["model", "benchmark", "sample", "recipe", "train", "k"]
    # First over replicates: the untrained model asked without a context has only one.
    tests = shown.group_by(*group, "test", maintain_order=True).agg(pl.col("pass_at_k").mean())
    lines = tests.group_by(group, maintain_order=True).agg(pl.col("pass_at_k").mean())
    lines = lines.with_columns(pl.col("train").replace_strict(names.all_told()))
    panels = [
        _panel(rows, f"{model}, {names.labels[benchmark]}", names.colours(), several)
        for (model, benchmark), rows in lines.group_by("model", "benchmark", maintain_order=True)
    ]
    return alt.concat(*panels, columns=3, spacing=36).properties(title=title)


def _panel(rows: pl.DataFrame, title: str, colours: alt.Scale, several: bool) -> alt.LayerChart:
    rows = rows.with_columns(owner=pl.concat_str("sample", "recipe", separator=", "))
    owners = rows.filter(pl.col("sample") != "")["owner"].unique(maintain_order=True).to_list()
    dash = alt.StrokeDash("owner:N", title="on", legend=alt.Legend(values=owners))
    used = set(rows["train"])
    base = alt.Chart(rows).encode(
        x=alt.X(
            "k:Q",
            title="k",
            scale=alt.Scale(type="log", base=2, nice=False),
            axis=alt.Axis(format="d", grid=False),
        ),
        y=alt.Y(
            "pass_at_k:Q", title="pass@k", scale=alt.Scale(zero=True), axis=alt.Axis(format="%")
        ),
        detail="owner:N",
        color=alt.Color(
            "train:N",
            title="trained with",
            scale=colours,
            legend=alt.Legend(values=[name for name in colours.domain if name in used]),
        ),
        **({"strokeDash": dash} if several else {}),
    )
    return base.mark_line(strokeWidth=2).properties(
        width=WIDTH,
        height=HEIGHT,
        title=alt.TitleParams(title, fontSize=13, offset=8, frame="group"),
    )
