"""How far a job is, for the person at the terminal."""

import pytest

from its.console import Progress


def shown(capsys: pytest.CaptureFixture, progress: Progress, done: int, seconds: float) -> str:
    """Return the line that is written after so many seconds."""
    progress.start -= seconds
    progress.shown -= seconds
    progress.show(done, "loss 2")
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("done", "seconds", "told"), [(5, 50, False), (20, 50, True), (5, 700, True)]
)
def test_the_time_that_is_left_is_told_once_it_can_be_known(
    capsys: pytest.CaptureFixture, done: int, seconds: int, told: bool
) -> None:
    line = shown(capsys, Progress("train a", 100, "steps"), done, seconds)
    assert line.startswith(f"train a: {done:3}%|")
    assert f"| {done}/100 [" in line
    assert "s/ steps, loss 2]" in line
    assert ("<" in line) is told


def test_what_was_there_before_tells_nothing_of_the_speed(capsys: pytest.CaptureFixture) -> None:
    progress = Progress("train a", 100, "steps")
    progress.skip(50)
    assert "<" not in shown(capsys, progress, 52, 50)
    assert "<" in shown(capsys, progress, 60, 50)


def test_a_count_without_an_end_has_no_time_left(capsys: pytest.CaptureFixture) -> None:
    line = shown(capsys, Progress("judge a", 0, "answers"), 100, 50)
    assert line.startswith("judge a: 100 answers [00:5")
