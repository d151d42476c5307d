"""The shim does what it says, and what it finds is found: a short part of `make faults`."""

import shlex
from pathlib import Path

import polars as pl
import pytest
from campaign import ROOT, Job, copied
from scripts import KINDS, built, outcome, run

from its.schemas import SET

ROWS = "results/sets/few.parquet"


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shim, compiled."""
    return built(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Return a folder with the scripts and a pool."""
    folder = tmp_path / "before"
    (folder / "results/pools").mkdir(parents=True)
    (folder / "scripts").symlink_to(ROOT / "scripts")
    names = [f"{number}" for number in range(8)]
    rows = {name: names if dtype == pl.String else None for name, dtype in SET.items()}
    pl.DataFrame(rows, schema=SET).write_parquet(folder / "results/pools/few.parquet")
    return folder


def writes(job: Job, before: Path, shim: Path) -> int:
    """Run a job where nothing happens, in a folder beside; return how often it wrote."""
    status, words, number = run(job, copied(before, before.with_name("done")), shim)
    assert status == 0, words
    return number


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_fails_a_script_leaves_all_or_nothing(before: Path, shim: Path, kind: str) -> None:
    sample = shlex.quote('{"pool": "few", "size": 4}')
    command = f"python scripts/sample_pool.py results/pools/few.parquet {ROWS} --sample {sample}"
    job = Job("sample_pool", [ROWS], command)
    done, place = before.with_name("done"), before.with_name("place")
    number = writes(job, before, shim)
    assert number >= 3  # bytes, sync, rename

    for at in range(1, number + 1):
        what, again, words, _ = outcome(job, before, done, place, shim, at, kind)
        assert (what, again) == ("equal", 1), words


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("kill", "half an artifact stood under its name"),
        ("full", "half an artifact stood under its name"),
    ],
)
def test_a_script_that_writes_under_the_name_itself_is_found_out(
    before: Path, shim: Path, kind: str, found: str
) -> None:
    code = f"from pathlib import Path; Path('{ROWS}').write_text('some rows')"
    job = Job("careless", [ROWS], f'mkdir -p results/sets; python -c "{code}"')
    done, place = before.with_name("done"), before.with_name("place")
    assert writes(job, before, shim) == 1
    assert outcome(job, before, done, place, shim, 1, kind)[0] == found
