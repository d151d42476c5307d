"""Note from which commit each run of the workflow was started."""

import json
import subprocess
import time
from pathlib import Path

RUNS = Path("results/logs/runs.jsonl")
DECIDING = ["Snakefile", "rules", "scripts", "config", "envs"]
"""Where a file that git does not know may decide a result."""


def note_run(root: Path) -> None:
    """Append a line: `time` in seconds since 1970, `commit` (null without git), `changed`.

    `changed` lists the tracked files that differ from the commit, and those that are not tracked
    where they may decide a result; files that git ignores are not among them.
    """
    line = {"time": time.time(), "commit": _git(root, "rev-parse", "HEAD")}
    changed = _git(root, "diff", "--name-only", "HEAD") or ""
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "--", *DECIDING) or ""
    line["changed"] = [*changed.splitlines(), *untracked.splitlines()]
    RUNS.parent.mkdir(parents=True, exist_ok=True)
    with RUNS.open("a") as file:
        file.write(json.dumps(line) + "\n")


def run_of(moment: float) -> dict | None:
    """Return the line of the run that was at work at a moment; None if none was noted."""
    lines = RUNS.read_text().splitlines() if RUNS.exists() else []
    before = [run for run in map(json.loads, lines) if run["time"] <= moment]
    return before[-1] if before else None


def _git(root: Path, *args: str) -> str | None:
    """Return what git says of a checkout; None where there is no git, or another's checkout."""
    try:
        top = _called(root, "rev-parse", "--show-toplevel")
        return _called(root, *args) if Path(top) == root.resolve() else None
    except (OSError, subprocess.CalledProcessError):
        return None


def _called(root: Path, *args: str) -> str:
    command = ["git", "-C", str(root), *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
