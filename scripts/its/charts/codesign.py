"""The train x test matrix as a heat map with intervals."""

from textwrap import wrap

import altair as alt
import polars as pl

from its.config.plan import UNTRAINED
from its.figures import ACCURACY_SCHEME, HOLE, INK, Names, key
from its.grids import grids, many, matrices
from its.matrix import CODESIGN

TABLES = [CODESIGN]

WIDTH, HEIGHT = 104, 66
"""Pixels of a cell."""
LINE = 15
"""Pixels of a line of a column's name."""


def draw(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw one panel per benchmark, a row of panels per model, sample and recipe.

    The untrained model stands in the first row of each panel, though no sample belongs to it. All
    panels share the scale of colours, which ends at the best cell. More cells of a benchmark than
    `its.grids.MANY` are drawn small.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`.
    names
        Those of the plan.
    """
    if many(len(codesign), codesign["benchmark"].n_unique()):
        return _small(codesign, names)
    trained = codesign.filter(pl.col("train") != UNTRAINED)
    learnt = trained.select("model", "sample", "recipe").unique(maintain_order=True)
    best = max(codesign["mean"].max() or 0.0, 0.05)
    rows = [
        alt.hconcat(
            *[
                _panel(
                    codesign.filter(
                        (pl.col("model") == model)
                        & ((pl.col("train") == UNTRAINED) | (pl.col("sample") == sample))
                        & ((pl.col("train") == UNTRAINED) | (pl.col("recipe") == recipe))
                        & (pl.col("benchmark") == benchmark)
                    ),
                    title=[name, f"{model}, {sample}, {recipe}"] if len(learnt) > 1 else [name],
                    best=best,
                    names=names,
                    first=place == 0,
                )
                for place, (benchmark, name) in enumerate(
                    codesign.select("benchmark", "benchmark_label")
                    .unique(maintain_order=True)
                    .iter_rows()
                )
            ],
            spacing=28,
        )
        for model, sample, recipe in learnt.iter_rows()
    ]
    return alt.vconcat(*rows, spacing=36).properties(title=_title(codesign))


def _small(codesign: pl.DataFrame, names: Names) -> alt.TopLevelMixin:
    """Draw cells of two lines, their size above where it is that of all of a benchmark."""
    most = pl.col("planned").max().over("benchmark")
    fewer = pl.when(pl.col("replicates") < most).then(pl.format(" x{}", "replicates"))
    cells = codesign.with_columns(
        share="mean",
        text=pl.format("{}%{}", _percent("mean"), fewer.otherwise(pl.lit(""))),
        sure=True,
        below=pl.format("[{}, {}]", _percent("low"), _percent("high")),
    )
    sizes = codesign.group_by("benchmark", maintain_order=True).agg(
        pl.col("benchmark_label").first(), pl.col("problems", "planned").max()
    )
    called = {
        benchmark: f"{label}: {problems} x {planned}" if problems else label
        for benchmark, label, problems, planned in sizes.iter_rows()
    }
    title = _title(codesign)
    title.subtitle = [
        f"Mean of strict accuracy [95% interval over {_over(codesign)}].",
        "Above: problems x replicates; beside a mean: its replicates, if fewer.",
        "Rows: trained with (base: untrained); columns: asked with. Truncated responses count as "
        "wrong. Grey cells are missing.",
        *key(names.strategies, names.labels),
    ]
    return grids([("", matrices(cells))], names, title, called=called)


def _title(codesign: pl.DataFrame) -> alt.TitleParams:
    return alt.TitleParams(
        "Right answers, by how a model was trained and how it was asked",
        subtitle=[
            f"Mean of strict accuracy [95% interval over {_over(codesign)}]; below, problems x "
            "replicates.",
            "Truncated responses count as wrong. Grey cells are missing.",
        ],
    )


def _over(codesign: pl.DataFrame) -> str:
    return "problems and replicates" if (codesign["replicates"] > 1).any() else "problems"


def _panel(
    cells: pl.DataFrame, *, title: list[str], best: float, names: Names, first: bool
) -> alt.LayerChart:
    columns_called = {name: "\n".join(_wrapped(name, names.labels[name])) for name in cells["test"]}
    lines = max(name.count("\n") for name in columns_called.values())
    shown = cells.with_columns(
        pl.col("train")
        .replace_strict({name: names.told(name) for name in cells["train"]})
        .alias("row"),
        pl.col("test").replace_strict(columns_called).alias("column"),
        pl.when("missing")
        .then(pl.lit("missing"))
        .otherwise(pl.format("{}%", (pl.col("mean") * 100).round(0).cast(pl.Int64, strict=False)))
        .alias("value"),
        pl.when(~pl.col("missing"))
        .then(pl.format("[{}, {}]", *(_percent(end) for end in ["low", "high"])))
        .otherwise(pl.lit(""))
        .alias("interval"),
        pl.when(~pl.col("missing"))
        .then(
            pl.format("{} x {}", "problems", "replicates")
            + pl.when(pl.col("replicates") < pl.col("planned"))
            .then(pl.format(" of {}", "planned"))
            .otherwise(pl.lit(""))
        )
        .otherwise(pl.lit(""))
        .alias("size"),
        (pl.col("mean").fill_null(0) > 0.55 * best).alias("dark"),
    ).select("row", "column", "mean", "missing", "value", "interval", "size", "dark")
    plain = {"ticks": False, "domain": False, "labelFontSize": 13}
    columns = alt.X(
        "column:N",
        sort=None,
        title="asked with",
        scale=alt.Scale(paddingInner=0.03, paddingOuter=0),
        axis=alt.Axis(
            orient="top",
            labelAngle=0,
            labelExpr="split(datum.value, '\\n')",
            labelLineHeight=LINE,
            labelPadding=8 + LINE * lines,  # Vega counts the first line alone
            **plain,
        ),
    )
    rows = alt.Y(
        "row:N",
        sort=None,
        title="trained with" if first else None,
        scale=alt.Scale(paddingInner=0.04, paddingOuter=0),
        axis=alt.Axis(
            labelPadding=8,
            labels=first,
            titleAngle=0,
            titleAlign="right",
            titleBaseline="bottom",
            titleX=-8,
            titleY=-8,  # above the names, level with the last line of the columns' names
            **plain,
        ),
    )
    base = alt.Chart(shown).encode(x=columns, y=rows)
    colour = alt.Color(
        "mean:Q",
        scale=alt.Scale(scheme=ACCURACY_SCHEME, domain=[0, best]),
        legend=None,
    )
    ink = alt.condition("datum.dark", alt.value("white"), alt.value(INK))
    return (
        alt.layer(
            base.transform_filter("!datum.missing").mark_rect().encode(color=colour),
            base.transform_filter("datum.missing").mark_rect(
                color=HOLE, stroke="#b0b0b0", strokeDash=[4, 3]
            ),
            base.mark_text(fontSize=18, fontWeight="bold", dy=-15)
            .transform_filter("!datum.missing")
            .encode(text="value:N", color=ink),
            base.mark_text(fontSize=13, fontStyle="italic", color="#666666")
            .transform_filter("datum.missing")
            .encode(text="value:N"),
            base.mark_text(fontSize=13, dy=5).encode(text="interval:N", color=ink),
            base.mark_text(fontSize=11, dy=22).encode(text="size:N", color=ink),
        )
        .properties(
            width=WIDTH * shown["column"].n_unique(),
            height=HEIGHT * shown["row"].n_unique(),
            title=alt.TitleParams(
                title[0],
                subtitle=title[1:],
                fontSize=13,
                subtitleFontSize=11,
                offset=8,
                frame="group",
            ),
        )
        .resolve_scale(color="independent")
    )


def _percent(column: str) -> pl.Expr:
    return (pl.col(column) * 100).round(0).cast(pl.Int64, strict=False)


def _wrapped(name: str, label: str) -> list[str]:
    return [name] if label == name else [name, *wrap(label, 15)]
