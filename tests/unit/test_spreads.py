"""Replicates differ as in all cells of their kind, and what cancels in a contrast is left out."""

from collections.abc import Iterable
from functools import cache

import numpy as np
import polars as pl
import pytest

from its.cells import Key, Scored
from its.config.plan import UNTRAINED
from its.means import Means, means_of, stacked
from its.spreads import Spread, Spreads, Weighted, common_spread
from its.uncertainty import Replication, Variance

PROBLEMS = 400


def table(right: float) -> Means:
    """Return verdicts with this share of right ones."""
    return counted(round(right * PROBLEMS))


@cache  # a simulation asks for some of them over and over
def counted(count: int) -> Means:
    ids = [f"p{n:03}" for n in range(PROBLEMS)]
    rows = pl.DataFrame({"id": ids, "correct": [n < count for n in range(PROBLEMS)]})
    return means_of(rows, "correct")


def total(parts: Iterable[Variance]) -> float:
    return sum(part.value for part in parts)


def test_one_cell_shows_its_own_mean_square() -> None:
    spread = common_spread([[[table(0.4), table(0.6)]]])
    found = spread.between([Weighted("U", 1, 0.5)])
    assert total(found) == pytest.approx(PROBLEMS * np.var([0.4, 0.6], ddof=1))
    assert found[0].freedom == 1
    three = common_spread([[[table(0.4), table(0.6), table(0.5)]]])
    assert total(three.between([Weighted("U", 1, 0.5)])) == pytest.approx(PROBLEMS * 0.1**2)
    assert three.freedom == (2, 1, 2)  # of one learner there is no other one


def test_a_cell_that_is_the_same_in_every_replicate_has_no_spread() -> None:
    scored = {
        name: Scored(name, {"correct": table(right)})
        for name, right in {"N": 0.5, "U": 0.75, "U.1": 0.25}.items()
    }
    same = Key("m", "", "base", "", "b", "N")
    other = same._replace(test="U")
    spreads = Spreads(
        {
            same: dict.fromkeys(range(2), scored["N"]),
            other: {0: scored["U"], 1: scored["U.1"]},
        }
    )
    assert spreads.of(same, "correct") is None
    assert spreads.of(other, "correct").own > 0


def test_trained_and_untrained_cells_are_two_kinds_and_what_never_differs_says_nothing() -> None:
    def replicates(*rights: float) -> dict[int, Scored]:
        return {n: Scored(f"{n}", {"correct": table(right)}) for n, right in enumerate(rights)}

    key = Key("m", "s", "U", "r", "b", "U")
    base = Key("m", "", UNTRAINED, "", "b", "U")
    same = dict.fromkeys(range(3), Scored("same", {"correct": table(0.5)}))
    spreads = Spreads(
        {
            key: replicates(0.3, 0.5, 0.7),
            key._replace(train="S"): replicates(0.5, 0.7, 0.3),
            key._replace(test="N"): replicates(0.4, 0.5, 0.6),
            base: replicates(0.49, 0.5, 0.51),
            base._replace(test="N"): same,
        }
    )
    trained, untrained = spreads.of(key, "correct"), spreads.of(base, "correct")
    assert trained == spreads.of(key._replace(train="S"), "correct")
    assert (trained.cells, trained.tests, trained.freedom[:2]) == (3, 1.5, (2, 2))
    assert (untrained.cells, untrained.freedom[0]) == (1, 2)
    assert untrained.common == pytest.approx(PROBLEMS * 0.01**2 / 0.25)


def test_replicates_that_a_learner_lacks_are_left_out_for_all_of_its_kind() -> None:
    def replicates(*rights: float) -> dict[int, Scored]:
        made = [{"correct": table(right)} if right else {} for right in rights]
        return {n: Scored(f"{n}", means) for n, means in enumerate(made)}

    key = Key("m", "s", "U", "r", "b", "U")
    cells = {key: replicates(0.3, 0.5, 0.7), key._replace(train="S"): replicates(0.5, 0.7, 0)}
    fewer = cells | {key._replace(train="R"): replicates(0.5, 0, 0)}  # it cannot tell
    for known in (cells, fewer):
        spread = Spreads(known).of(key, "correct")
        assert (spread.cells, spread.freedom[0]) == (2, 1)
        assert spread.common == pytest.approx(PROBLEMS * 2 * 0.2**2 / 2 / 0.24, rel=0.02)


def test_cells_that_are_all_right_or_all_wrong_say_nothing() -> None:
    assert common_spread([[[table(1), table(1)], [table(0), table(0)]]]) is None
    assert common_spread([[[table(0.5)]]]) is None


