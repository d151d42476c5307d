"""Measure all that can be measured here, each part in turns with its neighbour, into one table.

Rows are added to `perf/measurements.csv`; `write_performance.py` makes docs/performance.md and its
figure of them. A part that was measured on this machine, with this code, is measured again only
with `--again`. Neighbours that pip does not install are fetched by hand: a part whose
neighbour or data nobody named is left out, and says so.
"""

import argparse
import csv
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path

from measure import COLUMNS, KEPT, merged

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
TABLE = ROOT / "perf/measurements.csv"
WHOLE = ["part", *COLUMNS, "date", "machine", "load", "code"]
"""Columns of the table. `load` is that of the minute before the part began, which tells of other
work on the machine; `code` is a hash of all that the part measures."""
MODEL = "results/models/smollm2/manifest.json"


@dataclass(frozen=True)
class Part:
    """A script of this folder, with what it measures and what it should reach."""

    name: str
    against: str
    goals: Mapping[str, float] = field(default_factory=dict)
    """How often ours should fit into the time of the neighbour, at least, by `what` of a row."""
    arguments: Sequence[str] = ()
    measures: Sequence[str] = ()
    """Patterns of our files: when one of them changes, the part is measured anew."""
    needs: Sequence[str] = ()
    """Results that Snakemake makes first."""
    lacks: str = ""
    """What nobody named, if that is so."""
    script: str = ""
    """In this folder, if it is called otherwise than the part."""

    @property
    def file(self) -> str:
        """The script."""
        return f"perf/{self.script or self.name}.py"

    def code(self) -> str:
        """Hash the scripts that are measured, the one that measures, and the environment."""
        from its.versions import code_version

        files = [file for one in self.measures for file in sorted(ROOT.glob(one))]
        known = [code_version(self.file), (ROOT / "envs/cpu.lock").read_text()]
        for file in files:
            script = file.suffix == ".py"
            known.append(code_version(str(file.relative_to(ROOT))) if script else file.read_text())
        return sha256("\n".join(known).encode()).hexdigest()[:12]


def parts(folder: Path, problems: Sequence[Path], open_r1: Path | None) -> list[Part]:
    """List what can be measured, cheap parts first.

    Parameters
    ----------
    folder
        For rows that are made up.
    problems
        JSON lines of real problems with answers.
    open_r1
        Its `scripts/decontaminate.py`.
    """
    from its.config.experiment import read_config

    config = read_config(merged([ROOT / "config/config.yaml"]))
    chat = config.models["smollm2"].chat.model_dump(mode="json")
    sampling = config.benchmarks["sums_easy"].sampling.model_dump(mode="json")
    shape = {"temperature": 0.6, "n": 32, "max_tokens": 16, "shard_samples": 8}
    many = {"chat": chat, "sampling": sampling | shape}
    learnt = {"chat": chat, "recipe": config.recipes["sft"].model_dump(mode="json")}
    pools = ["scripts/fetch_source.py", "scripts/filter_pool.py", "scripts/sample_pool.py"]
    refined = {name: f"results/refined/{name}/N.parquet" for name in ["sums_easy", "demo192"]}
    return [
        Part(
            "jobs",
            "Snakemake's defaults",
            measures=["profiles/default/*", "slurm/profile.yaml"],
        ),
        Part(
            "planning",
            "a toy Snakefile of as many jobs",
            {"jobs planned": 1 / 1.5, "jobs where 10 cells miss": 1 / 1.5},
            measures=["Snakefile", "rules/*.smk"],
        ),
        Part(
            "judging",
            "math-verify, one after the other",
            {"responses judged": 6},
            [str(folder / "judging"), *map(str, problems)],
            measures=["scripts/judge.py"],
            lacks="" if problems else "real problems: PROBLEMS='a.jsonl b.jsonl'",
        ),
        Part(
            "pools",
            "datasets",
            {"rows filtered and sampled": 2, "rows filtered and sampled, their cache warm": 1},
            [str(folder / "pools")],
            measures=pools,
        ),
        Part(
            "decontamination",
            "open-r1's decontaminate.py",
            {"problems decontaminated": 30},
            [str(folder / "pools"), "--open-r1", str(open_r1)],
            script="pools",
            measures=pools,
            lacks="" if open_r1 else "open-r1's scripts/decontaminate.py: OPEN_R1=FILE",
        ),
        Part(
            "report",
            "",
            measures=[
                *(f"scripts/{name}.py" for name in ["tabulate_cells", "tabulate_codesign"]),
                "scripts/write_report.py",
            ],
        ),
        Part(
            "tables",
            "",
            arguments=[str(folder / "tables")],
            measures=[
                *(f"scripts/tabulate_{name}.py" for name in ["cells", "codesign", "claims"]),
                "scripts/tabulate_variance.py",
                "scripts/tabulate_selection.py",
                "scripts/compare.py",
            ],
        ),
        Part(
            "prefixes",
            "as many separate prompts",
            {"samples of one prompt, against prompts": 1},
            [MODEL],
            measures=["scripts/its/engine.py"],
            needs=[MODEL],
        ),
        Part(
            "starts",
            "all time of the plan",
            {},
            [MODEL, *(["--timings", "results/timings"] if demo_is_made() else [])],
            measures=["scripts/its/engine.py", "scripts/price_plan.py", "config/paper.yaml"],
            needs=[MODEL],
        ),
        Part(
            "training",
            "TRL alone",
            {"tokens trained, seconds for a thousand": 1},
            [MODEL, refined["demo192"], "--settings", json.dumps(learnt)],
            measures=["scripts/train.py"],
            needs=[MODEL, refined["demo192"]],
        ),
        Part(
            "generation",
            "vLLM alone",
            {"responses generated": 1 / 1.05},
            [MODEL, refined["sums_easy"], "--settings", json.dumps(many)],
            measures=["scripts/generate.py"],
            needs=[MODEL, refined["sums_easy"]],
        ),
    ]


