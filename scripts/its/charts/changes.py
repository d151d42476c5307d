"""How many problems a comparison loses and gains, as bars to both sides or as grids."""

import altair as alt
import polars as pl

from its.changes import CHANGES, KINDS
from its.charts.comparisons import blocks_of, cells_of, grids_of, rows_of
from its.figures import (
    INK,
    WORSE_TO_BETTER,
    Names,
    extent_of,
    key,
    line_at,
    named_rows,
    nothing,
    panel_title,
    stacked,
)
from its.grids import grids, many

TABLES = [CHANGES]

COLOURS = dict(zip(KINDS, WORSE_TO_BETTER, strict=True))
TITLE = "On how many problems a cell is right more often, and on how many less"
LOST, GAINED = pl.col("much_worse") + pl.col("worse"), pl.col("much_better") + pl.col("better")
LEGEND = {
    "much_worse": "worse by half and more",
    "worse": "worse",
    "better": "better",
    "much_better": "better by half and more",
}
WIDTH, STEP = 260, 22
"""Pixels of a panel, and between two comparisons."""
SAME = 40
"""Pixels from a panel to the end of the numbers beside it."""
BESIDE = 48
"""Pixels that a number beside a bar takes."""


def draw(changes: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a column per benchmark and a block of rows per kind of comparison and matrix.

    Problems that a comparison loses lie left of zero, those that it gains right of it; those that
    stay the same are a number beside the panel. More rows than `its.grids.MANY` are drawn as grids,
    which do not tell large differences from small ones.

    Parameters
    ----------
    changes
        The columns of `its.changes.CHANGES`.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        TITLE,
        subtitle=[
            "Problems by how much their share of right answers differs (strict; over responses and "
            "replicates).",
            "Numbers: problems, those that differ by half and more on the outer side. Cells are "
            "named train-test (base: untrained).",
            *key(cells_of(changes), names.labels),
        ],
    )
    if changes.is_empty():
        return nothing("Nothing to compare yet: no two cells have scores.", title)
    if many(rows_of(changes)):
        shown = changes.with_columns(
            share=(GAINED - LOST) / pl.col("problems"),
            text=pl.format("{}|{}", LOST, GAINED),
            sure=False,
        )
        title = _grid_title(key(cells_of(changes), names.labels))
        return grids(grids_of(shown), names, title, signed=True)
    rows = changes.with_columns(row=pl.format("{} minus {}", "a", "b"))
    benchmarks = rows["benchmark"].unique(maintain_order=True).to_list()
    extent = extent_of(rows["row"])
    found = blocks_of(rows)
    blocks = []
    for place, (words, block) in enumerate(found):
        lines = block["row"].unique(maintain_order=True).to_list()
        panels = [
            _panel(
                block.filter(pl.col("benchmark") == benchmark),
                lines,
                domain=_domain(rows.filter(pl.col("benchmark") == benchmark)),
                title=names.labels[benchmark] if place == 0 else "",
                extent=extent if benchmark == benchmarks[0] else 0,
                axis=place == len(found) - 1,
                legend=place == 0 and benchmark == benchmarks[0],
            )
            for benchmark in benchmarks
        ]
        blocks.append((words, panels))
    return stacked(blocks, title, spacing=SAME + 44)


def _grid_title(strategies: list[str]) -> alt.TitleParams:
    return alt.TitleParams(
        TITLE,
        subtitle=[
            "Problems lost|gained by the cell: its share of right answers is lower|higher (strict; "
            "over responses and replicates).",
            "Rows: trained with; columns: asked with. Colour: gained less lost, as a share of the "
            "problems.",
            *strategies,
            "How many differ by half of the responses and more is in changes.csv. No numbers: not "
            "compared.",
        ],
    )


def _domain(rows: pl.DataFrame) -> list[float]:
    """Return the ends of the axis of a benchmark, with room for numbers beside bars."""
    lost, gained = rows.select(LOST.max()).item(), rows.select(GAINED.max()).item()
    room = BESIDE * max(1, lost + gained) / (WIDTH - 2 * BESIDE)
    return [-lost - room, gained + room]


def _panel(
    rows: pl.DataFrame,
    names: list[str],
    *,
    domain: list[float],
    title: str,
    extent: float,
    axis: bool,
    legend: bool,
) -> alt.LayerChart:
    ends = {
        "much_worse": (-LOST, -pl.col("worse")),
        "worse": (-pl.col("worse"), pl.lit(0, pl.Int64)),
        "better": (pl.lit(0, pl.Int64), pl.col("better")),
        "much_better": (pl.col("better"), GAINED),
    }
    bars = pl.concat(
        rows.select("row", kind=pl.lit(LEGEND[kind]), low=low, high=high)
        for kind, (low, high) in ends.items()
    ).filter(pl.col("low") < pl.col("high"))
    base = alt.Chart(bars).encode(y=named_rows(names, shown=extent > 0, extent=extent))
    ticks = alt.Axis(
        labels=axis,
        ticks=axis,
        domain=False,
        tickCount=5,
        tickMinStep=1,
        labelExpr="format(abs(datum.value), 'd')",
    )
    x = alt.X(
        "low:Q",
        scale=alt.Scale(domain=domain, nice=False),
        title="problems: worse | better" if axis else None,
        axis=ticks,
    )
    colours = alt.Scale(domain=[*LEGEND.values()], range=[COLOURS[kind] for kind in LEGEND])
    shown = alt.Legend(orient="top", title=None, columns=4) if legend else None
    numbers = alt.Chart(
        rows.select(
            "row",
            "same",
            low=-LOST,
            high=GAINED,
            losses=_sum("much_worse", "worse"),
            gains=_sum("better", "much_better"),
        )
    ).encode(y=named_rows(names, shown=extent > 0, extent=extent))
    texts = [
        numbers.mark_text(fontSize=11, color=INK, align="right", dx=-4).encode(
            x=alt.X("low:Q"), text="losses:N"
        ),
        numbers.mark_text(fontSize=11, color=INK, align="left", dx=4).encode(
            x=alt.X("high:Q"), text="gains:N"
        ),
        numbers.mark_text(fontSize=11, color=INK, align="right").encode(
            x=alt.value(WIDTH + SAME), text="same:N"
        ),
    ]
    if title:
        above = alt.Chart(pl.DataFrame({"text": ["the same"]}))
        texts.append(
            above.mark_text(fontSize=11, color=INK, align="right", baseline="bottom").encode(
                x=alt.value(WIDTH + SAME), y=alt.value(-4), text="text:N"
            )
        )
    bar = base.mark_bar(height={"band": 0.7}).encode(
        x=x, x2="high:Q", color=alt.Color("kind:N", scale=colours, legend=shown)
    )
    return alt.layer(bar, line_at(0), *texts).properties(
        width=WIDTH, height=STEP * len(names), title=panel_title(title)
    )


def _sum(inner: str, outer: str) -> pl.Expr:
    """Return the numbers of two bars side by side; of one, where the other is empty."""
    both = pl.format("{} + {}", inner, outer)
    empty = pl.min_horizontal(inner, outer) == 0
    return pl.when(empty).then((pl.col(inner) + pl.col(outer)).cast(pl.String)).otherwise(both)
