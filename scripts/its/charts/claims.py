"""Claims and verdicts as a forest plot."""

import altair as alt
import polars as pl

from its.claims import CLAIMS
from its.config.claim import SHARES
from its.figures import (
    INK,
    SIGNED,
    Names,
    extent_of,
    line_at,
    named_rows,
    nothing,
    owner_of,
    panel_title,
    stacked,
)

TABLES = [CLAIMS]

COLOURS = {
    "supported": "#009e73",
    "contradicted": "#d55e00",
    "undecided": "#7f7f7f",
    "unfinished": "#b5b5b5",
}
"""Okabe and Ito's: told apart by colour-blind readers."""
SHAPES = ["circle", "diamond", "square", "cross"]
SAID = "#dfeaf5"
"""Where a claim says that the difference lies."""
WIDTH, STEP = 380, 30
"""Pixels of a panel that is alone, and between its rows."""
NARROW, DENSE = 190, 17
"""The same for a panel of several."""


def draw(claims: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw each claim and combination: estimate, interval, what is said, verdict.

    A row is a claim and a column a benchmark; where there are several matrices, a claim is a block
    of rows, one for each. What the block above says of columns is not said again.

    Parameters
    ----------
    claims
        The columns of `its.claims.CLAIMS`. Missing ones are left out.
    names
        Those of the plan.
    """
    found = claims.filter(pl.col("verdict") != "missing")
    title = _title(found)
    if found.is_empty():
        return nothing("Nothing to test yet: no claim has all of its cells.", title)
    owner = owner_of(found)
    many = found.group_by("claim", "benchmark").len()["len"].max() > 1
    found = found.with_columns(
        row=owner if many else pl.col("label"), block=pl.col("label") if many else pl.lit("")
    )
    wide = found["benchmark"].n_unique() == 1
    extent = extent_of(found["row"])
    blocks = []
    for share, axis in [(True, "difference in percentage points"), (False, "difference in tokens")]:
        some = found.filter(pl.col("quantity").is_in(SHARES) == share)
        domain = _domain(some, 100 if share else 1)
        above = []
        claimed = list(some.group_by("block", maintain_order=True))
        for number, ((words,), block) in enumerate(claimed, start=1):
            lines = block["row"].unique(maintain_order=True).to_list()
            columns = block["benchmark"].unique(maintain_order=True).to_list()
            titled, above = not wide and columns != above, columns
            panels = [
                _panel(
                    rows,
                    lines,
                    scale=100 if share else 1,
                    domain=domain,
                    axis=axis if number == len(claimed) else None,
                    title=names.labels.get(benchmark, "several benchmarks") if titled else "",
                    extent=0 if place else extent,
                    wide=wide,
                )
                for place, ((benchmark,), rows) in enumerate(
                    block.group_by("benchmark", maintain_order=True)
                )
            ]
            blocks.append((words, panels))
    return stacked(blocks, title, spacing=24 if wide else 100)


def _title(found: pl.DataFrame) -> alt.TitleParams:
    lines = [
        "The contrast of each claim with its 95% interval. Shaded: where the claim says that it "
        "lies.",
        "A verdict needs all planned replicates and a p-value below 5% after Holm's correction for "
        "all rows; else it is",
        "unfinished, or undecided at this size.",
    ]
    if (found["replicates"] == 1).any():
        lines.append(
            "With one replicate, intervals and verdicts know of other problems alone, nothing of "
            "other trainings."
        )
    return alt.TitleParams("What the data say about the claims", subtitle=lines)


def _domain(found: pl.DataFrame, scale: float) -> list[float]:
    """Return the ends of the axis: all intervals and bounds, zero, and five units at least."""
    numbers = pl.concat_list("estimate", "low", "high", "above", "below")
    ends = found.select(low=numbers.list.min() * scale, high=numbers.list.max() * scale)
    low, high = min(ends["low"].min() or 0, -5.0), max(ends["high"].max() or 0, 5.0)
    room = 0.06 * (high - low)
    return [low - room, high + room]


def _panel(
    found: pl.DataFrame,
    names: list[str],
    *,
    scale: float,
    domain: list[float],
    axis: str | None,
    title: str,
    extent: float,
    wide: bool,
) -> alt.LayerChart:
    width, step = (WIDTH, STEP) if wide else (NARROW, DENSE)
    p = (
        pl.when(pl.col("verdict") == "unfinished")
        .then(pl.format("{} ({} of {} replicates)", "verdict", "replicates", "planned"))
        .when(pl.col("p_holm") < 0.001)
        .then(pl.format("{} (p < 0.001)", "verdict"))
        .otherwise(pl.format("{} (p = {})", "verdict", pl.col("p_holm").round_sig_figs(2)))
    )
    points = found.select(
        "row",
        "verdict",
        *(pl.col(name) * scale for name in ["estimate", "low", "high"]),
        above=(pl.col("above") * scale).fill_null(domain[0]),
        below=(pl.col("below") * scale).fill_null(domain[1]),
        text=p if wide else "verdict",
    )
    ticks = alt.Axis(title=axis, labelExpr=SIGNED, domain=False, tickCount=7 if wide else 5)
    scale_ = alt.Scale(domain=domain, nice=False)
    base = alt.Chart(points).encode(y=named_rows(names, shown=extent > 0, extent=extent))
    verdicts = {"domain": list(COLOURS)}
    colour = alt.Color(
        "verdict:N", scale=alt.Scale(**verdicts, range=list(COLOURS.values())), legend=None
    )
    shape = alt.Shape("verdict:N", scale=alt.Scale(**verdicts, range=SHAPES), legend=None)
    return alt.layer(
        base.mark_bar(color=SAID, height={"band": 0.8}).encode(
            x=alt.X("above:Q", scale=scale_, axis=ticks), x2="below:Q"
        ),
        line_at(0),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", color=colour),
        base.mark_point(size=90 if wide else 60, filled=True, opacity=1).encode(
            x=alt.X("estimate:Q"), color=colour, shape=shape
        ),
        base.mark_text(align="left", fontSize=12 if wide else 11, color=INK).encode(
            x=alt.value(width + 12), text="text:N"
        ),
    ).properties(width=width, height=step * len(names), title=panel_title(title))
