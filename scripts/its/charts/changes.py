"""How many problems a comparison loses and gains, as bars to both sides."""

import altair as alt
import polars as pl

from its.changes import CHANGES, KINDS
from its.charts.comparisons import HEADINGS
from its.figures import FAINT, INK, Names, nothing

TABLES = [CHANGES]

COLOURS = ["#b35806", "#fdb863", "#e8e8e8", "#b2abd2", "#542788"]
"""Of `KINDS`: from orange to purple, told apart by colour-blind readers and in grey."""
LEGEND = ["worse by half and more", "worse", "the same", "better", "better by half and more"]
WIDTH = 260
STEP = 24
"""Pixels between two comparisons."""
WIDEST = 6.5
"""Pixels of a letter of a label, about."""


def draw(changes: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a column per benchmark and a block of rows per kind of comparison.

    Parameters
    ----------
    changes
        The columns of `its.changes.CHANGES`.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        "On how many problems a cell is right more often, and on how many less",
        subtitle=[
            "Problems by how much their share of right answers differs (strict; over responses and",
            "replicates). Cells are named train-test (base: untrained).",
        ],
    )
    if changes.is_empty():
        return nothing("Nothing to compare yet: no two cells have scores.", title)
    several = changes.select("model", "sample", "recipe").n_unique() > 1
    owner = pl.format("{}, {}, {}: ", "model", "sample", "recipe") if several else pl.lit("")
    rows = changes.with_columns(row=owner + pl.format("{} minus {}", "a", "b"))
    benchmarks = rows["benchmark"].unique(maintain_order=True).to_list()
    kinds = [what for what in HEADINGS if what in set(rows["what"])]
    extent = WIDEST * max(map(len, rows["row"]))  # the same for all blocks, so that they align
    blocks = []
    for what in kinds:
        block = rows.filter(pl.col("what") == what)
        panels = [
            _panel(
                block.filter(pl.col("benchmark") == benchmark),
                title=names.labels[benchmark] if what == kinds[0] else "",
                extent=extent if benchmark == benchmarks[0] else 0,
                last=what == kinds[-1],
                legend=what == kinds[0] and benchmark == benchmarks[0],
            )
            for benchmark in benchmarks
        ]
        heading = alt.TitleParams(HEADINGS[what], fontSize=13, offset=8)
        blocks.append(alt.hconcat(*panels, spacing=40).properties(title=heading))
    return alt.vconcat(*blocks, spacing=22).properties(title=title)


def _panel(
    rows: pl.DataFrame, *, title: str, extent: float, last: bool, legend: bool
) -> alt.LayerChart:
    # The middle of the problems that stay the same lies at zero.
    middle = pl.col("much_worse") + pl.col("worse") + pl.col("same") / 2
    placed = rows.with_columns(start=-middle)
    bars = []
    start = pl.col("start")
    for kind, words in zip(KINDS, LEGEND, strict=True):
        bars.append(
            placed.select(
                "row",
                kind=pl.lit(words),
                count=pl.col(kind),
                low=start,
                high=start + pl.col(kind),
                centre=start + pl.col(kind) / 2,
            )
        )
        start = start + pl.col(kind)
    data = pl.concat(bars).filter(pl.col("count") > 0)
    reach = int(rows["problems"].max())
    base = alt.Chart(data).encode(
        y=alt.Y(
            "row:N",
            sort=None,
            title=None,
            scale=alt.Scale(domain=rows["row"].unique(maintain_order=True).to_list()),
            axis=alt.Axis(
                labels=extent > 0, minExtent=extent, ticks=False, domain=False, labelPadding=10
            ),
        ),
    )
    x = alt.X(
        "low:Q",
        scale=alt.Scale(domain=[-reach, reach], nice=False),
        title="problems: worse on the left, better on the right" if last else None,
        axis=alt.Axis(
            labels=last, ticks=last, domain=False, tickCount=5, labelExpr="abs(datum.value)"
        ),
    )
    scale = alt.Scale(domain=LEGEND, range=COLOURS)
    shown = alt.Legend(orient="top", title=None, columns=5) if legend else None
    bar = base.mark_bar(height={"band": 0.7}).encode(
        x=x, x2="high:Q", color=alt.Color("kind:N", scale=scale, legend=shown)
    )
    # Where a number fits into its bar.
    wide = data.filter(pl.col("count") > 0.09 * reach)
    dark = wide["kind"].is_in([LEGEND[0], LEGEND[-1]])
    numbers = [
        base.properties(data=some)
        .mark_text(fontSize=11, color=colour)
        .encode(x=alt.X("centre:Q"), text="count:Q")
        for some, colour in [(wide.filter(dark), "white"), (wide.filter(~dark), INK)]
        if len(some)
    ]
    zero = alt.Chart(pl.DataFrame({"zero": [0]})).mark_rule(color=FAINT, strokeWidth=1)
    return alt.layer(zero.encode(x=alt.X("zero:Q")), bar, *numbers).properties(
        width=WIDTH,
        height=STEP * rows["row"].n_unique(),
        title=alt.TitleParams(title, fontSize=12, offset=6, frame="group"),
    )
