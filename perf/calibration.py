"""Do intervals cover and tests reject as often as they say? Known truths, simulated many times.

Problems have chances drawn from a Beta distribution (all the same, spread, or U-shaped); replicates
move all problems of a learner, and of one of its tests, up or down in log odds. Each point of the
grid is one line of the table, written when it is done: run it again to go on.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import polars as pl
from scipy.special import expit, logit

if TYPE_CHECKING:
    from its.config.claim import Claim
    from its.means import Means

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

PROBLEMS = [30, 60, 500]
REPLICATES = [1, 2, 3, 5]
SAMPLES = [1, 16, 64]
MEANS = [0.1, 0.5, 0.9]
SPREADS = {"none": np.inf, "some": 4.0, "U": 0.6}
"""The sum of the two parameters of Beta."""
LUCK = {"none": (0.0, 0.0), "trainings": (0.3, 0.1)}
"""Standard deviations in log odds of what all tests of a learner share, and of each test's own.
0.3 at a chance of a half is 7 points."""
EFFECT = 0.5
"""Of the learner that is better, where power is counted, in log odds: 12 points at a half."""
FLIPS = 2_000
"""Of a permutation test with many problems: enough to tell 5%."""

COLUMNS = {
    "problems": pl.Int64,
    "replicates": pl.Int64,
    "samples": pl.Int64,
    "mean": pl.Float64,
    "spread": pl.String,
    "luck": pl.String,
    "what": pl.String,
    "runs": pl.Int64,
    "rate": pl.Float64,
    "width": pl.Float64,
}
"""One row per point and thing that is counted: how often an interval covered the truth, and its
mean width; or how often a test rejected at 5%, with nothing to find or (`power`) with `EFFECT`."""


def points() -> Iterator[dict[str, Any]]:
    """Yield the grid, the cheap ones first."""
    for problems, samples in product(PROBLEMS, SAMPLES):
        for replicates, mean, spread, luck in product(REPLICATES, MEANS, SPREADS, LUCK):
            if replicates == 1 and luck != "none":
                continue  # one replicate does not claim to know of others
            yield {
                "problems": problems,
                "replicates": replicates,
                "samples": samples,
                "mean": mean,
                "spread": spread,
                "luck": luck,
            }


def log_odds(random: np.random.Generator, mean: float, spread: str, size: int) -> np.ndarray:
    """Draw problems."""
    total = SPREADS[spread]
    if np.isinf(total):
        return np.full(size, logit(mean))
    chances = random.beta(mean * total, (1 - mean) * total, size)
    return logit(np.clip(chances, 1e-12, 1 - 1e-12))


def truth(point: dict[str, Any]) -> float:
    """Return the accuracy over all problems and replicates there could be."""
    random = np.random.default_rng(1)
    size = 1_000_000
    moved = random.normal(0, np.hypot(*LUCK[point["luck"]]), size)
    return float(expit(log_odds(random, point["mean"], point["spread"], size) + moved).mean())


def counted(point: dict[str, Any], runs: int) -> list[dict[str, Any]]:
    """Simulate a point, and count."""
    with patch("its.paired.FLIPS", FLIPS):
        return _counted(point, runs)


def _counted(point: dict[str, Any], runs: int) -> list[dict[str, Any]]:
    simulate = _one_replicate if point["replicates"] == 1 else _several_replicates
    random = np.random.default_rng(0)
    expected = truth(point)
    held: dict[str, list[tuple[bool, float]]] = {}
    for _ in range(runs):
        for what, hit, width in simulate(point, random, expected):
            held.setdefault(what, []).append((hit, width))
    return [
        {
            **point,
            "what": what,
            "runs": runs,
            "rate": float(np.mean([hit for hit, _ in found])),
            "width": float(np.mean([width for _, width in found])),
        }
        for what, found in held.items()
    ]


Outcome = tuple[str, bool, float]


def _one_replicate(
    point: dict[str, Any], random: np.random.Generator, expected: float
) -> Iterator[Outcome]:
    from its.intervals import over_problems
    from its.paired import paired_difference

    problems, samples = point["problems"], point["samples"]
    chances = expit(log_odds(random, point["mean"], point["spread"], problems))
    one, two = random.binomial(samples, chances, (2, problems)) / samples
    found = over_problems(one, problems * samples)
    yield "accuracy", found.low <= expected <= found.high, found.high - found.low
    difference = paired_difference([_means(one, samples)], [_means(two, samples)])
    yield "difference", difference.low <= 0 <= difference.high, difference.high - difference.low
    yield "sign-flip test", difference.p <= 0.05, 0.0
    better = random.binomial(samples, expit(logit(chances) + EFFECT)) / samples
    found = paired_difference([_means(better, samples)], [_means(two, samples)])
    yield "power: sign-flip test", found.p <= 0.05 and found.mean > 0, 0.0


def _several_replicates(
    point: dict[str, Any], random: np.random.Generator, expected: float
) -> Iterator[Outcome]:
    from its.cells import Key
    from its.claims import chances as p_values
    from its.contrasts import Term, contrast
    from its.intervals import over_replicates
    from its.spreads import Part, common_spread

    problems, samples, replicates = (point[n] for n in ["problems", "samples", "replicates"])
    shared, own = LUCK[point["luck"]]
    odds = log_odds(random, point["mean"], point["spread"], problems)
    luck = random.normal(0, shared, (2, 1, replicates)) + random.normal(0, own, (2, 2, replicates))
    chances = expit(odds + luck[..., None])  # learner, test, replicate, problem
    values = random.binomial(samples, chances) / samples
    cells = [[[_means(one, samples) for one in test] for test in learner] for learner in values]
    spread = common_spread(cells)
    for name, between in [
        ("accuracy, own spread", None),
        ("accuracy", spread and spread.between([Part("U", 1, float(values[1, 1].mean()))])),
    ]:
        found = over_replicates(cells[1][1], between=between)
        yield name, found.low <= expected <= found.high, found.high - found.low

    def term(weight: float, learner: int, test: int) -> Term:
        key = Key("m", "s", "NU"[learner], "r", "b", "NU"[test])
        return Term(weight, key, cells[learner][test], spread)

    for name, terms in {
        "both sides against none": [term(1, 1, 1), term(-1, 0, 0)],
        "one test against another": [term(1, 1, 1), term(-1, 1, 0)],
        "interaction": [term(0.5, 1, 1), term(0.5, 0, 0), term(-0.5, 1, 0), term(-0.5, 0, 1)],
    }.items():
        found = contrast(terms)
        low, high = found.interval()
        yield f"contrast: {name}", low <= 0 <= high, high - low
        yield f"verdict: {name}", 2 * min(p_values(_better(), found)) <= 0.05, 0.0
    for test in [0, 1]:
        lifted = expit(odds + luck[1, test, :, None] + EFFECT)
        values = random.binomial(samples, lifted) / samples
        cells[1][test] = [_means(one, samples) for one in values]
    spread = common_spread(cells)
    supports = p_values(_better(), contrast([term(1, 1, 1), term(-1, 0, 0)]))[0]
    yield "power: both sides against none", 2 * supports <= 0.05, 0.0


@cache
def _better() -> "Claim":
    """Return the claim that a contrast, whichever it is, lies above 0."""
    from its.config.claim import Claim

    cell = {"train": "base", "test": "N"}
    return Claim.model_validate({"sentence": "-", "plus": [cell], "minus": [cell], "above": 0})


def _means(values: np.ndarray, samples: int) -> "Means":
    from its.means import Means

    sampling = float((values * (1 - values)).mean() / (samples - 1)) if samples > 1 else 0.0
    ids = tuple(map(str, range(len(values))))
    return Means(ids, values, len(values) * samples, samples, sampling, True)


def main() -> None:
    """Simulate what the table does not have yet; show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, nargs="?", default=ROOT / "docs/calibration.csv")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--problems", type=int, nargs="+", default=PROBLEMS)
    args = parser.parse_args()

    known = pl.DataFrame(schema=COLUMNS)
    if args.table.exists():
        known = pl.read_csv(args.table, schema=COLUMNS)
    axes = ["problems", "replicates", "samples", "mean", "spread", "luck"]
    done = set(known.filter(pl.col("runs") >= args.runs).select(axes).iter_rows())
    left = [
        point
        for point in points()
        if tuple(point.values()) not in done and point["problems"] in args.problems
    ]
    with ProcessPoolExecutor(args.workers) as pool:
        for number, rows in enumerate(pool.map(counted, left, [args.runs] * len(left)), start=1):
            known = pl.concat([known, pl.DataFrame(rows, schema=COLUMNS)])
            known = known.unique(["what", *axes], keep="last", maintain_order=True)
            known.sort(axes, maintain_order=True).write_csv(args.table, float_precision=4)
            print(f"{number} of {len(left)}", end="\r", file=sys.stderr, flush=True)
    summary = known.group_by("what", "replicates").agg(
        pl.col("rate").min().alias("least"), pl.col("rate").max().alias("most"), points=pl.len()
    )
    with pl.Config(tbl_rows=-1, fmt_str_lengths=60):
        print(summary.sort("what", "replicates"))


if __name__ == "__main__":
    main()
