"""How figures look, and how they are saved: one theme, and one colour for each strategy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import altair as alt
import polars as pl

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


def nothing(words: str, title: alt.TitleParams) -> alt.Chart:
    """Return a figure that says why there is nothing in it."""
    chart = alt.Chart(pl.DataFrame({"text": [words]}), title=title)
    return chart.mark_text(fontSize=13).encode(text="text:N")


def save(chart: alt.TopLevelMixin, paths: Sequence[Path]) -> None:
    """Save a figure under each of the paths, whole or not at all, as its suffix says."""
    for path in paths:
        kind = path.suffix.removeprefix(".")
        with replacing(path) as part:
            chart.save(str(part), format=kind, scale_factor=2 if kind == "png" else 1)
