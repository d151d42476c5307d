"""The smallest differences that a plan can detect, as points."""

import altair as alt
import polars as pl

from its.figures import FAINT, INK, Names, named_rows, nothing
from its.power import DETECTABLE

TABLES = [DETECTABLE]

WIDTH = 380
STEP = 22
UNKNOWN = "about lengths, of which the config expects nothing"
KINDS = {"alone": "tested alone", "corrected": "corrected for all claims of the plan"}


def draw(detectable: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw two points for each claim: what it can detect alone, and what after correction.

    Parameters
    ----------
    detectable
        The columns of `its.power.DETECTABLE`. Claims without a number, those about lengths, say so.
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
    if detectable["alone"].is_null().all():
        return nothing("The plan has no claims about shares of right answers.", title)
    # Numbers hang on sizes alone: models, samples and recipes have the same.
    benchmark = pl.col("benchmark").replace(dict(names.labels))
    rows = detectable.select(
        "alone",
        "corrected",
        row=pl.when(pl.col("benchmark") == "")
        .then("label")
        .otherwise(pl.format("{}: {}", "label", benchmark)),
    ).unique(maintain_order=True)
    known = rows.drop_nulls("alone")
    points = pl.concat(
        known.select("row", kind=pl.lit(words), points=pl.col(name) * 100)
        for name, words in KINDS.items()
    )
    y = named_rows(rows["row"].to_list())
    y.axis.labelLimit, y.axis.grid = 700, True
    x = alt.X(
        "points:Q",
        title="smallest difference, in percentage points",
        scale=alt.Scale(domainMin=0),
        axis=alt.Axis(domain=False, tickCount=6),
    )
    base = alt.Chart(points).encode(y=y, x=x)
    between = alt.Chart(known.select("row", low=pl.col("alone") * 100, high="corrected"))
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
    unknown = rows.filter(pl.col("alone").is_null()).select("row", text=pl.lit(UNKNOWN))
    words = alt.Chart(unknown).mark_text(align="left", fontStyle="italic", color=INK, fontSize=11)
    beside = words.encode(y=y, x=alt.value(8), text="text:N")
    return alt.layer(line, marks, beside).properties(
        width=WIDTH, height=STEP * len(rows), title=title
    )
