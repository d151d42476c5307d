"""The price of a plan as a table: one row per kind of job, and what they come to."""

from collections.abc import Iterator, Mapping, Sequence

import polars as pl

from its.config.price import Price
from its.costs.device import GIB
from its.costs.jobs import Kind, at_hand
from its.costs.measured import Factors, Group

HOUR = 3600
PRICES = {
    "stage": pl.String,
    "model": pl.String,
    "what": pl.String,
    "jobs": pl.Int64,
    "gpus": pl.Int64,
    "cores": pl.Int64,
    "hours_each": pl.Float64,
    "limit_hours": pl.Float64,
    "gpu_hours": pl.Float64,
    "core_hours": pl.Float64,
    "wall_hours": pl.Float64,
    "tokens": pl.Float64,
    "memory_gib": pl.Float64,
    "available_gib": pl.Float64,
    "host_gib": pl.Float64,
    "fits": pl.Boolean,
    "sequences": pl.Int64,
    "disk_gb": pl.Float64,
    "scratch_gb": pl.Float64,
}
"""One row per kind of job, in the order in which they run.

`gpus`, `cores`, `hours_each`, its limit, memory and `scratch_gb`, which it takes while it runs, are
of one job; `gpu_hours`, `core_hours` (without a GPU), `tokens` and `disk_gb` of all of them;
`wall_hours` is with as many at once as GPUs or cores at hand allow, beside others of their stage in
what is left over. `memory_gib` is the peak of one GPU, or of a job without one, `available_gib`
what there is of it, `host_gib` what a training offloads from its GPUs. `sequences` says how many
responses of full length an engine has room for at once. Null where nothing is known.
"""

TOTALS = {
    "stage": pl.String,
    "jobs": pl.Int64,
    "gpu_hours": pl.Float64,
    "core_hours": pl.Float64,
    "wall_hours": pl.Float64,
    "tokens": pl.Float64,
    "disk_gb": pl.Float64,
}
"""One row per stage and one for `all`. A stage takes no less than its longest job, and stages
follow one another, so their wall times add up."""


def price_rows(kinds: Sequence[Kind], price: Price) -> pl.DataFrame:
    """Return the columns of `PRICES`.

    Raises
    ------
    InputError
        If the config declares fewer GPUs or cores than one job asks for.
    """
    gpus, cores = at_hand(kinds, price)
    return pl.DataFrame([_row(one, gpus, cores) for one in kinds], schema=PRICES, orient="row")


