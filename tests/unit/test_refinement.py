"""A strategy changes what stands around a question, never the question or its answer."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from its.config.strategy import Context, Strategy
from its.errors import InputError
from its.prompts import fill, request
from its.refinement import holds_answer, message, refine
from its.schemas import REFINED

CONTEXT = Context(writer="w", prompt="p.md")
TEXT = st.text(st.characters(codec="utf-8"), min_size=1)


def questions(*answers: str) -> pl.DataFrame:
    """Build a set with a question for each answer."""
    return pl.DataFrame(
        {
            "id": [f"q{i}" for i in range(len(answers))],
            "problem": [f"What is {{context}} {i}?" for i in range(len(answers))],
            "response": [None] * len(answers),
            "answer": answers,
        },
        schema_overrides={"response": pl.String},
    )


def contexts(*texts: str | None) -> pl.DataFrame:
    return pl.DataFrame({"id": [f"q{i}" for i in range(len(texts))], "context": texts})


@given(problem=TEXT)
def test_without_a_context_the_question_stays_byte_for_byte(problem: str) -> None:
    assert message(problem, None, Strategy()) == [{"role": "user", "content": problem}]


@given(problem=TEXT, context=TEXT)
@pytest.mark.parametrize(
    "strategy",
    [
        Strategy(context=CONTEXT),
        Strategy(context=CONTEXT, position="suffix", join="{question}\n\n{context}"),
        Strategy(context=CONTEXT, position="system"),
    ],
    ids=lambda strategy: strategy.position,
)
def test_question_and_context_stand_in_the_messages_as_they_are(
    strategy: Strategy, problem: str, context: str
) -> None:
    messages = message(problem, context, strategy)
    content = messages[-1]["content"]
    match strategy.position:
        case "prefix":
            assert content == f"{context}\n\n{problem}"
        case "suffix":
            assert content == f"{problem}\n\n{context}"
        case "system":
            assert messages == [
                {"role": "system", "content": context},
                {"role": "user", "content": problem},
            ]


def test_a_refined_set_keeps_order_responses_and_answers() -> None:
    before = questions("1", "2", "3")
    after = refine(before, contexts("x", "y", "z").reverse(), Strategy(context=CONTEXT))
    assert after.schema == pl.Schema(REFINED)
    assert after["id"].to_list() == ["q0", "q1", "q2"]
    assert after["answer"].to_list() == ["1", "2", "3"]
    assert after["messages"][1][0]["content"] == "y\n\nWhat is {context} 1?"


def test_a_question_without_its_persona_is_refused() -> None:
    with pytest.raises(InputError) as error:
        refine(questions("1", "2"), contexts("x"), Strategy(context=CONTEXT))
    assert "question q1: no persona" in str(error.value)


def test_a_persona_that_holds_the_answer_is_refused() -> None:
    with pytest.raises(InputError, match="q0: its persona holds the answer '204'"):
        refine(questions("204"), contexts("I own 204 books."), Strategy(context=CONTEXT))


@pytest.mark.parametrize(
    ("context", "answer", "found"),
    [
        ("it is 204.", "204", True),
        ("it is 1204", "204", False),
        ("it is 2048", "204", False),
        ("it is 20", "20", False),  # too short to be told from chance
        (r"it is \frac{1}{2}", r"\frac{1}{2}", True),
        ("it is -17!", "-17", True),
        ("anything", None, False),
    ],
)
def test_an_answer_is_found_as_a_whole_word(context: str, answer: str, found: bool) -> None:
    assert holds_answer(context, answer) is found


def test_braces_in_a_question_are_not_filled_again() -> None:
    assert fill("{question} in {domain}", question="{domain}", domain="x") == "{domain} in x"


def test_the_domain_of_a_question_depends_on_neither_order_nor_other_questions() -> None:
    problem = {"id": "q0", "problem": "1?"}
    domains = [f"domain {i}" for i in range(40)]
    ask = [request(CONTEXT, "{domain}", names, problem, 0) for names in (domains, domains[::-1])]
    assert ask[0] == ask[1]
    drawn = {
        request(CONTEXT, "{domain}", domains, {"id": f"q{i}", "problem": ""}, 0) for i in range(200)
    }
    assert len(drawn) > 30
    others = [request(CONTEXT, "{domain}", domains, problem, draw) for draw in range(10)]
    assert len(set(others)) > 5
