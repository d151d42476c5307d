"""What Snakemake noted of a file is found, however long its name is and however it is written."""

import json
from pathlib import Path

import pytest
from snakemake.persistence.file import FilePersistence

from its.provenance import RECORDS, links_of

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
