"""Each filter drops what it is for, says why, and leaves the rest."""

import json
from pathlib import Path

import polars as pl
import pytest
from pydantic import TypeAdapter

from its.config.pool import Filter
from its.config.source import Fields
from its.errors import InputError
from its.hashing import problem_id
from its.languages import words_of
from its.pools import pool_of
from its.sources import SourceFile
from its.verification import VERIFIED, extraction, verdicts

FIELDS = {"answer": {"column": "answer", "optional": True}}
DATA = Path(__file__).parents[3] / "shared/data"


def kept(
    rows: list[dict],
    filters: list[dict],
    benchmarks: dict[str, list[str]] | None = None,
    verdict: pl.Series | None = None,
) -> tuple[set[str], list[dict]]:
    """Return the problems that pass, and the counts."""
    columns = {"problem": "?", "response": "so", "answer": "1", "source": "s", "meta": "{}"}
    frame = pl.DataFrame([columns | row for row in rows], schema=dict.fromkeys(columns, pl.String))
    part = SourceFile(
        Path("made up"), Fields.model_validate(FIELDS), frame.with_row_index("row").lazy()
    )
    settings = [TypeAdapter(Filter).validate_python(one) for one in filters]
    left, summary = pool_of({"s": [part]}, settings, benchmarks or {}, verdict)
    return set(left.collect()["problem"]), summary["filters"]


def test_a_value_of_a_carried_column_decides() -> None:
    rows = [
        {"problem": name, "meta": json.dumps({"a domain": value})}
        for name, value in {"m": "math", "c": "code", "5": 5, "x": None, "t": True}.items()
    ]
    one = {"filter": "equals", "column": "a domain", "values": ["math", 5, True]}
    problems, counts = kept([*rows, {"problem": "n"}], [one])
    assert problems == {"m", "5", "t"}
    assert counts[0]["why"] == {"nothing": 2, "code": 1}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"maximum": 2, "unit": "words"}, {"two words", " one\n"}),
        ({"minimum": 2, "maximum": 9, "unit": "words"}, {"two words", "and three words"}),
        ({"minimum": 6, "maximum": 9}, {"two words"}),
    ],
)
def test_length_in_words_and_in_characters(limits: dict, expected: set[str]) -> None:
    rows = [{"problem": text} for text in ["two words", " one\n", "and three words"]]
    problems, _ = kept(rows, [{"filter": "length", "column": "problem"} | limits])
    assert problems == expected


@pytest.mark.parametrize(
    ("one", "why"),
    [
        ({"filter": "contains", "words": ["x"]}, "no 'x'"),
        ({"filter": "length", "maximum": 9}, "too short"),
    ],
)
def test_a_text_that_is_not_there_is_an_empty_one(one: dict, why: str) -> None:
    rows = [{"problem": "a", "answer": "x"}, {"problem": "b", "answer": None}]
    problems, counts = kept(rows, [one | {"column": "answer"}])
    assert problems == {"a"}
    assert counts[0]["why"] == {why: 1}


def test_each_row_is_dropped_for_the_first_reason_and_examples_show_it_whole() -> None:
    rows = [
        {"problem": "a", "response": "final answer \\boxed{1}"},
        {"problem": "b", "response": "final answer"},
        {"problem": "c", "response": "\\boxed{1}" * 9},
        {"problem": "d", "response": "final answer \\boxed{" + "1" * 90},
    ]
    filters = [
        {"filter": "contains", "words": ["final answer", "boxed{"]},
        {"filter": "length", "maximum": 50},
    ]
    problems, counts = kept(rows, filters)
    assert problems == {"a"}
    assert counts[0]["why"] == {"no 'boxed{'": 1, "no 'final answer'": 1}
    assert counts[1]["why"] == {"too long": 1}
    assert counts[1]["examples"] == [
        {"id": problem_id("d"), "source": "s", "problem": "d", "response": rows[3]["response"]}
    ]


LANGUAGES = {
    "zh": "求方程 $x^2+1=0$ 的所有复数解，并说明为什么这个方程没有实数解，请写出完整的推导过程。",
    "fr": "Un train part de Paris à huit heures et roule à une vitesse constante jusqu'à Lyon.",
    "de": "Ein Bauer hat zwölf Kühe und verkauft ein Drittel davon an den Metzger im Nachbardorf.",
    "en": "A farmer has twelve cows and sells a third of them to the butcher in the next village.",
    "none": r"Compute $\int_0^1 x^2\,dx$.",
}


