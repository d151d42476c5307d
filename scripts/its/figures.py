"""How figures look, and how they are saved: one theme, and one colour for each strategy."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from textwrap import wrap

import altair as alt
import polars as pl
import vl_convert
from PIL import Image

from its.config.plan import UNTRAINED
from its.files import replacing

INK = "#222222"
FAINT = "#8a8a8a"
GRID = "#e4e4e4"
HOLE = "#ececec"

UNTRAINED_COLOUR = "#7f7f7f"
STRATEGY_COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31"]
"""Okabe and Ito's, told apart by colour-blind readers; dark enough for lines on white."""

ACCURACY_SCHEME = "blues"
"""From light to dark, so that it survives print in grey."""

WORSE_TO_BETTER = ["#b35806", "#fdb863", "#ffffff", "#b2abd2", "#542788"]
"""From orange to purple, told apart by colour-blind readers and in grey; the same is white."""

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""Version of the language that charts are written in."""
SIGNED = "datum.value == 0 ? '0' : format(datum.value, '+d')"
"""How an axis of differences writes its numbers."""
LETTER = 6.5
"""Pixels of a letter of a label, about."""
LINE = 110
"""Letters of a line below a title."""


@alt.theme.register("its", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    text = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12}
    plain = {"titleFontWeight": "normal", "titlePadding": 10}
    return {
        "config": {
            "background": "white",
            "font": "Liberation Sans, Arial, Helvetica, sans-serif",
            "view": {"stroke": None},
            "axis": {
                **text,
                **plain,
                "domainColor": FAINT,
                "tickColor": FAINT,
                "gridColor": GRID,
                "labelLimit": 400,
                "titleLimit": 600,
            },
            "header": {
                **text,
                "labelFontSize": 13,
                "labelFontWeight": "bold",
                "labelLimit": 600,
                "titleLimit": 600,
            },
            "legend": {**text, **plain, "labelLimit": 400, "titleLimit": 400, "symbolSize": 120},
            "title": {
                "color": INK,
                "fontSize": 15,
                "anchor": "start",
                "offset": 14,
                "subtitleColor": "#555555",
                "subtitleFontSize": 12,
                "subtitlePadding": 6,
                "subtitleLineHeight": 16,
            },
        }
    }


def strategy_colours(strategies: Sequence[str], labels: Sequence[str]) -> alt.Scale:
    """Return a scale that gives the strategies of a plan, in its order, always the same colours.

    Parameters
    ----------
    strategies
        Names, each once; `base` is grey wherever it stands.
    labels
        What the figure calls them, in the same order.
    """
    colours = iter(STRATEGY_COLOURS * (1 + len(strategies) // len(STRATEGY_COLOURS)))
    chosen = [UNTRAINED_COLOUR if name == UNTRAINED else next(colours) for name in strategies]
    return alt.Scale(domain=list(labels), range=chosen)


@dataclass(frozen=True, slots=True)
class Names:
    """What the strategies and benchmarks of a plan are called in its figures and reports."""

    strategies: list[str]
    """In the order of the plan, the untrained learner's first."""
    labels: Mapping[str, str]
    """By name. Strategies that share a label have their names added."""

    def told(self, name: str) -> str:
        """Return the name of a strategy with its label, where it has one."""
        label = self.labels[name]
        return label if name in {UNTRAINED, label} else f"{name}: {label}"

    def all_told(self) -> dict[str, str]:
        """Return what each strategy is told as, by name."""
        return {name: self.told(name) for name in self.strategies}

    def colours(self) -> alt.Scale:
        """Return the scale that gives each strategy, told as above, its colour."""
        return strategy_colours(self.strategies, [*self.all_told().values()])


def names_of(strategies: Sequence[str], labels: Mapping[str, str]) -> Names:
    """Return the names of a plan.

    Parameters
    ----------
    strategies
        Of the plan, in its order.
    labels
        Of these, of what they are mixed of, and of its benchmarks, by name.
    """
    called = {name: labels.get(name, name) for name in strategies}
    often = Counter(called.values())
    apart = {n: f"{label} ({n})" if often[label] > 1 else label for n, label in called.items()}
    return Names([UNTRAINED, *strategies], {**labels, **apart, UNTRAINED: "untrained"})


