"""The smallest differences that a plan can detect, as points."""

import altair as alt
import polars as pl

from its.figures import FAINT, INK, Names, nothing
from its.power import DETECTABLE

TABLES = [DETECTABLE]

WIDTH = 380
STEP = 22
KINDS = {"alone": "tested alone", "corrected": "corrected for all claims of the plan"}


def draw(detectable: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw two points for each claim: what it can detect alone, and what after correction.

    Parameters
    ----------
    detectable
        The columns of `its.power.DETECTABLE`. Rows without a number are left out.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        "How large a difference must be to be seen",
        subtitle=[
            "How far from its bound a claim's contrast must lie to be decided in four of five "
            "repetitions,",
            "by what the config expects of problems, trainings and responses. Computed before the "
            "run.",
        ],
    )
    found = detectable.filter(pl.col("alone").is_not_null())
    if found.is_empty():
        return nothing("The plan has no claims about shares of right answers.", title)
    # Numbers hang on sizes alone: models, samples and recipes have the same.
    benchmark = pl.col("benchmark").replace(dict(names.labels))
    rows = found.select(
        "alone",
        "corrected",
        row=pl.when(pl.col("benchmark") == "")
        .then("label")
        .otherwise(pl.format("{}: {}", "label", benchmark)),
    ).unique(maintain_order=True)
    points = pl.concat(
        rows.select("row", kind=pl.lit(words), points=pl.col(name) * 100)
        for name, words in KINDS.items()
    )
    y = alt.Y(
        "row:N",
        sort=None,
        title=None,
        scale=alt.Scale(domain=rows["row"].to_list()),
        axis=alt.Axis(ticks=False, domain=False, labelPadding=10, labelLimit=700, grid=True),
    )
    x = alt.X(
        "points:Q",
        title="smallest difference, in percentage points",
        scale=alt.Scale(domainMin=0),
        axis=alt.Axis(domain=False, tickCount=6),
    )
    base = alt.Chart(points).encode(y=y, x=x)
    between = alt.Chart(rows.select("row", low=pl.col("alone") * 100, high="corrected"))
    line = (
        between.transform_calculate(high="datum.high * 100")
        .mark_rule(color=FAINT, strokeWidth=1.5)
        .encode(y=y, x=alt.X("low:Q"), x2="high:Q")
    )
    shape = alt.Fill(
        "kind:N",
        scale=alt.Scale(domain=list(KINDS.values()), range=[INK, "white"]),
        legend=alt.Legend(orient="top", title=None, symbolStrokeColor=INK, symbolStrokeWidth=1.5),
    )
    marks = base.mark_point(size=70, stroke=INK, strokeWidth=1.5, opacity=1).encode(fill=shape)
    return alt.layer(line, marks).properties(width=WIDTH, height=STEP * len(rows), title=title)
