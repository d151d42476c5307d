"""How long the tables of a whole plan take, from made-up verdicts of its size.

There is no neighbour to compare with: the goal is ten minutes and 4 GB for 3,000 cells and five
million verdicts, which are those of the paper's plan with five repetitions. Verdicts of a plan are
written once; each table is then made by its own script, from what the first one gathers.
"""

import argparse
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from measure import HEADING, Cost, in_turns, merged, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
TABLES = [
    "tabulate_cells",
    "tabulate_codesign",
    "compare",
    "tabulate_claims",
    "tabulate_variance",
    "tabulate_selection",
]


def repeated(configfile: Path, plan: str, replicates: int, folder: Path) -> Path:
    """Write a config whose plan has so many repetitions, of which rows, personas and seed vary."""
    config = yaml.safe_load(configfile.read_text())
    config["plans"][plan]["replicates"] = [
        {"draw": number, "persona": number, "seed": number} for number in range(replicates)
    ]
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(config))
    return path


def commands(configfile: Path, plan: str) -> dict[str, list[str]]:
    """Return what Snakemake would call for each table."""
    call = [sys.executable, "-m", "snakemake", "-n", "-p", "--config", f"plan={plan}"]
    call += ["--configfile", str(configfile)]
    run = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    found = {}
    for name in TABLES:
        line = re.search(
            rf"python scripts/{name}\.py .*?(?= &> )", run.stdout + run.stderr, re.DOTALL
        )
        if line:
            found[name] = [sys.executable, *shlex.split(line[0])[1:]]
    return found


def made_up(scores: Path, plan: dict, drawn: list[str], benchmarks: dict[str, list[int]]) -> int:
    """Write verdicts for every cell; return how many."""
    from its.config.plan import Plan
    from its.files import write_json
    from its.scoring import VERDICTS
    from its.summary import summarize

    random, count = np.random.default_rng(0), 0
    for cell in dict.fromkeys(one.path for one in Plan.model_validate(plan).grid(drawn)):
        benchmark = cell.split("/")[2]
        problems, samples = benchmarks[benchmark]
        size = problems * samples
        chances = np.random.default_rng(problems).beta(1, 1, problems).repeat(samples)
        right = random.random(size) < chances
        thinking = random.integers(1_000, 20_000, size)
        table = pl.DataFrame(
            {
                "id": np.arange(problems).astype(str).repeat(samples),
                "sample": np.tile(np.arange(samples), problems),
                "correct": right,
                "lenient": right,
                "extracted": np.where(right, "1", "2"),
                "lenient_extracted": np.where(right, "1", "2"),
                "gold": "1",
                "parsed": np.where(right, "1", "2"),
                "lenient_parsed": np.where(right, "1", "2"),
                "gold_parsed": "1",
                "rule": "integers",
                "lenient_rule": "box: integers",
                "answered": True,
                "truncated": False,
                "timed_out": False,
                "tokens": thinking + 300,
                "thinking_tokens": thinking,
                "answer_tokens": 300,
            },
        ).cast(VERDICTS)
        path = scores / f"{cell}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table.write_parquet(path)
        write_json(path.with_suffix(".json"), summarize(table))
        count += size
    return count


def main() -> None:
    """Make verdicts, make the tables, print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for the verdicts; used again if they are there")
    parser.add_argument("--configfile", type=Path, default=ROOT / "config/paper.yaml")
    parser.add_argument("--plan", default="paper")
    parser.add_argument("--replicates", type=int, default=5, help="repetitions of the plan")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()

    folder = args.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    configfile = repeated(args.configfile, args.plan, args.replicates, folder)
    calls = commands(configfile, args.plan)
    first = calls["tabulate_cells"]
    plan = json.loads(first[first.index("--plan") + 1])
    drawn = first[first.index("--drawn") + 1 :]

    from its.config.experiment import read_config

    config = read_config(merged([ROOT / "config/config.yaml", configfile]))
    sizes = {
        name: [config.benchmarks[name].problems.rows, config.benchmarks[name].sampling.n]
        for name in plan["benchmarks"]
    }
    if not (folder / "results/scores").exists():
        count = made_up(folder / "results/scores", plan, drawn, sizes)
        print(f"{count} verdicts written", file=sys.stderr)
    cells = len(list((folder / "results/scores").rglob("*.parquet")))
    print(HEADING)
    scripts = {
        name: ([call[0], str(ROOT / call[1]), *call[2:]], folder) for name, call in calls.items()
    }
    costs = in_turns(scripts, args.rounds)
    for name, several in costs.items():
        show(f"cells for {name}", cells, several)
    whole = [
        Cost(
            sum(one.seconds for one in together),
            sum(one.processor for one in together),
            max(one.mebibytes for one in together),
        )
        for together in zip(*costs.values(), strict=True)
    ]
    show("cells for all tables and claims", cells, whole)


if __name__ == "__main__":
    main()
