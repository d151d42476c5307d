"""Where the processes of a training meet, on one node or on several: nowhere that others reach."""

import sys

import psutil
import pytest

from its.errors import InputError
from its.nodes import LOOPBACK, Node, device_to, meeting_point, once_a_node, talk_over, this_node


def test_processes_on_one_node_meet_on_its_loopback_device() -> None:
    assert this_node(1) == Node(0, LOOPBACK)
    assert device_to(LOOPBACK) == "lo"


def test_a_node_of_several_knows_itself_and_the_first_one_from_srun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLURM_NODEID", "1")
    monkeypatch.setenv("SLURM_LAUNCH_NODE_IPADDR", "10.1.2.3")
    assert this_node(2) == Node(1, "10.1.2.3")


def test_the_meeting_point_is_heard_at_its_address_alone() -> None:
    port, store = meeting_point(LOOPBACK, 0)
    heard = {
        one.laddr.ip
        for one in psutil.Process().net_connections("inet")
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port
    }
    store.set("here", "1")
    assert heard == {LOOPBACK}
    assert store.get("here") == b"1"


def test_srun_starts_the_script_once_a_node_with_all_its_cores(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    command = once_a_node(2, 4321, ["scripts/launch.py", "--nnodes", "2", "scripts/train.py"])
    srun, python = command[: command.index(sys.executable)], command[-5:]
    assert {"--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--cpus-per-task=64"} <= set(srun)
    assert python[0] == "scripts/launch.py"
    assert python[1:] == ["--master-port=4321", "--nnodes", "2", "scripts/train.py"]


def test_several_nodes_without_slurm_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    with pytest.raises(InputError, match=r"asks for 2 nodes .* or set nodes to 1"):
        once_a_node(2, 4321, ["scripts/launch.py"])


def test_the_device_that_a_site_has_chosen_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"NCCL_SOCKET_IFNAME": "ib0"}
    monkeypatch.setattr("os.environ", environment)
    talk_over(LOOPBACK)
    assert environment == {"NCCL_SOCKET_IFNAME": "ib0", "GLOO_SOCKET_IFNAME": "lo"}
