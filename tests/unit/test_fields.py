"""A field is made of what somebody published: nested, marked, in several columns, or as choices."""

import json
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError

from its.config.source import Fields
from its.errors import InputError
from its.files import write_json
from its.golds import separated
from its.hashing import problem_id
from its.origins import manifest_of
from its.sources import read_source

REASONING, SOLUTION = "Is it {2}?\n\nYes.", r"1 + 1 makes \boxed{2}."
METADATA = {
    "problem": "What is 1 + 1?",
    "deepseek_reasoning": REASONING,
    "deepseek_solution": SOLUTION,
    "domain": "math",
}
CONVERSATION = {
    "system": "Think.",
    "conversations": [
        {"from": "user", "value": "What is 1 + 1?"},
        {
            "from": "assistant",
            "value": f"<|begin_of_thought|>\n\n{REASONING}\n\n<|end_of_thought|>\n\n"
            f"<|begin_of_solution|>\n\n{SOLUTION}\n\n<|end_of_solution|>",
        },
    ],
}
FROM_METADATA = {
    "problem": "problem",
    "response": {
        "template": "<think>\n{deepseek_reasoning}\n</think>\n\n{deepseek_solution}",
    },
    "answer": {"column": "deepseek_solution", "extract": "boxed"},
}
SAID = "conversations.from=assistant.value"
FROM_CONVERSATION = {
    "problem": "conversations.from=user.value",
    "response": {
        "column": SAID,
        "replace": {
            "<|begin_of_thought|>\n\n": "<think>\n",
            "\n\n<|end_of_thought|>": "\n</think>",
            "<|begin_of_solution|>\n\n": "",
            "\n\n<|end_of_solution|>": "",
        },
    },
    "answer": {
        "column": SAID,
        "extract": [{"between": ["<|begin_of_solution|>", "<|end_of_solution|>"]}, "boxed"],
    },
}
CHEMISTRY = [
    {"question": f"Which of these is {i}?", "right": f"{i}", "a": f"{i}1", "b": f"{i}2", "c": "0"}
    for i in range(1, 201)
]
CHOICES = {"problem": "question", "choices": {"columns": ["right", "a", "b", "c"]}}


def read(folder: Path, rows: list[dict], fields: dict) -> pl.DataFrame:
    (folder / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    manifest = folder / "manifest.json"
    write_json(manifest, manifest_of([folder / "a.jsonl"], "path:here"))
    return read_source(manifest, "s", Fields.model_validate(fields))


def refusal(folder: Path, rows: list[dict], fields: dict) -> str:
    with pytest.raises(InputError) as error:
        read(folder, rows, fields)
    return str(error.value)


def test_both_forms_of_openthoughts_become_the_same_rows(tmp_path: Path) -> None:
    one = read(tmp_path, [METADATA], FROM_METADATA)
    two = read(tmp_path, [CONVERSATION], FROM_CONVERSATION)
    assert one["response"][0] == f"<think>\n{REASONING}\n</think>\n\n{SOLUTION}"
    assert one["answer"][0] == "2"
    assert_frame_equal(one, two)


def test_the_last_who_spoke_is_taken(tmp_path: Path) -> None:
    turns = [{"from": "user", "value": "1?"}, {"from": "user", "value": "2?"}]
    row = {"turns": turns, "answer": 1}
    fields = {"problem": "turns.from=user.value", "response": "turns.0.value"}
    rows = read(tmp_path, [row], fields)
    assert rows["problem"][0] == "2?"
    assert rows["response"][0] == "1?"


def test_of_two_texts_to_replace_the_longer_one_wins_in_any_order(tmp_path: Path) -> None:
    row = {"problem": "a aa b?", "answer": 1}
    for replace in [{"a": "1", "aa": "2", "b": "a"}, {"b": "a", "aa": "2", "a": "1"}]:
        rows = read(tmp_path, [row], {"problem": {"column": "problem", "replace": replace}})
        assert rows["problem"][0] == "1 2 a?"


def test_a_row_without_one_of_the_columns_of_a_template_is_refused(tmp_path: Path) -> None:
    rows = [METADATA, METADATA | {"deepseek_solution": None}]
    message = refusal(tmp_path, rows, FROM_METADATA)
    assert "row 2: response is missing, template '<think>" in message
    assert "row 2: answer is missing (nothing to extract by 'boxed'), column" in message


def test_an_entry_of_which_there_is_none_is_refused(tmp_path: Path) -> None:
    silent = CONVERSATION | {"conversations": CONVERSATION["conversations"][:1]}
    message = refusal(tmp_path, [CONVERSATION, silent], FROM_CONVERSATION)
    assert f"row 2: response is missing, column '{SAID}'" in message
    assert "nothing to extract by ['<|begin_of_solution|>', '<|end_of_solution|>'], then" in message


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"template": "{deepseek_reasonin} {domain}"}, "did you mean 'deepseek_reasoning'?"),
        ("conversation.0.value", "did you mean 'conversations'?"),
        ("conversations.0.valu", "did you mean 'conversations.0.value'?"),
        ("conversations.from=assistant.text", "did you mean 'conversations.from=assistant.value'?"),
        ("conversations.form=assistant.value", "did you mean 'conversations.from=assistant'?"),
        ("conversations.value", "no column 'conversations.value'"),
        ("conversations.0", "column 'conversations.0' is no text but Struct"),
        ("problem.text", "no column 'problem.text'"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_the_nearest(
    tmp_path: Path, wrong: object, hint: str
) -> None:
    fields = FROM_METADATA | {"response": wrong}
    message = refusal(tmp_path, [METADATA | CONVERSATION], fields)
    assert hint in message
    assert message.endswith(", which fields.response names")


def test_all_wrong_columns_are_named_at_once(tmp_path: Path) -> None:
    fields = {
        "problem": "question",
        "choices": {"columns": ["right", "d", "e"]},
        "meta": ["level", "right"],
    }
    message = refusal(tmp_path, CHEMISTRY, fields)
    for place in ["'d' (", "'e' (", "'level' ("]:
        assert f"a.jsonl: no column {place}" in message


@pytest.mark.parametrize(
    ("golds", "fields", "found"),
    [
        (["1/2", " 0.5 ", "1/2", ""], {"alternatives": "list"}, ["1/2", "0.5"]),
        ([[1.0, 2.5], [3.0]], {"alternatives": "list"}, None),
        ([25.0, 0.5], {"alternatives": "list"}, ["25", "0.5"]),
        ("1/2 or 0.5", {"alternatives": {"split": " or "}}, ["1/2", "0.5"]),
        ("1, 2", {}, ["1, 2"]),
        ("1␞2", {}, ["1 2"]),  # what a publisher writes is never taken for several
        (["a␞b"], {"alternatives": "list"}, ["a b"]),
    ],
)
def test_several_golds_are_alternatives_where_that_is_said(
    tmp_path: Path, golds: object, fields: dict, found: list[str] | None
) -> None:
    rows = [{"problem": "Half of one?", "answer": golds}]
    if found is None:
        assert "column 'answer' is no list of texts but List(List(Float64))" in refusal(
            tmp_path, rows, fields
        )
    else:
        assert separated(read(tmp_path, rows, fields)["answer"].item()) == found


def test_each_of_several_golds_is_extracted(tmp_path: Path) -> None:
    rows = [{"problem": "Half of one?", "answer": [r"so \boxed{1/2}", "no box", r"\boxed{0,5}"]}]
    answer = {"column": "answer", "extract": "boxed", "replace": {",": "."}}
    found = read(tmp_path, rows, {"answer": answer, "alternatives": "list"})
    assert separated(found["answer"].item()) == ["1/2", "0.5"]


def test_a_list_that_nothing_calls_alternatives_is_refused(tmp_path: Path) -> None:
    rows = [{"problem": "Roots of x^2 = 1?", "answer": ["1", "-1"]}]  # both must be given
    assert "set `alternatives: list` if every entry of it is right" in refusal(tmp_path, rows, {})


@pytest.mark.parametrize("golds", [[], [" "], None])
def test_a_problem_of_no_gold_among_several_is_refused(tmp_path: Path, golds: list | None) -> None:
    rows = [{"problem": f"What is {n}?", "answer": some} for n, some in enumerate([["1"], golds])]
    said = refusal(tmp_path, rows, {"alternatives": "list"})
    assert "row 2: answer is missing, column 'answer'" in said


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (CHOICES | {"alternatives": "list"}, "one letter is right"),
        ({"answer": {"template": "{a}"}, "alternatives": "list"}, "give `answer` no template"),
    ],
)
def test_alternatives_that_cannot_be_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Fields.model_validate(fields)


