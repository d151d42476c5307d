"""A copy of the workflow where a cluster runs, and its user."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cluster import MARK, Cluster
from conftest import Checkout, Run, environment

# Jobs of seconds are asked for more often than a site wants to be asked.
ASKED = ["--seconds-between-status-checks", "1", "--slurm-init-seconds-before-status-checks", "1"]
ASKED += ["--latency-wait", "5", "--max-status-checks-per-second", "10"]
LONGEST = 1800
"""Seconds after which something hangs, on a slow machine too."""


@dataclass(frozen=True)
class Site:
    """A copy of the workflow where a cluster runs."""

    cluster: Cluster
    checkout: Checkout
    config: str

    @property
    def folder(self) -> Path:
        """Where the copy is."""
        return self.checkout.folder

    def start(self, *args: str, path: str = environment()["PATH"]) -> subprocess.Popen:
        """Start `snakemake --profile slurm`."""
        return self.start_alone("--profile", "slurm", *ASKED, *args, path=path)

    def start_alone(self, *args: str, path: str = environment()["PATH"]) -> subprocess.Popen:
        """Start Snakemake with its settings for every machine, and no others."""
        command = [sys.executable, "-m", "snakemake", "--configfile", self.config, *args]
        with (self.folder / "console").open("w") as console:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | {MARK: str(self.cluster.folder), "PATH": path},
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def run(self, *args: str, **options: str) -> Run:
        """Call `snakemake --profile slurm`, and wait."""
        return self.end(self.start(*args, **options))

    def end(self, process: subprocess.Popen, longest: float = LONGEST) -> Run:
        """Wait for Snakemake; end it if that takes too long."""
        try:
            status = process.wait(longest)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        return Run(status, (self.folder / "console").read_text())

    def jobs(self, rule: str) -> list[dict[str, str]]:
        """List what SLURM says of the jobs of a rule, or of a group of rules."""
        return [job for job in self.cluster.jobs() if job["Comment"].startswith(f"rule_{rule}")]

    def doctor(self, *args: str) -> Run:
        """Ask what is at work there."""
        done = subprocess.run(
            [sys.executable, "scripts/doctor.py", *args],
            cwd=self.folder,
            env=self.cluster.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return Run(done.returncode, done.stdout)
