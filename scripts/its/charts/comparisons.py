"""Paired differences as a forest plot."""

import altair as alt
import polars as pl

from its.comparisons import BEST, BOTH, COMPARISONS, SAME_TEST, TEST_ONLY, TRAIN_ONLY
from its.figures import FAINT, INK, Names, nothing

TABLES = [COMPARISONS]

HEADINGS = {
    SAME_TEST: "trained - untrained, asked the same way",
    BEST: "trained - untrained, asked in the best way (chosen after the fact)",
    BOTH: "context on both sides - on none",
    TRAIN_ONLY: "context in training alone - on none",
    TEST_ONLY: "context in testing alone - on none",
}
WIDTH = 300
"""Pixels of a panel."""
STEP = 34
"""Pixels between two comparisons."""
LENIENT = "#999999"


def draw(comparisons: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a column per benchmark, and a block of rows per kind of comparison.

    Parameters
    ----------
    comparisons
        The columns of `its.comparisons.COMPARISONS`. Missing ones are left out.
    names
        Those of the plan.
    """
    found = comparisons.filter(~pl.col("missing"))
    several = found.select("model", "sample", "recipe").n_unique() > 1
    owner = pl.format("{}, {}, {}: ", "model", "sample", "recipe") if several else pl.lit("")
    # Which untrained cell is the best differs from benchmark to benchmark.
    other = pl.when(pl.col("what") == BEST).then(pl.lit("best untrained")).otherwise("b")
    found = found.with_columns(row=owner + pl.format("{} minus {}", "a", other))
    if found.is_empty():
        return nothing("Nothing to compare yet: no two cells have scores.", _title())
    ends = [found[name].drop_nulls() for name in ["low", "high", "lenient_low", "lenient_high"]]
    reach = max(0.05, *(float(end.abs().max() or 0) for end in ends if len(end))) * 1.05
    benchmarks = found["benchmark"].unique(maintain_order=True).to_list()
    kinds = [what for what in HEADINGS if what in set(found["what"])]
    blocks = []
    for what in kinds:
        block = found.filter(pl.col("what") == what)
        rows = block["row"].unique(maintain_order=True)
        panels = [
            _panel(
                block.filter(pl.col("benchmark") == benchmark),
                rows=rows,
                title=names.labels[benchmark] if what == kinds[0] else "",
                reach=reach,
                labels=benchmark == benchmarks[0],
                axis=what == kinds[-1],
            )
            for benchmark in benchmarks
        ]
        heading = alt.TitleParams(HEADINGS[what], fontSize=13, offset=8)
        blocks.append(alt.hconcat(*panels, spacing=56).properties(title=heading))
    return alt.vconcat(*blocks, spacing=22).properties(title=_title())


def _title() -> alt.TitleParams:
    return alt.TitleParams(
        "What training and contexts change, problem by problem",
        subtitle=[
            "Difference in accuracy with its 95% interval over problems, paired; cells are named "
            "train-test.",
            "Filled: the last box counts (strict). Hollow: an answer counts wherever it stands "
            "(lenient).",
            "Right of the line, the first is better. Bold: Holm's p is below 5% over the table.",
        ],
    )


def _panel(
    found: pl.DataFrame, *, rows: pl.Series, title: str, reach: float, labels: bool, axis: bool
) -> alt.LayerChart:
    parts = [
        found.select(
            "row",
            pl.lit(kind).alias("kind"),
            (pl.col(f"{prefix}difference") * 100).alias("difference"),
            (pl.col(f"{prefix}low") * 100).alias("low"),
            (pl.col(f"{prefix}high") * 100).alias("high"),
            (pl.col("p_holm") < 0.05).alias("sure"),
            pl.format("{}%", (pl.col(f"{prefix}difference") * 100).round(0).cast(pl.Int64))
            .str.replace(r"^(\d)", "+$1")
            .str.replace_all("%", "", literal=True)
            .str.replace("-", "−", literal=True)
            .alias("value"),
        )
        for kind, prefix in [("strict", ""), ("lenient", "lenient_")]
    ]
    points = pl.concat(parts)
    y = alt.Y(
        "row:N",
        sort=None,
        scale=alt.Scale(domain=rows.to_list(), padding=0.3),
        title=None,
        axis=alt.Axis(labels=labels, ticks=False, domain=False, labelPadding=10, grid=True),
    )
    x = alt.X(
        "difference:Q",
        scale=alt.Scale(domain=[-100 * reach, 100 * reach], nice=False),
        axis=alt.Axis(
            labels=axis,
            ticks=axis,
            title="difference in percentage points" if axis else None,
            labelExpr="datum.value == 0 ? '0' : format(datum.value, '+d')",
            domain=False,
            tickCount=7,
        ),
    )
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=["strict", "lenient"], range=[INK, LENIENT]), legend=None
    )
    offset = alt.YOffset("kind:N", sort=["strict", "lenient"], scale=alt.Scale(paddingOuter=0.4))
    base = alt.Chart(points).encode(y=y, yOffset=offset)
    zero = alt.Chart(pl.DataFrame({"zero": [0]})).mark_rule(color=FAINT, strokeWidth=1.5)
    strict = base.transform_filter("datum.kind == 'strict'")
    values = strict.encode(x=alt.value(WIDTH + 34), text="value:N")
    return alt.layer(
        zero.encode(x=alt.X("zero:Q")),
        base.mark_rule(strokeWidth=2)
        .encode(x=x, x2="high:Q", color=colour)
        .transform_calculate(difference="datum.low"),
        strict.mark_point(size=70, filled=True, opacity=1).encode(x=x, color=colour),
        base.transform_filter("datum.kind == 'lenient'")
        .mark_point(size=60, filled=True, fill="white", stroke=LENIENT, strokeWidth=2, opacity=1)
        .encode(x=x),
        values.mark_text(align="right", fontSize=12, fontWeight="bold").transform_filter(
            "datum.sure"
        ),
        values.mark_text(align="right", fontSize=12).transform_filter("!datum.sure"),
    ).properties(
        width=WIDTH,
        height=STEP * len(rows),
        title=alt.TitleParams(title, fontSize=12, offset=6, frame="group"),
    )
