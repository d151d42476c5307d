"""Do intervals cover and tests reject as often as they say? Known truths, simulated many times.

Problems have chances drawn from a Beta distribution (all the same, spread, or U-shaped); replicates
move all problems of a learner, and of one of its tests, up or down in log odds. One response to a
problem in one replicate has few outcomes that differ: those points are counted exactly.

Each point of the grid is written when it is done: run it again to go on.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import numpy as np
import polars as pl
from scipy.special import betaincinv, expit, logit
from scipy.stats import binom

if TYPE_CHECKING:
    from its.config.claim import Claim
    from its.contrasts import Contrast
    from its.means import Means

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

PROBLEMS = [30, 60, 500]
REPLICATES = [1, 2, 3, 5]
SAMPLES = [1, 16, 64]
MEANS = [0.1, 0.5, 0.9]
SPREADS = {"none": np.inf, "some": 4.0, "U": 0.6}
"""The sum of the two parameters of Beta."""
LUCK = {"none": (0.0, 0.0, 0.0), "trainings": (0.0, 0.3, 0.1), "rows": (0.3, 0.0, 0.1)}
"""Standard deviations in log odds of what all learners of a replicate share (the rows that were
drawn for it), of what all tests of a learner share, and of each test's own. 0.3 at a chance of a
half is 7 points."""
EFFECT = 0.5
"""Of the learner that is better, where power is counted, in log odds: 12 points at a half. By as
much two learners may differ and still be as good as each other."""
WRONG = np.array([0.5, 0.25, 0.25])
"""How wrong responses divide into answers, where they vote."""
EXHAUSTIVE, FLIPS = 14, 2_000
"""Of a permutation test: enough to tell 5%."""
AT_ONCE = 1_000_000
"""Numbers in the matrices that are simulated together."""
PROMISED = {"interval": (0.93, 0.97), "test": (0.0, 0.055)}
"""Between which rates should lie; of power nothing is promised."""
RARE = 1e-10
"""Outcomes with smaller chances are not counted."""

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
    "steps": pl.Float64,
}
"""One row per point and thing that is counted: how often an interval covered the truth, and its
mean width; or how often a test rejected at 5%, with nothing to find or (`power`) with `EFFECT`.

`runs` is null where all outcomes were counted, each with its chance. There `steps` is what any
interval comes to that holds the likeliest values of the estimate, as few as make 95% (Sterne,
Biometrika 41 (1954) 275): more than 95% because the estimate moves in steps."""
AXES = ["problems", "replicates", "samples", "mean", "spread", "luck"]

BETTER = "the better learner"
AS_GOOD = "as good as"


class Outcome(NamedTuple):
    """What an interval or a test did in each of many runs."""

    what: str
    hit: np.ndarray
    width: np.ndarray | float = 0.0
    estimate: np.ndarray | None = None


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


def counted(point: dict[str, Any], runs: int) -> list[dict[str, Any]]:
    """Count what intervals and tests do at a point."""
    with patch("its.paired.EXHAUSTIVE", EXHAUSTIVE), patch("its.paired.FLIPS", FLIPS):
        if point["replicates"] == point["samples"] == 1:
            return [{**point, **row} for row in _exactly(point)]
        return [{**point, **row} for row in _simulated(point, runs)]


def _simulated(point: dict[str, Any], runs: int) -> Iterator[dict[str, Any]]:
    simulate = _one_replicate if point["replicates"] == 1 else _several_replicates
    random = np.random.default_rng(list(repr(sorted(point.items())).encode()))
    size = max(1, AT_ONCE // (4 * point["problems"] * point["replicates"]))
    sums: dict[str, np.ndarray] = {}
    for start in range(0, runs, size):
        count = min(size, runs - start)
        for what, hit, width, _ in simulate(point, random, count):
            both = [np.sum(hit), np.sum(np.broadcast_to(width, count))]
            sums[what] = sums.get(what, np.zeros(2)) + both
    for what, (hits, width) in sums.items():
        yield {"what": what, "runs": runs, "rate": hits / runs, "width": width / runs}


def _exactly(point: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Count one response to each problem: right or wrong, the same or other than another's."""
    problems, chances = point["problems"], _chances(point)
    lifted = expit(logit(chances) + EFFECT)
    right = np.arange(problems + 1)
    outcomes = [
        (binom.pmf(right, problems, chances.mean()), _accuracy(_rows(right, problems), point))
    ]
    for better in [chances, lifted]:
        won, lost = (better * (1 - chances)).mean(), (chances * (1 - better)).mean()
        wins, losses = (axis.ravel() for axis in np.meshgrid(right, right, indexing="ij"))
        likely = binom.pmf(wins, problems, won) * binom.pmf(
            losses, problems - wins, lost / (1 - won)
        )
        some = likely > RARE
        one, two = _rows(wins[some], problems), _rows(losses[some], problems)[:, ::-1]
        outcomes.append((likely[some], _pair(one, two, point, better is lifted)))
    for likely, found in outcomes:
        for what, hit, width, estimate in found:
            yield {
                "what": what,
                "runs": None,
                "rate": float(likely @ hit),
                "width": float(likely @ np.broadcast_to(width, len(likely))),
                "steps": None if estimate is None else _in_steps(estimate, likely),
            }


