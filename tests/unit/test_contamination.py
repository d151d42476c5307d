"""What stands in a pool of a benchmark is one table, or a message that names the file."""

import json
from pathlib import Path

import polars as pl
import pytest

from its.contamination import CONTAMINATION, contamination_rows
from its.errors import InputError
from its.overlap import overlap


def test_what_compare_pool_counts_becomes_a_row(tmp_path: Path) -> None:
    pool = pl.DataFrame({"id": ["a", "b"], "problem": ["one two three " * 5, "What is 1 + 2?"]})
    benchmark = pool.head(1)
    counts = {"pool": "p", "benchmark": "b", "rows": 2, "problems": 1, "exact": 1}
    counts["ngram"] = {str(size): overlap(pool, benchmark, size) for size in [8, 13]}
    (tmp_path / "b.json").write_text(json.dumps(counts))
    table = contamination_rows([tmp_path / "b.json"])
    assert table.schema == CONTAMINATION
    assert table.row(0) == ("p", "b", 2, 1, 1, 1, 1, 1, 1)


def test_files_of_another_kind_are_all_named(tmp_path: Path) -> None:
    for name, text in [("a", "{"), ("b", "[]"), ("c", '{"pool": "p"}')]:
        (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(InputError) as error:
        contamination_rows(sorted(tmp_path.iterdir()))
    for name in "abc":
        assert f"{name}.json: not what scripts/compare_pool.py writes" in str(error.value)
