"""What Snakemake noted of a file is found, however long its name is and however it is written."""

import json
from pathlib import Path

import polars as pl
import pytest
from snakemake.persistence.file import FilePersistence

from its.provenance import RECORDS, links_of

PROCESSOR = "x86_64 AVX512"
LONG = "results/generations/" + "/".join("abcdefghij" * 12 for _ in range(3)) + "/N.parquet"


@pytest.mark.parametrize("path", ["results/a.json", "results/ü?>.json", LONG])
def test_a_record_is_where_snakemake_puts_it(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    RECORDS.mkdir(parents=True)
    kept = FilePersistence.__new__(FilePersistence)
    kept._max_len = None
    record = Path(kept._record_path(str(RECORDS), path))
    record.parent.mkdir(parents=True, exist_ok=True)
    inside = str(tmp_path / "results/b.json")  # as the inputs of a table that may be partial
    noted = {"rule": "judge", "starttime": 0, "params": [], "input": [inside, "/elsewhere/c.json"]}
    record.write_text(json.dumps(noted))
    links = links_of([Path(path)])
    assert any("made by the rule judge" in fact for fact in links[Path(path)].facts)
    assert [*map(str, links)] == [path, "results/b.json", "/elsewhere/c.json"]


@pytest.mark.parametrize(
    ("devices", "expected"),
    [
        ([PROCESSOR], "the same, with these versions"),
        ([PROCESSOR, "NVIDIA H100 80GB HBM3"], "not the same to the last digit, for a GPU adds"),
    ],
)
def test_it_says_whether_a_model_would_give_the_same_again(
    devices: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path, record = Path("results/N.parquet"), Path("results/weights/manifest.json")
    made_with = json.dumps([{"device": one} for one in devices])
    record.parent.mkdir(parents=True)
    pl.DataFrame({"id": ["a"]}).write_parquet(path, metadata={"made_with": made_with})
    record.write_text(json.dumps({"files": {}}))
    Path("results/training.json").write_text(json.dumps({"device": devices[-1]}))
    for link in links_of([path, record]).values():
        assert any(fact.startswith(f"made again: {expected}") for fact in link.facts)
    pl.DataFrame({"id": ["a"]}).write_parquet(path, metadata={"made_with": "[{}]"})
    Path("results/training.json").write_text("{}")
    for link in links_of([path, record]).values():
        assert not any(fact.startswith("made again") for fact in link.facts)
