"""A claim is supported or contradicted only where the data speak, and says what it would take."""

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from scipy import stats
from test_matrix import PLAN, averaged, score

from its.cells import Key
from its.charts import claims as chart
from its.claims import CLAIMS, chances, claim_rows
from its.config.claim import Claim
from its.config.plan import Plan
from its.contrasts import Term, contrast
from its.figures import names_of
from its.means import Means

SEEDS = [{"draw": seed, "persona": seed, "seed": seed} for seed in range(4)]
FOUR = Plan.model_validate(PLAN.model_dump() | {"replicates": SEEDS})
BOTH = {"train": "U", "test": "U"}
NONE = {"train": "N", "test": "N"}
BETTER = {"sentence": "It helps.", "plus": [BOTH], "minus": [NONE], "above": 0}


def verdicts(scores: Path, plan: Plan = PLAN, **claims: dict) -> pl.DataFrame:
    said = {name: Claim.model_validate(claim) for name, claim in claims.items()}
    return claim_rows(plan, said, ["U"], averaged(scores, plan))


def fill(scores: Path, *, both: float, none: float, problems: int = 60) -> None:
    """Write all cells of the plan, with rights drawn at these chances where both sides agree."""
    random = np.random.default_rng(0)
    for seed in range(4):
        draw = f".{seed}" if seed else ""
        cells = {
            f"tiny/base/easy/U{draw}": 0.1,
            f"tiny/ot1k{draw}-U{draw}-sft-s{seed}/easy/U{draw}": both,
            f"tiny/ot1k{draw}-U{draw}-sft-s{seed}/easy/N": 0.2,
            f"tiny/ot1k{draw}-N-sft-s{seed}/easy/U{draw}": 0.2,
            f"tiny/ot1k{draw}-N-sft-s{seed}/easy/N": none,
        }
        for cell, chance in cells.items():
            score(
                scores, cell, "".join(random.choice(["0", "1"], problems, p=[1 - chance, chance]))
            )
    score(scores, "tiny/base/easy/N", "0" * problems)


def test_verdicts_follow_the_data(tmp_path: Path) -> None:
    fill(tmp_path, both=0.9, none=0.3)
    table = verdicts(
        tmp_path,
        FOUR,
        better=BETTER,
        worse=BETTER | {"above": None, "below": 0},
        much=BETTER | {"above": 0.5},
        same=BETTER | {"above": -0.1, "below": 0.1},
        as_good=BETTER | {"above": -0.05},
    )
    assert table.schema == CLAIMS
    assert dict(table.select("claim", "verdict").iter_rows()) == {
        "better": "supported",
        "worse": "contradicted",
        "much": "undecided",
        "same": "contradicted",
        "as_good": "supported",
    }
    assert (table["low"] < table["estimate"]).all()
    assert (table["estimate"] < table["high"]).all()
    assert table["over"].unique().to_list() == ["problems and replicates"]
    much = table.row(by_predicate=pl.col("claim") == "much", named=True)
    assert much["problems_needed"] is None or much["problems_needed"] > 60
    assert table.filter(pl.col("verdict") != "undecided")["problems_needed"].is_null().all()


def test_a_claim_on_lengths_says_how_much_was_truncated(tmp_path: Path) -> None:
    once = PLAN.model_copy(update={"replicates": PLAN.replicates[:1]})
    both, none = "tiny/ot1k-U-sft-s0/easy/U", "tiny/ot1k-N-sft-s0/easy/N"
    score(tmp_path, none, "1" * 8)
    cut = score(tmp_path, both, "1" * 8).with_columns(truncated=pl.col("id").is_in(["p00", "p03"]))
    cut.write_parquet(tmp_path / f"{both}.parquet")
    table = verdicts(tmp_path, once, right=BETTER, long=BETTER | {"quantity": "answer_tokens"})
    right, long = table["note"]
    assert "truncated" not in right
    assert "25.0% of the first and 0.0% of the second were truncated" in long


def test_nothing_is_decided_by_few_problems_and_it_says_how_many_would(tmp_path: Path) -> None:
    fill(tmp_path, both=0.55, none=0.3, problems=12)
    row = verdicts(tmp_path, better=BETTER).row(0, named=True)
    assert row["verdict"] == "undecided"
    assert row["p"] > 0.05
    assert row["samples_needed"] is None  # one response tells nothing of its own chance
    assert row["problems_needed"] is None or row["problems_needed"] > 12


def test_what_is_there_already_decides_nothing(tmp_path: Path) -> None:
    # Far apart, and two replicates: what lacks is how well their difference is known.
    for draw, seed, both, none in [("", 0, 26, 4), (".1", 1, 34, 2)]:
        cells = {f"U{draw}-sft-s{seed}/easy/U{draw}": both, f"N-sft-s{seed}/easy/N": none}
        for cell, right in cells.items():
            score(tmp_path, f"tiny/ot1k{draw}-{cell}", "1" * right + "0" * (40 - right))
    row = verdicts(tmp_path, better=BETTER).row(0, named=True)
    assert row["verdict"] == "undecided"
    assert row["low"] < 0.5 < row["estimate"]
    assert 2 < row["replicates_needed"] < 8
    assert row["problems_needed"] is None


