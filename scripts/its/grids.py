"""Cells of a plan as small train x test grids, where a row for each would fill pages."""

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl

from its.config.plan import UNTRAINED
from its.figures import (
    ACCURACY_SCHEME,
    GRID,
    HOLE,
    INK,
    LETTER,
    WORSE_TO_BETTER,
    Names,
    extent_of,
    heading,
    owner_of,
    panel_title,
)

MANY = 36
"""Cells or comparisons of a benchmark up to which each has a row of its own."""
WIDTH, HEIGHT, GAP = 34, 16, 8
"""Pixels of a cell at least, and between two matrices."""
TALL = 30
"""Height of a cell of two lines."""


def many(rows: int, benchmarks: int = 1) -> bool:
    """Tell whether a figure of so many rows, over all its benchmarks, is drawn as grids."""
    return rows > MANY * benchmarks


def grids(
    blocks: Sequence[tuple[str, pl.DataFrame]],
    names: Names,
    title: alt.TitleParams,
    *,
    signed: bool = False,
    called: Mapping[str, str] | None = None,
) -> alt.VConcatChart:
    """Draw a column of grids per benchmark; for each block a heading, and a grid per matrix.

    The row of a cell is the strategy that was trained with, its column the one that was asked with.
    All grids share the scale of colours.

    Parameters
    ----------
    blocks
        What comes below each heading: `benchmark`, `model`, `sample` and `recipe`, the cell `a`
        (train-test), each once; the `share` that colours it, null where it is missing; its `text`,
        and whether that is `sure`, and so bold; a second line, `below`, if there is one.
    names
        Those of the plan, whose order the strategies have.
    signed
        Whether the colours go from the worst over zero to the best, and not from zero to the most.
    called
        What the benchmarks are called, if not by their labels.
    """
    every = pl.concat([rows for _, rows in blocks], how="diagonal")
    benchmarks = every["benchmark"].unique(maintain_order=True).to_list()
    trained, asked = _sides(every, names)
    end = max(every["share"].abs().max() or 0.0, 0.05)
    below = every["below"].drop_nulls().unique() if "below" in every else []
    longest = max(extent_of([*asked, *every["text"].drop_nulls().unique()]), 0.8 * extent_of(below))
    width = max(WIDTH, longest + LETTER)
    drawn = []
    for words, rows in blocks:
        rows = rows.with_columns(owner=owner_of(every))
        lines = [
            alt.hconcat(
                *[
                    _grid(
                        block.filter(pl.col("benchmark") == benchmark),
                        _sides(rows, names),
                        end=end,
                        signed=signed,
                        width=width,
                        owner=owner if place == 0 else None,
                        extent=extent_of(trained),
                        title=(called or names.labels)[benchmark] if number == 0 else "",
                    )
                    for place, benchmark in enumerate(benchmarks)
                ],
                spacing=18,
            )
            for number, ((owner,), block) in enumerate(rows.group_by("owner", maintain_order=True))
        ]
        drawn.append(alt.vconcat(*lines, spacing=GAP).properties(title=heading(words)))
    return alt.vconcat(*drawn, spacing=22).properties(title=title)


def matrices(codesign: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of each matrix, those of its untrained model among them, named as `a`.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`.
    """
    trained = codesign.filter(pl.col("train") != UNTRAINED)
    untrained = codesign.filter(pl.col("train") == UNTRAINED).drop("sample", "recipe")
    learnt = trained.select("model", "sample", "recipe").unique(maintain_order=True)
    again = untrained.join(learnt, on="model").select(codesign.columns)
    return pl.concat([trained, again]).with_columns(a=pl.format("{}-{}", "train", "test"))


def _sides(rows: pl.DataFrame, names: Names) -> tuple[list[str], list[str]]:
    """Return the strategies that were trained with, and those that were asked with."""
    cells = rows["a"].str.split("-").list
    sides = [set(cells.get(place)) for place in (0, 1)]
    trained, asked = ([name for name in names.strategies if name in side] for side in sides)
    return trained, asked


def _grid(
    rows: pl.DataFrame,
    sides: tuple[list[str], list[str]],
    *,
    end: float,
    signed: bool,
    width: float,
    owner: str | None,
    extent: float,
    title: str,
) -> alt.LayerChart:
    """Draw one matrix on one benchmark, named on the left if it has an owner, above by a title."""
    trained, asked = sides
    cell = pl.col("a").str.split("-").list
    two = "below" in rows.columns
    # Of the signed scale, the better end is darker than the worse one.
    light = pl.col("share").fill_null(0).is_between(-0.9 * end, (0.66 if signed else 0.55) * end)
    cells = rows.select(
        "share",
        "sure",
        pl.col("text", *(["below"] if two else [])).fill_null(""),
        row=cell.get(0),
        column=cell.get(1),
        dark=~light,
    )
    plain = {"ticks": False, "domain": False, "labelFontSize": 11}
    beside = alt.Axis(
        labels=owner is not None,
        labelPadding=6,
        minExtent=extent if owner is not None else 0,
        titleAngle=0,
        titleAlign="right",
        titleBaseline="top",
        titleFontSize=11,
        titleX=-extent - 14,
        titleY=2,
        **plain,
    )
    above = alt.Axis(orient="top", labels=bool(title), labelAngle=0, labelPadding=4, **plain)
    y, x = (
        {"title": words, "scale": alt.Scale(domain=side, padding=0.04), "axis": axis}
        for words, side, axis in [
            (owner.split(", ") if owner else None, trained, beside),
            (None, asked, above),
        ]
    )
    ends = [place * end for place in (-1, -0.5, 0, 0.5, 1)]
    colours = (
        alt.Scale(domain=ends, range=WORSE_TO_BETTER, interpolate="lab")
        if signed
        else alt.Scale(domain=[0, end], scheme=ACCURACY_SCHEME)
    )
    base = alt.Chart(cells).encode(x=alt.X("column:N", **x), y=alt.Y("row:N", **y))
    weight = alt.expr("datum.sure ? 'bold' : 'normal'")
    ink = alt.expr(f"datum.dark ? 'white' : '{INK}'")
    layers = [
        base.transform_filter("!isValid(datum.share)").mark_rect(color=HOLE),
        base.transform_filter("isValid(datum.share)")
        .mark_rect(stroke=GRID)
        .encode(color=alt.Color("share:Q", scale=colours, legend=None)),
        base.mark_text(
            fontSize=12 if two else 11, dy=-6 if two else 0, fontWeight=weight, color=ink
        ).encode(text="text:N"),
    ]
    if two:
        layers.append(base.mark_text(fontSize=10, dy=7, color=ink).encode(text="below:N"))
    return alt.layer(*layers).properties(
        width=width * len(asked),
        height=(TALL if two else HEIGHT) * len(trained),
        title=panel_title(title),
    )
