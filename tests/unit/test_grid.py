"""A plan is known from the config alone: every cell, and what it shares with its replicates."""

import pytest

from its.config.plan import Cell, Plan


@pytest.fixture
def plan() -> Plan:
    return Plan.model_validate(
        {
            "models": ["tiny"],
            "samples": ["ot1k"],
            "recipes": ["sft"],
            "train": ["N", "U"],
            "test": ["N", "U"],
            "benchmarks": ["easy"],
            "replicates": [{}, {"draw": 1, "persona": 2, "seed": 3}],
        }
    )


def test_a_cell_says_what_its_path_is_made_of(plan: Plan) -> None:
    cells = {(cell.replicate, cell.train, cell.test): cell for cell in plan.grid(["U"])}
    path = "tiny/ot1k.1-U.2-sft-s3/easy/U.2"
    learner = "ot1k.1-U.2-sft-s3"
    assert cells[1, "U", "U"] == Cell("tiny", learner, "ot1k", "U", "sft", 3, "easy", "U", 1, path)
    assert cells[0, "base", "N"].path == cells[1, "base", "N"].path == "tiny/base/easy/N"
    assert len(cells) == 12


def test_paths_come_once_and_learners_without_the_untrained(plan: Plan) -> None:
    cells = plan.cells(["U"])
    assert len(cells) == len(set(cells)) == 11  # untrained: N, U, U.2; 4 learners x 2 strategies
    assert cells == list(dict.fromkeys(cell.path for cell in plan.grid(["U"])))
    assert plan.trainings(["U"]) == [
        "tiny/ot1k-N-sft-s0",
        "tiny/ot1k-U-sft-s0",
        "tiny/ot1k.1-N-sft-s3",
        "tiny/ot1k.1-U.2-sft-s3",
    ]
