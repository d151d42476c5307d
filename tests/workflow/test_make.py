"""`make` finds its tests, and takes away a lock where nobody is at work."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = re.findall(r"^\t@?(?:\w+=\w+ )?(pytest .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)


def unlock(folder: Path) -> subprocess.CompletedProcess:
    """Call what `make demo` calls first, in an environment that is installed already."""
    command = ["make", "--silent", "--old-file", "install", "unlock"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PATH": path}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "Snakefile").write_text(
        "rule all:\n    output: 'made'\n    shell: 'touch started; sleep 600; touch made'\n"
    )
    return tmp_path


@pytest.fixture
def at_work(folder: Path) -> Iterator[subprocess.Popen]:
    """Start a Snakemake in that folder; leave none of its processes behind."""
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--quiet", "all"]
    with subprocess.Popen(command, cwd=folder, start_new_session=True) as process:
        deadline = time.monotonic() + 60
        while not (folder / "started").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.1)
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_folder_where_nobody_is_at_work_is_left_as_it_is(folder: Path) -> None:
    done = unlock(folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_snakemake_at_work_keeps_its_lock(folder: Path, at_work: subprocess.Popen) -> None:
    done = unlock(folder)
    assert done.returncode
    assert f"error: Snakemake is at work here already, as process {at_work.pid}" in done.stderr
    assert list(folder.glob(".snakemake/locks/*"))


def test_a_snakemake_at_work_is_found_though_its_lock_is_gone(
    folder: Path, at_work: subprocess.Popen
) -> None:
    shutil.rmtree(folder / ".snakemake/locks")  # as another call that ends takes it away
    done = unlock(folder)
    assert done.returncode
    assert f"error: Snakemake is at work here already, as process {at_work.pid}" in done.stderr


def test_the_lock_of_a_killed_snakemake_is_taken_away(
    folder: Path, at_work: subprocess.Popen
) -> None:
    os.killpg(at_work.pid, signal.SIGKILL)
    at_work.wait()
    done = unlock(folder)
    assert done.returncode == 0
    assert "The last run was killed" in done.stdout
    assert not list(folder.glob(".snakemake/locks/*"))


@pytest.mark.parametrize("command", TESTS)
def test_what_make_tests_can_be_collected(command: str) -> None:
    call = [sys.executable, "-m", *shlex.split(command), "--collect-only", "-q", "-n", "0"]
    done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
