"""The config has one definition, and everything made from it is fresh."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from its.config.benchmark import Benchmark
from its.config.claim import Claim, Reference
from its.config.experiment import Config, read_config
from its.config.meanings import meanings
from its.config.model import Chat, GenerationNeeds, Model, Needs, Saving, TrainingNeeds
from its.config.plan import Plan, Published, Replicate
from its.config.pool import (
    Contains,
    Contamination,
    Language,
    Length,
    NearDuplicates,
    Pool,
    Verified,
)
from its.config.power import Power
from its.config.price import Card, Core, Price
from its.config.problems import Problems
from its.config.recipe import Recipe
from its.config.reference import SECTIONS, reference
from its.config.report import Report
from its.config.sample import Sample
from its.config.sampling import Sampling
from its.config.section import Section
from its.config.shape import Shape
from its.config.source import Choices, Fields, Generator, Mapped, Source
from its.config.strategy import (
    Bank,
    Context,
    Counted,
    Drawn,
    Other,
    Strategy,
    Words,
    Written,
)
from its.config.vote import Vote
from its.config.weights import Storing, Weights
from its.errors import InputError
from its.filters.filter import RowFilter

ROOT = Path(__file__).parents[2]
SEED = {"seed": 0}
COUNTED = {**SEED, "count": 1, "per": "question"}
DEFAULTS = {
    Chat: {
        "system": "",
        "template": "",
        "context": 32768,
        "thinking_start": "<think>",
        "thinking_end": "</think>",
    },
    Sampling: {
        "n": 64,
        "temperature": 0.6,
        "top_p": 0.95,
        "top_k": 0,
        "max_tokens": 31744,
        "stop": [],
        "seed": 0,
        "shard_problems": 512,
        "shard_samples": 1,
    },
    Recipe: {
        "learning_rate": 1e-5,
        "schedule": "cosine",
        "warmup": 0.05,
        "epochs": 5,
        "keep": [],
        "batch": 16,
        "micro_batch": 1,
        "max_length": 32768,
        "too_long": "fail",
        "packing": True,
        "weight_decay": 1e-4,
        "beta1": 0.9,
        "beta2": 0.95,
        "max_grad_norm": 1.0,
        "attention": "sdpa",
        "gradient_checkpointing": False,
        "deepspeed": None,
    },
    Generator: {"seed": 0, "distinct": False, "options": {}},
    Mapped: {
        "column": None,
        "template": None,
        "extract": "all",
        "replace": {},
        "optional": False,
    },
    Choices: {"line": "({letter}) {choice}"},
    Fields: {
        "problem": Mapped(column="problem"),
        "answer": Mapped(column="answer"),
        "response": Mapped(column="response", optional=True),
        "alternatives": None,
        "choices": None,
        "meta": [],
    },
    Source: {"fields": Fields(), "sha256": None, "licence": ""},
    Contains: {"column": "response"},
    Power: {"accuracy": 0.5, "problems": 1.5, "cells": 0.5, "trainings": 0.2, "tests": 0.1},
    Claim: {"label": "", "quantity": "correct", "above": None, "below": None},
    Report: {"rows": 200_000, "texts": 1, "characters": 20_000},
    Reference: {"model": None, "sample": None, "recipe": None, "benchmark": None},
    Length: {"column": "response", "unit": "characters", "minimum": 1},
    Language: {"column": "problem", "languages": ["en"], "confidence": 0.6},
    Verified: {"thinking_start": "<think>", "thinking_end": "</think>"},
    NearDuplicates: {"ngram": 3, "similarity": 0.8},
    Contamination: {"ngram": 13},
    Pool: {"filters": []},
    Sample: {"seed": 0, "rows": None, "tokens": None, "asked": None},
    Problems: {"take": None, "answers": None},
    Benchmark: {"label": "", "sampling": Sampling(), "tokens": None, "asked": None},
    Drawn: SEED,
    Counted: COUNTED,
    Written: {
        **COUNTED,
        "domains": None,
        "temperature": 1.0,
        "top_p": 0.95,
        "max_tokens": 256,
        "attempts": 8,
        "paraphrase": False,
        "shard": 1024,
    },
    Bank: COUNTED,
    Other: SEED,
    Words: SEED,
    Strategy: {
        "label": "",
        "context": None,
        "mixture": {},
        "seed": 0,
        "position": "prefix",
        "join": None,
        "reply": "Understood.",
        "separator": "\n\n",
    },
    Weights: {"scratch": None, "keep": "all"},
    Vote: {"label": "", "ties": "share"},
    Published: {"vote": None},
    Replicate: {"draw": 0, "persona": 0, "seed": 0},
    Model: {"licence": "", "dtype": "bfloat16", "chat": Chat(), "shape": None},
    Shape: {"head_dim": None, "tied": False, "attention_bias": False, "attention_norm": False},
}
NEEDS = {
    Needs,
    Saving,
    Storing,
    GenerationNeeds,
    TrainingNeeds,
    Plan,
    Config,
}  # decide where and how fast, or which cells
NEEDS |= {Price, Card, Core}  # defaults are part of the code of `price_plan`, which is cheap


@pytest.fixture
def raw() -> dict:
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Config]:
    """Return `read_config`, called from the root as Snakemake does."""
    monkeypatch.chdir(ROOT)
    return read_config


def sections(section: type[Section] = Section) -> set[type[Section]]:
    below = section.__subclasses__()
    return {*below, *(deeper for one in below for deeper in sections(one))}


def test_published_schema_is_the_one_the_code_checks_with() -> None:
    published = json.loads((ROOT / "config/schema.json").read_text())
    assert published == Config.model_json_schema(), "run `make schema`"


def test_published_reference_is_fresh_and_speaks_of_every_section() -> None:
    assert reference() in (ROOT / "config/README.md").read_text(), "run `make schema`"
    # Their keys stand with those of their kinds.
    parents = {Context, Counted, Drawn, Needs, RowFilter, Saving, Storing}
    assert set(SECTIONS.values()) == sections() - parents


def test_what_is_made_from_the_definition_comes_whole_or_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "config/schema.json").mkdir(parents=True)
    readme = tmp_path / "config/README.md"
    readme.write_text("# Keys\n")
    command = [sys.executable, "-m", "its.config"]
    more = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}

    failed = subprocess.run(command, cwd=tmp_path, env=more, capture_output=True, text=True)
    assert failed.returncode == 2
    assert failed.stderr.startswith("error: config/schema.json: ")
    assert len(failed.stderr.splitlines()) == 1
    (tmp_path / "config/schema.json").rmdir()
    assert [path.name for path in (tmp_path / "config").iterdir()] == ["README.md"]

    subprocess.run(command, cwd=tmp_path, env=more, check=True)
    assert reference() in readme.read_text()


@pytest.mark.parametrize("section", sorted(sections(), key=lambda one: one.__name__))
def test_every_key_says_what_it_means(section: type[Section]) -> None:
    assert [name for name in section.model_fields if not meanings(section).get(name)] == []


@pytest.mark.parametrize("section", sorted(sections() - NEEDS, key=lambda one: one.__name__))
def test_no_default_changes_in_silence(section: type[Section]) -> None:
    present = {
        name: field.default
        for name, field in section.model_fields.items()
        if not field.is_required()
    }
    assert present == DEFAULTS.get(section, {}), (
        "settings leave defaults out, so what was made with the old one would stand: "
        "raise the version of the stage that reads it, and pin the new one here"
    )


def test_settings_hold_neither_defaults_nor_labels() -> None:
    strategy = Strategy(label="no persona", position="prefix")
    assert strategy.settings() == "{}"
    assert Strategy(label="other", position="system").settings() == '{"position": "system"}'


def test_a_script_reads_back_what_the_config_says(raw: dict, read: Callable) -> None:
    config = read(raw)
    for path in [
        "sources/sums",
        "pools/demo",
        "samples/demo192",
        "strategies/U",
        "strategies/U/context",
        "recipes/sft",
        "models/smollm2/chat",
        "benchmarks/sums_easy/problems",
        "benchmarks/sums_easy/sampling",
        "plans/demo",
    ]:
        section = config.section(path)
        again = type(section).model_validate_json(section.settings())
        assert again.settings() == section.settings()


def test_greedy_sampling_refuses_many_equal_responses() -> None:
    with pytest.raises(ValueError, match="temperature 0 gives 4 equal responses; set n to 1"):
        Sampling(n=4, temperature=0)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (r"(\d+", r"missing ), unterminated subpattern at character 1, found '(\d+'"),
        (r"\d{1,3}|*", "nothing to repeat at character 9"),
        ("a{99999999999}", "the repetition number is too large"),
    ],
)
def test_an_expression_that_is_none_is_refused_with_its_place(
    raw: dict, read: Callable, answers: str, message: str
) -> None:
    raw["benchmarks"]["sums_easy"]["problems"]["answers"] = answers
    with pytest.raises(InputError) as error:
        read(raw)
    place = "benchmarks.sums_easy.problems.answers: no regular expression: "
    assert place + message in str(error.value)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"response": {"template": "no hole"}}, "the template has no {column}"),
        ({"response": {"template": "{a"}}, "expected '}' before end of string in the template"),
        ({"response": {"template": "{} {a}"}}, "a hole of the template holds the name of a column"),
        ({"response": {"template": "{a:>5}"}}, "a hole of the template holds the name of a column"),
        ({"response": {"template": "{a}", "column": "a"}}, "give either a column or a template"),
        ({"response": {"extract": "boxed"}}, "give either a column or a template"),
        ({"answer": {"column": "a", "extract": {"between": ["<"]}}}, "at least 2 items"),
        ({"answer": {"column": "a", "replace": {"": "x"}}}, "at least 1 character"),
        ({"choices": {"columns": ["right"]}}, "at least 2 items"),
        ({"choices": {"columns": ["a", "b"], "line": "{choice}"}}, "needs {letter} and {choice}"),
        ({"choices": {"columns": ["a", "b"]}, "answer": "a"}, "leave out `answer`"),
    ],
)
def test_a_field_that_says_two_things_or_none_is_refused(
    raw: dict, read: Callable, fields: dict, message: str
) -> None:
    raw["sources"]["sums"]["fields"] = fields
    with pytest.raises(InputError) as error:
        read(raw)
    assert "sources.sums.fields" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("one", "message"),
    [
        ({"filter": "equals", "column": "domain", "values": ["math"]}, "carries no 'domain'; add"),
        ({"filter": "equals", "column": "domain", "values": []}, "at least 1 item"),
        ({"filter": "length", "minimum": 9, "maximum": 5}, "minimum 9 is above maximum 5"),
        ({"filter": "length", "maximum": 5, "unit": "tokens"}, "'characters' or 'words'"),
        ({"filter": "language", "languages": ["English"]}, "should match pattern"),
        ({"filter": "near_duplicates", "similarity": 1.5}, "less than or equal to 1"),
        ({"filter": "contamination", "against": []}, "at least 1 item"),
        ({"filter": "contamination", "against": ["sums_eas"]}, "did you mean 'sums_easy'?"),
        ({"filter": "contamination", "against": "every"}, "should be 'all', found 'every'"),
        ({"filter": "near_duplicate"}, "did you mean 'near_duplicates'?"),
    ],
)
def test_a_filter_that_could_not_work_is_refused(
    raw: dict, read: Callable, one: dict, message: str
) -> None:
    raw["pools"]["demo"]["filters"] = [one]
    with pytest.raises(InputError) as error:
        read(raw)
    assert "pools.demo.filters" in str(error.value)
    assert message in str(error.value)


def test_responses_are_verified_once(raw: dict, read: Callable) -> None:
    raw["pools"]["demo"]["filters"] = [{"filter": "verified"}, {"filter": "verified"}]
    with pytest.raises(InputError, match="filter 'verified' stands twice; name it once"):
        read(raw)


def test_against_all_stands_for_every_benchmark(raw: dict, read: Callable) -> None:
    raw["pools"]["demo"]["filters"] = [{"filter": "contamination", "against": "all"}]
    config = read(raw)
    assert config.pools["demo"].against(config.benchmarks) == ["sums_easy", "stories_hard"]


def test_what_is_replaced_is_read_back_whatever_the_order_of_keys() -> None:
    mapped = Mapped(column="a", replace={"b": "1", "a": "2"})
    assert Mapped.model_validate_json(mapped.settings()).replace == mapped.replace


def test_a_shard_is_never_half_of_what_a_larger_n_would_make() -> None:
    with pytest.raises(ValueError, match="n 6 is no multiple of shard_samples 4"):
        Sampling(n=6, shard_samples=4)


def test_a_claim_in_points_is_refused_with_the_fraction(raw: dict, read: Callable) -> None:
    raw["claims"]["both"]["above"] = -2
    with pytest.raises(InputError) as error:
        read(raw)
    assert "claims.both.above: differences of the share 'correct' lie" in str(error.value)
    assert "did you mean -0.02?" in str(error.value)


@pytest.mark.parametrize("join", ["{question}", "{question} {context}"])
def test_a_join_that_contradicts_its_position_is_refused(join: str) -> None:
    with pytest.raises(ValueError, match="join"):
        Strategy(label="x", position="prefix", join=join)


def test_every_mistake_is_reported_at_once(raw: dict, read: Callable) -> None:
    raw["models"]["smollm2"]["sorce"] = "pypi:x"
    raw["models"]["smollm2"]["dtype"] = "float23"
    raw["strategies"]["U"]["context"] |= {
        "writer": "smolm2",
        "prompt": "config/prompts/unrelatd.md",
        "tempreature": 2,
    }
    raw["strategies"]["U"]["join"] = "{contxt} {question}"
    raw["pools"]["demo"]["sources"] = ["sum"]
    raw["samples"]["demo192"]["size"] = "many"
    raw["plans"]["demo"] |= {"train": ["V"], "test": ["W"], "models": ["smollm"]}
    raw["plan"] = "dmo"
    del raw["recipes"]["sft"]["learning_rate"], raw["models"]["smollm2"]["train"]["memory"]
    with pytest.raises(InputError) as error:
        read(raw)
    for place, hint in {
        "models.smollm2.sorce": "no such key here; did you mean 'source'?",
        "models.smollm2.dtype": "input should be 'float32' or 'bfloat16', found 'float23'",
        "models.smollm2.train.memory": "this key is missing",
        "strategies.U.context.writer": "models has no 'smolm2', did you mean 'smollm2'?",
        "pools.demo.sources.0": "sources has no 'sum', did you mean 'sums'?",
        "samples.demo192.size": "input should be a valid integer, unable to parse string as an "
        "integer, found 'many', or input should be 'all', found 'many'",
        "plans.demo.train.0": "strategies has no 'V', known are N, S, U, R",
        "plans.demo.test.0": "strategies has no 'W', known are N, S, U, R",
        "plans.demo.models.0": "models has no 'smollm', did you mean 'smollm2'?",
        "strategies.U.context.prompt": "there is no file config/prompts/unrelatd.md",
        "strategies.U.context.tempreature": "no such key here; did you mean 'temperature'?",
        "strategies.U.join": "position prefix wants {context} {question}, in this order; found "
        "{contxt} {question}; for 'contxt', did you mean 'context'?",
        "plan": "plans has no 'dmo', did you mean 'demo'?",
    }.items():
        assert f"\n  {place}: {hint}" in str(error.value)


def test_keys_of_two_kinds_do_not_go_together(raw: dict, read: Callable) -> None:
    raw["strategies"]["Two"] = {"label": "x", "context": {"text": "hi", "bank": "x.txt"}}
    with pytest.raises(InputError, match=r"Two\.context\.bank: does not go with the other keys"):
        read(raw)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"plans": {"mine": {"train": ["N", False]}}},
            "plans.mine.train.1: expected a text, found False; put it in quotes: bare yes, no, on "
            "and off are True and False in YAML",
        ),
        (
            {"plans": {"mine": {"train": [12]}}},
            "plans.mine.train.0: expected a text, found 12; put it in quotes",
        ),
        ({"plan": ["demo"]}, "plan: expected a text, found ['demo']"),
        (
            {"plans": {"mine": {"train": "N"}}},
            "plans.mine.train: expected a list, in brackets or with a '-' each, found 'N'",
        ),
        ({"models": ["smollm2"]}, "models: expected keys with values, found ['smollm2']"),
        ({"report": ["rows"]}, "report: expected keys with values, found ['rows']"),
        ({"strategies": None}, "strategies: expected keys with values, found None"),
    ],
)
def test_a_value_of_another_kind_is_named_in_words_of_yaml(
    raw: dict, read: Callable, change: dict, line: str
) -> None:
    with pytest.raises(InputError) as error:
        read(raw | change)
    assert line in map(str.strip, str(error.value).splitlines())


@pytest.mark.parametrize(
    "name",
    [
        "base",
        "ot-1k",
        "v1.5",
        "_x",
        "../x",
        "a b",
        "a/b",
        "",
        "-x",
        "a\n",
        "a;b",
        "$(id)",
        "`id`",
        "a'",
        "é",
    ],
)
def test_a_name_that_would_blur_paths_is_refused(raw: dict, read: Callable, name: str) -> None:
    raw["samples"][name] = {"pool": "demo", "size": 1}
    with pytest.raises(InputError, match="samples"):
        read(raw)


def test_a_bad_name_is_named_beside_what_else_is_wrong_there(raw: dict, read: Callable) -> None:
    raw["samples"]["a-b"] = {"size": 1}
    with pytest.raises(InputError) as error:
        read(raw)
    assert "samples.a-b: a name is made of letters" in str(error.value)
    assert "samples.a-b.pool: this key is missing" in str(error.value)


def test_a_generator_with_a_wrong_key_is_no_misspelt_location(raw: dict, read: Callable) -> None:
    raw["sources"]["sums"]["origin"]["taks"] = "chain_sum"
    with pytest.raises(InputError) as error:
        read(raw)
    assert str(error.value).count("sources.sums") == 1
    assert "sources.sums.origin.taks: no such key here; did you mean 'task'?" in str(error.value)


def test_a_benchmark_named_like_a_sample_is_refused(raw: dict, read: Callable) -> None:
    raw["samples"]["sums_easy"] = {"pool": "demo", "size": 1}
    with pytest.raises(InputError, match="sums_easy: a sample has that name too"):
        read(raw)


def test_a_key_that_stands_twice_is_refused(raw: dict, read: Callable, tmp_path: Path) -> None:
    file = tmp_path / "twice.yaml"
    file.write_text("models:\n  tiny: {gpus: 0}\n  tiny: {gpus: 1}\n")
    with pytest.raises(InputError, match=r"models\.tiny: stands twice, again in .*twice.yaml:3"):
        read(raw, [str(file)])


def test_a_name_with_two_meanings_is_refused(raw: dict, read: Callable, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ["one.yaml", "two.yaml", "same.yaml"]]
    for file, size in zip(files, [10, 20, 10], strict=True):
        file.write_text(f"samples:\n  s: {{pool: demo, size: {size}}}\nplan: {file.stem}\n")
    read(raw, [str(files[0]), str(files[2])])
    with pytest.raises(InputError, match=r"samples\.s: .*one\.yaml and .*two\.yaml differ"):
        read(raw, [str(file) for file in files])


def test_of_what_is_no_catalogue_the_last_file_counts(
    raw: dict, read: Callable, tmp_path: Path
) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for file, gpus in zip(files, [8, 4], strict=True):
        file.write_text(f"price: {{gpus: {gpus}}}\n")
    read(raw, [str(file) for file in files])


def test_what_follows_from_two_meanings_is_not_told(
    raw: dict, read: Callable, tmp_path: Path
) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for file, size in zip(files, [10, 20], strict=True):
        file.write_text(f"samples:\n  s: {{pool: demo, size: {size}}}\n")
    raw["samples"] |= {"s": {"pool": "nobody"}, "so": {"pool": "nothing", "size": 1}}
    with pytest.raises(InputError) as error:
        read(raw, [str(file) for file in files])
    told = [line.split()[0] for line in str(error.value).splitlines()[1:]]
    assert told == ["samples.s:", "samples.so.pool:"]


def test_a_file_that_a_setting_names_must_be_there(raw: dict, read: Callable) -> None:
    raw["recipes"]["sft"]["deepspeed"] = "config/deepspeed/zero4.json"
    raw["models"]["smollm2"]["chat"]["template"] = "config/x.jinja"
    with pytest.raises(InputError) as error:
        read(raw)
    assert "recipes.sft.deepspeed: there is no file config/deepspeed/zero4.json" in str(error.value)
    assert "models.smollm2.chat.template: there is no file config/x.jinja" in str(error.value)


@pytest.mark.parametrize(
    ("text", "domains", "message"),
    [
        ("Describe somebody.", None, "holds neither {question} nor {domain}"),
        ("Describe {qestion}.", None, "has {qestion}, did you mean 'question'?"),
        ("Who likes {domain}?", None, "must have {domain} if a file of domains is given"),
        ("Who asks {question}?", "art\n", "must have {domain} if a file of domains is given"),
        ("Who likes {domain}?", "# none yet\n\n", "has no line with a domain"),
    ],
)
def test_a_prompt_that_cannot_be_filled_is_refused(
    raw: dict, read: Callable, tmp_path: Path, text: str, domains: str | None, message: str
) -> None:
    (tmp_path / "prompt.md").write_text(text)
    context = {"writer": "smollm2", "prompt": str(tmp_path / "prompt.md")}
    if domains is not None:
        (tmp_path / "domains.txt").write_text(domains)
        context["domains"] = str(tmp_path / "domains.txt")
    raw["strategies"]["X"] = {"context": context}
    with pytest.raises(InputError) as error:
        read(raw)
    assert "strategies.X.context" in str(error.value)
    assert message in str(error.value)


def test_braces_of_latex_in_a_prompt_are_no_holes(
    raw: dict, read: Callable, tmp_path: Path
) -> None:
    (tmp_path / "prompt.md").write_text(r"Write \boxed{answer} and \frac{a}{b} for {question}")
    context = {"writer": "smollm2", "prompt": str(tmp_path / "prompt.md")}
    raw["strategies"]["X"] = {"context": context}
    read(raw)


def test_cells_of_replicate_0_come_first_and_n_has_no_draws(raw: dict) -> None:
    raw["plans"]["demo"]["replicates"] = [{"seed": 0}, {"draw": 1, "persona": 1, "seed": 1}]
    plan = Plan.model_validate(raw["plans"]["demo"])
    cells = plan.cells(drawn=["U"])
    assert cells[0] == "smollm2/base/sums_easy/N"
    assert cells.index("smollm2/demo192-U-sft-s0/sums_easy/U") < cells.index(
        "smollm2/demo192.1-U.1-sft-s1/sums_easy/U.1"
    )
    assert "smollm2/demo192.1-N-sft-s1/sums_easy/N" in cells
    assert len(cells) == len(set(cells)) == 11  # base: N, U, U.1; 4 learners x 2 strategies


def test_no_script_hides_a_module() -> None:
    scripts = {path.stem for path in (ROOT / "scripts").glob("*.py")}
    hidden = scripts & (sys.stdlib_module_names | packages_distributions().keys())
    assert not hidden, "scripts/ stands first on sys.path: rename what a library would import"


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("smollm/base", "models has no 'smollm'"),
        ("smollm2/demo192-N-sft", "'smollm2/demo192-N-sft' is not model/base or model/sample"),
        ("smollm2/demo-N-sft-s0", "samples has no 'demo'"),
        ("smollm2/demo192.1-V.2-sft-s0", "strategies has no 'V'"),
        ("smollm2/demo192-N-sft-s0-e9", "epoch 9 are not kept; add it to recipes.sft.keep"),
    ],
)
def test_a_member_of_a_vote_is_a_learner(
    raw: dict, read: Callable, member: str, words: str
) -> None:
    raw["votes"]["three"]["members"][1] = member
    with pytest.raises(InputError) as error:
        read(raw)
    assert "votes.three.members.1: " in str(error.value)
    assert words in str(error.value)


def test_a_strategy_is_made_of_others_that_can_be_parts(raw: dict, read: Callable) -> None:
    raw["strategies"] |= {
        "A": {"mixture": {"Mixed": 0.5, "N": 0.5}},
        "B": {"context": {"other": "N"}},
        "C": {"context": {"words": "nowhere.txt", "like": "Shuffled"}},
        "D": {"mixture": {"S": 0.5, "V": 0.5}},
    }
    with pytest.raises(InputError) as error:
        read(raw)
    assert "strategies.D.mixture.V: strategies has no 'V'" in str(error.value)
    assert "strategies.C.context.words: there is no file nowhere.txt" in str(error.value)
    del raw["strategies"]["D"]
    raw["strategies"]["C"]["context"]["words"] = "config/prompts/words.txt"
    with pytest.raises(InputError) as error:
        read(raw)
    for line in [
        "strategies.A.mixture.Mixed: is a mixture itself",
        "strategies.B.context.other: N has no contexts of its own",
        "strategies.C.context.like: Shuffled has no contexts of its own",
    ]:
        assert line in str(error.value)


def test_an_epoch_that_is_tested_is_one_that_is_kept(raw: dict, read: Callable) -> None:
    raw["plans"]["demo"]["epochs"] = [1]
    with pytest.raises(InputError, match="plans.demo.epochs: recipe 'sft' does not keep epoch 1"):
        read(raw)
    raw["recipes"]["sft"]["keep"] = [1]
    with pytest.raises(InputError, match="keep names epoch 1, and of 1 epochs the last one is"):
        read(raw)
    raw["recipes"]["sft"]["epochs"] = 2
    trained = read(raw).plans["demo"].trainings([])
    assert trained[0] == "smollm2/demo192-N-sft-s0"
    assert len(trained) == 4
    cells = read(raw).plans["demo"].cells([])
    assert "smollm2/demo192-N-sft-s0-e1/sums_easy/N" in cells


@pytest.mark.parametrize(
    ("sample", "train", "replicates", "words"),
    [
        ("demo192", "N", [{}, {"seed": 1}, {"persona": 1}], "persona is [0, 0, 1], so some share"),
        ("demo192", "U", [{}, {"draw": 1}, {"draw": 1, "seed": 1}], "draw is [0, 1, 1], so some"),
        ("demo192", "N", [{}, {"persona": 1}], "one training in all of them, and would count as 2"),
        ("demo192", "U", [{}, {}], "count as 2; let draw or persona or seed differ"),
        ("whole", "N", [{}, {"draw": 1}], "count as 2; let seed differ"),
        ("demo192", "U", [{}, {"persona": 1}], ""),
        ("demo192", "N", [{}, {"persona": 1, "draw": 1}], ""),
        ("whole", "N", [{}, {"seed": 1}, {"seed": 2}], ""),
    ],
)
def test_replicates_share_nothing_that_counts_as_chance(
    raw: dict, read: Callable, sample: str, train: str, replicates: list, words: str
) -> None:
    raw["samples"]["whole"] = {"pool": "stories", "size": "all"}
    raw["plans"]["demo"] |= {"samples": [sample], "train": [train], "replicates": replicates}
    raw["plans"]["demo"] |= {"claims": [], "votes": []}
    if not words:
        read(raw)
        return
    with pytest.raises(InputError) as error:
        read(raw)
    assert "plans.demo.replicates: " in str(error.value)
    assert words in str(error.value)


def test_responses_leave_room_for_a_question(raw: dict, read: Callable) -> None:
    raw["benchmarks"]["sums_easy"]["sampling"]["max_tokens"] = 2048
    with pytest.raises(InputError) as error:
        read(raw)
    assert "max_tokens: 2048 tokens leave no room for a question in the 2048" in str(error.value)
