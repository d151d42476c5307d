"""The nodes that share one training: where their processes meet, and by which device they talk."""

import os
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from its.errors import InputError
from its.processes import cores

LOOPBACK = "127.0.0.1"
BACKENDS = ["GLOO", "NCCL"]


@dataclass(frozen=True, slots=True)
class Node:
    """One of the nodes, seen from itself."""

    rank: int
    """0 is the first one, where the processes meet."""
    first: str
    """The address of the first one."""


def this_node(nodes: int) -> Node:
    """Return which of `nodes` nodes this is; of several, in a task that srun started on it.

    The first one's address is that at which SLURM itself reached it from the others: a name may
    lead to a loopback device, and a machine may have more than one network.
    """
    if nodes == 1:
        return Node(0, LOOPBACK)
    return Node(int(os.environ["SLURM_NODEID"]), os.environ["SLURM_LAUNCH_NODE_IPADDR"])


def once_a_node(nodes: int, port: int, command: Sequence[str]) -> list[str]:
    """Return the command that starts a Python script once on each node of this job of SLURM.

    Parameters
    ----------
    port
        Where the processes are to meet, handed on to the script as torchrun's `--master-port`.
    command
        The script and its arguments.

    Raises
    ------
    InputError
        If this is no job of SLURM.
    """
    if "SLURM_JOB_ID" not in os.environ or not shutil.which("srun"):
        raise InputError(
            f"the config asks for {nodes} nodes for this training (train.nodes), and this is no "
            "job of SLURM, which starts it on each: use --profile slurm, or set nodes to 1"
        )
    script, *arguments = command
    return [
        "srun",
        f"--nodes={nodes}",
        f"--ntasks={nodes}",
        "--ntasks-per-node=1",
        f"--cpus-per-task={cores()}",  # or each gets one core
        "--kill-on-bad-exit=1",  # the others would wait for what one of them will never send
        sys.executable,
        script,
        f"--master-port={port}",
        *arguments,
    ]


def free_port() -> int:
    """Return a port of this machine that nobody has."""
    with socket.create_server(("", 0)) as found:
        return found.getsockname()[1]


def meeting_point(address: str, port: int) -> tuple[int, object]:
    """Return the port at which processes can meet, and the store that listens there.

    At this address only: torch's stores listen on all, and ask nobody who they are. Port 0 finds
    a free one. The store lives as long as it is kept; another one at the same address and port in
    this process shares its server.
    """
    from torch.distributed import TCPStore

    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listening = socket.create_server((address, port), family=family)
    port = listening.getsockname()[1]
    return port, TCPStore(
        address,
        port,
        is_master=True,
        wait_for_workers=False,
        multi_tenant=True,
        master_listen_fd=listening.detach(),
    )


def talk_over(address: str) -> None:
    """Let the processes talk over the network device that leads to an address, as `lo`.

    What a site has chosen before stays.
    """
    for backend in BACKENDS:
        os.environ.setdefault(f"{backend}_SOCKET_IFNAME", device_to(address))


def device_to(address: str) -> str:
    """Return the name of the network device whose own address is used to reach another one.

    Raises
    ------
    InputError
        If no device has that address.

    >>> device_to("127.0.0.1")
    'lo'
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((address, 1))  # sends nothing
        own = probe.getsockname()[0]
    for name, addresses in psutil.net_if_addrs().items():
        if any(one.address.partition("%")[0] == own for one in addresses):
            return name
    raise InputError(
        f"no network device of this node has the address {own}, from which it reaches {address}; "
        f"set {' and '.join(f'{one}_SOCKET_IFNAME' for one in BACKENDS)} to the name of one"
    )
