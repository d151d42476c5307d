"""A real SLURM on this machine: two nodes of eight pretended GPUs, on the loopback device only.

Its programs are Debian's (`make slurm-install`). It needs root, since Snakemake drops SLURM_CONF
on its way into a job: what runs there finds the cluster by /etc/slurm alone.
"""

import ctypes
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

SITE = Path("/etc/slurm")
ALONE = Path("/run/its-test-cluster.lock")
"""Held while a cluster of ours runs: there is one /etc/slurm."""
FILES = ["slurm.conf", "gres.conf", "slurmdbd.conf"]
OURS = "# Made by tests/slurm/cluster.py, which removes it.\n"
PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol", "squeue", "scancel"]
NODES = ["node01", "node02"]
MARK = "ITS_TEST_CLUSTER"
"""Stands in the environment of all that a cluster starts, so that no process is left behind."""
LONGEST = 60
LOOPBACK = "127.0.0.1"
NEW_NAME = 0x04000000
"""CLONE_NEWUTS of unshare(2)."""

CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
# Nobody else may listen in: every port is bound to the address that a node is given here.
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmctldPidFile={folder}/slurmctld.pid
SlurmctldLogFile={folder}/slurmctld.log
StateSaveLocation={folder}/state
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmdLogFile={folder}/slurmd-%n.log
SlurmdSpoolDir={folder}/spool-%n
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/{accounting}
AccountingStorageHost=127.0.0.1
AccountingStoragePass={folder}/munge.socket
AccountingStoragePort={ports[3]}
AccountingStoreFlags=job_comment
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
GresTypes=gpu
SlurmctldTimeout=30
SlurmdTimeout=30
InactiveLimit=0
MinJobAge=7200
KillWait=5
NodeName={nodes[0]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[1]} {has}
NodeName={nodes[1]} NodeHostname={host} NodeAddr=127.0.0.1 Port={ports[2]} {has}
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
PartitionName=cpu Nodes=ALL Default=YES State=UP PriorityTier=1
PartitionName=gpu Nodes=ALL State=UP PriorityTier=1
PartitionName=leftover Nodes=ALL State=UP PriorityTier=1 PreemptMode=CANCEL
PartitionName=urgent Nodes=ALL State=UP PriorityTier=2
"""
HAS = "CPUs=8 RealMemory=16000 Gres=gpu:h100:8"
# SLURM counts these files, and opens none.
GPUS = "NodeName={nodes[0]},{nodes[1]} Name=gpu Type=h100 File=/dev/tty[1-8]\n"

DATABASE = """
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={ports[3]}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=root
StorageLoc=slurm
LogFile={folder}/slurmdbd.log
PidFile={folder}/slurmdbd.pid
"""


@dataclass
class Cluster:
    """The cluster while it runs."""

    folder: Path
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a user of it."""
        return os.environ | {MARK: str(self.folder), "MYSQL_UNIX_PORT": f"{self.folder}/db.socket"}

    def call(self, *command: str) -> str:
        """Call one of SLURM's commands, and return what it prints."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def jobs(self) -> list[dict]:
        """List the jobs of the last two hours, in the order of their numbers.

        What SLURM's controller tells of them, so it needs no accounting.
        """
        return [
            dict(word.split("=", 1) for word in line.split(" ") if "=" in word)
            for line in self.call("scontrol", "--oneliner", "show", "job").splitlines()
            if line.startswith("JobId=")
        ]

    def start(self, name: str, *command: str) -> None:
        """Start one of the daemons."""
        with (self.folder / f"{name}.out").open("a") as out:
            self.processes[name] = subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def end(self, name: str) -> None:
        """End one of the daemons."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def started(self) -> list[int]:
        """List the processes that the cluster started, and what they started."""
        return marked(str(self.folder))


def missing(*more: str) -> str:
    """Say why no cluster can be started here, or none with more programs; nothing if one can."""
    found = {program: shutil.which(program) for program in [*PROGRAMS, *more]}
    absent = [program for program, path in found.items() if path is None]
    if absent:
        return f"no {', '.join(absent)} here: make slurm-install"
    if os.geteuid():
        return "root alone may write to /etc/slurm"
    for site in map(SITE.joinpath, FILES):
        if site.exists() and not site.read_text().startswith(OURS):
            return f"{site} belongs to another cluster"
    if not _leads_here(socket.gethostname()) and subprocess.call(["unshare", "--uts", "true"]):
        return f"the name of this machine does not lead to {LOOPBACK}, and cannot be changed"
    return ""


@contextmanager
def running(folder: Path, *, accounting: bool = False) -> Iterator[Cluster]:
    """Run a cluster with all that belongs to it in a folder of its own; one at a time.

    The folder's path must be short: a socket's has 108 characters at most.
    """
    with ALONE.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _kill("")  # of a test that was killed: whoever is alive has the lock
        yield from _run(folder, accounting)


