"""How long thinking and answers are, by cell."""

import altair as alt
import polars as pl

from its.figures import (
    INK,
    Names,
    extent_of,
    key,
    named_rows,
    nothing,
    owner_of,
    panel_title,
    stacked,
)
from its.grids import grids, many, matrices
from its.matrix import CODESIGN

TABLES = [CODESIGN]

TITLE = "How long responses are, by how a model was trained and asked"

LENGTHS = {"thinking_tokens": "tokens of thinking", "answer_tokens": "tokens of the answer"}
WIDTH, STEP = 260, 20
"""Pixels of a panel, and between two bars."""
NARROW, DENSE = 130, 16
"""The same where there are more than two panels in a row."""


def draw(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw mean lengths: a column per benchmark, a block of bars per model, sample and recipe.

    Thinking has panels of its own, where there is any. More bars than `its.grids.MANY` below each
    other are drawn as grids.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`. Missing cells are left out.
    names
        Those of the plan.
    """
    found = codesign.filter(~pl.col("missing"))
    untaught = codesign.filter(~pl.col("test").is_in(codesign["train"].implode()))["test"]
    title = _title(key(untaught, names.labels))
    if found.is_empty():
        return nothing("Nothing to show yet: no cell has scores.", title)
    if many(len(codesign), codesign["benchmark"].n_unique()):
        return _grids(codesign, names)
    shown = found.with_columns(
        owner=owner_of(found),
        row=pl.format("{}-{}", "train", "test"),
        trained=pl.col("train").replace_strict(names.all_told()),
    )
    trained = shown["trained"].unique(maintain_order=True).to_list()
    columns = [
        (benchmark, length, max(float(rows[length].max()), 1.0))
        for (benchmark,), rows in shown.group_by("benchmark", maintain_order=True)
        for length in LENGTHS
        if shown[length].max() > 0
    ]
    extent, narrow = extent_of(shown["row"]), len(columns) > 2
    blocks = []
    for (owner,), block in shown.group_by("owner", maintain_order=True):
        cells = block["row"].unique(maintain_order=True).to_list()
        panels = [
            _panel(
                block.filter(pl.col("benchmark") == benchmark),
                cells,
                length,
                top,
                names.colours(),
                legend=[] if blocks or place else trained,
                extent=0 if place else extent,
                narrow=narrow,
            )
            for place, (benchmark, length, top) in enumerate(columns)
        ]
        blocks.append((owner, panels))
    return stacked(blocks, title, spacing=30 if narrow else 50)


def _grids(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    cells = matrices(codesign)
    blocks = [
        (
            words,
            cells.with_columns(
                share=pl.col(length) / pl.col(length).max().over("benchmark"),
                text=pl.col(length).round(0).cast(pl.Int64).cast(pl.String),
                sure=False,
            ),
        )
        for length, words in LENGTHS.items()
        if codesign[length].max() > 0
    ]
    title = alt.TitleParams(
        TITLE,
        subtitle=[
            "Means over all responses; truncated ones count as long as they got. The longest of a "
            "benchmark is darkest.",
            "Rows: trained with (base: untrained); columns: asked with. Grey cells are missing.",
            *key(names.strategies, names.labels),
        ],
    )
    return grids(blocks, names, title)


def _title(strategies: list[str]) -> alt.TitleParams:
    return alt.TitleParams(
        TITLE,
        subtitle=[
            "Means over all responses; truncated ones count as long as they got.",
            "Cells are named train-test (base: untrained); colours tell the training.",
            *strategies,
        ],
    )


def _panel(
    rows: pl.DataFrame,
    cells: list[str],
    length: str,
    top: float,
    colours: alt.Scale,
    *,
    legend: list[str],
    extent: float,
    narrow: bool,
) -> alt.LayerChart:
    """Draw one length of one benchmark, in bars up to `top`."""
    title = rows["benchmark_label"].first() or ""
    base = alt.Chart(
        rows.select("row", "trained", length, value=pl.col(length).round(0).cast(pl.Int64))
    ).encode(
        y=named_rows(cells, shown=extent > 0, extent=extent),
        x=alt.X(
            f"{length}:Q",
            title=LENGTHS[length],
            scale=alt.Scale(domain=[0, top * (1.3 if narrow else 1.18)], nice=False),
            axis=alt.Axis(
                domain=False,
                tickCount=3 if narrow else 5,
                format="~s" if top >= 10000 or narrow else ",d",
            ),
        ),
    )
    return alt.layer(
        base.mark_bar(height={"band": 0.72}).encode(
            color=alt.Color(
                "trained:N",
                scale=colours,
                title="trained with",
                legend=alt.Legend(orient="top", values=legend, titlePadding=6, columns=3)
                if legend
                else None,
            )
        ),
        base.mark_text(align="left", dx=4, fontSize=11, color=INK).encode(
            text=alt.Text("value:Q", format=",d")
        ),
    ).properties(
        width=NARROW if narrow else WIDTH,
        height=(DENSE if narrow else STEP) * len(cells),
        title=panel_title(title),
    )
