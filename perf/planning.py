"""A dry run of ours against one of a toy Snakefile with as many jobs in a chain of the same shape.

The toy is the least that could do the same: one setting and one resource by a function where ours
has many, paths from two wildcards, no config, no versions, no environments. What ours takes more is
what reading the config, hashing code, looking settings up and naming environments costs.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from measure import in_turns, median, spread

ROOT = Path(__file__).parents[1]
PARTS = ["Snakefile", "rules", "scripts", "envs", "config", "profiles", "report"]
TOY = """
rule all:
    input: expand("score/{{learner}}/{{test}}.json", learner=range({learners}), test=range({tests}))
rule sample:
    output: "set/{{learner}}"
    shell: "touch {{output}}"
rule refine:
    input: "set/{{learner}}"
    output: "refined/{{learner}}"
    params: setting=lambda wildcards: "x"
    shell: "touch {{output}}"
rule train:
    input: "refined/{{learner}}"
    output: "weights/{{learner}}"
    params: setting=lambda wildcards: "x"
    resources: mem_mb=lambda wildcards: 1000
    shell: "touch {{output}}"
rule generate:
    input: "weights/{{learner}}"
    output: "generation/{{learner}}/{{test}}"
    params: setting=lambda wildcards: "x"
    resources: mem_mb=lambda wildcards: 1000
    shell: "touch {{output}}"
rule judge:
    input: "generation/{{learner}}/{{test}}"
    output: "verdicts/{{learner}}/{{test}}"
    params: setting=lambda wildcards: "x"
    shell: "touch {{output}}"
rule summarize:
    input: "verdicts/{{learner}}/{{test}}"
    output: "score/{{learner}}/{{test}}.json"
    shell: "touch {{output}}"
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


def toy(folder: Path, jobs: int, tests: int) -> list[str]:
    """Write a Snakefile with about so many jobs; return the command that plans it."""
    learners = round(jobs / (3 + 3 * tests))
    (folder / "Snakefile").write_text(TOY.format(learners=learners, tests=tests))
    return [*SNAKEMAKE, "--workflow-profile", "none"]


SNAKEMAKE = [sys.executable, "-m", "snakemake", "-n", "--quiet"]


def jobs_of(command: list[str], folder: Path) -> int:
    """Return how many jobs a dry run plans."""
    loud = [word for word in command if word != "--quiet"]
    out = subprocess.run(loud, cwd=folder, capture_output=True, text=True)
    return int(re.findall(r"^total +(\d+)$", out.stdout + out.stderr, flags=re.MULTILINE)[0])


def main() -> None:
    """Plan both at each size in turns, print a row of a table each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[18, 185], help="sizes of ours")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    print("| jobs | ours | toy | ratio | memory of ours | of the toy |")
    print("| --- | --- | --- | --- | --- | --- |")
    for seeds in args.seeds:
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
            large = ours(Path(one), seeds)
            jobs = jobs_of(large, Path(one))
            small = toy(Path(two), jobs, tests=4)
            costs = in_turns({"ours": (large, Path(one)), "toy": (small, Path(two))}, args.rounds)
            ratio = median(costs["ours"]).seconds / median(costs["toy"]).seconds
            memory = [f"{median(costs[name]).mebibytes:.0f} MiB" for name in ["ours", "toy"]]
            print(
                f"| {jobs} ({jobs_of(small, Path(two))}) | {spread(costs['ours'])} "
                f"| {spread(costs['toy'])} | {ratio:.2f} | {' | '.join(memory)} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
