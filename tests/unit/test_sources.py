"""Published rows become one schema, whatever their files look like; what cannot is refused."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from its.config.source import Fields
from its.errors import InputError
from its.files import write_json
from its.origins import local_files, manifest_of
from its.sources import read_source

ROWS = [{"problem": f"What is {i} + {i}?", "answer": 2 * i, "level": "easy"} for i in range(5)]


def published(folder: Path, *files: str) -> Path:
    """Write the manifest of files in a folder, and return it."""
    manifest = folder / "manifest.json"
    write_json(manifest, manifest_of([folder / file for file in files], "path:here"))
    return manifest


def lines(path: Path, rows: list) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path.name


def refusal(manifest: Path, fields: Fields | None = None) -> str:
    with pytest.raises(InputError) as error:
        read_source(manifest, "s", fields or Fields())
    return str(error.value)


def test_rows_are_equal_from_every_format_and_split(tmp_path: Path) -> None:
    frame = pl.DataFrame(ROWS)
    frame.write_parquet(tmp_path / "all.parquet")
    frame.write_csv(tmp_path / "all.csv")
    (tmp_path / "all.json").write_text(json.dumps(ROWS))
    lines(tmp_path / "all.jsonl", ROWS)
    lines(tmp_path / "part-1.jsonl", ROWS[:2])
    # The second half has its answers as text, as copies on the hub do.
    lines(tmp_path / "part-2.jsonl", [row | {"answer": str(row["answer"])} for row in ROWS[2:]])
    fields = Fields(meta=["level"])
    sets = [
        read_source(published(tmp_path, *files), "s", fields)
        for files in [
            ["all.parquet"],
            ["all.csv"],
            ["all.json"],
            ["all.jsonl"],
            ["part-1.jsonl", "part-2.jsonl"],
        ]
    ]
    assert sets[0]["answer"].to_list() == ["0", "2", "4", "6", "8"]
    assert sets[0]["meta"][0] == '{"level":"easy"}'
    for other in sets[1:]:
        assert_frame_equal(sets[0].drop("file", "row"), other.drop("file", "row"))
    assert {file.split("/")[-1] for file in sets[-1]["file"]} == {"part-1.jsonl", "part-2.jsonl"}
    assert sets[-1]["row"].to_list() == [0, 1, 0, 1, 2]


def test_numbers_with_a_fraction_keep_it_and_whole_ones_have_none(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "a.jsonl", [{"problem": "a", "answer": 2.0}, {"problem": "b", "answer": 2.5}]
    )
    rows = read_source(published(tmp_path, file), "s", Fields())
    assert rows["answer"].to_list() == ["2", "2.5"]


def test_nested_columns_and_extractors(tmp_path: Path) -> None:
    row = {
        "turns": [{"value": "1 + 1,000?"}, {"value": "1 + 1000 = 1001\n#### 1,001"}],
        "solution": r"So \boxed{\frac{1}{2}} or rather \boxed{1001}",
    }
    file = lines(tmp_path / "a.jsonl", [row])
    fields = {
        "problem": "turns.0.value",
        "response": "turns.1.value",
        "answer": {"column": "turns.1.value", "extract": "hashes"},
    }
    rows = read_source(published(tmp_path, file), "s", Fields.model_validate(fields))
    assert rows["answer"].to_list() == ["1001"]
    assert rows["response"][0].startswith("1 + 1000")
    boxed = fields | {"answer": {"column": "solution", "extract": "boxed"}}
    rows = read_source(published(tmp_path, file), "s", Fields.model_validate(boxed))
    assert rows["answer"].to_list() == ["1001"]


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [{"problm": "1?", "answer": 1}])
    message = refusal(published(tmp_path, file))
    assert "a.jsonl: no column 'problem' (did you mean 'problm'?), which fields.problem" in message


def test_all_bad_rows_are_listed_with_their_number(tmp_path: Path) -> None:
    file = lines(
        tmp_path / "a.jsonl",
        [{"problem": "1?", "answer": "1"}, {"problem": " ", "answer": "1"}, {"problem": "3?"}],
    )
    message = refusal(published(tmp_path, file))
    assert "2 mistakes" in message
    assert "a.jsonl: row 2: problem is empty, column 'problem'" in message
    assert "a.jsonl: row 3: answer is missing, column 'answer'" in message


def test_an_answer_that_cannot_be_extracted_is_refused(tmp_path: Path) -> None:
    file = lines(tmp_path / "a.jsonl", [{"problem": "1?", "answer": "it is 4"}])
    fields = Fields.model_validate({"answer": {"column": "answer", "extract": "hashes"}})
    message = refusal(published(tmp_path, file), fields)
    assert "row 1: answer is missing (nothing to extract by 'hashes')" in message


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"problem": "1?", "answer": 1}\n{"problem": \n')
    assert "a.jsonl:2: is no JSON: " in refusal(published(tmp_path, "a.jsonl"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            'problem,answer\n"x\ny",1\nz,2,3\n1,2\n1,2,3,4\n',
            ["a.csv:4: has 3 cells, expected 2; put a cell", "a.csv:6: has 4 cells, expected 2"],
        ),
        (
            f'problem,answer\n{"x" * 200_000},1\n"z,2\n1,2\n',
            ["a.csv:3: is no CSV: unexpected end of data; see to its quotation marks"],
        ),
    ],
)
def test_a_broken_record_is_named_by_its_line(tmp_path: Path, text: str, found: list[str]) -> None:
    (tmp_path / "a.csv").write_text(text)
    message = refusal(published(tmp_path, "a.csv"))
    assert all(one in message for one in found)
    assert "truncate_ragged_lines" not in message


def test_a_file_that_changed_after_its_manifest_is_refused(tmp_path: Path) -> None:
    manifest = published(tmp_path, lines(tmp_path / "a.jsonl", ROWS))
    lines(tmp_path / "a.jsonl", ROWS[:1])
    assert "a.jsonl: is not the file that" in refusal(manifest)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("problem,answer\n")
    assert "source 's' has no rows" in refusal(published(tmp_path, "a.csv"))


def test_a_folder_and_a_glob_stand_for_their_files(tmp_path: Path) -> None:
    for name in ["b.jsonl", "a.jsonl", "notes.txt"]:
        (tmp_path / name).write_text("")
    both = [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    assert local_files(f"path:{tmp_path}") == both
    assert local_files(f"path:{tmp_path}/*.jsonl") == both
    assert local_files(f"path:{tmp_path}/none*") == [f"{tmp_path}/none*"]  # reported as missing
