"""How near personas are to their questions, to other questions, and to each other."""

import altair as alt
import polars as pl

from its.figures import (
    INK,
    Names,
    extent_of,
    line_at,
    named_rows,
    nothing,
    panel_title,
    strategy_colours,
)
from its.quality import QUALITY

TABLES = [QUALITY]

WIDTH, STEP = 340, 46
"""Pixels of the panel of similarities, and between two strategies."""
COLUMN = 82
"""Pixels between two columns of numbers."""
SIMILARITIES = {"own": "circle", "other": "circle", "among": "diamond"}
"""What is compared with a persona, and the shape of its mark."""
NUMBERS = {
    "words": ["mean", "words"],
    "near_duplicates": ["near", "duplicates"],
    "rejected": ["drafts", "rejected"],
}
"""Columns of numbers, and the lines of their titles."""


def draw(quality: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a block of rows per set, a row per strategy; its draws lie on top of each other.

    Parameters
    ----------
    quality
        The columns of `its.quality.QUALITY`.
    names
        Those of the plan.
    """
    if quality.is_empty():
        return nothing("Nothing to show yet: no persona has been measured.", _title())
    order = list(dict.fromkeys([*names.strategies, *quality["strategy"]]))
    lines = {name: names.told(name) for name in order}
    shown = quality.with_columns(
        row=pl.col("strategy").replace_strict(lines),
        near_duplicates=_percent(pl.col("near_duplicates").mean().over("set", "strategy")),
        rejected=_percent(
            (pl.col("rejected") / pl.col("n_attempts")).mean().over("set", "strategy")
        ),
        words=pl.col("words").mean().over("set", "strategy").round(0).cast(pl.Int64),
    )
    ends = [f"{name}{end}" for name in SIMILARITIES for end in ["_low", "_high"]]
    every = pl.concat([shown[end] for end in ends])
    low, high = min(every.min(), 0.0), max(every.max(), 0.5)  # little is to look little
    margin = 0.03 * (high - low)
    sets = shown["set"].unique(maintain_order=True)
    blocks = [
        _block(
            found,
            title=names.labels.get(found["set"][0], found["set"][0]),
            extent=extent_of(lines.values()),
            rows=[lines[name] for name in order if name in set(found["strategy"])],
            domain=[low - margin, high + margin],
            colours=strategy_colours(order, list(lines.values())),
            first=found["set"][0] == sets[0],
            last=found["set"][0] == sets[-1],
        )
        for found in shown.partition_by("set", maintain_order=True)
    ]
    return alt.vconcat(*blocks, spacing=20).properties(title=_title())


def _title() -> alt.TitleParams:
    return alt.TitleParams(
        "How near personas are to their questions",
        subtitle=[
            "Mean cosine of sentence embeddings, with its 95% interval over questions.",
            "Filled: a persona and its own question. Hollow: the same persona and the other "
            "questions of the set.",
            "Diamonds: the personas of two questions; further left, they are more diverse.",
        ],
    )


def _block(
    found: pl.DataFrame,
    *,
    title: str,
    extent: float,
    rows: list[str],
    domain: list[float],
    colours: alt.Scale,
    first: bool,
    last: bool,
) -> alt.LayerChart:
    points = pl.concat(
        [
            found.select(
                "row",
                pl.lit(name).alias("kind"),
                pl.col(name).alias("cosine"),
                pl.col(f"{name}_low").alias("low"),
                pl.col(f"{name}_high").alias("high"),
            )
            for name in SIMILARITIES
        ]
    )
    y = named_rows(rows, extent=extent)
    y.scale.padding = 0.2
    x = alt.X(
        "cosine:Q",
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(
            labels=last,
            ticks=last,
            title="cosine" if last else None,
            domain=False,
            tickCount=6,
            format=".1f",
        ),
    )
    base = alt.Chart(points).encode(
        y=y,
        yOffset=alt.YOffset("kind:N", sort=list(SIMILARITIES), scale=alt.Scale(paddingOuter=0.4)),
        color=alt.Color("row:N", scale=colours, legend=None),
    )
    marks = [
        base.transform_filter(f"datum.kind == '{name}'")
        .mark_point(
            shape=shape,
            size=70,
            filled=True,
            fill="white" if name == "other" else alt.Undefined,
            strokeWidth=2,
            opacity=1,
        )
        .encode(x=x, stroke=alt.Stroke("row:N", scale=colours, legend=None))
        for name, shape in SIMILARITIES.items()
    ]
    numbers = alt.Chart(found.unique("row", maintain_order=True).select("row", *NUMBERS))
    columns = {name: WIDTH + COLUMN * (place + 0.6) for place, name in enumerate(NUMBERS)}
    texts = [
        numbers.mark_text(fontSize=12, color=INK).encode(y=y, x=alt.value(place), text=f"{name}:N")
        for name, place in columns.items()
    ]
    titles = [
        alt.Chart(pl.DataFrame({"title": ["\n".join(NUMBERS[name])]}))
        .mark_text(fontSize=12, color=INK, baseline="line-bottom", lineBreak="\n")
        .encode(x=alt.value(place), y=alt.value(-8), text="title:N")
        for name, place in columns.items()
    ]
    return alt.layer(
        line_at(0),
        base.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", scale=alt.Scale(domain=domain, nice=False)), x2="high:Q"
        ),
        *marks,
        *texts,
        *(titles if first else []),
    ).properties(
        width=WIDTH,
        height=STEP * len(rows),
        title=panel_title(title),
    )


def _percent(share: pl.Expr) -> pl.Expr:
    return pl.format("{}%", (share * 100).round(0).cast(pl.Int64))
