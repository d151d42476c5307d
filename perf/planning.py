"""A dry run of ours against two toys with as many jobs in a chain of the same shape, twice.

First nothing is there, then all but ten cells and what is made of cells: empty files that
`snakemake --touch` takes for made.

The barest is the least that could do the same: one setting and one resource by a function where
ours has many, paths from two wildcards. The other declares for each job what ours do: a log, a
benchmark, an environment, a priority, four settings, four resources, by functions that return
constants. What ours takes more than the barest is what such declarations cost in Snakemake; what it
takes more than the other is our own: reading and checking the config, hashing code.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from measure import HEADING, cost, in_turns, show

ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "rules", "scripts", "envs", "config", "profiles", "report"]
CHAIN = {
    "sample": ([], "sets/{learner}.x"),
    "refine": (["sets/{learner}.x"], "refined/{learner}.x"),
    "train": (["refined/{learner}.x"], "weights/{learner}.x"),
    "generate": (["weights/{learner}.x"], "generations/{learner}/{test}.x"),
    "judge": (["generations/{learner}/{test}.x"], "verdicts/{learner}/{test}.x"),
    "summarize": (["verdicts/{learner}/{test}.x"], "scores/{learner}/{test}.x"),
}
"""Of each rule of the toys, its inputs and its output."""
LOST = 10
"""Cells that a plan made before lacks."""
TOUCHED = 5_000
"""Jobs up to which a plan is taken for made: to touch 20,000 takes Snakemake most of an hour."""

BAREST = """
    params: one=lambda wildcards: "x"
    resources: mem_mb=lambda wildcards: 1000
"""
DECLARED = """
    log: "logs/{output}"
    benchmark: "benchmarks/{output}"
    priority: lambda wildcards: 1
    conda: "environment.yaml"
    threads: lambda wildcards: 1
    params: one=lambda wildcards: "x", two=lambda wildcards: "x", three=lambda wildcards: "x",
        four=lambda wildcards: "x"
    resources: gpu=lambda wildcards: 1, mem_mb=lambda wildcards: 1000,
        runtime=lambda wildcards: 5, gpu_share=lambda wildcards: "auto"
"""


def ours(folder: Path, seeds: int) -> list[str]:
    """Copy the workflow, with a plan of so many seeds; return the command that plans it."""
    for part in PARTS:
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, folder / part)
    plan = yaml.safe_load((ROOT / "config/config.yaml").read_text())["plans"]["demo"]
    plan |= {"test": ["N", "S", "U", "R"], "replicates": [{"seed": seed} for seed in range(seeds)]}
    overlay = {"plans": {"large": plan}, "plan": "large"}
    (folder / "config/large.yaml").write_text(yaml.safe_dump(overlay))
    return [*SNAKEMAKE, "--configfile", "config/large.yaml"]


def toy(folder: Path, jobs: int, tests: int, declared: str) -> list[str]:
    """Write a Snakefile with about so many jobs; return the command that plans it."""
    learners = round(jobs / (3 + 3 * tests))
    _, last = CHAIN["summarize"]
    lines = [
        "rule all:",
        f"    input: expand({last!r}, learner=range({learners}), test=range({tests}))",
    ]
    for rule, (inputs, output) in CHAIN.items():
        lines += [f"rule {rule}:", *[f"    input: {one!r}" for one in inputs]]
        lines += [f"    output: {output!r}", declared.replace("{output}", output).strip("\n")]
        lines += ["    shell: 'touch {output}'"]
    (folder / "Snakefile").write_text("\n".join(lines))
    (folder / "environment.yaml").write_text("dependencies: []\n")
    return [*SNAKEMAKE, "--workflow-profile", "none"]


TOUCH = """
from snakemake.cli import main
from snakemake.executors.touch import Executor
Executor.SLEEPING_TIME = 0  # it waits a tenth of a second before each job: here, half an hour
main()
"""
SNAKEMAKE = [sys.executable, "-m", "snakemake", "-n", "--quiet"]


def jobs_of(command: list[str], folder: Path) -> int:
    """Return how many jobs a dry run plans."""
    loud = [word for word in command if word != "--quiet"]
    out = subprocess.run(loud, cwd=folder, capture_output=True, text=True)
    found = re.search(r"^total +(\d+)$", out.stdout + out.stderr, flags=re.MULTILINE)
    if not found:
        sys.exit(f"error: {' '.join(loud)}\n{out.stdout}{out.stderr}")
    return int(found[1])


def nearly_done(command: list[str], folder: Path) -> None:
    """Let all outputs be there but some cells and the tables, and Snakemake know of them."""
    listed = subprocess.run(
        [*command, "--summary"], cwd=folder, capture_output=True, text=True, check=True
    )
    outputs = [Path(folder, line.split("\t")[0]) for line in listed.stdout.splitlines()[1:]]
    for output in outputs:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text("{}")
    cost([sys.executable, "-c", TOUCH, *command[5:], "--touch", "--forceall", "--cores=1"], folder)
    scores = [one for one in outputs if re.search(r"/scores/.*\.(json|x)$", str(one))]
    # Where tables are there, nobody asks for a cell that is not.
    shown = [one for one in outputs if re.search(r"/(tables|figures|report)/", str(one))]
    for output in [*scores[:LOST], *shown]:
        output.unlink()
    planned = jobs_of(command, folder)
    if not LOST <= planned <= LOST + len(shown) + 1:
        sys.exit(f"error: {planned} jobs are planned where {LOST} cells are missing")


def compare(
    what: str,
    jobs: int,
    commands: dict[str, list[str]],
    folders: dict[str, Path],
    rounds: int,
) -> None:
    """Plan all three in turns, show ours beside each toy."""
    costs = in_turns({name: (call, folders[name]) for name, call in commands.items()}, rounds)
    show(what, jobs, costs["ours"], costs["barest"])
    show(f"{what}, as much declared", jobs, costs["ours"], costs["declaring"])


def main() -> None:
    """Plan both at each size in turns, print rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 18, 185, 740], help="sizes")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    print(HEADING)
    for seeds in args.seeds:
        with tempfile.TemporaryDirectory() as place:
            folders = {name: Path(place) / name for name in ["ours", "barest", "declaring"]}
            for folder in folders.values():
                folder.mkdir()
            large = ours(folders["ours"], seeds)
            jobs = jobs_of(large, folders["ours"])
            commands = {
                "ours": large,
                "barest": toy(folders["barest"], jobs, 4, BAREST),
                "declaring": toy(folders["declaring"], jobs, 4, DECLARED),
            }
            compare("jobs planned", jobs, commands, folders, args.rounds)
            if jobs <= TOUCHED:
                for name, command in commands.items():
                    nearly_done(command, folders[name])
                compare(f"jobs where {LOST} cells miss", jobs, commands, folders, args.rounds)


if __name__ == "__main__":
    main()