def test_of_many_matrices_one_that_says_nothing_leaves_the_others_as_they_are() -> None:
    shares = (0.4, 0.6, 0.5)
    many = [stacked([table(share), table(1)]) for share in shares]
    spread = common_spread([[many]])
    found = total(spread.between([Weighted("U", 1, np.array([0.5, 1.0]))]))
    assert found == pytest.approx([PROBLEMS * np.var(shares, ddof=1), 0])
    assert spread.freedom[0] == 2


def test_luck_that_all_tests_of_a_learner_share_cancels_in_their_difference() -> None:
    shared = [[table(0.4), table(0.6), table(0.5)]] * 2  # two tests, the same ups and downs
    spread = common_spread([shared, shared])
    within = [Weighted("U", 1, 0.5), Weighted("U", -1, 0.5)]
    across = [Weighted("U", 1, 0.5), Weighted("N", -1, 0.5)]
    one = total(spread.between([Weighted("U", 1, 0.5)]))
    assert total(spread.between(within)) == pytest.approx(0, abs=1e-9)
    alone = PROBLEMS * np.var([0.4, 0.6, 0.5], ddof=1)
    assert one == pytest.approx(1.5 * alone)  # two learners alike: they may share all of it
    assert spread.freedom == (2, 2, 4)  # of all, of one learner against the other, of their tests
    assert total(spread.between(across)) == pytest.approx(2 * alone)
    worth = Replication(spread.between(across), 0.0).total().freedom
    assert worth == pytest.approx(4)  # of two learners with three replicates, whatever they were


def test_luck_that_all_learners_share_does_not_fall_with_their_number() -> None:
    same = [[table(0.4), table(0.6), table(0.5)]] * 2
    spread = common_spread([same] * 4)
    each = PROBLEMS * np.var([0.4, 0.6, 0.5], ddof=1)
    mean = [Weighted(name, 1 / 8, 0.5) for name in "SURN" for _ in range(2)]
    assert total(spread.between(mean)) == pytest.approx(each)
    assert spread.between(mean)[0].freedom == 2  # three draws of rows, however many learners
    some = [Weighted(name, 1 / 3, 0.5) for name in "SUR"]
    assert each <= total(spread.between(some)) < 1.2 * each


def test_freedom_is_counted_for_all_for_learners_and_for_tests() -> None:
    random = np.random.default_rng(1)
    learners = [
        [[table(0.5 + x) for x in random.normal(0, 0.05, 5)] for _ in range(3)] for _ in range(4)
    ]
    spread = common_spread(learners)
    assert spread.freedom == (4, 3 * 4, 4 * 2 * 4)
    assert (spread.cells, spread.tests) == (12, 3)


def test_luck_of_learners_alone_falls_with_their_number() -> None:
    apart = [[[table(0.4), table(0.6)]], [[table(0.6), table(0.4)]]]
    spread = common_spread(apart)
    one = PROBLEMS * np.var([0.4, 0.6], ddof=1)
    mean = [Weighted(name, 1 / 2, 0.5) for name in "SU"]
    assert total(spread.between(mean)) == pytest.approx(0, abs=1e-9)
    assert spread.common == pytest.approx(0, abs=1e-9)
    assert spread.shared == pytest.approx(one / 0.25)


def test_luck_of_each_cell_adds_up() -> None:
    opposite = [[table(0.4), table(0.6)], [table(0.6), table(0.4)]]
    spread = common_spread([opposite])
    assert spread.common == pytest.approx(0, abs=1e-9)
    one = total(spread.between([Weighted("U", 1, 0.5)]))
    # A learner of two tests that move apart: half of the square of a single cell is own luck.
    assert one == pytest.approx(PROBLEMS * np.var([0.4, 0.6], ddof=1))
    both = total(spread.between([Weighted("U", 1, 0.5), Weighted("U", -1, 0.5)]))
    assert both == pytest.approx(4 * one)


def test_an_estimate_has_no_bias() -> None:
    random = np.random.default_rng(0)
    squares, truth = [], PROBLEMS * (0.04**2 + 0.02**2)
    for _ in range(300):
        learners = []
        for _ in range(2):
            luck = random.normal(0, 0.04, 3)
            learners.append(
                [[table(0.5 + both) for both in luck + random.normal(0, 0.02, 3)] for _ in range(3)]
            )
        spread = common_spread(learners)
        squares.append(total(spread.between([Weighted("U", 1, 0.5)])))
    assert np.mean(squares) == pytest.approx(truth, rel=0.08)


def test_lengths_grow_with_their_mean() -> None:
    short = pl.DataFrame({"id": ["a", "b"], "tokens": [90, 110]})
    long = pl.DataFrame({"id": ["a", "b"], "tokens": [110, 130]})
    spread = common_spread([[[means_of(short, "tokens"), means_of(long, "tokens")]]])
    assert not spread.fractions
    assert total(spread.between([Weighted("U", 1, 220)])) == pytest.approx(
        2 * 200 * (220 / 110) ** 2
    )
    assert isinstance(hash(spread), int)
    assert isinstance(spread, Spread)
