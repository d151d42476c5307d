"""What makes the numbers of a matrix uncertain, as bars."""

from functools import partial

import altair as alt
import polars as pl

from its.figures import INK, Names, named_rows, nothing
from its.variances import VARIANCES
from its.words import amount

TABLES = [VARIANCES]

PARTS = {
    "problems": ("other problems", "#0072b2"),
    "replicates": ("other replicates", "#d55e00"),
    "rest": ("a replicate's luck with single problems", "#e69f00"),
    "samples": ("other responses", "#009e73"),
}
"""What each share is called, and its colour."""
WIDTH = 420
STEP = 30


def draw(variance: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw a bar per benchmark and way of training: the split of its mean squared standard error.

    Parameters
    ----------
    variance
        The columns of `its.variances.VARIANCES`. Cells of one benchmark, model, sample and recipe
        are averaged.
    names
        Those of the plan.
    """
    title = alt.TitleParams(
        "Where the uncertainty of a cell comes from",
        subtitle=[
            "Shares of the squared standard error of an accuracy, averaged over the cells of a "
            "matrix.",
            "A share falls with the number of its kind: of problems, replicates, or samples.",
        ],
    )
    if variance.is_empty():
        return nothing("Nothing to show yet: no cell has scores.", title)
    square = pl.col("error") ** 2
    matrices = (
        variance.filter(pl.col("sample") != "")
        .group_by("benchmark", "model", "sample", "recipe", maintain_order=True)
        .agg(
            *((pl.col(name).fill_null(0) * square).mean() for name in PARTS),
            square=square.mean(),
            known=pl.col("replicates").is_not_null().all(),
            counts=pl.concat_str(map(_least, ["problem", "replicate", "sample"]), separator=" x "),
        )
    )
    if matrices.is_empty():
        return nothing("Nothing to show yet: no trained cell has scores.", title)
    owner = [name for name in ["model", "sample", "recipe"] if matrices[name].n_unique() > 1]
    benchmark = pl.col("benchmark").replace(dict(names.labels))
    rows = matrices.with_columns(
        row=pl.concat_str([benchmark, *owner], separator=", "),
        text=pl.format(
            "± {} points, {}{}",
            (196 * pl.col("square").sqrt()).round(1),
            "counts",
            pl.when("known").then(pl.lit("")).otherwise(pl.lit(" (other trainings unknown)")),
        ),
    )
    called = [words for words, _ in PARTS.values()]
    # A share of nothing where nothing varies at all.
    total = pl.when(pl.col("square") > 0).then("square").otherwise(1.0)
    parts = [
        rows.select("row", part=pl.lit(words), place=place, share=pl.col(name) / total)
        for place, (name, (words, _)) in enumerate(PARTS.items())
    ]
    y = named_rows(rows["row"].to_list())
    bars = (
        alt.Chart(pl.concat(parts))
        .mark_bar(height={"band": 0.66})
        .encode(
            y=y,
            x=alt.X(
                "share:Q",
                title="share of the squared standard error",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", domain=False, tickCount=5),
            ),
            order="place:Q",
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=called, range=[colour for _, colour in PARTS.values()]),
                legend=alt.Legend(orient="top", title=None, columns=4),
            ),
        )
    )
    text = alt.Chart(rows.select("row", "text")).mark_text(align="left", color=INK, fontSize=11)
    beside = text.encode(y=y, x=alt.value(WIDTH + 10), text="text:N")
    return alt.layer(bars, beside).properties(width=WIDTH, height=STEP * len(rows), title=title)


def _least(what: str) -> pl.Expr:
    """Return the least count of a kind in words."""
    least = pl.col(f"count_{what}s").min()
    return least.map_elements(partial(amount, one=what), pl.String)
