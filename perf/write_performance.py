"""Write docs/performance.md and its figure from what `run.py` measured."""

import sys
from pathlib import Path

import altair as alt
import polars as pl
from run import ROOT, TABLE, WHOLE, parts

sys.path.insert(0, str(ROOT / "scripts"))
PAGE, FIGURE = ROOT / "docs/performance.md", ROOT / "docs/performance.png"
TEXTS = ["part", "what", "date", "machine", "code"]
HEAD = """# How fast it is

By `make perf`, which measures what can be measured where it runs, in turns with what one would use
instead, and goes on where it stopped; `perf/README.md` says what each part does. Medians, with
least and most; *ratio* is the neighbour's time divided by ours (above 1, ours is faster), *goal*
the least that it should be. *Load* is that of the minute before, so what is far above 0 was
measured beside other work: then ratios say more than times.

![Ratios and goals; time against size](performance.png)
"""


def newest(rows: pl.DataFrame, goals: dict[str, float]) -> pl.DataFrame:
    """Return of each `what` and `size` the row measured last, with its goal or null.

    Of a part only what was measured with its last code: its sizes may have been others before.
    """
    rows = rows.filter(pl.col("code") == pl.col("code").last().over("part"))
    last = rows.unique(["part", "what", "size"], keep="last", maintain_order=True)
    goal = pl.col("what").replace_strict(goals, default=None, return_dtype=pl.Float64)
    return last.with_columns(goal=goal)


def table_of(rows: pl.DataFrame) -> str:
    """Write the rows as Markdown."""
    heads = ["what", "size", "ours", "theirs", "ratio", "goal", "memory of ours", "of theirs"]
    heads += ["rounds", "date", "load"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in rows.iter_rows(named=True):
        times = [
            spread(row[side], row[f"{side}_least"], row[f"{side}_most"])
            for side in ["ours", "theirs"]
        ]
        ratios = [f"{row[name]:.3g}" if row[name] else "" for name in ["ratio", "goal"]]
        memories = [
            f"{row[name]:.0f} MiB" if row[name] else ""
            for name in ["ours_mebibytes", "theirs_mebibytes"]
        ]
        last = [str(row["rounds"]), row["date"], f"{row['load']:.1f}"]
        words = [row["what"], f"{row['size']:,}", *times, *ratios, *memories, *last]
        lines.append(f"| {' | '.join(words)} |")
    return "\n".join(lines)


def spread(median: float | None, least: float, most: float) -> str:
    """Write seconds, with least and most where they differ."""
    if median is None:
        return ""
    return f"{short(median)} s" + (f" ({short(least)}-{short(most)})" if least < most else "")


def short(number: float) -> str:
    """Write a number in three digits, or without a fraction."""
    return f"{number:.3g}" if number < 1000 else f"{number:,.0f}"


def ratio_chart(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """Draw, for the largest size of each thing that has a goal, its ratio and the goal."""
    from its.figures import FAINT, STRATEGY_COLOURS

    largest = rows.filter(pl.col("goal").is_not_null(), pl.col("ratio").is_not_null())
    largest = largest.sort("size").unique("what", keep="last", maintain_order=True)
    largest = largest.with_columns(
        row=pl.col("what"),
        reached=pl.when(pl.col("ratio") >= pl.col("goal"))
        .then(pl.lit("reached"))
        .otherwise(pl.lit("missed")),
    )
    base = alt.Chart(largest).encode(
        y=alt.Y("row:N", title=None, sort=rows["what"].unique(maintain_order=True).to_list())
    )
    scale = alt.Scale(type="log", nice=False, padding=20)
    title = "times as fast as the neighbour (log axis)"
    dots = base.mark_circle(size=110, opacity=1).encode(
        x=alt.X("ratio:Q", title=title, scale=scale, axis=axis("~g")),
        color=alt.Color(
            "reached:N",
            title="goal",
            scale=alt.Scale(domain=["reached", "missed"], range=STRATEGY_COLOURS[:2]),
        ),
    )
    ticks = base.mark_tick(thickness=2, size=18, color=FAINT).encode(x=alt.X("goal:Q", title=title))
    return alt.layer(ticks, dots).properties(
        width=420,
        height=alt.Step(24),
        title=alt.TitleParams("Ratio, beside its goal (grey)", fontSize=13),
    )


def growth_chart(rows: pl.DataFrame) -> alt.TopLevelMixin:
    """Draw time against size, a panel for each thing that was measured at several sizes."""
    from its.figures import STRATEGY_COLOURS, UNTRAINED_COLOUR

    # After a comma stands another neighbour of the same work.
    several = rows.filter(
        pl.col("size").n_unique().over("what") > 1, ~pl.col("what").str.contains(", ")
    )
    long = several.unpivot(["ours", "theirs"], index=["what", "size"], variable_name="side")
    panels = []
    for (what,), some in long.drop_nulls().group_by("what", maintain_order=True):
        chart = (
            alt.Chart(some)
            .mark_line(point=True)
            .encode(
                x=alt.X("size:Q", title="size", scale=LOG, axis=axis(",d")),
                y=alt.Y("value:Q", title="seconds", scale=LOG, axis=axis("~g")),
                color=alt.Color(
                    "side:N",
                    title=None,
                    scale=alt.Scale(
                        domain=["ours", "theirs"], range=[STRATEGY_COLOURS[0], UNTRAINED_COLOUR]
                    ),
                ),
            )
        )
        heading = alt.TitleParams(what, fontSize=11, offset=4)
        panels.append(chart.properties(width=170, height=130, title=heading))
    title = alt.TitleParams("Time against size, both on log axes", fontSize=13)
    return alt.concat(*panels, columns=3, spacing=24).properties(title=title)


def axis(numbers: str) -> alt.Axis:
    """Return an axis with few labels, written as `numbers` says."""
    return alt.Axis(tickCount=3, format=numbers, grid=False)


LOG = alt.Scale(type="log", nice=False, padding=12)


def measured() -> pl.DataFrame:
    """Read what was measured last, with goals."""
    goals = {what: goal for part in parts(Path(), [], None) for what, goal in part.goals.items()}
    kinds = {name: pl.String if name in TEXTS else pl.Float64 for name in WHOLE}
    read = pl.read_csv(TABLE, schema=kinds).cast({"size": pl.Int64, "rounds": pl.Int64})
    return newest(read, goals)


def page_of(rows: pl.DataFrame) -> str:
    """Write the page: a table for each machine."""
    tables = [
        f"On {machine}:\n\n{table_of(some)}\n"
        for (machine,), some in rows.group_by("machine", maintain_order=True)
    ]
    return "\n".join([HEAD, *tables])


def main() -> None:
    """Read the table, write page and figure."""
    from its.figures import save

    rows = measured()
    PAGE.write_text(page_of(rows), encoding="utf-8")
    charts = alt.vconcat(ratio_chart(rows), growth_chart(rows), spacing=30)
    charts = charts.resolve_scale(color="independent")
    save(charts.properties(title="What it costs, against what one would use instead"), [FIGURE])


if __name__ == "__main__":
    main()
