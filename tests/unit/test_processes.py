"""Processes of one training share the cores of its job, and one of them speaks for all."""

import signal

import pytest

from its.processes import agree, count, heeded, rank, share_cores


@pytest.mark.parametrize(
    ("cores", "processes", "expected"), [("8", "2", "4"), ("2", "1", "2"), ("2", "4", "1")]
)
def test_each_process_gets_its_part_of_the_cores(
    monkeypatch: pytest.MonkeyPatch, cores: str, processes: str, expected: str
) -> None:
    environment = {"OMP_NUM_THREADS": cores, "MKL_NUM_THREADS": "1"}
    environment |= {"LOCAL_WORLD_SIZE": processes, "WORLD_SIZE": "64"}
    monkeypatch.setattr("os.environ", environment)
    share_cores()
    assert environment["OMP_NUM_THREADS"] == environment["MKL_NUM_THREADS"] == expected
    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["GOMP_SPINCOUNT"] == "10000"


def test_what_a_person_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "ACTIVE"}
    monkeypatch.setattr("os.environ", environment)
    share_cores()
    assert environment["OMP_WAIT_POLICY"] == "ACTIVE"
    assert "GOMP_SPINCOUNT" not in environment


def test_a_process_alone_is_the_first_and_agrees_with_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.environ", {})
    assert (rank(), count()) == (0, 1)
    assert agree({"folder": "here", "state": None}) == {"folder": "here", "state": None}


def test_a_signal_that_was_to_be_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored, if the tests run under nohup
    try:
        assert heeded([signal.SIGHUP, signal.SIGTERM]) == [signal.SIGHUP, signal.SIGTERM]
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        assert heeded([signal.SIGHUP, signal.SIGTERM]) == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGHUP, before)
