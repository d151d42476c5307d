"""What hangs is told from what works, and one command mends it."""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from its import queue
from its.doctor import Facts, Finding, facts, findings, hangs
from its.drivers import Driver
from its.lease import Holder, lease
from its.queue import NoAnswer, Queued, parse, read_queue

NOTHING = Facts(
    host="login1",
    drivers=[],
    last_host="login1",
    locked=False,
    queue=None,
    no_answer=None,
    holders=[],
    halves=[],
)
AT_WORK = Driver(7, run="its_a", quiet=20, busy=False)
SILENT = Driver(7, run="its_a", quiet=2000, busy=False)
LOCAL = Driver(7, run=None, quiet=2000, busy=True)
STOPPED = Driver(7, run="its_a", quiet=2000, busy=False, stopped=True)


def seen(**different: object) -> Facts:
    return Facts(**{name: getattr(NOTHING, name) for name in Facts.__slots__} | different)


def job(state: str, *, reason: str = "None", run: str = "its_a") -> Queued:
    return Queued("12", state, "3:20", reason, run, "rule_train_wildcards_a")


def held(alive: bool | None, slurm_job: str | None = None) -> Holder:
    return Holder(Path("results/x/progress"), "process 5 on n1", slurm_job, alive)


@pytest.mark.parametrize(
    ("driver", "queue", "hang"),
    [
        (SILENT, [], True),
        (SILENT, [job("COMPLETED")], True),
        (SILENT, [job("PREEMPTED")], True),
        (SILENT, [job("RUNNING", run="its_b")], True),  # of another call of Snakemake
        (SILENT, [job("RUNNING")], False),
        (SILENT, [job("PENDING")], False),
        (SILENT, None, False),  # nobody can tell
        (AT_WORK, [], False),
        (LOCAL, [], False),
        (STOPPED, [], False),  # it waits for somebody
    ],
)
def test_a_driver_hangs_if_it_waits_for_nothing(
    driver: Driver, queue: list[Queued] | None, hang: bool
) -> None:
    assert hangs(driver, seen(drivers=[driver], queue=queue)) is hang


@pytest.mark.parametrize(
    ("different", "mend"),
    [
        ({}, ""),
        ({"locked": True}, "snakemake --unlock"),
        ({"locked": True, "drivers": [LOCAL]}, ""),
        ({"drivers": [SILENT], "queue": []}, "kill -INT 7"),
        ({"drivers": [AT_WORK], "queue": [job("PREEMPTED")]}, "scontrol requeue 12"),
        ({"drivers": [STOPPED], "queue": []}, "kill -CONT 7"),
        ({"queue": [job("PREEMPTED")]}, ""),  # nobody waits for it
        (
            {"drivers": [AT_WORK], "queue": [job("PENDING", reason="JobHeldUser")]},
            "scontrol release 12",
        ),
        ({"drivers": [AT_WORK], "queue": [job("RUNNING")]}, ""),
        ({"holders": [held(False), held(None), held(True)]}, ""),
        ({"halves": [Path("results/x.parquet")]}, ""),
        ({"no_answer": "Connection refused"}, ""),
    ],
)
def test_the_first_finding_has_the_command_that_mends(
    different: dict[str, object], mend: str
) -> None:
    found = findings(seen(**different))
    assert found[0].mend == mend
    assert [one.mend for one in found[1:]] == [""] * (len(found) - 1)


@pytest.mark.parametrize(
    ("different", "words"),
    [
        ({}, "nothing is at work here"),
        ({"locked": True, "last_host": "login2"}, "lock is that of login2"),
        ({"queue": [job("RUNNING")]}, "No Snakemake on this machine waits for it"),
        ({"queue": [job("RUNNING")], "drivers": [AT_WORK]}, "rule_train_wildcards_a) is running"),
        ({"holders": [held(False)]}, "which is gone; the next start goes on from there"),
        ({"holders": [held(None)]}, "silent for minutes"),
        ({"holders": [held(True)]}, "at work on it without a Snakemake"),
        ({"holders": [held(True)], "drivers": [LOCAL]}, "process 5 on n1 is at work on it"),
        ({"holders": [held(True, "12")], "queue": [job("FAILED")]}, "which is gone"),
    ],
)
def test_what_is_seen_is_said(different: dict[str, object], words: str) -> None:
    assert any(words in one.says for one in findings(seen(**different)))


