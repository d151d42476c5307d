"""What both levels of the fault campaign share: a finished plan, its artifacts, the kept table.

`python tests/faults/campaign.py` makes the plan of faults.yaml in FOLDER, once, and writes a line
of docs/faults.csv for each fault. A fault that has a line is not run again.
"""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLE = ROOT / "docs/faults.csv"
PARTS = ["Snakefile", "rules", "scripts", "envs", "config", "profiles", "report", "slurm"]
ASKED = ["--configfile", "config/faults.yaml"]
VOLATILE = {"seconds", "tokens_per_second", "made_with", "gpu_memory", "versions"}
"""Keys of a record that say when and where it was made."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and what came of it."""

    level: str
    """`script` or `plan`."""
    what: str
    """The script, or what was at work."""
    fault: str
    at: str
    """Which write, rename or sync of how many; or which moment."""
    seed: int
    outcome: str
    """`equal` after `again` repeated commands; anything else is a defect."""
    again: int
    repeated: str
    """Work that was done twice."""
    left: int
    """Files that were left behind, and lie there still."""


def recorded() -> list[Fault]:
    """Return the faults of the table."""
    if not TABLE.exists():
        return []
    with TABLE.open(newline="", encoding="utf-8") as file:
        return [
            Fault(**row | {key: int(row[key]) for key in ["seed", "again", "left"]})
            for row in csv.DictReader(file)
        ]


def record(fault: Fault) -> None:
    """Add a line to the table."""
    new = not TABLE.exists()
    with TABLE.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        if new:
            writer.writerow(one.name for one in fields(Fault))
        writer.writerow(astuple(fault))


def snakemake(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess:
    """Call Snakemake in a folder, and wait."""
    command = [sys.executable, "-m", "snakemake", *ASKED, *words]
    return subprocess.run(
        command, cwd=folder, env=environment(**more), capture_output=True, text=True
    )


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a user who called this Python's environment into their shell."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"} | more


def finished(folder: Path, *targets: str) -> Path:
    """Return a folder in which the plan was run undisturbed, made if it is not there."""
    if not (folder / "whole").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, folder / part)
        shutil.copy(HERE / "faults.yaml", folder / "config")
        code = "from its.tiny import write_tiny_model as write; from pathlib import Path; "
        code += "write(Path('tiny'), head_size=64)"  # the engine has no kernel for smaller heads
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=folder,
            env=environment(PYTHONPATH=f"{ROOT}/scripts"),
            check=True,
        )
        (folder / "tiny/manifest.json").unlink()
        done = snakemake(folder, "--cores", "2", "--", *targets)
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
        (folder / "whole").touch()
    return folder


def copied(folder: Path, place: Path) -> Path:
    """Return a copy of a folder that shares its files: nobody may write into one of them."""
    shutil.rmtree(place, ignore_errors=True)
    ignored = shutil.ignore_patterns("__pycache__", ".snakemake")
    return shutil.copytree(folder, place, copy_function=os.link, symlinks=True, ignore=ignored)


def artifacts(folder: Path, below: str = "results") -> set[str]:
    """List the files of results, but for logs, timings and unfinished work that is kept."""
    results = folder / below
    return {
        str(path.relative_to(folder))
        for path in results.rglob("*")
        if path.is_file() and path.relative_to(results).parts[0] not in {"logs", "timings"}
    }


def same(one: Path, other: Path) -> bool:
    """Tell whether two artifacts hold the same data; one that cannot be read does not."""
    try:
        return _same(one, other)
    except (OSError, ValueError, PolarsError, PanicException):
        return False


def _same(one: Path, other: Path) -> bool:
    if one.suffix == ".parquet":
        kept = [
            {k: v for k, v in pl.read_parquet_metadata(path).items() if k not in VOLATILE}
            for path in (one, other)
        ]
        return pl.read_parquet(one).equals(pl.read_parquet(other)) and kept[0] == kept[1]
    if one.suffix == ".json":
        return _lasting(json.loads(one.read_text())) == _lasting(json.loads(other.read_text()))
    if one.suffix == ".pdf":
        return _lines_of(one) == _lines_of(other)
    return one.read_bytes() == other.read_bytes()


def _lines_of(pdf: Path) -> list[bytes]:
    """Return the lines of a pdf without an order, without numbers of objects and their places.

    Its library keeps fonts in a table of random order, and numbers them so.
    """
    content = pdf.read_bytes()
    objects, places, end = content.partition(b"\nxref\n")
    if not places or not end.rstrip().endswith(b"%%EOF"):
        raise ValueError(f"{pdf}: not a whole pdf")
    return sorted(re.sub(rb"\b\d+ 0 (obj|R)\b", rb"\1", objects).split(b"\n"))


def _lasting(value: object) -> object:
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in VOLATILE}
    return [_lasting(one) for one in value] if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Job:
    """A job of the plan, as Snakemake would run it."""

    rule: str
    outputs: list[str]
    command: str

    @property
    def below(self) -> str:
        """Return the folder in which it writes."""
        return Path(self.outputs[0]).parts[0]


def jobs(folder: Path, *targets: str, words: Sequence[str] = ()) -> Iterator[Job]:
    """Yield the jobs of the plan: what `snakemake -n -p` prints, called with such words."""
    done = snakemake(folder, "-n", "-p", "--forceall", *words, "--", *targets)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    said = done.stdout + done.stderr
    # A job of a group is indented; one without a command of its own only gathers.
    for part in re.split(r"^ *(?:local)?rule (?=\w+:$)", said, flags=re.MULTILINE)[1:]:
        outputs = re.search(r"^ *output: (.*)$", part, re.MULTILINE)
        command = re.search(r"^ *Shell command: (.*?) &> ", part, re.MULTILINE | re.DOTALL)
        if outputs and command:
            yield Job(part.partition(":")[0], outputs[1].split(", "), command[1])