def owner_of(table: pl.DataFrame) -> pl.Expr:
    """Return what tells the matrices of a table apart: of model, sample and recipe what differs."""
    trained = table.filter(pl.col("sample") != "")
    names = [name for name in ["model", "sample", "recipe"] if trained[name].n_unique() > 1]
    if not names:
        return pl.lit("")
    told = pl.concat_list(names)
    return told.list.filter(pl.element() != "").list.join(", ")


def key(names: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    """Return lines that say what the strategies of a figure are, each once."""
    known = {name: labels.get(name, name) for name in names if name != UNTRAINED}
    used = [name for name, label in known.items() if label != name]
    return wrap(", ".join(f"{name}: {labels[name]}" for name in used), LINE)


def named_rows(names: Sequence[str], *, shown: bool = True, extent: float = 0) -> alt.Y:
    """Return rows in the given order, their names on the left, if at all.

    Parameters
    ----------
    extent
        Pixels that names take at least, so that blocks below each other align: `extent_of`.
    """
    axis = alt.Axis(labels=shown, ticks=False, domain=False, labelPadding=10, grid=False)
    axis.minExtent = extent if shown else 0
    return alt.Y("row:N", sort=None, title=None, scale=alt.Scale(domain=list(names)), axis=axis)


def extent_of(names: Iterable[str]) -> float:
    """Return about how many pixels the longest of the names takes."""
    return LETTER * max(map(len, names), default=0)


def line_at(value: float, colour: str = FAINT, dash: Sequence[int] = (1, 0)) -> alt.Chart:
    """Return an upright line through a panel."""
    line = alt.Chart(pl.DataFrame({"at": [value]}))
    line = line.mark_rule(color=colour, strokeWidth=1.5, strokeDash=list(dash))
    return line.encode(x=alt.X("at:Q"))


def heading(words: str) -> alt.TitleParams:
    """Return the heading of a block of panels."""
    return alt.TitleParams(words, fontSize=13, offset=8)


def panel_title(words: str) -> alt.TitleParams:
    """Return the title of one panel of several, above its frame."""
    return alt.TitleParams(words, fontSize=12, offset=6, frame="group")


def stacked(
    blocks: Iterable[tuple[str, Sequence[alt.LayerChart]]],
    title: alt.TitleParams,
    *,
    spacing: float = 40,
) -> alt.VConcatChart:
    """Return blocks below each other, each a heading and panels side by side."""
    rows = [
        alt.hconcat(*panels, spacing=spacing).properties(title=heading(words))
        for words, panels in blocks
    ]
    return alt.vconcat(*rows, spacing=22).properties(title=title)


def nothing(words: str, title: alt.TitleParams) -> alt.Chart:
    """Return a figure that says why there is nothing in it."""
    chart = alt.Chart(pl.DataFrame({"text": [words]}), title=title)
    return chart.mark_text(fontSize=13).encode(text="text:N")


def save(chart: alt.TopLevelMixin, paths: Sequence[Path]) -> None:
    """Save a figure under each of the paths, whole or not at all, as its suffix says."""
    # Once: the figures of a large plan take half a minute to lay out.
    drawn = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE)
    for path in paths:
        with replacing(path) as part:
            part.write_bytes(_as(path.suffix, drawn))


def _as(suffix: str, svg: str) -> bytes:
    """Return a picture as a file of the kind that a suffix names."""
    if suffix == ".svg":
        return svg.encode()
    if suffix == ".pdf":
        return vl_convert.svg_to_pdf(svg)
    picture = Image.open(BytesIO(vl_convert.svg_to_png(svg, scale=2))).convert("RGB")
    light = BytesIO()
    picture.save(light, "png", optimize=True)  # a quarter of the bytes
    return light.getvalue()
