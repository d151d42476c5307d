"""Jobs side by side on one machine have GPUs of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from its import devices
from its.devices import share_gpus, visible

SCRIPTS = Path(devices.__file__).parents[1]
JOB = """
import sys
from pathlib import Path
from its import devices
devices.LOCKS = Path(sys.argv[1])
devices.share_gpus(int(sys.argv[2]))
print(*devices.visible(), flush=True)
input()
"""


def start(folder: Path, asked: int) -> subprocess.Popen:
    """Start a job on a machine of eight pretended GPUs; it has them until it is told to go."""
    return subprocess.Popen(
        [sys.executable, "-c", JOB, folder, str(asked)],
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "0,1,2,3,4,5,6,7", "PYTHONPATH": str(SCRIPTS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_jobs_side_by_side_share_no_gpu_and_those_of_a_killed_one_are_free(tmp_path: Path) -> None:
    first, second = start(tmp_path, 4), start(tmp_path, 2)
    one, two = (set(job.stdout.readline().split()) for job in (first, second))
    assert (len(one), len(two)) == (4, 2)
    assert not one & two

    third = start(tmp_path, 3)
    assert third.stderr.readline().startswith("waiting for 3 of the GPUs 0, 1, 2")
    os.kill(first.pid, signal.SIGKILL)
    three = set(third.stdout.readline().split())
    assert len(three) == 3
    assert not three & two

    for job in (first, second, third):
        job.kill()
        job.communicate()


@pytest.mark.parametrize(("there", "asked"), [("4,5", 2), ("", 0), ("", 2), ("0,1,2,3", 0)])
def test_what_a_scheduler_deals_out_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: str, asked: int
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", there)
    monkeypatch.setattr(devices, "LOCKS", tmp_path)

    share_gpus(asked)

    assert os.environ["CUDA_VISIBLE_DEVICES"] == there
    assert not list(tmp_path.iterdir())


def test_without_a_word_of_cuda_s_every_device_is_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(devices, "DEVICES", tmp_path)
    for name in ["nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "null"]:
        (tmp_path / name).touch()

    assert visible() == ["0", "1"]
