"""An interrupted training goes on from a whole state, or from an older one, or anew."""

from pathlib import Path

import pytest

from its.checkpoints import due, mark, newest, parts_of, states
from its.config.model import Saving


def write_state(folder: Path, step: int) -> Path:
    """Write a state as a trainer does, without its mark."""
    state = folder / f"checkpoint-{step}"
    (state / "part").mkdir(parents=True)
    (state / "model.safetensors").write_bytes(b"12345678")
    (state / "part/optimizer.pt").write_bytes(b"123")
    return state


def test_a_new_state_takes_the_place_of_older_ones_once_it_is_whole(tmp_path: Path) -> None:
    mark(write_state(tmp_path, 9), processes=1, keep=1)
    fresh = write_state(tmp_path, 10)
    assert len(states(tmp_path)) == 2
    mark(fresh, processes=1, keep=1)
    assert states(tmp_path) == [fresh]
    assert newest(tmp_path) == fresh


@pytest.mark.parametrize(
    "tear",
    [
        lambda state: (state / "whole.json").unlink(),
        lambda state: (state / "whole.json").write_text('{"sizes"'),
        lambda state: (state / "model.safetensors").write_bytes(b"1234"),
        lambda state: (state / "part/optimizer.pt").unlink(),
    ],
    ids=["not-marked", "torn-mark", "truncated", "missing"],
)
def test_a_torn_state_is_removed_and_the_one_before_it_taken(
    tmp_path: Path, tear: callable, capsys: pytest.CaptureFixture
) -> None:
    older = write_state(tmp_path, 9)
    mark(older, processes=1, keep=1)
    torn = write_state(tmp_path / "other", 10)
    mark(torn, processes=1, keep=1)
    tear(torn)
    torn = torn.rename(tmp_path / torn.name)

    assert newest(tmp_path) == older
    assert not torn.exists()
    assert f"{torn}: was not written to its end" in capsys.readouterr().err


def test_without_a_whole_state_training_starts_anew(tmp_path: Path) -> None:
    write_state(tmp_path, 5)
    assert newest(tmp_path) is None
    assert states(tmp_path) == []


def test_a_state_says_how_many_processes_left_it(tmp_path: Path) -> None:
    state = write_state(tmp_path, 5)
    mark(state, processes=8, keep=1)
    assert parts_of(state) == 8


def test_so_many_states_are_kept_and_the_oldest_goes_first(tmp_path: Path) -> None:
    for step in [8, 9, 10, 11]:
        mark(write_state(tmp_path, step), processes=1, keep=2)
    assert [state.name for state in states(tmp_path)] == ["checkpoint-10", "checkpoint-11"]


@pytest.mark.parametrize(
    ("step", "seconds", "expected"),
    [(10, 0, True), (11, 0, False), (11, 119, False), (11, 120, True)],
)
def test_a_state_is_due_after_steps_or_minutes(step: int, seconds: float, expected: bool) -> None:
    assert due(Saving(save_steps=10, save_minutes=2), step, seconds) == expected
    assert due(Saving(save_steps=10, save_minutes=None), step, seconds) == (step == 10)
    assert due(Saving(save_minutes=2), step, seconds) == (seconds == 120)
    assert not due(Saving(save_minutes=None), step, seconds)
