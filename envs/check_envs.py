"""Check that every pinned set can be had today, and that scripts find in theirs what they import.

Each lock is resolved against the package index, to the hash; nothing is installed for that. Those
that are named with --install (the set `data`, if nothing else is said: 6 GB, with a torch for GPUs)
are then installed in a folder of their own, and what their scripts import is imported there.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import tempfile
from modulefinder import ModuleFinder
from pathlib import Path

from lock import CONDA, PLATFORM, PYTHON, TORCH_INDEX

FOLDER = Path(__file__).parent
ROOT = FOLDER.parent
UV = [sys.executable, "-m", "uv"]


def scripts_by_environment() -> list[tuple[str, str]]:
    """Return each script that a rule starts, with the set that the rule names."""
    found = set()
    for file in (ROOT / "rules").glob("*.smk"):
        for rule in re.split(r"^rule ", file.read_text(), flags=re.MULTILINE):
            for name in re.findall(r"envs/(\w+)\.yaml", rule):
                found |= {(name, script) for script in re.findall(r"scripts/\w+\.py", rule)}
    return sorted(found)


def imported(script: str) -> set[str]:
    """Return the packages of others that a script imports, itself or through our modules."""
    folder = ROOT / "scripts"
    finder = ModuleFinder(path=[str(folder)])
    finder.run_script(str(ROOT / script))
    names = set()
    files = [Path(module.__file__) for module in finder.modules.values() if module.__file__]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.partition(".")[0])
    ours = {path.stem for path in folder.iterdir()}
    return names - ours - sys.stdlib_module_names


def _environment(name: str) -> dict[str, str]:
    """Return the environment without a folder of CPU builds, unless the set is for the CPU."""
    return {
        key: value for key, value in os.environ.items() if key != "UV_FIND_LINKS" or name == "cpu"
    }


def resolve(name: str) -> str:
    """Return why a set cannot be had for our platform; nothing if it can."""
    command = [*UV, "pip", "install", "--dry-run", "--quiet", "--require-hashes"]
    command += ["--python-version", PYTHON, "--python-platform", PLATFORM]
    command += ["--requirement", str(FOLDER / f"{name}.lock")]
    if name not in CONDA:
        command += ["--no-deps"]  # some are left out on purpose, see lock.py
    with tempfile.TemporaryDirectory() as target:
        command += ["--target", target]
        run = subprocess.run(command, env=_environment(name), capture_output=True, text=True)
        if run.returncode != 0 and name not in CONDA:
            command += ["--index", TORCH_INDEX, "--index-strategy", "unsafe-best-match"]
            run = subprocess.run(command, env=_environment(name), capture_output=True, text=True)
    return run.stderr.strip() if run.returncode else ""


def try_imports(name: str) -> str:
    """Install a set in a folder of its own, and return what its scripts cannot import there."""
    scripts = [script for one, script in scripts_by_environment() if one == name]
    names = sorted(set().union(*map(imported, scripts)))
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder, "bin/python")
        subprocess.run([*UV, "venv", "--quiet", "--python", PYTHON, folder], check=True)
        lock = FOLDER / f"{name}.lock"
        install = [*UV, "pip", "install", "--quiet", "--require-hashes", "--requirement", lock]
        subprocess.run([*install, "--python", python], env=_environment(name), check=True)
        code = f"import importlib\nfor name in {names}:\n    importlib.import_module(name)\n"
        run = subprocess.run([python, "-c", code], capture_output=True, text=True)
    return run.stderr.strip() if run.returncode else ""


def main() -> None:
    """Check all sets, and exit with status 1 if one of them cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--install", nargs="*", choices=CONDA, default=["data"], help="sets")
    args = parser.parse_args()

    failed = False
    checks = [("can be had", resolve, ["cpu", *CONDA])]
    checks.append(("imports all that its scripts import", try_imports, args.install))
    for what, check, names in checks:
        for name in names:
            fault = check(name)
            failed |= bool(fault)
            print(f"envs/{name}.lock: {fault or what}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
