"""What a plan of many jobs does to a cluster: a real SLURM on this machine, our real profile.

One model and one sample of the paper's plan: five strategies on either side, four benchmarks, first
one repetition and then all three. Snakemake, rules and profile are the real ones. What needs no
model is made before, without the cluster; the other jobs are a few lines of shell that write their
outputs, put in place of their command by a stand-in for sbatch, which calls the real one. The
Snakemake at work in each job would share two cores with controller and driver here; on a cluster it
is on another machine.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from pathlib import Path

import yaml
from measure import cost

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / part) for part in ["scripts", "tests", "tests/slurm"]]

from cluster import MARK, NODES, Cluster, missing, running  # noqa: E402
from conftest import copy_to  # noqa: E402

TRAIN = TEST = ["N", "Fixed", "Listed", "Turn", "Each"]
BENCHMARKS = ["one", "two", "three", "four"]
AT_A_TIME = 2 * len(NODES)
"""Generations: two share the GPUs of a node."""
MISSING = 10
CARRIED_ON_TO = 3000
SECONDS = 2
"""Of a job."""
TRAINED = "{model}/{sample}{draw}-{strategy}{persona}-{recipe}-s{seed}"
CELL = "{model}/{learner}/{benchmark}/{strategy}{persona}"
OUTPUTS = {
    "train": [
        f"results/checkpoints/{TRAINED}/weights/manifest.json",
        f"results/checkpoints/{TRAINED}/training.json",
        f"results/timings/train/{TRAINED}.tsv",
        f"results/logs/train/{TRAINED}.log",
    ],
    "generate": [
        f"results/generations/{CELL}.parquet",
        f"results/timings/generate/{CELL}.tsv",
        f"results/logs/generate/{CELL}.log",
    ],
    "judge": [f"results/scores/{CELL}.parquet", f"results/logs/judge/{CELL}.log"],
    "summarize": [f"results/scores/{CELL}.json", f"results/logs/summarize/{CELL}.log"],
}
"""What each job leaves behind."""
SBATCH = """#!{python} -S
import shlex
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

words = shlex.split(sys.stdin.read(), comments=True)
targets = words[words.index("--target-jobs") + 1 :]
lines = ["#!/bin/sh", "sleep {seconds}"]
for target in takewhile(lambda word: not word.startswith("--"), targets):
    rule, _, wildcards = target.partition(":")
    named = dict(word.split("=") for word in wildcards.split(","))
    for pattern in {outputs}[rule]:
        path = Path(pattern.format(**named))
        lines += [f"mkdir -p {{path.parent}}", f"echo {{path}} > {{path}}"]
script = chr(10).join(lines)
sys.exit(subprocess.run(["{sbatch}", *sys.argv[1:]], input=script, text=True).returncode)
"""


@dataclass(frozen=True)
class Seen:
    """What was seen once so many cells were there."""

    cells: int
    submissions: int
    minutes: float
    most_a_minute: int
    most_in_queue: int
    busy: float
    """Share of the places for GPU jobs that were taken, from first start to last end."""
    requests: float
    """To the controller, a minute; those of the jobs too."""
    files: int
    """In the folder under results/ that has most."""
    snakemake_files: int
    snakemake_most: int
    snakemake_mebibytes: float
    planned_again: float
    driver_mebibytes: float
    driver_seconds: float
    """Of processor time for each submission, with calls of SLURM's commands."""


@dataclass(frozen=True)
class Row:
    """A row of the table: what is shown of what was seen."""

    what: str
    key: str
    form: str = "{:,.0f}"
    grows: bool = True
    """With the number of cells; else it is not carried on."""
    goal: str = ""


ROWS = [
    Row("submissions", "submissions"),
    Row("minutes", "minutes", "{:.1f}", grows=False),
    Row("submitted in one minute, at most", "most_a_minute", grows=False, goal="60"),
    Row("in the queue at a time, at most", "most_in_queue", grows=False, goal="100"),
    Row("requests to the controller a minute", "requests", grows=False, goal="600"),
    Row("places for GPU jobs taken", "busy", "{:.0%}", grows=False),
    Row("files in one folder of results, at most", "files", goal="10,000"),
    Row("files in one folder of .snakemake, at most", "snakemake_most", goal="10,000"),
    Row("files in .snakemake", "snakemake_files", goal="50,000"),
    Row("size of .snakemake, MiB on disk", "snakemake_mebibytes", goal="500"),
    Row(
        f"a plan where {MISSING} cells miss, processor seconds",
        "planned_again",
        "{:.1f}",
        goal="30",
    ),
    Row("memory of Snakemake, MiB", "driver_mebibytes", goal="1,000"),
    Row("its processor time a submission, seconds", "driver_seconds", "{:.2f}", grows=False),
]