def test_other_languages_are_dropped_and_formulas_have_none() -> None:
    rows = [{"problem": text} for text in LANGUAGES.values()]
    problems, counts = kept(rows, [{"filter": "language"}])
    assert problems == {LANGUAGES["en"], LANGUAGES["none"]}
    assert counts[0]["why"] == {"de": 1, "fr": 1, "zh": 1}
    both, _ = kept(rows, [{"filter": "language", "languages": ["en", "zh"]}])
    assert both == problems | {LANGUAGES["zh"]}


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no real problems in {DATA}")
@pytest.mark.parametrize("name", ["math500", "aime25", "aime24"])
def test_real_problems_in_english_are_taken_for_english(name: str) -> None:
    lines = (DATA / f"{name}.jsonl").read_text().splitlines()
    texts = [json.loads(line)["problem"] for line in lines]
    problems, _ = kept([{"problem": text} for text in texts], [{"filter": "language"}])
    assert len(problems) == len(set(texts))


def test_a_language_that_is_not_known_is_refused_with_those_near() -> None:
    with pytest.raises(InputError, match="no language 'eng'; near are .*en"):
        kept([{}], [{"filter": "language", "languages": ["en", "eng"]}])


def test_words_are_what_is_left_without_formulas() -> None:
    text = (
        r"Let \(n\) be $a$ number. \begin{align*} x &= y \end{align*} \[ z \] $$ w $$ Find <x>it."
    )
    assert words_of(text) == "Let be number Find it"


RESPONSES = {
    "right": ("1/2", r"<think>\boxed{3}?</think>So \boxed{\frac{1}{2}}."),
    "wrong": ("4", r"So \boxed{5}."),
    "no box": ("4", "It is 4."),
    "thinking only": ("4", r"<think>It is \boxed{4}"),
    "no gold": (None, r"\boxed{4}"),
    "no sense": (r"\frac{", r"\boxed{4}"),
    "no end": ("5", r"\boxed{(((9!)!)!)!}"),
    "neither": ("4␞6", r"So \boxed{5}."),
    "one of two": ("4␞5", r"So \boxed{5}."),
    "one makes no sense": (r"5␞\frac{", r"So \boxed{5}."),
    "right again": ("1,000", r"\boxed{1} no, \boxed{1000}"),
}


def test_responses_that_do_not_end_on_their_gold_are_dropped() -> None:
    rows = [
        {"problem": name, "answer": gold, "response": response}
        for name, (gold, response) in RESPONSES.items()
    ]
    one = TypeAdapter(Filter).validate_python({"filter": "verified"})
    ends = pl.DataFrame(rows).select("answer", extraction(one).alias("end")).unnest("end")
    found = verdicts(ends, seconds=1)
    assert dict(found.schema) == VERIFIED
    assert found["extracted"].to_list()[:3] == [r"\frac{1}{2}", "5", None]
    problems, counts = kept(rows, [{"filter": "verified"}], verdict=found["verdict"])
    assert problems == {"right", "right again", "one of two"}
    assert counts[0]["why"] == {
        "no box": 2,
        "another answer": 2,
        "no gold": 1,
        "timed out": 1,
        "unusable gold": 2,
    }


def test_near_duplicates_leave_the_first_by_id() -> None:
    story = "a farmer has {} cows and sells a third of them to the butcher in the next village"
    one = {"filter": "near_duplicates", "similarity": 0.7}
    texts = [story.format(number) + ", as he has done in all these years" for number in range(5)]
    problems, counts = kept([{"problem": text} for text in texts], [one])
    assert problems == {min(texts, key=problem_id)}
    assert counts[0]["why"] == {"nearly stands twice": 4}


def test_contamination_is_looked_for_in_every_benchmark() -> None:
    rows = [{"problem": text} for text in ["a b c d", "e f g h", "i j k l"]]
    benchmarks = {"one": ["x a b c"], "two": ["say e f g", "a b c"]}
    one = {"filter": "contamination", "ngram": 3}
    problems, counts = kept(rows, [one | {"against": "all"}], benchmarks)
    assert problems == {"i j k l"}
    assert counts[0]["why"] == {"one": 1, "two": 1}
    problems, counts = kept(rows, [one | {"against": ["two"]}], benchmarks)
    assert counts[0]["why"] == {"two": 2}
