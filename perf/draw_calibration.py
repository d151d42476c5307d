"""Draw how often intervals cover and tests reject, from what `perf/calibration.py` counted."""

import argparse
import sys
from pathlib import Path

import altair as alt
import polars as pl
from calibration import COLUMNS, EFFECT, MEANS, PROMISED, ROOT, kind
from PIL import Image

sys.path.insert(0, str(ROOT / "scripts"))
WIDTH, STEP = 190, 22
"""Pixels of a panel, and between two rows."""


def calibration_chart(counted: pl.DataFrame) -> alt.TopLevelMixin:
    """Draw a row for each interval and test, a column for each number of problems.

    Every tick is one point of the grid.

    Parameters
    ----------
    counted
        The columns of `calibration.COLUMNS`.
    """
    from its.figures import STRATEGY_COLOURS

    counted = counted.with_columns(
        kind=kind(),
        row=pl.format(
            "{}, {} replicate{}",
            "what",
            "replicates",
            pl.when(pl.col("replicates") == 1).then(pl.lit("")).otherwise(pl.lit("s")),
        ),
        percent=pl.col("rate") * 100,
        accuracy=pl.format("{}", "mean"),
    ).sort("what", "replicates")
    colour = alt.Color(
        "accuracy:N",
        title="accuracy",
        scale=alt.Scale(domain=[str(mean) for mean in MEANS], range=STRATEGY_COLOURS[:3]),
    )
    rows = []
    for name, title, domain in [
        ("interval", "95% intervals that hold the truth, in percent", [90, 100]),
        ("test", "true null hypotheses that a test at 5% rejects, in percent", [0, 10]),
        (
            "power",
            f"the better learner found, {EFFECT} up in log odds, or one as good found to be within "
            "as much, in percent",
            [0, 100],
        ),
    ]:
        some = counted.filter(pl.col("kind") == name)
        if some.is_empty():
            continue
        names = some["row"].unique(maintain_order=True).to_list()
        panels = []
        for problems in some["problems"].unique().sort():
            first = not panels
            y = alt.Y(
                "row:N",
                title=None,
                scale=alt.Scale(domain=names),
                axis=alt.Axis(labels=first, ticks=False, domain=False, grid=True),
            )
            x = alt.X(
                "percent:Q",
                title=None,
                scale=alt.Scale(domain=domain, clamp=True, zero=False, nice=False),
                axis=alt.Axis(domain=False, tickCount=5),
            )
            layers = []
            if name in PROMISED:
                low, high = (100 * end for end in PROMISED[name])
                band = alt.Chart(pl.DataFrame({"low": [low], "high": [high]}))
                band = band.mark_rect(color="#dfeaf5")
                layers.append(band.encode(x=alt.X("low:Q", title=None), x2="high:Q"))
            ticks = alt.Chart(some.filter(pl.col("problems") == problems)).mark_tick(
                thickness=1.5, size=STEP * 0.7, opacity=0.6
            )
            panels.append(
                alt.layer(*layers, ticks.encode(x=x, y=y, color=colour)).properties(
                    width=WIDTH,
                    height=STEP * len(names),
                    title=alt.TitleParams(f"{problems} problems", fontSize=12, offset=6),
                )
            )
        heading = alt.TitleParams(title, fontSize=13, offset=8)
        rows.append(alt.hconcat(*panels, spacing=30).properties(title=heading))
    return alt.vconcat(*rows, spacing=24).properties(
        title=alt.TitleParams(
            "What intervals and tests hold of what they promise",
            subtitle=[
                "Known truths, simulated or counted: each tick is one point of the grid, of "
                "accuracy, spread of problems, samples and luck of replicates.",
                "Shaded: 93 to 97% of intervals, at most 5.5% of tests. What lies beyond "
                "a panel is at its edge.",
            ],
        )
    )


def main() -> None:
    """Read the table, write the figure."""
    from its.figures import save

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, nargs="?", default=ROOT / "docs/calibration.csv")
    parser.add_argument("figures", type=Path, nargs="*", default=[ROOT / "docs/calibration.png"])
    args = parser.parse_args()

    save(calibration_chart(pl.read_csv(args.table, schema=COLUMNS)), args.figures)
    for path in args.figures:
        if path.suffix == ".png":  # thousands of see-through ticks: 64 colours are a tenth of it
            with Image.open(path) as image:
                fewer = image.convert("RGB").quantize(64, dither=Image.Dither.NONE)
            fewer.save(path, optimize=True)


if __name__ == "__main__":
    main()
