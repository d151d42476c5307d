"""Files that a Python package ships become a source; nothing is installed or lands elsewhere."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT

METADATA = "Metadata-Version: 2.1\nName: rows\nVersion: 1.0\n"
WHEEL = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
ROW = json.dumps({"problem": "1 + 1?", "answer": "2"}) + "\n"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """Return a folder with a wheel of data, one of whose files wants to lie elsewhere."""
    with zipfile.ZipFile(tmp_path / "rows-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("rows/data/train.jsonl", ROW)
        archive.writestr("rows/data/test.jsonl", ROW)
        archive.writestr("../../evil.jsonl", ROW)
        archive.writestr("other/test.jsonl", ROW)
        archive.writestr("rows-1.0.dist-info/METADATA", METADATA)
        archive.writestr("rows-1.0.dist-info/WHEEL", WHEEL)
        archive.writestr("rows-1.0.dist-info/RECORD", "")
    return tmp_path


def fetch(index: Path, origin: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "scripts/fetch_source.py", index / "sources/rows/manifest.json"]
    return subprocess.run(
        [*command, "--source", json.dumps({"origin": origin})],
        cwd=ROOT,
        env=os.environ | {"PIP_FIND_LINKS": str(index), "PIP_NO_INDEX": "1"},
        capture_output=True,
        text=True,
    )


def test_the_files_that_match_are_taken_out(index: Path) -> None:
    run = fetch(index, "pypi:rows==1.0//rows/data/*.jsonl")
    assert run.returncode == 0, run.stderr
    manifest = json.loads((index / "sources/rows/manifest.json").read_text())
    names = [Path(file["path"]).name for file in manifest["files"]]
    assert names == ["test.jsonl", "train.jsonl"]
    assert sorted(path.name for path in (index / "sources/rows").iterdir()) == [
        "files",
        "manifest.json",
    ]


def test_a_name_that_leads_elsewhere_lands_in_the_folder(index: Path) -> None:
    run = fetch(index, "pypi:rows==1.0//**/evil.jsonl")
    assert run.returncode == 0, run.stderr
    assert [str(path.relative_to(index)) for path in index.rglob("evil.jsonl")] == [
        "sources/rows/files/evil.jsonl"
    ]


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("pypi:rows==2.0//rows/*.jsonl", "pypi:rows==2.0: pip cannot download it"),
        ("pypi:rows==1.0//rows/*.csv", "no file of rows-1.0-py3-none-any.whl matches"),
        ("pypi:rows==1.0//**/test.jsonl", "two of its files are called test.jsonl"),
    ],
)
def test_what_cannot_be_taken_is_one_line(index: Path, origin: str, words: str) -> None:
    run = fetch(index, origin)
    assert run.returncode == 2
    (line,) = [line for line in run.stderr.splitlines() if line.startswith("error: ")]
    assert words in line
    assert not (index / "sources/rows/manifest.json").exists()