def test_what_would_decide_it_is_what_a_normal_test_with_that_power_needs(tmp_path: Path) -> None:
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "1111100000")
    score(tmp_path, "tiny/ot1k-N-sft-s0/easy/N", "1110000000")
    once = PLAN.model_copy(update={"replicates": PLAN.replicates[:1]})
    for claims in [1, 2]:
        table = verdicts(tmp_path, once, **{f"c{n}": BETTER for n in range(claims)})
        quantiles = stats.norm.isf(0.05 / 2 / claims) + stats.norm.ppf(0.8)
        variance = np.var([1, 1] + [0] * 8, ddof=1)
        needed = math.ceil(variance * (quantiles / 0.2) ** 2)
        assert table["problems_needed"].to_list() == [needed] * claims
        assert table["note"].str.starts_with("one replicate").all()


def test_a_bound_is_tested_by_student_s_test_and_two_bounds_by_both() -> None:
    random = np.random.default_rng(0)
    values = random.normal(0.3, 0.2, 40)
    cells = Means(tuple(map(str, range(40))), values, 40, 1, 0.0, True)
    found = contrast([Term(1, Key("m", "s", "U", "r", "b", "N"), [cells], None)])
    (error,) = found.uncertainty.problems

    def p(bound: float) -> float:
        return stats.t.sf((values.mean() - bound) / error.value**0.5, error.freedom)

    def tested(**bounds: float) -> tuple[float, float]:
        return chances(Claim.model_validate(BETTER | {"above": None} | bounds), found)

    near, far = values.mean() - 0.02, values.mean() + 0.03
    assert tested(above=near) == pytest.approx((p(near), 1 - p(near)), rel=1e-3)
    assert tested(below=far) == pytest.approx((1 - p(far), p(far)), rel=1e-3)
    assert tested(above=near, below=far) == pytest.approx((p(near), 1), rel=1e-3)
    beyond = far + 0.05
    assert tested(above=far, below=beyond) == pytest.approx((p(far), 2 * (1 - p(far))), rel=1e-3)


def test_an_interaction_is_free_of_main_effects(tmp_path: Path) -> None:
    for draw, seed in [("", 0), (".1", 1)]:
        for train, test, right in [("U", "U", 8), ("U", "N", 6), ("N", "U", 4), ("N", "N", 2)]:
            learner = f"tiny/ot1k{draw}-{train}{draw * (train == 'U')}-sft-s{seed}"
            marks = "1" * right + "0" * (10 - right)
            score(tmp_path, f"{learner}/easy/{test}{draw * (test == 'U')}", marks)
    mixed = {
        "sentence": "Sides belong together.",
        "plus": [BOTH, NONE],
        "minus": [{"train": "U", "test": "N"}, {"train": "N", "test": "U"}],
        "above": 0,
    }
    row = verdicts(tmp_path, mixed=mixed).row(0, named=True)
    assert row["estimate"] == pytest.approx(0)
    assert row["verdict"] == "undecided"


def test_an_untrained_model_has_neither_sample_nor_recipe(tmp_path: Path) -> None:
    fill(tmp_path, both=0.9, none=0.9)
    trained = BETTER | {"plus": [NONE], "minus": [{"train": "base", "test": "N"}]}
    row = verdicts(tmp_path, trained=trained).row(0, named=True)
    assert (row["verdict"], row["sample"], row["model"]) == ("supported", "ot1k", "tiny")


def test_what_is_left_open_has_a_row_each_and_what_is_named_has_none() -> None:
    plan = Plan.model_validate(PLAN.model_dump() | {"benchmarks": ["easy", "hard"]})
    open_ = Claim.model_validate(BETTER)
    assert [row["benchmark"] for row in open_.rows(plan)] == ["easy", "hard"]
    named = BETTER | {
        "plus": [BOTH | {"benchmark": "easy"}],
        "minus": [NONE | {"benchmark": "hard"}],
    }
    assert list(Claim.model_validate(named).rows(plan)) == [
        {"model": "tiny", "sample": "ot1k", "recipe": "sft"}
    ]


def test_a_claim_without_cells_is_missing(tmp_path: Path) -> None:
    row = verdicts(tmp_path, better=BETTER).row(0, named=True)
    assert (row["verdict"], row["estimate"], row["p_holm"]) == ("missing", None, None)
    assert (row["replicates"], row["planned"]) == (0, 2)
    assert "Nothing to test yet" in str(
        chart.draw(verdicts(tmp_path, better=BETTER), names_of([], {})).to_dict()
    )