def _in_steps(estimate: np.ndarray, likely: np.ndarray) -> float:
    """Return the chance of the likeliest values, as few as make 95%."""
    _, place = np.unique(np.round(estimate, 9), return_inverse=True)
    together = np.cumsum(np.sort(np.bincount(place, likely))[::-1])
    return float(together[np.searchsorted(together, 0.95)])


def _rows(ones: np.ndarray, problems: int) -> np.ndarray:
    """Return rows that begin with so many ones."""
    return (np.arange(problems) < ones[:, None]).astype(float)


def _one_replicate(
    point: dict[str, Any], random: np.random.Generator, runs: int
) -> Iterator[Outcome]:
    problems, samples = point["problems"], point["samples"]
    odds = _log_odds(random, point, (runs, problems))
    one, two = (random.binomial(samples, expit(odds)) for _ in range(2))
    yield from _accuracy(one / samples, point)
    yield from _pair(one / samples, two / samples, point, lifted=False)
    better = random.binomial(samples, expit(odds + EFFECT))
    yield from _pair(better / samples, two / samples, point, lifted=True)
    if samples > 1:
        yield from _several_responses(one, point)
        yield from _votes(random, odds, point)


def _accuracy(values: np.ndarray, point: dict[str, Any]) -> Iterator[Outcome]:
    from its.intervals import over_problems

    found = over_problems(values, values.shape[1] * point["samples"])
    yield _covers("accuracy", found.low, found.high, truth(point), found.mean)