def _run(folder: Path, accounting: bool) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    names = {
        "folder": folder,
        "host": name_of_this_machine(),
        "ports": free_ports(4),
        "accounting": "slurmdbd" if accounting else "none",
        "nodes": NODES,
        "has": HAS,
    }
    for part in ["state", *(f"spool-{node}" for node in NODES)]:
        (folder / part).mkdir(parents=True)
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o400)
    SITE.mkdir(exist_ok=True)
    (SITE / "slurm.conf").write_text(OURS + CONFIG.format(**names))
    (SITE / "gres.conf").write_text(OURS + GPUS.format(**names))
    try:
        munged = ["munged", "--foreground", "--force", "--num-threads=2"]
        files = {"socket": "socket", "pid-file": "pid", "seed-file": "seed", "key-file": "key"}
        options = [f"--{option}={folder}/munge.{end}" for option, end in files.items()]
        cluster.start("munged", *munged, *options)
        wait_for((folder / "munge.socket").exists, "no munged")
        if accounting:
            _keep_accounts(cluster, DATABASE.format(**names))
        cluster.start("slurmctld", "slurmctld", "-D")
        for node in NODES:
            cluster.start(node, "slurmd", "-D", "-N", node)
        wait_for(lambda: _idle(cluster), f"no cluster, see {folder}/*.log")
        yield cluster
    finally:
        _stop(cluster)
        for file in FILES:
            (SITE / file).unlink(missing_ok=True)


def _keep_accounts(cluster: Cluster, config: str) -> None:
    """Start a database, and SLURM's daemon that writes into it."""
    data = f"--datadir={cluster.folder}/db"
    alone = ["--no-defaults", "--user=root", data]
    cluster.call("mariadb-install-db", *alone, "--auth-root-authentication-method=normal")
    socket = f"--socket={cluster.folder}/db.socket"
    small = ["--innodb-buffer-pool-size=64M", f"--pid-file={cluster.folder}/db.pid"]
    cluster.start("mariadbd", "mariadbd", *alone, socket, "--skip-networking", *small)
    wait_for((cluster.folder / "db.socket").exists, "no database")
    (SITE / "slurmdbd.conf").write_text(OURS + config)
    (SITE / "slurmdbd.conf").chmod(0o600)
    cluster.start("slurmdbd", "slurmdbd", "-D")
    asked = ["sacctmgr", "--immediate", "add", "cluster", "test"]

    def added() -> bool:
        with (cluster.folder / "sacctmgr.log").open("w") as log:
            return subprocess.call(asked, env=cluster.environment, stdout=log, stderr=log) == 0

    wait_for(added, f"no accounting, see {cluster.folder}/*.log")


def marked(folder: str) -> list[int]:
    """List the processes that the cluster in a folder started; of every cluster, if it is empty."""
    mark, found = f"{MARK}={folder}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
        except OSError:  # it is gone
            continue
        if any(one == mark or (not folder and one.startswith(mark)) for one in variables):
            found.append(int(process.name))
    return found


def wait_for(condition: Callable[[], object], failure: str, seconds: float = LONGEST) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{failure}, after {seconds} s"
        time.sleep(0.2)


def name_of_this_machine() -> str:
    """Return it; for this process and what it starts it is `localhost`, if it does not lead there.

    SLURM's programs listen at the address to which it leads.
    """
    name = socket.gethostname()
    if not _leads_here(name):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(NEW_NAME):
            raise OSError(ctypes.get_errno(), "the name of this machine cannot be changed")
        name = "localhost"
        socket.sethostname(name)
    return name.partition(".")[0]


def _leads_here(name: str) -> bool:
    """Tell whether a machine's name, as SLURM takes it, leads to the loopback device."""
    try:
        return socket.gethostbyname(name.partition(".")[0]) == LOOPBACK
    except OSError:
        return False


def free_ports(number: int) -> list[int]:
    """Return ports of the loopback device that nobody has."""
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind((LOOPBACK, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _idle(cluster: Cluster) -> bool:
    """Tell whether every node waits for work."""
    asked = ["sinfo", "--noheader", "--Node", "--partition=gpu", "--format=%T"]
    done = subprocess.run(asked, env=cluster.environment, capture_output=True, text=True)
    return done.stdout.split() == ["idle"] * len(NODES)


def _stop(cluster: Cluster) -> None:
    """End everything, jobs first."""
    if "slurmctld" in cluster.processes:
        subprocess.run(["scancel", "--user=root"], env=cluster.environment, capture_output=True)
    for name in reversed([*cluster.processes]):
        cluster.end(name)
    _kill(str(cluster.folder))


def _kill(folder: str) -> None:
    """Kill what the cluster in a folder started, and wait until it is gone."""
    for process in marked(folder):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    wait_for(lambda: not marked(folder), "processes of the cluster are left")


if __name__ == "__main__":
    print(missing(), end="")
    sys.exit(bool(missing()))