def test_choices_are_shuffled_and_the_gold_is_the_letter_of_the_right_one(tmp_path: Path) -> None:
    rows = read(tmp_path, CHEMISTRY, CHOICES)
    for row, published in zip(rows.iter_rows(named=True), CHEMISTRY, strict=True):
        question, blank, *lines = row["problem"].split("\n")
        assert (question, blank) == (published["question"], "")
        assert [line[:4] for line in lines] == ["(A) ", "(B) ", "(C) ", "(D) "]
        assert sorted(line[4:] for line in lines) == sorted(published[c] for c in ["right", *"abc"])
        assert f"({row['answer']}) {published['right']}" in lines
        assert row["id"] == problem_id(row["problem"])
    letters = Counter(rows["answer"])
    assert set(letters) == set("ABCD")
    assert min(letters.values()) > 30  # of 200, 50 each by chance


def test_the_order_of_choices_depends_on_the_row_alone(tmp_path: Path) -> None:
    wrong_ones_swapped = [row | {"a": row["c"], "c": row["a"]} for row in CHEMISTRY]
    rows = read(tmp_path, CHEMISTRY, CHOICES)
    assert_frame_equal(rows, read(tmp_path, wrong_ones_swapped, CHOICES))
    backwards = read(tmp_path, CHEMISTRY[::-1], CHOICES)
    assert_frame_equal(rows[::-1].drop("row"), backwards.drop("row"))


@pytest.mark.parametrize("change", [{"a": "1"}, {"b": " "}, {"right": None}, {"question": ""}])
def test_a_question_with_no_one_right_choice_is_refused(tmp_path: Path, change: dict) -> None:
    message = refusal(tmp_path, [CHEMISTRY[0] | change, *CHEMISTRY[1:]], CHOICES)
    assert "row 1: problem is missing, or a choice is, or the right one stands twice" in message


def test_nested_columns_are_carried_along(tmp_path: Path) -> None:
    row = {"problem": "1?", "answer": 1, "facts": {"domain": "math", "level": 3.0}}
    rows = read(tmp_path, [row], {"meta": ["facts.domain", "facts.level"]})
    assert json.loads(rows["meta"][0]) == {"facts.domain": "math", "facts.level": 3.0}
