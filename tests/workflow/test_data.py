"""Everything that needs no GPU: equal rows from equal input, and a plain word about bad input."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import Checkout
from polars.testing import assert_frame_equal

ROWS = [
    {
        "problem": f"What is {i} plus {i * 7}?",
        "response": f"{i} + {i * 7} = {i * 8}. The final answer is \\boxed{{{i * 8}}}.",
        "answer": i * 8,
    }
    for i in range(60)
]
TEST = [{"problem": f"How much is {i} times 3?", "answer": str(i * 3)} for i in range(8)]
GREEDY = {"sampling": {"n": 1, "temperature": 0, "max_tokens": 64}}
SETS = ["results/sets/mine.parquet", "results/sets/mine.1.parquet", "results/sets/my_test.parquet"]
REFINED = ["results/refined/mine/N.parquet", "results/refined/my_test/N.parquet"]


def overlay(checkout: Checkout, pool: str, test: str = "data/test.jsonl", **more: object) -> str:
    """Write a config that reads the given files, and return its path."""
    settings = {
        "sources": {"mine": {"origin": f"path:{pool}"}, "mine_test": {"origin": f"path:{test}"}},
        "pools": {"mine": {"sources": ["mine"], "filters": [{"filter": "duplicates"}]}},
        "samples": {"mine": {"pool": "mine", "size": 20}},
        "benchmarks": {"my_test": {"problems": {"source": "mine_test", "rows": 8}, **GREEDY}},
        "plans": {
            "mine": {
                "models": ["smollm2"],
                "samples": ["mine"],
                "recipes": ["sft"],
                "train": ["N"],
                "test": ["N"],
                "benchmarks": ["my_test"],
            }
        },
        "plan": "mine",
    }
    for section, names in more.items():
        settings[section] |= names
    (checkout.folder / "config/mine.yaml").write_text(yaml.safe_dump(settings))
    return "config/mine.yaml"


def lines(path: Path, rows: list) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_published(folder: Path) -> str:
    lines(folder / "rows.jsonl", ROWS)
    return "data/rows.jsonl"


def shuffled_parquet(folder: Path) -> str:
    pl.DataFrame(random.Random(0).sample(ROWS, len(ROWS))).write_parquet(folder / "rows.parquet")
    return "data/rows.parquet"


def split_csv(folder: Path) -> str:
    (folder / "parts").mkdir()
    rows = random.Random(1).sample(ROWS, len(ROWS))
    for number, part in enumerate([rows[:7], rows[7:30], rows[30:]]):
        pl.DataFrame(part).write_csv(folder / f"parts/{number}.csv")
    return "data/parts"


def made(checkout: Checkout, write: Callable[[Path], str]) -> list[pl.DataFrame]:
    lines(checkout.folder / "data/test.jsonl", TEST)
    config = overlay(checkout, write(checkout.folder / "data"))
    run = checkout.snakemake("-c2", "--configfile", config, "--", *SETS, *REFINED)
    assert run.status == 0, run.out
    return [pl.read_parquet(checkout.folder / path) for path in [*SETS, *REFINED]]


def test_equal_rows_from_another_order_split_and_format(tmp_path: Path) -> None:
    from conftest import copy_to

    first, *others = [
        made(copy_to(tmp_path / write.__name__), write)
        for write in [as_published, shuffled_parquet, split_csv]
    ]
    assert len(first[0]) == 20
    for other in others:
        for one, two in zip(first, other, strict=True):
            assert_frame_equal(one, two)


def test_every_bad_row_of_every_set_is_named_before_any_model_is_fetched(
    checkout: Checkout,
) -> None:
    lines(
        checkout.folder / "data/rows.jsonl",
        [*ROWS, {"problem": "", "answer": 1}, {"problem": "x?"}],
    )
    lines(checkout.folder / "data/test.jsonl", TEST[:7])
    config = overlay(checkout, "data/rows.jsonl")
    run = checkout.snakemake("sets", "-c2", "--configfile", config)

    assert run.status != 0
    assert "data/rows.jsonl: row 61: problem is empty" in run.out
    assert "data/rows.jsonl: row 62: answer is missing" in run.out
    assert "source 'mine_test' has 7 rows (data/test.jsonl), expected 8" in run.out
    assert "Traceback" not in run.out
    left = {path.name for path in (checkout.folder / "results").rglob("*.parquet")}
    assert left == set()


BAD = {
    "missing column": (
        [{"problm": "x?", "answer": 1}],
        "no column 'problem' (did you mean 'problm'?)",
    ),
    "too small a pool": (ROWS[:5], "the sample wants 20 rows, and pool 'mine' has 5"),
    "no response": (
        [{key: row[key] for key in ["problem", "answer"]} for row in ROWS],
        "there is no response to learn from",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_stop_a_plan_with_one_message(checkout: Checkout, name: str) -> None:
    rows, message = BAD[name]
    lines(checkout.folder / "data/rows.jsonl", rows)
    lines(checkout.folder / "data/test.jsonl", TEST)
    config = overlay(checkout, "data/rows.jsonl")
    run = checkout.snakemake("results/sets/mine.parquet", "-c2", "--configfile", config)

    assert run.status != 0
    assert message in run.out
    assert "Traceback" not in run.out
    assert not (checkout.folder / "results/sets").exists()


def test_duplicates_that_no_filter_drops_are_refused(checkout: Checkout) -> None:
    lines(checkout.folder / "data/rows.jsonl", [*ROWS, ROWS[0]])
    lines(checkout.folder / "data/test.jsonl", TEST)
    config = overlay(checkout, "data/rows.jsonl", pools={"mine": {"sources": ["mine"]}})
    run = checkout.snakemake("results/pools/mine.parquet", "-c2", "--configfile", config)

    assert run.status != 0
    assert "stands more than once: 'What is 0 plus 0?'; add a filter 'duplicates'" in run.out


def test_a_source_that_changed_is_read_again(checkout: Checkout) -> None:
    lines(checkout.folder / "data/rows.jsonl", ROWS)
    lines(checkout.folder / "data/test.jsonl", TEST)
    config = overlay(checkout, "data/rows.jsonl")
    sample = ["results/sets/mine.parquet", "--configfile", config]
    assert checkout.snakemake("-c2", *sample).status == 0

    assert "Nothing to be done" in checkout.snakemake("-n", *sample).out
    lines(checkout.folder / "data/rows.jsonl", ROWS[:50])
    assert set(checkout.snakemake("-n", *sample).jobs) == {
        "fetch_source",
        "filter_pool",
        "sample_pool",
    }


def test_a_source_with_another_hash_is_refused_with_the_one_found(checkout: Checkout) -> None:
    lines(checkout.folder / "data/rows.jsonl", ROWS)
    lines(checkout.folder / "data/test.jsonl", TEST)
    source = {"origin": "path:data/rows.jsonl", "sha256": "0" * 64}
    config = overlay(checkout, "data/rows.jsonl", sources={"mine": source})
    run = checkout.snakemake("results/sources/mine/manifest.json", "-c1", "--configfile", config)

    assert run.status != 0
    assert f"expected {'0' * 64}; the published rows changed" in run.out


STORY = "A farmer has {} cows and sells a third of them to the butcher in the next village, who in"
OPEN = [
    {
        "problem": f"{STORY.format(number)} turn sells half of what he bought. How many is that?",
        "deepseek_reasoning": f"A sixth of {number}.",
        "deepseek_solution": f"The final answer is \\boxed{{{number // 6}}}.",
        "gold": str(number // 6),
        "domain": "math",
    }
    for number in [6, 60, 600]
]
OPEN += [
    OPEN[0] | {"problem": "Sort a list of 5 numbers.", "domain": "code"},
    OPEN[0] | {"problem": "Was ist die Hälfte der Zahl, die um drei größer ist als neun?"},
    OPEN[0] | {"problem": "What is one half of the sum of six and eighteen?", "gold": "12"},
    OPEN[0] | {"problem": "How much is 2 times 3?", "gold": "1"},
]
OPEN_FIELDS = {
    "response": {"template": "<think>\n{deepseek_reasoning}\n</think>\n\n{deepseek_solution}"},
    "answer": "gold",
    "meta": ["domain"],
}
EVERY_FILTER = [
    {"filter": "contains", "words": ["final answer", "boxed{"]},
    {"filter": "equals", "column": "domain", "values": ["math"]},
    {"filter": "length", "unit": "words", "maximum": 100},
    {"filter": "language", "confidence": 0.5},
    {"filter": "verified"},
    {"filter": "duplicates"},
    {"filter": "near_duplicates", "similarity": 0.7},
    {"filter": "contamination", "ngram": 5, "against": "all"},
]


def test_every_filter_drops_its_rows_and_says_why(checkout: Checkout) -> None:
    lines(checkout.folder / "data/rows.jsonl", OPEN)
    lines(checkout.folder / "data/test.jsonl", TEST)
    config = overlay(
        checkout,
        "data/rows.jsonl",
        sources={"mine": {"origin": "path:data/rows.jsonl", "fields": OPEN_FIELDS}},
        pools={"mine": {"sources": ["mine"], "filters": EVERY_FILTER}},
    )
    run = checkout.snakemake("results/pools/mine.parquet", "-c2", "--configfile", config)

    assert run.status == 0, run.out
    assert run.jobs["verify_pool"] == 1
    assert run.jobs["read_benchmark"] == 3  # of the demo's two and this one's
    counts = json.loads((checkout.folder / "results/pools/mine.json").read_text())
    assert [one["why"] for one in counts["filters"]] == [
        {},
        {"code": 1},
        {},
        {"de": 1},
        {"another answer": 1},
        {},
        {"nearly stands twice": 2},
        {"my_test": 1},
    ]
    (row,) = pl.read_parquet(checkout.folder / "results/pools/mine.parquet").to_dicts()
    assert row["response"].startswith("<think>\nA sixth of 6")
    verdicts = pl.read_parquet(checkout.folder / "results/verified/mine.parquet")
    assert verdicts["verdict"].to_list() == [None] * 5 + ["another answer", None]


def test_a_benchmark_with_choices_has_letters_for_answers(checkout: Checkout) -> None:
    rows = [{"q": f"Which is {i}?", "yes": f"{i}", "no": f"{i}0", "nor": "no"} for i in range(8)]
    lines(checkout.folder / "data/rows.jsonl", ROWS)
    lines(checkout.folder / "data/test.jsonl", rows)
    fields = {"problem": "q", "choices": {"columns": ["yes", "no", "nor"]}}
    config = overlay(
        checkout,
        "data/rows.jsonl",
        sources={"mine_test": {"origin": "path:data/test.jsonl", "fields": fields}},
        benchmarks={
            "my_test": {
                "problems": {"source": "mine_test", "rows": 8, "answers": "[A-C]"},
                **GREEDY,
            }
        },
    )
    run = checkout.snakemake("results/sets/my_test.parquet", "-c2", "--configfile", config)

    assert run.status == 0, run.out
    found = pl.read_parquet(checkout.folder / "results/sets/my_test.parquet")
    assert set(found["answer"]) == set("ABC")
    assert all(problem.count("\n(") == 3 for problem in found["problem"])
