"""Revisions are written into a config file's text, and nothing else changes there."""

from pathlib import Path

import pytest
import yaml

from its.config.experiment import Config
from its.config.model import Model
from its.config.source import Source
from its.costs.used import used
from its.errors import InputError
from its.hub import Repository, pinned
from its.pins import missing_revisions, unpinned, with_revisions

ROOT = Path(__file__).parents[2]
REVISION = "89abcdef0123456789abcdef0123456789abcdef"
TEXT = """\
# Models first.
models:
  small: {source: "hub:me/small", dtype: float32}   # quoted
  large:
    # The large one.
    source: &large hub:me/large
  again: {source: *large}
  fixed: {source: hub:me/fixed@0123456789abcdef0123456789abcdef01234567}
  package: {source: pypi:llm==1.0}
sources:
  rows: {origin: 'hub:me/rows.v2//data/*.parquet', licence: MIT}
  sums: {origin: {task: chain_sum, rows: 3}}
  more:
    origin: hub:me/rows//train.jsonl
    fields: {problem: hub:me/rows}  # a column of that name
"""


def test_what_has_no_revision_is_found_with_its_place() -> None:
    assert [(one.place, str(one.repository)) for one in unpinned(TEXT, "x.yaml")] == [
        ("models.small.source", "hub:me/small"),
        ("models.again.source", "hub:me/large"),  # an alias: once, under its last name
        ("sources.rows.origin", "hub:me/rows.v2"),
        ("sources.more.origin", "hub:me/rows"),
    ]


def test_only_revisions_are_added_to_the_text() -> None:
    places = unpinned(TEXT, "x.yaml")
    text = with_revisions(TEXT, places, dict.fromkeys((p.repository for p in places), REVISION))

    assert text.count(f"@{REVISION}") == 4
    assert text.replace(f"@{REVISION}", "") == TEXT
    assert unpinned(text, "x.yaml") == []
    read = yaml.safe_load(text)
    assert read["models"]["again"]["source"] == f"hub:me/large@{REVISION}"
    assert read["sources"]["rows"]["origin"] == f"hub:me/rows.v2@{REVISION}//data/*.parquet"
    assert read["sources"]["more"]["fields"] == {"problem": "hub:me/rows"}


def test_a_file_is_named_with_what_is_to_be_fetched_and_has_no_revision(tmp_path: Path) -> None:
    raw = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    raw["models"]["smollm2"]["source"] = "hub:me/small"
    raw["models"]["other"] = raw["models"]["smollm2"] | {"source": "hub:me/other"}
    raw["sources"]["sums"]["origin"] = f"hub:me/rows@{REVISION}//*.parquet"
    first, second = tmp_path / "one.yaml", tmp_path / "two.yaml"
    first.write_text(yaml.safe_dump(raw))
    second.write_text("plan: demo\n")
    config = used(Config.model_validate(raw), "demo")
    lines = list(missing_revisions(config, [str(first), str(second)]))
    assert lines == [
        f"{first}: models.smollm2.source cannot be fetched without a revision; "
        f"`make pin CONFIG={first}` writes the newest one"
    ]


def test_a_value_that_yaml_writes_in_pieces_is_refused() -> None:
    text = 'models: {a: {source: "hub:me/\\\n  small"}}\n'
    places = unpinned(text, "x.yaml")
    with pytest.raises(InputError, match=r"models\.a\.source: .* write it as hub:me/small@89ab"):
        with_revisions(text, places, {places[0].repository: REVISION})


def test_a_file_that_is_no_yaml_is_named() -> None:
    with pytest.raises(InputError, match=r"mine\.yaml: is no YAML"):
        unpinned("models: {", "mine.yaml")


def test_an_origin_without_a_revision_is_refused_with_the_way_out() -> None:
    assert pinned(f"hub:me/rows@{REVISION}//a.jsonl", "dataset") == Repository(
        "dataset", "me/rows", REVISION
    )
    with pytest.raises(InputError, match="`make pin CONFIG=config/paper.yaml`"):
        pinned("hub:me/rows//a.jsonl", "dataset")


def test_the_config_takes_what_is_not_pinned_yet() -> None:
    needs = {"threads": 1, "memory": "1GB", "runtime": "1m"}
    Model.model_validate({"source": "hub:me/small", "train": needs, "generate": needs})
    Source.model_validate({"origin": "hub:me/rows//data/*.parquet"})
    with pytest.raises(ValueError, match="origin"):
        Source.model_validate({"origin": "hub:me/rows@main//data/*.parquet"})
