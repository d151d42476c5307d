"""Paired differences as a forest plot, those of a large plan as grids."""

from collections.abc import Iterator, Mapping

import altair as alt
import polars as pl

from its.comparisons import BEST, BOTH, COMPARISONS, SAME_TEST, TEST_ONLY, TRAIN_ONLY
from its.figures import (
    INK,
    SIGNED,
    Names,
    extent_of,
    key,
    line_at,
    named_rows,
    nothing,
    owner_of,
    panel_title,
    stacked,
)
from its.grids import grids, many
from its.uncertainty import ALPHA

TABLES = [COMPARISONS]

TITLE = "What training and contexts change, problem by problem"

HEADINGS = {
    SAME_TEST: "trained - untrained, asked the same way",
    BEST: "trained - untrained, asked in the best way (chosen after the fact)",
    BOTH: "context on both sides - on none",
    TRAIN_ONLY: "context in training alone - on none",
    TEST_ONLY: "context in testing alone - on none",
}
SIDES = [BOTH, TRAIN_ONLY, TEST_ONLY]
"""Kinds that share a grid: their cells differ, and what is taken away is the same."""
WIDTH, STEP = 300, 34
"""Pixels of a panel, and between two comparisons."""
LENIENT = "#999999"


def draw(comparisons: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a column per benchmark, and a block of rows per kind of comparison and matrix.

    More rows than `its.grids.MANY` are drawn as grids, whose numbers have no intervals.

    Parameters
    ----------
    comparisons
        The columns of `its.comparisons.COMPARISONS`. Missing ones are left out, or grey in a grid.
    names
        Those of the plan.
    """
    found = comparisons.filter(~pl.col("missing"))
    title = _title(found, names.labels)
    if found.is_empty():
        return nothing("Nothing to compare yet: no two cells have scores.", title)
    if many(rows_of(found)):
        shown = comparisons.with_columns(
            share="difference", text=_signed(pl.col("difference")), sure=pl.col("p_holm") < ALPHA
        )
        return grids(grids_of(shown), names, _grid_title(found, names.labels), signed=True)
    # Which untrained cell is the best differs from benchmark to benchmark.
    other = pl.when(pl.col("what") == BEST).then(pl.lit("best untrained")).otherwise("b")
    found = found.with_columns(row=pl.format("{} minus {}", "a", other))
    benchmarks = found["benchmark"].unique(maintain_order=True).to_list()
    domain, extent = _domain(found), extent_of(found["row"])
    kinds = list(blocks_of(found))
    blocks = []
    for place, (words, block) in enumerate(kinds):
        lines = block["row"].unique(maintain_order=True).to_list()
        panels = [
            _panel(
                block.filter(pl.col("benchmark") == benchmark),
                lines,
                domain=domain,
                title=names.labels[benchmark] if place == 0 else "",
                extent=extent if benchmark == benchmarks[0] else 0,
                axis=place == len(kinds) - 1,
            )
            for benchmark in benchmarks
        ]
        blocks.append((words, panels))
    return stacked(blocks, title, spacing=56)


def blocks_of(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Return the comparisons of each kind and matrix with a heading, in the order of `HEADINGS`."""
    rows = rows.with_columns(owner=owner_of(rows))
    return [
        (f"{words}{': ' if owner else ''}{owner}", block)
        for what, words in HEADINGS.items()
        for (owner,), block in rows.filter(pl.col("what") == what).group_by(
            "owner", maintain_order=True
        )
    ]


def rows_of(rows: pl.DataFrame) -> int:
    """Return how many rows the comparisons of the blocks take, with a column per benchmark."""
    return rows.select("model", "sample", "recipe", "what", "a", "b").n_unique()


def grids_of(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Return the comparisons that share a grid, with its heading, in the order of `HEADINGS`."""
    same, best = (rows.filter(pl.col("what") == what) for what in [SAME_TEST, BEST])
    # Cells that are asked as the best untrained one is are compared with it only once.
    matrix = ["benchmark", "model", "sample", "recipe"]
    asked_alike = same.join(best, on=[*matrix, "b"], how="semi")
    found = [(HEADINGS[SAME_TEST], same), (HEADINGS[BEST], pl.concat([best, asked_alike]))]
    sides = rows.filter(pl.col("what").is_in(SIDES))
    found += [
        (f"context on both sides (diagonal) or on one side - on none ({none})", block)
        for (none,), block in sides.group_by("b", maintain_order=True)
    ]
    return [(words, block) for words, block in found if not block.is_empty()]


def cells_of(rows: pl.DataFrame) -> Iterator[str]:
    """Yield the strategies in the names of cells, train-test each."""
    for name in [*rows["a"], *rows["b"]]:
        yield from name.split("-")


def _title(found: pl.DataFrame, labels: Mapping[str, str]) -> alt.TitleParams:
    over = (
        "Thick line: 95% interval over problems; thin line: over problems and replicates."
        if (found["replicates"] > 1).any()
        else "Line: 95% interval over problems alone; with one replicate nothing is known of other "
        "trainings."
    )
    return alt.TitleParams(
        TITLE,
        subtitle=[
            "Difference in accuracy, paired by problem. Right of zero, the first is better. Cells "
            "are named train-test (base: untrained).",
            *key(cells_of(found), labels),
            over,
            "Filled: the last box counts (strict). Hollow: an answer counts wherever it stands "
            "(lenient).",
            "Bold: p is below 5% after Holm's correction for the whole table.",
        ],
    )


def _grid_title(found: pl.DataFrame, labels: Mapping[str, str]) -> alt.TitleParams:
    return alt.TitleParams(
        TITLE,
        subtitle=[
            "Difference in strict accuracy in percentage points, paired by problem. Rows: trained "
            "with; columns: asked with.",
            *key(cells_of(found), labels),
            "Bold: p is below 5% after Holm's correction for the whole table. Grey: missing. No "
            "number: not compared.",
            "Intervals, p-values and lenient accuracy of each are in comparisons.csv.",
        ],
    )


def _domain(found: pl.DataFrame) -> list[float]:
    """Return the ends of the axis, in points: all intervals, zero, and a little more."""
    ends = [
        pl.concat([found[f"{prefix}{end}"] for prefix in ["", "lenient_"]] + [found[wide]])
        for end, wide in [("low", "low_replicates"), ("high", "high_replicates")]
    ]
    low, high = min(ends[0].min(), -0.05), max(ends[1].max(), 0.05)
    room = 0.04 * (high - low)
    return [100 * (low - room), 100 * (high + room)]


def _panel(
    found: pl.DataFrame,
    names: list[str],
    *,
    domain: list[float],
    title: str,
    extent: float,
    axis: bool,
) -> alt.LayerChart:
    points = pl.concat(
        found.select(
            "row",
            pl.lit(kind).alias("kind"),
            *(
                (100 * pl.col(f"{prefix}{name}")).round(2).alias(name)
                for name in ["difference", "low", "high"]
            ),
            low_replicates=(100 * pl.col("low_replicates")).round(2) if not prefix else None,
            high_replicates=(100 * pl.col("high_replicates")).round(2) if not prefix else None,
            sure=pl.col("p_holm") < ALPHA,
            value=_signed(pl.col("difference")) if not prefix else pl.lit(""),
        )
        for kind, prefix in [("strict", ""), ("lenient", "lenient_")]
    )
    x = alt.X(
        "difference:Q",
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(
            labels=axis,
            ticks=axis,
            title="difference in percentage points" if axis else None,
            labelExpr=SIGNED,
            domain=False,
            tickCount=7,
        ),
    )
    offset = alt.YOffset("kind:N", sort=["strict", "lenient"], scale=alt.Scale(paddingOuter=0.4))
    rows = named_rows(names, shown=extent > 0, extent=extent)
    base = alt.Chart(points).encode(y=rows, yOffset=offset)
    colour = alt.expr(f"datum.kind == 'strict' ? '{INK}' : '{LENIENT}'")
    fill = alt.expr(f"datum.kind == 'strict' ? '{INK}' : 'white'")
    weight = alt.expr("datum.sure ? 'bold' : 'normal'")
    return alt.layer(
        line_at(0),
        base.mark_rule(strokeWidth=0.8, color=INK).encode(
            x=alt.X("low_replicates:Q"), x2="high_replicates:Q"
        ),
        base.mark_rule(strokeWidth=2, color=colour).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(size=55, fill=fill, stroke=colour, strokeWidth=2, opacity=1).encode(x=x),
        base.mark_text(align="right", fontSize=12, fontWeight=weight).encode(
            x=alt.value(WIDTH + 34), text=alt.Text("value:N")
        ),
    ).properties(
        width=WIDTH,
        height=STEP * len(names),
        title=panel_title(title),
    )


def _signed(share: pl.Expr) -> pl.Expr:
    """Return a difference of shares in whole points, as it is written beside a mark."""
    points = (100 * share).round(0).cast(pl.Int64)
    sign = pl.when(points > 0).then(pl.lit("+")).when(points < 0).then(pl.lit("\u2212"))
    return sign.otherwise(pl.lit("")) + points.abs().cast(pl.String)