def _several_responses(right: np.ndarray, point: dict[str, Any]) -> Iterator[Outcome]:
    """Judge pass@k."""
    from its.intervals import over_subsets, passing

    problems, samples = point["problems"], point["samples"]
    for name, k in [("2", 2), ("half of samples", samples // 2), ("all samples", samples)]:
        expected = float((1 - (1 - _chances(point)) ** k).mean())
        found = over_subsets(passing(samples)[right, k - 1], right / samples, problems * samples, k)
        yield _covers(f"pass@k, k {name}", found.low, found.high, expected)


def _votes(
    random: np.random.Generator, odds: np.ndarray, point: dict[str, Any]
) -> Iterator[Outcome]:
    from its.intervals import over_problems

    problems, samples = point["problems"], point["samples"]
    found = over_problems(_shared(random, expit(odds), samples), problems * samples)
    key = samples, point["mean"], point["spread"]
    yield _covers("maj@k, k all samples", found.low, found.high, _expected_vote(*key))


def _shared(random: np.random.Generator, chances: np.ndarray, samples: int) -> np.ndarray:
    """Let samples vote, and return the point of each problem."""
    answers = np.concatenate([chances[..., None], (1 - chances[..., None]) * WRONG], axis=-1)
    votes = random.multinomial(samples, answers)
    won = votes == votes.max(axis=-1, keepdims=True)
    return won[..., 0] / won.sum(axis=-1)


@cache
def _expected_vote(samples: int, mean: float, spread: str) -> float:
    chances = _chances({"mean": mean, "spread": spread})
    random = np.random.default_rng(1)
    return float(np.mean([_shared(random, chances, samples).mean() for _ in range(10)]))


def _pair(
    one: np.ndarray, two: np.ndarray, point: dict[str, Any], lifted: bool
) -> Iterator[Outcome]:
    """Judge the difference of two cells, alike or with `EFFECT` between them."""
    from its.cells import Key
    from its.contrasts import Term, contrast
    from its.paired import paired_difference

    cells = [_means(values, point["samples"]) for values in (one, two)]
    found = paired_difference([cells[0]], [cells[1]])
    apart = truth(point, EFFECT) - truth(point)
    keys = [Key("m", "s", train, "r", "b", "N") for train in "UN"]
    terms = [
        Term(weight, key, [cell], None)
        for weight, key, cell in zip([1, -1], keys, cells, strict=True)
    ]
    tested = contrast(terms)
    same = _rejects(tested, above=-apart, below=apart)
    if lifted:
        yield _covers(f"difference, {BETTER}", found.low, found.high, apart, found.mean)
        yield Outcome("power: sign-flip test", (found.p <= 0.05) & (found.mean > 0))
        yield Outcome(f"verdict: {AS_GOOD}", same[0] | same[1])
    else:
        yield _covers("difference", found.low, found.high, 0.0, found.mean)
        yield Outcome("sign-flip test", found.p <= 0.05)
        yield Outcome("verdict: better than", np.logical_or(*_rejects(tested, above=0)))
        yield Outcome(f"power: {AS_GOOD}", same[0])


def _several_replicates(
    point: dict[str, Any], random: np.random.Generator, runs: int
) -> Iterator[Outcome]:
    from its.cells import Key
    from its.contrasts import Term, contrast
    from its.intervals import over_replicates
    from its.spreads import Weighted, common_spread

    problems, samples, replicates = (point[n] for n in ["problems", "samples", "replicates"])
    rows, shared, own = LUCK[point["luck"]]
    odds = _log_odds(random, point, (runs, problems))

    def lucky() -> np.ndarray:
        """Return the luck of two learners on one sample: runs x learners x tests x replicates."""
        common = random.normal(0, rows, (runs, 1, 1, replicates)) if rows else 0.0
        learners = random.normal(0, shared, (runs, 2, 1, replicates))
        return common + learners + random.normal(0, own, (runs, 2, 2, replicates))

    luck = lucky()

    def cells_of(learner: int, lift: float) -> list[list["Means"]]:
        """Return the tests of a learner, one for each replicate."""
        chances = expit(odds[:, None, None] + luck[:, learner, :, :, None] + lift)
        values = random.binomial(samples, chances) / samples
        return [
            [_means(values[:, test, number], samples) for number in range(replicates)]
            for test in range(2)
        ]

    none, context = cells_of(0, 0), cells_of(1, 0)
    spread = common_spread([none, context])
    mean = np.mean([cell.values.mean(axis=-1) for cell in context[1]], axis=0)
    for name, between in [
        ("accuracy, own spread", None),
        ("accuracy", spread and spread.between([Weighted("U", 1, mean)])),
    ]:
        found = over_replicates(context[1], between=between)
        yield _covers(name, found.low, found.high, truth(point))

    def estimate(*weights: tuple[float, int, int]) -> "Contrast":
        """Return the contrast of learners and tests with such weights."""
        terms = []
        for weight, learner, test in weights:
            key = Key("m", "s", "NU"[learner], "r", "b", "NU"[test])
            terms.append(Term(weight, key, (none, context)[learner][test], spread))
        return contrast(terms)

    both = [(1, 1, 1), (-1, 0, 0)]
    apart = truth(point, EFFECT) - truth(point)
    for name, weights in {
        "both sides against none": both,
        "one test against another": [(1, 1, 1), (-1, 1, 0)],
        "interaction": [(0.5, 1, 1), (0.5, 0, 0), (-0.5, 1, 0), (-0.5, 0, 1)],
    }.items():
        found = estimate(*weights)
        yield _covers(f"contrast: {name}", *found.interval(), 0.0)
        yield Outcome(f"verdict: {name}", np.logical_or(*_rejects(found, above=0)))
        if weights is both:
            yield Outcome(f"power: {AS_GOOD}", _rejects(found, above=-apart, below=apart)[0])
    context = cells_of(1, EFFECT)
    spread = common_spread([none, context])
    found = estimate(*both)
    yield _covers(f"contrast: {BETTER}", *found.interval(), apart)
    yield Outcome("power: both sides against none", _rejects(found, above=0)[0])
    same = _rejects(found, above=-apart, below=apart)
    yield Outcome(f"verdict: {AS_GOOD}", np.logical_or(*same))
    sides = []
    for sign in (1, -1):
        luck = lucky()  # of other rows
        cells = [cells_of(learner, 0) for learner in range(2)]
        spread = common_spread(cells)
        for learner, tests in enumerate(cells):
            key = Key("m", f"s{sign}", "NU"[learner], "r", "b", "U")
            sides.append(Term(sign / 2, key, tests[1], spread))
    found = contrast(sides)
    yield _covers("contrast: one sample against another", *found.interval(), 0.0)
    yield Outcome("verdict: one sample against another", np.logical_or(*_rejects(found, above=0)))


def _covers(
    what: str, low: np.ndarray, high: np.ndarray, truth: float, estimate: np.ndarray | None = None
) -> Outcome:
    held = (low <= truth + 1e-12) & (truth - 1e-12 <= high)
    return Outcome(what, held, high - low, estimate)


def _rejects(found: "Contrast", **bounds: float) -> tuple[np.ndarray, np.ndarray]:
    """Return whether a claim that a contrast lies between bounds is supported, or contradicted."""
    from its.claims import chances

    supports, contradicts = chances(_claim(**bounds), found)
    return 2 * supports <= 0.05, 2 * contradicts <= 0.05


@cache
def _claim(**bounds: float) -> "Claim":
    from its.config.claim import Claim

    cell, other = {"train": "base", "test": "N"}, {"train": "base", "test": "U"}
    return Claim.model_validate({"sentence": "-", "plus": [cell], "minus": [other], **bounds})


def _means(values: np.ndarray, samples: int) -> "Means":
    from its.means import Means

    ids = tuple(map(str, range(values.shape[-1])))
    # How much samples explain decides no interval and no test.
    return Means(ids, values, len(ids) * samples, samples, 0.0, True)


def truth(point: dict[str, Any], lift: float = 0.0) -> float:
    """Return the accuracy over all problems and replicates there could be."""
    return _truth(point["mean"], point["spread"], point.get("luck", "none"), lift)


@cache
def _truth(mean: float, spread: str, luck: str, lift: float) -> float:
    places, weights = np.polynomial.hermite_e.hermegauss(41)
    odds = logit(_chances({"mean": mean, "spread": spread}))
    moved = [expit(odds + lift + np.hypot.reduce(LUCK[luck]) * place).mean() for place in places]
    return float(weights @ moved / weights.sum())


def _chances(point: dict[str, Any]) -> np.ndarray:
    """Return the chances of problems that stand for all there could be: equally likely ones."""
    return expit(_quantiles(point["mean"], point["spread"], (np.arange(20_000) + 0.5) / 20_000))


def _log_odds(random: np.random.Generator, point: dict[str, Any], size: tuple) -> np.ndarray:
    """Draw problems."""
    total, mean = SPREADS[point["spread"]], point["mean"]
    if np.isinf(total):
        return np.full(size, logit(mean))
    chances = random.beta(mean * total, (1 - mean) * total, size)
    return logit(np.clip(chances, 1e-12, 1 - 1e-12))


def _quantiles(mean: float, spread: str, places: Iterable[float]) -> np.ndarray:
    total = SPREADS[spread]
    if np.isinf(total):
        return np.full(len(places), logit(mean))
    chances = betaincinv(mean * total, (1 - mean) * total, places)
    return logit(np.clip(chances, 1e-12, 1 - 1e-12))


def kind() -> pl.Expr:
    """Return what a row counts: `interval`, `test` or `power`."""
    what = pl.col("what")
    test = what.str.contains("^sign-flip test$|^verdict: ")
    return (
        pl.when(test)
        .then(pl.lit("test"))
        .when(what.str.starts_with("power: "))
        .then(pl.lit("power"))
        .otherwise(pl.lit("interval"))
    )


def beyond(known: pl.DataFrame) -> pl.Series:
    """Return which rows break a promise by more than so few runs can do by chance.

    An interval covers less than 93%, or a test rejects more than 5.5%: by binomial tests at 5%,
    corrected for all rows (Holm).
    """
    from its.corrections import holm

    least, most = (PROMISED[name][end] for name, end in [("interval", 0), ("test", 1)])
    kinds, runs, rate = (known.select(kind())[:, 0].to_numpy(), known["runs"], known["rate"])
    broken = np.select(
        [kinds == "interval", kinds == "test"], [rate.to_numpy() < least, rate.to_numpy() > most]
    )
    drawn = runs.fill_null(1).to_numpy()
    hits = np.round(rate.to_numpy() * drawn)
    chance = np.select(
        [kinds == "interval", kinds == "test"],
        [binom.cdf(hits, drawn, least), binom.sf(hits - 1, drawn, most)],
        1.0,
    )
    chance = np.where(runs.is_null().to_numpy(), 1.0 - broken, chance)
    return holm(pl.Series(chance)) < 0.05


def main() -> None:
    """Count what the table does not have yet; show it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, nargs="?", default=ROOT / "docs/calibration.csv")
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--problems", type=int, nargs="+", default=PROBLEMS)
    args = parser.parse_args()

    known = pl.DataFrame(schema=COLUMNS)
    if args.table.exists():
        known = pl.read_csv(args.table, schema=COLUMNS)
    enough = pl.col("runs").is_null() | (pl.col("runs") >= args.runs)
    done = set(known.group_by(AXES).agg(enough.all()).filter("runs").select(AXES).iter_rows())
    left = [
        point
        for point in points()
        if tuple(point.values()) not in done and point["problems"] in args.problems
    ]
    with ProcessPoolExecutor(args.workers) as pool:
        for number, rows in enumerate(pool.map(counted, left, [args.runs] * len(left)), start=1):
            known = pl.concat([known, pl.DataFrame(rows, schema=COLUMNS)])
            known = known.unique(["what", *AXES], keep="last", maintain_order=True)
            known.sort(AXES, maintain_order=True).write_csv(args.table, float_precision=4)
            print(f"{number} of {len(left)}", end="\r", file=sys.stderr, flush=True)
    summary = (
        known.with_columns(beyond=beyond(known))
        .group_by("what", "replicates")
        .agg(
            pl.col("rate").min().alias("least"),
            pl.col("rate").max().alias("most"),
            pl.col("beyond").sum(),
            points=pl.len(),
        )
    )
    with pl.Config(tbl_rows=-1, fmt_str_lengths=60):
        print(summary.sort("what", "replicates"))


if __name__ == "__main__":
    main()
