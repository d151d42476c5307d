"""What Snakemake spends on a job that does nothing, under our profiles and under its defaults.

A toy of cells, each with two jobs that only touch a file, judge and summarize, in the group of
`rules/score.smk`. Ours has `profiles/default` and the `group-components` of `slurm/profile.yaml`,
so cells share a job as they do on a cluster; theirs has no profile: the default scheduler, each job
by itself. What the same command takes when all is there already is taken off.
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import yaml
from measure import HEADING, Cost, cost, show

ROOT = Path(__file__).parents[1]
TOY = """
rule all:
    input: expand("scores/{{cell}}.json", cell=range({cells}))
rule judge:
    output: "scores/{{cell}}.parquet"
    group: "score"
    shell: "touch {{output}}"
rule summarize:
    input: "scores/{{cell}}.parquet"
    output: "scores/{{cell}}.json"
    group: "score"
    shell: "touch {{output}}"
"""


def ours() -> list[str]:
    """Return the options of a call under our profiles."""
    cluster = yaml.safe_load((ROOT / "slurm/profile.yaml").read_text(encoding="utf-8"))
    groups = [f"{name}={number}" for name, number in cluster["group-components"].items()]
    return ["--workflow-profile", str(ROOT / "profiles/default"), "--group-components", *groups]


SIDES = {"ours": ours(), "theirs": ["--workflow-profile", "none"]}


def overhead(options: list[str], cells: int) -> Cost:
    """Run the toy, and once more with nothing to do; return what one job took of the difference."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "Snakefile").write_text(TOY.format(cells=cells), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
        whole, nothing = cost(command, folder), cost(command, folder)
        made = len(list((folder / "scores").iterdir()))
    if made != 2 * cells:
        sys.exit(f"error: {made} files of {2 * cells}")
    return replace(whole, seconds=(whole.seconds - nothing.seconds) / made)


def main() -> None:
    """Run both at each size in turns, print rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, nargs="+", default=[50, 150, 500])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    print(HEADING)
    for cells in args.cells:
        costs: dict[str, list[Cost]] = {name: [] for name in SIDES}
        for _ in range(args.rounds):
            for name, options in SIDES.items():
                costs[name].append(overhead(options, cells))
        show("each of so many jobs run", 2 * cells, **costs)


if __name__ == "__main__":
    main()
