"""Two processes never write the same unfinished work."""

import json
import multiprocessing
import os
import shutil
import signal
import threading
import time
from pathlib import Path

import pytest

from its import lease as module
from its.errors import InputError
from its.lease import lease


def hold(path: Path, seconds: float, log: Path) -> None:
    with lease(path):
        with log.open("a") as file:
            file.write(f"+{os.getpid()}\n")
        time.sleep(seconds)
        with log.open("a") as file:
            file.write(f"-{os.getpid()}\n")


def start(path: Path, seconds: float, log: Path) -> multiprocessing.Process:
    process = multiprocessing.get_context("spawn").Process(target=hold, args=(path, seconds, log))
    process.start()
    return process


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let who waits here look often, and take a lease over that is untouched for a second."""
    monkeypatch.setattr(module, "LOOK", 0.05)
    monkeypatch.setattr(module, "STALE", 1.0)


def wait_for(condition: Path) -> None:
    end = time.monotonic() + 30
    while not condition.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert condition.exists()


def test_a_second_process_waits_until_the_first_is_done(tmp_path: Path) -> None:
    path, log = tmp_path / "work/lease.json", tmp_path / "log"
    first = start(path, 1, log)
    wait_for(log)
    second = start(path, 0, log)
    for process in (first, second):
        process.join(30)
        assert process.exitcode == 0
    one, two = first.pid, second.pid
    assert log.read_text().split() == [f"+{one}", f"-{one}", f"+{two}", f"-{two}"]
    assert not path.exists()


def test_the_lease_of_a_killed_process_is_taken_over(tmp_path: Path) -> None:
    path, log = tmp_path / "lease.json", tmp_path / "log"
    first = start(path, 60, log)
    wait_for(log)
    os.kill(first.pid, signal.SIGKILL)
    first.join()
    with lease(path):
        assert json.loads(path.read_text())["process"] == os.getpid()
    assert [file.name for file in tmp_path.iterdir()] == ["log"]


@pytest.mark.usefixtures("impatient")
def test_a_silent_owner_on_another_machine_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "lease.json"
    owner = {"nonce": "n", "host": "elsewhere", "machine": "m", "process": 1, "started": 1}
    path.write_text(json.dumps(owner))
    with lease(path):
        assert json.loads(path.read_text())["process"] == os.getpid()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("text", ["", "null"])
def test_a_lease_that_names_nobody_is_taken_over(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lease.json"
    path.write_text(text)
    with lease(path):
        assert json.loads(path.read_text())["process"] == os.getpid()
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("impatient")
def test_an_owner_on_another_machine_is_waited_for_in_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lease.json"
    path.write_text('{"nonce": "n", "host": "far", "machine": "m", "process": 1, "started": 1}')

    def touch() -> None:
        for _ in range(2):
            time.sleep(0.4)
            os.utime(path)

    alive = threading.Thread(target=touch)
    alive.start()
    with lease(path):
        alive.join()
    said = capsys.readouterr()
    told = [line for line in (said.out + said.err).splitlines() if "process 1 on far" in line]
    assert len(told) == 2, told


def test_who_lost_its_lease_writes_nothing_more(tmp_path: Path) -> None:
    path = tmp_path / "lease.json"
    with lease(path) as mine:
        mine.check()
        path.write_text(json.dumps(mine.owner | {"nonce": "other", "process": 7}))
        with pytest.raises(InputError, match="taken over by process 7"):
            mine.check()
    assert path.exists()  # it is not ours to remove


def test_a_folder_that_goes_while_somebody_waits_is_made_again(tmp_path: Path) -> None:
    path, log = tmp_path / "work/lease.json", tmp_path / "log"
    with lease(path):
        second = start(path, 0, log)
        time.sleep(3)  # it waits by now; whether it does is no matter to what must hold
        shutil.rmtree(path.parent)
    second.join(30)
    assert second.exitcode == 0
    assert log.exists()
