"""The smallest difference that a plan can detect, before it is run."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from scipy.special import expit, ndtri

from its.config.claim import Claim
from its.config.plan import UNTRAINED, Plan
from its.config.power import Power
from its.uncertainty import ALPHA, POWER, Replication, Uncertainty, Variance
from its.words import amount

DETECTABLE = {
    "claim": pl.String,
    "label": pl.String,
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "benchmark": pl.String,
    "problems": pl.Int64,
    "replicates": pl.Int64,
    "samples": pl.Int64,
    "alone": pl.Float64,
    "corrected": pl.Float64,
}
"""One row per claim about shares of responses and combination of what it leaves open.

How far from its bound the contrast must lie to be decided in four of five repetitions: `alone`,
and `corrected` for all rows of the plan's claims, as Holm's first step asks. Null for lengths, of
which the config expects nothing. `problems` and `samples` are the fewest of its benchmarks."""


def detectable_rows(
    plan: Plan,
    claims: Mapping[str, Claim],
    benchmarks: Mapping[str, tuple[int, int]],
    power: Power,
) -> pl.DataFrame:
    """Return the columns of `DETECTABLE`.

    Parameters
    ----------
    benchmarks
        Problems and samples of each, by name.
    """
    rows = [(name, claim, at) for name, claim in claims.items() for at in claim.rows(plan)]
    made = []
    for name, claim, at in rows:
        terms = claim.terms(at)
        sizes = [benchmarks[one["benchmark"]] for _, one in terms]
        row = {
            "claim": name,
            "label": claim.label or name,
            **{axis: at.get(axis, "") for axis in ["model", "sample", "recipe", "benchmark"]},
            "problems": min(problems for problems, _ in sizes),
            "replicates": len(plan.replicates),
            "samples": min(samples for _, samples in sizes),
        }
        if not claim.quantity.endswith("tokens"):
            found = expected(terms, plan, benchmarks, power)
            row["alone"] = detectable(found, ALPHA)
            row["corrected"] = detectable(found, ALPHA / len(rows))
        made.append(row)
    return pl.DataFrame(made, schema=DETECTABLE)


def detectable(found: Uncertainty, alpha: float) -> float:
    """Return the distance from a bound at which a test at `alpha` rejects four times of five."""
    normal = float(ndtri(POWER))
    spread = sum(part.value for part in found.problems)
    errors = [max(0, sum(part.value for part in one.parts) - one.rest) for one in found.replicates]
    spread += sum(error**0.5 for error in errors) ** 2
    return found.half(1 - alpha) + normal * spread**0.5


def expected(
    terms: Sequence[tuple[float, Mapping[str, str]]],
    plan: Plan,
    benchmarks: Mapping[str, tuple[int, int]],
    power: Power,
) -> Uncertainty:
    """Return the uncertainty that a contrast is expected to have.

    What happens in log odds counts as much as chance x (1 - chance) says, the slope of the
    logistic function, in the mean over problems.

    Parameters
    ----------
    terms
        Weights and cells, as `Claim.terms` returns them.
    """
    slopes, weights = _slopes(power)
    slope = float(weights @ slopes)
    replicates, tests = len(plan.replicates), len(plan.test)
    beyond = max(1, replicates - 1)
    problems, replication = [], []
    for benchmark in dict.fromkeys(cell["benchmark"] for _, cell in terms):
        here = [(weight, cell) for weight, cell in terms if cell["benchmark"] == benchmark]
        count, samples = benchmarks[benchmark]
        squares = sum(weight**2 for weight, _ in here)
        sampling = slope / samples / replicates / count
        # Of each problem by itself: what nearly all or nearly none solve moves less.
        persistent = float(weights @ slopes**2) * power.cells**2 / count
        problems.append(Variance(squares * (persistent + sampling), count - 1))
        trained = [(weight, cell) for weight, cell in here if cell["train"] != UNTRAINED]
        rows = ["model", "sample", "recipe"]
        trainings = len(plan.train)
        common = _squares(trained, rows) / tests / trainings
        shared = _squares(trained, [*rows, "train"]) / tests
        squares = sum(weight**2 for weight, _ in trained)
        apart = max(0.0, shared - common)
        luck = slope**2 / replicates
        learners = luck * (tests * power.trainings**2 + power.tests**2) + sampling
        parts = (
            Variance((common + apart / trainings) * learners, beyond),
            Variance(apart * (1 - 1 / trainings) * learners, max(1, trainings - 1) * beyond),
            Variance(
                max(0.0, squares - shared) * (luck * power.tests**2 + sampling),
                trainings * beyond * max(1, tests - 1),
            ),
        )
        replication.append(Replication(parts, squares * sampling))
    return Uncertainty(tuple(problems), tuple(replication) if replicates > 1 else ())


def _squares(terms: Sequence[tuple[float, Mapping[str, str]]], names: Sequence[str]) -> float:
    """Return the sum of the squares of the sums of weights of terms that are alike in `names`."""
    sums: dict[tuple, float] = {}
    for weight, cell in terms:
        place = tuple(cell[name] for name in names)
        sums[place] = sums.get(place, 0.0) + weight
    return sum(one**2 for one in sums.values())


def in_words(rows: pl.DataFrame, name: str) -> str:
    """Return the table to read, in points of a hundred; rows that say the same are one."""
    if rows.is_empty():
        return f"Plan {name} makes no claims, so there is nothing to detect: name some (claims)."
    points = [(pl.col(one) * 100).round(1) for one in ["alone", "corrected"]]
    numbers = ["problems", "replicates", "samples"]
    shown = rows.drop_nulls("alone").select("label", "benchmark", *numbers, *points)
    shown = shown.unique(maintain_order=True).with_columns(
        pl.col("benchmark").replace("", "several")
    )
    unknown = rows.filter(pl.col("alone").is_null())["label"].unique(maintain_order=True)
    lines = [
        f"What plan {name} can detect: how many points a contrast must lie from where it is said",
        "to lie, to be decided in four of five repetitions; alone, and corrected for all",
        f"{amount(len(rows), 'row')} of its claims. An estimate, by what config/README.md says "
        "(power).",
        "",
    ]
    with pl.Config(
        tbl_rows=-1,
        tbl_cols=-1,
        tbl_width_chars=200,
        fmt_str_lengths=70,
        tbl_formatting="NOTHING",
        tbl_hide_column_data_types=True,
        tbl_hide_dataframe_shape=True,
    ):
        lines.append(str(shown))
    if len(unknown):
        lines += ["", "Nothing is expected of lengths: " + "; ".join(unknown) + "."]
    return "\n".join(lines)


def _slopes(power: Power) -> tuple[np.ndarray, np.ndarray]:
    """Return chance x (1 - chance) of problems of the expected accuracy, with their weights."""
    places, weights = np.polynomial.hermite_e.hermegauss(61)
    weights = weights / weights.sum()
    low, high = -30.0, 30.0
    for _ in range(60):  # the centre at which the mean chance is the accuracy
        centre = (low + high) / 2
        mean = float((weights * expit(centre + power.problems * places)).sum())
        low, high = (centre, high) if mean < power.accuracy else (low, centre)
    chances = expit(centre + power.problems * places)
    return chances * (1 - chances), weights
