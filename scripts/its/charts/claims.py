"""Claims and verdicts as a forest plot."""

import altair as alt
import polars as pl

from its.claims import CLAIMS
from its.figures import FAINT, INK, Names, nothing

TABLES = [CLAIMS]

VERDICTS = {
    "supported": "#009e73",
    "contradicted": "#d55e00",
    "undecided": "#7f7f7f",
    "unfinished": "#b5b5b5",
}
"""Okabe and Ito's: told apart by colour-blind readers."""
SHAPES = ["circle", "diamond", "square", "cross"]
SHARES = {"correct", "lenient", "truncated", "answered"}
SAID = "#dfeaf5"
"""Where a claim says that the difference lies."""
WIDTH, STEP = 380, 30
"""Pixels of a panel, and between two rows."""


def draw(claims: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a row for each claim and combination: estimate, interval, what is said, verdict.

    Parameters
    ----------
    claims
        The columns of `its.claims.CLAIMS`. Missing ones are left out.
    names
        Those of the plan.
    """
    found = claims.filter(pl.col("verdict") != "missing")
    if found.is_empty():
        return nothing("Nothing to test yet: no claim has all of its cells.", _title())
    owner = [name for name in ["model", "sample", "recipe"] if found[name].n_unique() > 1]
    benchmark = pl.col("benchmark").replace(dict(names.labels))
    where = pl.concat_str([*owner, benchmark], separator=", ")
    once = pl.len().over("claim") == 1
    row = pl.when(once).then("label").otherwise(pl.format("{}: {}", "label", where))
    found = found.with_columns(row=row)
    panels = []
    for share, axis in [(True, "difference in percentage points"), (False, "difference in tokens")]:
        some = found.filter(pl.col("quantity").is_in(SHARES) == share)
        if len(some):
            panels.append(_panel(some, scale=100 if share else 1, axis=axis))
    return alt.vconcat(*panels, spacing=26).properties(title=_title())


def _title() -> alt.TitleParams:
    return alt.TitleParams(
        "What the data say about the claims",
        subtitle=[
            "The contrast of each claim with its 95% interval. Shaded: where the claim says that "
            "it lies.",
            "A verdict needs all planned replicates and a p-value below 5% after Holm's correction "
            "for all rows;",
            "else it is unfinished, or undecided at this size.",
        ],
    )


def _panel(found: pl.DataFrame, *, scale: float, axis: str) -> alt.LayerChart:
    numbers = ["estimate", "low", "high", "above", "below"]
    points = found.select(
        "row",
        "verdict",
        *(pl.col(name) * scale for name in numbers),
        text=pl.when(pl.col("verdict") == "unfinished")
        .then(pl.format("{} ({} of {} replicates)", "verdict", "replicates", "planned"))
        .when(pl.col("p_holm") < 0.001)
        .then(pl.format("{} (p < 0.001)", "verdict"))
        .otherwise(pl.format("{} (p = {})", "verdict", pl.col("p_holm").round_sig_figs(2))),
    )
    ends = points.select(pl.max_horizontal(pl.col(*numbers).abs()).max()).item()
    reach = 1.08 * max(float(ends), 5.0)
    bands = points.with_columns(
        above=pl.col("above").fill_null(-reach), below=pl.col("below").fill_null(reach)
    )
    domain = alt.Scale(domain=[-reach, reach], nice=False)
    y = alt.Y(
        "row:N",
        sort=None,
        title=None,
        scale=alt.Scale(domain=points["row"].to_list()),
        axis=alt.Axis(ticks=False, domain=False, labelPadding=10),
    )
    signed = "datum.value == 0 ? '0' : format(datum.value, '+d')"
    ticks = alt.Axis(title=axis, labelExpr=signed, domain=False, tickCount=7)
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values())),
        legend=None,
    )
    shape = alt.Shape(
        "verdict:N", scale=alt.Scale(domain=list(VERDICTS), range=SHAPES), legend=None
    )
    base = alt.Chart(points).encode(y=y)
    zero = alt.Chart(pl.DataFrame({"zero": [0]})).mark_rule(color=FAINT, strokeWidth=1.5)
    return alt.layer(
        alt.Chart(bands)
        .mark_bar(color=SAID, height={"band": 0.8})
        .encode(y=y, x=alt.X("above:Q", scale=domain, axis=ticks), x2="below:Q"),
        zero.encode(x=alt.X("zero:Q", scale=domain)),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", scale=domain), x2="high:Q", color=colour
        ),
        base.mark_point(size=90, filled=True, opacity=1).encode(
            x=alt.X("estimate:Q", scale=domain), color=colour, shape=shape
        ),
        base.mark_text(align="left", fontSize=12, color=INK).encode(
            x=alt.value(WIDTH + 14), text="text:N"
        ),
    ).properties(width=WIDTH, height=STEP * len(points))
