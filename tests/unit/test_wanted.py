"""What a writer is asked for depends on a question, its draw, and nothing else."""

from dataclasses import replace

import polars as pl

from its.config.strategy import Written
from its.prompts import fill
from its.wanted import wanted

QUESTIONS = pl.DataFrame(
    {
        "id": [f"q{n}" for n in range(200)],
        "problem": [f"{n}?" for n in range(200)],
        "answer": [f"10{n}" for n in range(200)],
    }
)
DOMAINS = [f"domain {n}" for n in range(40)]


def asked(
    *, domains: list[str] = DOMAINS, rows: int = 200, draw: int = 0, **settings: object
) -> list:
    context = Written(writer="w", prompt="p.md", **settings)
    questions = QUESTIONS.head(rows)
    return list(wanted(context, "{question} {domain}", domains, questions, dataset="d", draw=draw))


def test_braces_in_a_question_are_not_filled_again() -> None:
    assert fill("{question} in {domain}", question="{domain}", domain="x") == "{domain} in x"


def test_the_domain_of_a_question_depends_on_neither_order_nor_other_questions() -> None:
    assert asked(rows=1)[0] == asked(rows=3)[0] == asked(rows=1, domains=DOMAINS[::-1])[0]
    assert len({one.request.partition(" ")[2] for one in asked()}) > 30
    assert len({asked(rows=1, draw=draw)[0].request for draw in range(10)}) > 5


def test_several_contexts_of_a_question_are_asked_for_apart() -> None:
    tasks = asked(rows=2, count=3)
    assert [one.key for one in tasks] == ["q0", "q0/1", "q0/2", "q1", "q1/1", "q1/2"]
    assert [one.number for one in tasks] == [0, 1, 2, 0, 1, 2]
    assert len({one.request for one in tasks}) > 2
    assert tasks[0] == asked(rows=1)[0]


def test_a_context_of_the_whole_set_gives_no_answer_of_it_away() -> None:
    (task,) = asked(per="dataset")
    assert task.key == "d"
    assert len(task.questions) == 200
    assert task.leaks("I own 10199 books.")
    assert not asked(rows=1)[0].leaks("I own 10199 books.")


def test_a_context_does_not_say_its_question_again_unless_it_is_a_paraphrase() -> None:
    question = "A baker who bakes all day sold 5 breads and 3 cakes. How many in all?"
    rows = pl.DataFrame({"id": ["a"], "problem": [question], "answer": ["8"]})
    context = Written(writer="w", prompt="p.md")
    (task,) = wanted(context, "{question}", [], rows, dataset="d", draw=0)
    assert task.copies("I am a baker who bakes all day sold 5 breads, and sing.")
    assert not task.copies("I am a baker who bakes all day and sold 5 breads.")
    assert not replace(task, paraphrase=True).copies(question)


def test_a_paraphrase_may_say_what_its_question_says() -> None:
    assert not asked(paraphrase=True)[0].leaks("0?")
    assert asked()[3].leaks("It is 103.")
    assert asked(paraphrase=True)[3].leaks("It is 103.")