def prepared(folder: Path) -> Path:
    """Copy the workflow, with a plan for each number of repetitions; make what needs no model."""
    from tiny import write_tiny_model

    copy_to(folder)
    write_tiny_model(folder / "tiny")
    sbatch = folder / "bin/sbatch"
    sbatch.parent.mkdir()
    parts = {"python": sys.executable, "sbatch": shutil.which("sbatch"), "seconds": SECONDS}
    sbatch.write_text(SBATCH.format(**parts, outputs=OUTPUTS))
    sbatch.chmod(0o755)
    config = yaml.safe_load((ROOT / "tests/slurm/pretended.yaml").read_text())
    needs = {"threads": 4, "memory": "1GB", "runtime": "5m"}
    model = config["models"]["pretended"]
    model |= {"train": needs | {"gpus": 8}, "generate": needs | {"gpus": 4}}
    config["strategies"] = {}
    config["benchmarks"] = {name: config["benchmarks"]["few_test"] for name in BENCHMARKS}
    plan = config["plans"].pop("pretended")
    plan |= {"train": TRAIN, "test": TEST, "benchmarks": BENCHMARKS}
    for number in [1, 3]:
        replicates = [{"draw": one, "persona": one, "seed": one} for one in range(number)]
        config["plans"][f"repeated{number}"] = plan | {"replicates": replicates}
        config["plan"] = f"repeated{number}"
        (folder / f"config/repeated{number}.yaml").write_text(yaml.safe_dump(config))
    config = "config/repeated3.yaml"
    targets = ["data", "results/models/pretended/manifest.json", "results/chats/pretended.txt"]
    cost([*SNAKEMAKE, "--cores", "2", "--configfile", config, "--", *targets], folder)
    return folder


SNAKEMAKE = [sys.executable, "-m", "snakemake"]


def cells(folder: Path) -> list[Path]:
    """List the summaries of the cells that are there."""
    return sorted((folder / "results/scores").rglob("*.json"))


def requests(cluster: Cluster) -> int:
    """Return how many requests the controller has answered."""
    listed = cluster.call("sdiag").split("Remote Procedure Call statistics by message type")[1]
    by_type, _, _ = listed.partition("Remote Procedure Call statistics by user")
    return sum(int(count) for count in re.findall(r"count:(\d+)", by_type))


def look(cluster: Cluster, folder: Path, config: str) -> Seen:
    """Run the plan of a config on the cluster, and look at what that took and left."""
    asked, known = requests(cluster), len(cluster.jobs())
    command = [*SNAKEMAKE, "--profile", "slurm", "--configfile", config, "--until", "summarize"]
    begin = time.monotonic()
    with (folder / "console").open("w") as console:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=os.environ | {MARK: str(cluster.folder), "PATH": f"{folder}/bin:{PATH}"},
            stdout=console,
            stderr=console,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"error: {' '.join(command)}\n{(folder / 'console').read_text()[-4000:]}")
    minutes = (time.monotonic() - begin) / 60
    asked = requests(cluster) - asked
    jobs = cluster.jobs()[known:]
    most, at = fullest(folder / ".snakemake")
    print(f"fullest folder of .snakemake: {at}", file=sys.stderr)
    return Seen(
        cells=len(cells(folder)),
        submissions=known + len(jobs),
        minutes=minutes,
        most_a_minute=most_within(60, times(jobs, "SubmitTime")),
        most_in_queue=most_at_once(times(jobs, "SubmitTime"), times(jobs, "EndTime")),
        busy=busy(jobs),
        requests=asked / minutes,
        files=fullest(folder / "results")[0],
        snakemake_files=sum(1 for _ in files(folder / ".snakemake")),
        snakemake_most=most,
        snakemake_mebibytes=sum(f.stat().st_blocks for f in files(folder / ".snakemake")) / 2048,
        planned_again=planned_again(folder, config),
        driver_mebibytes=usage.ru_maxrss / 1024,
        driver_seconds=(usage.ru_utime + usage.ru_stime) / len(jobs),
    )


PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


def files(folder: Path) -> list[Path]:
    """List the files below a folder."""
    return [path for path in folder.rglob("*") if path.is_file()]


def fullest(folder: Path) -> tuple[int, Path]:
    """Return how many files the fullest folder below has, and which one that is."""
    counts = Counter(path.parent for path in files(folder))
    ((at, most),) = counts.most_common(1)
    return most, at.relative_to(folder)


def times(jobs: Sequence[dict[str, str]], key: str) -> list[float]:
    """Return a time of each job, in seconds."""
    return [datetime.fromisoformat(job[key]).timestamp() for job in jobs]


def most_within(seconds: float, moments: Sequence[float]) -> int:
    """Return how many of the moments lie within so many seconds, at most."""
    return max(sum(0 <= one - first < seconds for one in moments) for first in moments)


def most_at_once(begins: Sequence[float], ends: Sequence[float]) -> int:
    """Return how many intervals overlap, at most."""
    changes = sorted([(one, 1) for one in begins] + [(one, -1) for one in ends])
    return max(accumulate(change for _, change in changes))


def busy(jobs: Sequence[dict[str, str]]) -> float:
    """Return which share of the places for generations was taken; a training takes two."""
    gpu = [job for job in jobs if job["Partition"] == "gpu"]
    begins, ends = times(gpu, "StartTime"), times(gpu, "EndTime")
    places = [int(job["TresPerJob"].rpartition(":")[2]) // 4 for job in gpu]
    taken = sum(
        place * (end - begin) for place, begin, end in zip(places, begins, ends, strict=True)
    )
    return taken / AT_A_TIME / (max(ends) - min(begins))


def planned_again(folder: Path, config: str) -> float:
    """Return the processor time of a dry run where ten cells are missing; leave them all there."""
    lost = cells(folder)[:: len(cells(folder)) // MISSING][:MISSING]
    aside = folder / "aside"
    aside.mkdir()
    for number, path in enumerate(lost):
        shutil.move(path, aside / str(number))
    command = [*SNAKEMAKE, "--profile", "slurm", "--configfile", config, "--until", "summarize"]
    before = os.times()
    dry = subprocess.run([*command, "-n"], cwd=folder, env=os.environ | {"PATH": PATH}, **READ)
    after = os.times()
    assert re.search(rf"^summarize +{MISSING}$", dry.stdout, flags=re.MULTILINE), dry.stdout
    assert re.search(rf"^total +{MISSING}$", dry.stdout, flags=re.MULTILINE), dry.stdout
    for number, path in enumerate(lost):
        shutil.move(aside / str(number), path)
    aside.rmdir()
    return sum(after[2:4]) - sum(before[2:4])  # of children


READ = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


def table(one: Seen, two: Seen) -> str:
    """Write what was seen at both sizes, the slope, and where it leads."""
    sizes = [f"{number:,} cells" for number in [one.cells, two.cells, CARRIED_ON_TO]]
    heads = ["what", sizes[0], sizes[1], "a cell", sizes[2], "goal"]
    lines = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for row in ROWS:
        first, second = getattr(one, row.key), getattr(two, row.key)
        slope = (second - first) / (two.cells - one.cells)
        there = second + slope * (CARRIED_ON_TO - two.cells)
        carried = [f"{slope:.3g}", row.form.format(there)] if row.grows else ["", ""]
        shown = [row.form.format(first), row.form.format(second)]
        lines.append(f"| {' | '.join([row.what, *shown, *carried, row.goal])} |")
    return "\n".join(lines)


def main() -> None:
    """Run the plan with one repetition, then with three; print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if why := missing():
        sys.exit(f"error: {why}")
    with tempfile.TemporaryDirectory(prefix="slurm.") as scratch:
        folder = prepared(Path(scratch, "checkout"))
        with running(Path(scratch, "cluster")) as cluster:
            seen = [look(cluster, folder, f"config/repeated{number}.yaml") for number in [1, 3]]
    print(table(*seen))


if __name__ == "__main__":
    main()