def test_an_output_is_half_written_only_if_nobody_writes_it() -> None:
    half = [Path("results/x.parquet")]
    assert "half written" in findings(seen(halves=half))[0].says
    for work in [{"drivers": [LOCAL]}, {"queue": [job("RUNNING")]}]:
        assert not any("half" in one.says for one in findings(seen(halves=half, **work)))


def test_a_folder_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue.shutil, "which", lambda program: None)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").touch()
    half = "results/scores/" + "long" * 60 + ".json"
    (tmp_path / half).parent.mkdir(parents=True)
    (tmp_path / half).touch()
    name = base64.urlsafe_b64encode(half.encode()).decode()
    mark = tmp_path / ".snakemake/incomplete" / f"@{name[:254]}" / name[254:]
    mark.parent.mkdir(parents=True)
    mark.touch()

    with lease(tmp_path / "results/checkpoints/a/b/progress/lease.json"):
        found = facts(tmp_path, tmp_path / "results")

    assert (found.locked, found.drivers, found.queue) == (True, [], None)
    assert found.halves == [Path(half)]
    (one,) = found.holders
    assert one.alive
    assert one.name == f"process {os.getpid()} on {socket.gethostname()}"


def test_a_lease_of_another_machine_is_trusted_while_it_is_touched(tmp_path: Path) -> None:
    path = tmp_path / "progress/lease.json"
    path.parent.mkdir()
    owner = {"nonce": "a", "host": "n1", "machine": "b", "process": 5, "started": 1}
    path.write_text(json.dumps(owner))
    assert [one.alive for one in facts(tmp_path, tmp_path).holders] == [True]
    os.utime(path, (time.time() - 1000,) * 2)
    assert [one.alive for one in facts(tmp_path, tmp_path).holders] == [None]


def test_a_driver_is_known_by_its_folder_and_its_log(tmp_path: Path) -> None:
    code = (
        "import sys, time; sys.argv; log = open('.snakemake/log/1.snakemake.log', 'w');"
        "print('SLURM run ID: its_b', file=log, flush=True); print(flush=True); time.sleep(60)"
    )
    (tmp_path / ".snakemake/log").mkdir(parents=True)
    (tmp_path / "snakemake").write_text(code)
    command = [sys.executable, tmp_path / "snakemake", "--cores", "1"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE)
    process.stdout.readline()
    try:
        (found,) = facts(tmp_path, tmp_path).drivers
        process.send_signal(signal.SIGSTOP)
        os.waitpid(process.pid, os.WUNTRACED)  # until it has
        (stopped,) = facts(tmp_path, tmp_path).drivers
    finally:
        process.kill()
        process.communicate()

    assert (found.process, found.run, found.busy) == (process.pid, "its_b", False)
    assert found.quiet < 30
    assert (found.stopped, stopped.stopped) == (False, True)


def test_only_jobs_of_this_folder_are_read() -> None:
    line = "{}|RUNNING|1-02:03:04|None|its_a|{}|rule_train|with|bars\n"
    text = line.format(1, "/here") + line.format(2, "/there")
    (one,) = parse(text, Path("/here"))
    assert (one.number, one.used, one.makes) == ("1", "1-02:03:04", "rule_train|with|bars")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("", "squeue ended with status 1"),
        (
            "squeue: error: fetch_config: DNS SRV lookup failed\n"
            "squeue: error: _establish_config_source: failed to fetch config\n"
            "squeue: fatal: Could not establish a configuration source\n",
            "squeue: fatal: Could not establish a configuration source",
        ),
    ],
)
def test_a_queue_that_cannot_be_asked_is_no_empty_one(
    said: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "squeue").write_text(f"#!/bin/sh\nprintf '{said}' >&2\nexit 1\n")
    (tmp_path / "squeue").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(NoAnswer):
        read_queue(tmp_path)
    (tmp_path / ".snakemake/locks").mkdir(parents=True)
    (tmp_path / ".snakemake/locks/0.output.lock").touch()

    locked, asked = findings(facts(tmp_path, tmp_path))

    assert locked.mend == "snakemake --unlock"  # what can be seen without it is
    assert asked == Finding(
        f"SLURM's queue cannot be asked ({why}). A Snakemake that waits for jobs in it may wait "
        "for ever: look here again once `squeue` works"
    )
