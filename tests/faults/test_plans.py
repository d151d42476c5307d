"""A training and a generation go on from what is whole: a short part of `make faults`."""

import random
from pathlib import Path

import pytest
from campaign import finished
from parts import PARTS, Try
from plans import outcome, without
from scripts import built

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder in which a model was really trained, and really answered."""
    parts = [PARTS["train"], PARTS["generate"]]
    folder = tmp_path_factory.mktemp("faults") / "done"
    return finished(folder, *(target for part in parts for target in part.targets))


@pytest.mark.parametrize(
    ("fault", "part", "repeated"),
    [("state torn", "train", "1 of 19 states"), ("shard torn", "generate", "1 of 6 shards")],
)
def test_what_was_torn_is_all_that_is_made_twice(
    done: Path, tmp_path: Path, fault: str, part: str, repeated: str
) -> None:
    place, shim = without(PARTS[part], done, tmp_path / "place"), built(tmp_path)
    one = Try(done, place, PARTS[part], shim, seconds=0, after=3, draw=random.Random(0))
    assert outcome(fault, one) == ("equal", 1, repeated, 0), (place / "console").read_text()