def total_rows(prices: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of `TOTALS`."""
    summed = [pl.col(name).sum() for name in TOTALS if name not in {"stage", "wall_hours"}]
    wall = pl.max_horizontal(pl.col("wall_hours").sum(), pl.col("hours_each").max())
    stages = prices.group_by("stage", maintain_order=True).agg(*summed, wall_hours=wall)
    everything = stages.select(pl.lit("all").alias("stage"), pl.col(*list(TOTALS)[1:]).sum())
    return pl.concat([stages.select(list(TOTALS)), everything]).cast(TOTALS)


def in_short(name: str, prices: pl.DataFrame, held: float) -> str:
    """Return the price in one line.

    Parameters
    ----------
    name
        Of the plan.
    held
        Bytes that it has on the disk at most at once.
    """
    time = total_rows(prices).select(_time("wall_hours"))[-1].item()
    memory = prices.select(_number("memory_gib").sort_by("memory_gib").last()).item()
    whose = "a GPU" if prices["gpus"].max() else "a job"
    return (
        f"The price of plan {name}, an estimate: {time}, {held / 1e9:.1f} GB on the disk, up to "
        f"{memory} GiB of memory of {whose} if texts are as long as they may be."
    )


def heading(kinds: Sequence[Kind], price: Price, factors: Mapping[Group, Factors]) -> list[str]:
    """Return what the numbers below rest on."""
    card = price.card
    gpus, cores = at_hand(kinds, price)
    lines = ["config/README.md says what it assumes (price)."]
    if any(one.gpus for one in kinds):
        lines.append(
            f"GPUs at once (price.gpus): {gpus} {price.gpu}, {card.memory:g} GiB, "
            f"{card.bfloat16:g} TFLOP/s, of which trainings reach {price.mfu:g}."
        )
    lines.append(f"Cores at once for jobs without a GPU (price.cores): {cores}.")
    for (stage, gpu), found in sorted(factors.items()):
        where = "GPUs" if gpu else "the processor"
        lines.append(
            f"{stage} on {where}, by {found.jobs} finished jobs: start x {found.start:.2f}, "
            f"work x {found.work:.2f} of what is assumed."
        )
    if price.calibrate and not factors:
        lines.append("price.calibrate is true, and no finished job says anything yet.")
    return lines


def in_words(prices: pl.DataFrame, head: Sequence[str]) -> str:
    """Return the tables as text for a terminal, below some lines.

    Parameters
    ----------
    prices
        The columns of `PRICES`.
    """
    memory = pl.concat_str(
        _number("memory_gib"),
        pl.format(" of {}", _number("available_gib")).fill_null(""),
    )
    kinds = prices.select(
        "stage",
        pl.format("{} {}", "model", "what").str.strip_chars().alias("model and what"),
        "jobs",
        pl.when(pl.col("gpus") > 0)
        .then(pl.format("{} GPU{}", "gpus", _plural("gpus")))
        .otherwise(pl.format("{} core{}", "cores", _plural("cores")))
        .alias("each on"),
        _time("hours_each").alias("each takes"),
        pl.when(pl.col("gpus") > 0)
        .then(pl.format("{} GPU-h", _number("gpu_hours")))
        .otherwise(pl.format("{} core-h", _number("core_hours")))
        .alias("in all"),
        memory.alias("memory, GiB"),
        pl.when("fits").then(pl.lit("yes")).otherwise(pl.lit("NO")).alias("fits"),
        pl.col("sequences").cast(pl.String).alias("at once"),
    ).fill_null("")
    totals = total_rows(prices).select(
        "stage",
        "jobs",
        _number("gpu_hours").alias("GPU-hours"),
        _number("core_hours").alias("core-hours"),
        _time("wall_hours").alias("wall time"),
        _number("tokens", 1e6).alias("million tokens"),
        _number("disk_gb").alias("disk, GB"),
    )
    return "\n".join([*head, "", _text(kinds), "", _text(totals), *_late(prices)])


def _late(prices: pl.DataFrame) -> Iterator[str]:
    """Yield a line for each kind of job that takes longer than it may."""
    for one in prices.filter(pl.col("hours_each") > pl.col("limit_hours")).iter_rows(named=True):
        needs = "train" if one["stage"] == "train" else "generate"
        yield (
            f"{one['stage']} {one['model']} {one['what']} takes {one['hours_each']:.1f} h, and "
            f"models.{one['model']}.{needs}.runtime is {one['limit_hours']:.2g} h: raise it, or it "
            "is ended and, with retries, goes on where it stopped."
        )


def _row(one: Kind, gpus: int, cores: int) -> tuple:
    at_once = gpus // one.gpus if one.gpus else cores // one.cores
    hours = one.seconds / HOUR
    return (
        one.stage,
        one.model,
        one.what,
        one.jobs,
        one.gpus,
        one.cores,
        hours,
        one.limit and one.limit / HOUR,
        one.jobs * hours * one.gpus,
        0.0 if one.gpus else one.jobs * hours * one.cores,
        hours * one.jobs / at_once,
        one.jobs * one.tokens,
        one.memory and one.memory / GIB,
        one.available / GIB if one.gpus and one.available else None,
        one.host / GIB if one.gpus else None,
        one.fits,
        one.sequences,
        one.jobs * one.disk / 1e9,
        one.scratch / 1e9,
    )


def _number(name: str, unit: float = 1) -> pl.Expr:
    """Return numbers as text, with digits behind the point where they are small."""
    value = pl.col(name) / unit
    return (
        pl.when(value >= 100)
        .then(value.round().cast(pl.Int64).cast(pl.String))
        .otherwise(value.round(2 if unit == 1 else 1).cast(pl.String))
    )


def _plural(name: str) -> pl.Expr:
    return pl.when(pl.col(name) == 1).then(pl.lit("")).otherwise(pl.lit("s"))


def _time(name: str) -> pl.Expr:
    """Return hours as text, in the unit that suits them."""
    hours = pl.col(name)
    return (
        pl.when(hours >= 48)
        .then(pl.format("{} days", (hours / 24).round(1)))
        .when(hours >= 1)
        .then(pl.format("{} h", hours.round(1)))
        .when(hours >= 1 / 30)
        .then(pl.format("{} min", (hours * 60).round().cast(pl.Int64)))
        .otherwise(pl.format("{} s", (hours * HOUR).ceil().cast(pl.Int64)))
    )


def _text(rows: pl.DataFrame) -> str:
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=160,
        fmt_str_lengths=60,
        tbl_formatting="NOTHING",
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
        tbl_cell_numeric_alignment="RIGHT",
    ):
        return str(rows)
