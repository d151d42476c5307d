"""How long thinking and answers are, by cell."""

import altair as alt
import polars as pl

from its.config.plan import UNTRAINED
from its.figures import INK, Names, nothing
from its.matrix import CODESIGN

TABLES = [CODESIGN]

LENGTHS = {"thinking_tokens": "tokens of thinking", "answer_tokens": "tokens of the answer"}
WIDTH, STEP = 260, 20
"""Pixels of a panel, and between two bars."""


def draw(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw mean lengths, a row of panels per benchmark; without thinking where there is none.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`. Missing cells are left out.
    names
        Those of the plan.
    """
    found = codesign.filter(~pl.col("missing"))
    learnt = found.filter(pl.col("train") != UNTRAINED).select("model", "sample", "recipe")
    several = learnt.n_unique() > 1
    owner = pl.concat_str(
        [
            pl.when(pl.col(name) != "").then(pl.col(name) + ", ").otherwise(pl.lit(""))
            for name in ["model", "sample", "recipe"]
        ]
    )
    shown = found.with_columns(
        row=(owner if several else pl.lit("")) + pl.format("{}-{}", "train", "test"),
        trained=pl.col("train").replace_strict(names.all_told()),
    )
    if shown.is_empty():
        return nothing("Nothing to show yet: no cell has scores.", _title())
    kept = [name for name in LENGTHS if shown[name].max() > 0]
    trained = shown["trained"].unique(maintain_order=True).to_list()
    panels = [
        alt.hconcat(
            *[
                _panel(rows, length, names.colours(), trained if length == kept[0] else None)
                for length in kept
            ],
            spacing=50,
        ).properties(title=alt.TitleParams(rows["benchmark_label"][0], fontSize=13, offset=8))
        for rows in shown.partition_by("benchmark", maintain_order=True)
    ]
    return alt.vconcat(*panels, spacing=24).properties(title=_title())


def _title() -> alt.TitleParams:
    return alt.TitleParams(
        "How long responses are, by how a model was trained and asked",
        subtitle=[
            "Means over all responses; truncated ones count as long as they got.",
            "Cells are named train-test (base: untrained); colours tell the training.",
        ],
    )


def _panel(
    rows: pl.DataFrame, length: str, colours: alt.Scale, trained: list[str] | None
) -> alt.LayerChart:
    """Draw one length of one benchmark; the first panel names the cells and the trainings."""
    top = max(float(rows[length].max()), 1.0)
    base = alt.Chart(
        rows.select("row", "trained", length, value=pl.col(length).round(0).cast(pl.Int64))
    ).encode(
        y=alt.Y(
            "row:N",
            sort=None,
            title=None,
            axis=alt.Axis(labels=trained is not None, ticks=False, domain=False, labelPadding=8),
        ),
        x=alt.X(
            f"{length}:Q",
            title=LENGTHS[length],
            scale=alt.Scale(domain=[0, top * 1.18], nice=False),
            axis=alt.Axis(domain=False, tickCount=5, format="~s" if top >= 10000 else ",d"),
        ),
    )
    return alt.layer(
        base.mark_bar(height={"band": 0.72}).encode(
            color=alt.Color(
                "trained:N",
                scale=colours,
                title="trained with",
                legend=alt.Legend(orient="top", values=trained, titlePadding=6)
                if trained
                else None,
            )
        ),
        base.mark_text(align="left", dx=4, fontSize=11, color=INK).encode(
            text=alt.Text("value:Q", format=",d")
        ),
    ).properties(width=WIDTH, height=STEP * len(rows))
