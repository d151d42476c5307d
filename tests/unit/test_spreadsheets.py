"""A table that is opened in a spreadsheet runs nothing."""

from pathlib import Path

import polars as pl
import pytest

from its.spreadsheets import write_csv


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_never_begins_like_a_formula(text: str, tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", pl.DataFrame({"a": [text, "N-U", ""], "b": [-1.5, 2, None]}))
    back = pl.read_csv(tmp_path / "t.csv")
    assert back["a"].to_list()[:2] == ["'" + text, "N-U"]
    assert back["b"].to_list() == [-1.5, 2, None]