def demo_is_made() -> bool:
    """Tell whether the plan of the demo is finished here."""
    return (ROOT / "results/tables/demo/codesign.csv").exists()


def machine() -> str:
    """Return what measures: processor, cores, memory."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    wide = any(" avx512f " in line for line in lines)
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = names[0] if names else platform.machine()
    return f"{name}{', AVX-512' if wide else ''}, {os.cpu_count()} cores, {gibibytes:.0f} GiB"


def kept() -> list[dict[str, str]]:
    """Read the rows that there are."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def measure(part: Part, code: str, rounds: Sequence[str]) -> None:
    """Run a part, and keep its rows; raise `CalledProcessError` if it fails."""
    if part.needs:
        call = [sys.executable, "-m", "snakemake", "--cores", "all", "--quiet", "all", "--"]
        subprocess.run([*call, *part.needs], cwd=ROOT, check=True)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        rows = Path(scratch, "rows.csv")
        command = [sys.executable, part.file, *part.arguments, *rounds]
        subprocess.run(command, cwd=ROOT, env=os.environ | {KEPT: str(rows)}, check=True)
        with rows.open(newline="", encoding="utf-8") as file:
            found = list(csv.reader(file))
    new = not TABLE.exists()
    told = [date.today().isoformat(), machine(), f"{load:.1f}", code]
    with TABLE.open("a", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        if new:
            table.writerow(WHOLE)
        table.writerows([[part.name, *row, *told] for row in found])


def main() -> None:
    """Measure part by part; a part that fails ends in an error once all others are done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help="names of parts; all if there is none")
    parser.add_argument("--rounds", help="of each part, else as many as it takes by itself")
    parser.add_argument("--again", action="store_true", help="measure what was measured too")
    scratch = Path(tempfile.gettempdir(), "perf")
    parser.add_argument("--folder", type=Path, default=scratch, help="for rows that are made up")
    parser.add_argument("--problems", type=Path, nargs="*", default=[], help="jsonl, with answers")
    parser.add_argument("--open-r1", type=Path, help="its scripts/decontaminate.py")
    args = parser.parse_args()

    known = parts(args.folder, args.problems, args.open_r1)
    if wrong := set(args.parts) - {part.name for part in known}:
        parser.error(
            f"no part {', '.join(sorted(wrong))}; parts: {', '.join(p.name for p in known)}"
        )
    rounds = ["--rounds", args.rounds] if args.rounds else []
    failed = []
    for part in [one for one in known if not args.parts or one.name in args.parts]:
        code = part.code()
        key = {"part": part.name, "machine": machine(), "code": code}
        if part.lacks:
            print(f"{part.name}: left out, for nobody named {part.lacks}", flush=True)
        elif not args.again and any(key.items() <= row.items() for row in kept()):
            print(f"{part.name}: is measured", flush=True)
        else:
            print(f"{part.name}, against {part.against or 'nobody'}", flush=True)
            try:
                measure(part, code, rounds)
            except subprocess.CalledProcessError:
                failed.append(part.name)
    if failed:
        sys.exit(f"error: not measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