def test_a_claim_that_lacks_replicates_has_no_verdict(tmp_path: Path) -> None:
    fill(tmp_path, both=0.9, none=0.3)
    (tmp_path / "tiny/ot1k.3-U.3-sft-s3/easy/U.3.parquet").unlink()
    found = {"better": BETTER, "other": BETTER | {"plus": [{"train": "N", "test": "U"}]}}
    table = verdicts(tmp_path, FOUR, **found)
    row = table.row(0, named=True)
    assert (row["verdict"], row["replicates"], row["planned"]) == ("unfinished", 3, 4)
    assert row["p"] is row["p_holm"] is row["q"] is row["problems_needed"] is None
    assert row["low"] < row["estimate"] < row["high"]
    assert row["note"] == "3 of 4 planned replicates"
    assert table["verdict"][1] in {"undecided", "contradicted"}
    assert "unfinished (3 of 4 replicates)" in str(chart.draw(table, names_of([], {})).to_dict())


def test_columns_are_named_where_they_change_and_the_axis_below_all(tmp_path: Path) -> None:
    fill(tmp_path, both=0.9, none=0.3)
    one = verdicts(tmp_path, FOUR, better=BETTER)
    table = pl.concat(
        one.with_columns(
            claim=pl.lit(claim), label=pl.lit(claim), benchmark=pl.lit(name), model=model
        )
        for claim, names in [("a", ["easy", "hard"]), ("b", ["easy", "hard"]), ("c", ["easy"])]
        for name in names
        for model in map(pl.lit, ["tiny", "large"])
    )
    labels = names_of([], {"easy": "Easy sums", "hard": "Hard sums"})
    drawn = chart.draw(table, labels).to_json()
    assert [drawn.count(f'"{words}"') for words in ["Easy sums", "Hard sums"]] == [2, 1]
    assert drawn.count("difference in percentage points") == 1


def test_a_finished_claim_is_corrected_for_those_that_are_not(tmp_path: Path) -> None:
    fill(tmp_path, both=0.9, none=0.3)
    (tmp_path / "tiny/ot1k-N-sft-s0/easy/U.parquet").unlink()
    other = BETTER | {"plus": [{"train": "N", "test": "U"}]}
    row = verdicts(tmp_path, FOUR, better=BETTER, other=other, third=other).row(0, named=True)
    assert row["p_holm"] == pytest.approx(3 * row["p"])


def test_what_is_the_same_in_every_replicate_is_planned_once(tmp_path: Path) -> None:
    plain = BETTER | {
        "plus": [{"train": "base", "test": "U"}],
        "minus": [{"train": "base", "test": "N"}],
    }
    fill(tmp_path, both=0.9, none=0.3)
    row = claim_rows(
        FOUR, {"plain": Claim.model_validate(plain)}, [], averaged(tmp_path, FOUR)
    ).row(0, named=True)
    assert (row["replicates"], row["planned"]) == (1, 1)
    assert row["verdict"] in {"supported", "undecided"}


def test_lengths_are_claimed_too(tmp_path: Path) -> None:
    fill(tmp_path, both=0.5, none=0.5)
    shorter = BETTER | {"quantity": "answer_tokens", "above": None, "below": 0}
    row = verdicts(tmp_path, shorter=shorter).row(0, named=True)
    assert (row["estimate"], row["verdict"]) == (0, "undecided")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"above": None}, "say where the difference lies"),
        ({"above": 0.1, "below": 0}, "above 0.1 is not below 0"),
        ({"above": -2}, r"'correct' lie between -1 and 1, found -2; did you mean -0\.02\?"),
        ({"above": None, "below": 1}, r"found 1; did you mean 0\.01\?"),
        ({"plus": []}, "at least 1 item"),
        ({"plus": [BOTH], "minus": [BOTH, BOTH]}, "plus and minus have the same cells"),
        ({"plus": [BOTH, NONE], "minus": [NONE, BOTH]}, "plus and minus have the same cells"),
        ({"minus": [{"train": "base", "test": "N", "sample": "s"}]}, "neither sample nor recipe"),
    ],
)
def test_a_claim_that_says_nothing_is_refused(change: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Claim.model_validate(BETTER | change)


def test_lengths_are_no_fractions_and_weights_tell_cells_apart() -> None:
    longer = Claim.model_validate(BETTER | {"quantity": "tokens", "above": -200})
    assert longer.above == -200
    Claim.model_validate(BETTER | {"plus": [BOTH, BOTH, NONE], "minus": [BOTH, NONE]})


def test_a_claim_names_what_its_plan_makes() -> None:
    claim = Claim.model_validate(
        BETTER | {"plus": [{"train": "R", "test": "U", "model": "tiny"}], "minus": [NONE]}
    )
    mistakes = list(claim.mistakes(PLAN))
    assert "plus.0.train: the plan has no 'R' there" in mistakes[0]
    assert "model: some cells name one and some do not" in mistakes[1]
    assert len(mistakes) == 2
