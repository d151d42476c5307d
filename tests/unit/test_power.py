"""A plan finds a difference of the size that it is said to detect about four times of five."""

import numpy as np
import pytest
from scipy.special import expit

from its import paired
from its.cells import Key
from its.claims import chances
from its.config.claim import Claim
from its.config.plan import Plan
from its.config.power import Power
from its.contrasts import Term, contrast
from its.means import Means
from its.power import DETECTABLE, detectable_rows, expected, in_words
from its.spreads import common_spread
from its.uncertainty import Uncertainty, Variance

PLAN = Plan.model_validate(
    {
        "models": ["m"],
        "samples": ["s"],
        "recipes": ["r"],
        "train": ["N", "U"],
        "test": ["N", "U"],
        "benchmarks": ["b"],
        "replicates": [{"seed": seed} for seed in range(5)],
    }
)
BOTH = {
    "sentence": "-",
    "plus": [{"train": "U", "test": "U"}],
    "minus": [{"train": "N", "test": "N"}],
    "above": 0,
}
INTERACTION = {
    "sentence": "-",
    "plus": [{"train": "U", "test": "U"}, {"train": "N", "test": "N"}],
    "minus": [{"train": "N", "test": "U"}, {"train": "U", "test": "N"}],
    "above": 0,
}


def smallest(
    claim: dict, *, count: int = 200, samples: int = 4, plan: Plan = PLAN, **power: float
) -> float:
    said = {"c": Claim.model_validate(claim)}
    rows = detectable_rows(plan, said, {"b": (count, samples)}, Power(**power))
    assert rows.schema == DETECTABLE
    return rows["alone"].item()


def test_more_of_everything_detects_less() -> None:
    usual = smallest(BOTH)
    assert smallest(BOTH, count=800) < usual
    assert smallest(BOTH, samples=16) < usual
    assert smallest(BOTH, trainings=0) < usual
    one = Plan.model_validate(PLAN.model_dump() | {"replicates": [{}] * 2})
    assert smallest(BOTH, plan=one) > 1.2 * usual
    assert smallest(INTERACTION) < usual  # free of the luck of trainings


def test_many_claims_are_corrected_and_lengths_are_left_out() -> None:
    said = {
        "a": Claim.model_validate(BOTH),
        "b": Claim.model_validate(INTERACTION),
        "c": Claim.model_validate(BOTH | {"quantity": "tokens"}),
    }
    rows = detectable_rows(PLAN, said, {"b": (30, 1)}, Power())
    assert (rows["corrected"] > rows["alone"]).to_list() == [True, True, None]


def test_a_table_to_read_is_in_points_and_says_once_what_is_the_same() -> None:
    labels = [f"It helps {chr(97 + n)}" for n in range(12)]
    said = {
        f"{label} {again}": Claim.model_validate(BOTH | {"label": label})
        for label in labels
        for again in range(2)
    }
    said["length"] = Claim.model_validate(BOTH | {"quantity": "tokens"})
    rows = detectable_rows(PLAN, said, {"b": (30, 1)}, Power())
    read = in_words(rows, "demo")
    assert "plan demo can detect" in read
    assert "25 rows of its claims" in read
    assert [read.count(label) for label in labels] == [1] * 12
    assert sorted(labels, key=read.index) == labels
    *table, _, last = read.splitlines()
    assert f"{rows['alone'][0] * 100:.1f}" in table[-1]
    assert last == "Nothing is expected of lengths: length."


def test_a_plan_without_claims_is_told_to_name_some() -> None:
    rows = detectable_rows(PLAN, {}, {"b": (30, 1)}, Power())
    assert "demo makes no claims" in in_words(rows, "demo")


@pytest.mark.parametrize("name", ["both", "interaction"])
def test_what_is_said_to_be_detected_is_found_about_four_times_of_five(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paired, "FLIPS", 1_000)  # enough to tell 5%
    claim = {"both": BOTH, "interaction": INTERACTION}[name]
    power = Power(problems=1.0, cells=0.3, trainings=0.15, tests=0.1)
    problems, samples, runs = 200, 4, 250
    size = smallest(claim, count=problems, samples=samples, **power.model_dump())
    at = {"model": "m", "sample": "s", "recipe": "r", "benchmark": "b"}
    random, said, found = np.random.default_rng(0), Claim.model_validate(claim), 0
    signs = {
        "both": {(1, 1): 1, (0, 0): -1},
        "interaction": {(1, 1): 1, (0, 0): 1, (0, 1): -1, (1, 0): -1},
    }
    shown = []
    for _ in range(runs):
        odds = random.normal(0, power.problems, problems)
        odds = odds + random.normal(0, power.cells, (2, 2, 1, problems))
        luck = random.normal(0, power.trainings, (2, 1, 5)) + random.normal(
            0, power.tests, (2, 2, 5)
        )
        chance = expit(odds + luck[..., None])
        for cell, sign in signs[name].items():
            chance[cell] += sign * size / 2
        values = random.binomial(samples, np.clip(chance, 0, 1)) / samples
        cells = [[[_means(one, samples) for one in test] for test in learner] for learner in values]
        spread = common_spread(cells)
        terms = [
            Term(weight, Key("m", "s", one["train"], "r", "b", one["test"]), tables, spread)
            for weight, one in said.terms(at)
            for tables in [cells["NU".index(one["train"])]["NU".index(one["test"])]]
        ]
        estimate = contrast(terms)
        shown.append(_parts(estimate.uncertainty))
        found += 2 * min(chances(said, estimate)) <= 0.05
    assert 0.68 < found / runs < 0.92
    planned = _parts(expected(said.terms(at), PLAN, {"b": (problems, samples)}, power))
    variances, freedoms = np.mean(shown, axis=0)
    assert variances == pytest.approx(planned[0], rel=0.08, abs=1e-8)
    assert freedoms[1:] == pytest.approx(planned[1][1:])


def _parts(uncertainty: Uncertainty) -> np.ndarray:
    """Return the variances of one benchmark, and their degrees of freedom."""
    (between,) = uncertainty.replicates
    parts = [*uncertainty.problems, *between.parts, Variance(between.rest, 0)]
    return np.array(parts).T


def _means(values: np.ndarray, samples: int) -> Means:
    sampling = float((values * (1 - values)).mean() / (samples - 1))
    ids = tuple(map(str, range(len(values))))
    return Means(ids, values, len(values) * samples, samples, sampling, True)
