"""What size and quality of the training data do to accuracy."""

import altair as alt
import polars as pl

from its.config.plan import UNTRAINED
from its.figures import (
    UNTRAINED_COLOUR,
    Names,
    line_at,
    named_rows,
    nothing,
    panel_title,
    stacked,
    strategy_colours,
)
from its.matrix import CODESIGN

TABLES = [CODESIGN]

WIDTH = 300
STEP = 26
"""Pixels between two points of a sample."""


def draw(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a row per sample, a point per strategy that stands on both sides.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`. Only cells that are asked as they were trained are
        drawn, and the untrained ones.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        "Which rows a model learns from",
        subtitle=[
            "Accuracy with its 95% interval, by sample; asked in the strategy that it was trained "
            "with.",
            "Grey line: the untrained model, asked in the way that suits it best (chosen after the "
            "fact).",
        ],
    )
    called = {name: names.labels[name] for name in names.strategies}
    there = codesign.filter(~pl.col("missing")).with_columns(
        **{name: 100 * pl.col(name) for name in ["mean", "low", "high"]}
    )
    trained = there.filter(pl.col("train") == pl.col("test"))
    if trained.is_empty():
        return nothing("Nothing to show yet: no cell is asked as it was trained.", title)
    recipes = trained["recipe"].n_unique() > 1
    trained = trained.with_columns(
        row=pl.format("{}, {}", "sample", "recipe") if recipes else pl.col("sample"),
        colour=pl.col("train").replace_strict(called),
    )
    untrained = there.filter(pl.col("train") == UNTRAINED)
    used = [called[name] for name in called if name in set(trained["train"])]
    colour = alt.Color(
        "colour:N",
        scale=strategy_colours([*called], [*called.values()]),
        title=None,
        legend=alt.Legend(orient="top", values=used, columns=5),
    )
    top = min(100.0, float(there["high"].max()) * 1.05)
    models = trained["model"].unique(maintain_order=True).to_list()
    benchmarks = trained.select("benchmark", "benchmark_label").unique(maintain_order=True).rows()
    blocks = []
    for model in models:
        panels = []
        for benchmark, label in benchmarks:
            here = (pl.col("model") == model) & (pl.col("benchmark") == benchmark)
            panels.append(
                _panel(
                    trained.filter(here),
                    untrained.filter(here)["mean"].max(),
                    trained["row"].unique(maintain_order=True).to_list(),
                    colour,
                    used,
                    top,
                    title=label if model == models[0] else "",
                    named=not panels,
                    last=model == models[-1],
                )
            )
        blocks.append((model if len(models) > 1 else "", panels))
    return stacked(blocks, title)


def _panel(
    shown: pl.DataFrame,
    untrained: float | None,
    rows: list[str],
    colour: alt.Color,
    used: list[str],
    top: float,
    *,
    title: str,
    named: bool,
    last: bool,
) -> alt.LayerChart:
    base = alt.Chart(shown.select("row", "colour", "mean", "low", "high")).encode(
        y=named_rows(rows, shown=named),
        yOffset=alt.YOffset("colour:N", sort=used, scale=alt.Scale(domain=used)),
        color=colour,
    )
    x = alt.X(
        "mean:Q",
        title="right answers, %" if last else None,
        scale=alt.Scale(domain=[0, top], nice=False),
        axis=alt.Axis(labels=last, ticks=last, domain=False, tickCount=5),
    )
    line = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=x)
    layers = [line, point]
    if untrained is not None:
        layers.insert(0, line_at(untrained, UNTRAINED_COLOUR, dash=[5, 4]))
    return alt.layer(*layers).properties(
        width=WIDTH,
        height=max(STEP, 14 * len(used)) * len(rows),
        title=panel_title(title),
    )
