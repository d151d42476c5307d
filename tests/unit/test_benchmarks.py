"""A benchmark is the one that was meant, or refused."""

import polars as pl
import pytest

from its.benchmarks import checked
from its.config.problems import Problems
from its.errors import InputError
from its.hashing import problem_id


def published(*answers: str | None) -> pl.DataFrame:
    problems = [f"What is {i}?" for i in range(len(answers))]
    ids = [problem_id(problem) for problem in problems]
    rows = pl.DataFrame({"id": ids, "problem": problems, "answer": answers})
    return rows.with_row_index("row").with_columns(file=pl.lit("a.csv"))


def test_rows_come_in_one_order_whatever_their_order_was() -> None:
    rows = published("1", " 2", "3 ")
    problems = Problems(source="s", rows=3)
    assert checked(rows, problems).equals(checked(rows.reverse(), problems))
    assert sorted(checked(rows, problems)["answer"]) == ["1", "2", "3"]


def test_all_that_is_wrong_with_a_copy_is_said_at_once() -> None:
    rows = pl.concat(
        [published("1", "2.5", None), published("1").with_columns(file=pl.lit("b.csv"))]
    )
    with pytest.raises(InputError) as error:
        checked(rows, Problems(source="s", rows=30, answers=r"\d{1,3}"))
    for part in [
        "source 's' has 4 rows (a.csv, b.csv), expected 30",
        "b.csv: row 1: problem stands twice, first in a.csv: row 1: 'What is 0?'; remove one",
        r"a.csv: row 2: answer '2.5', expected \d{1,3} and nothing else; correct it, or problems.",
        "a.csv: row 3: no answer: 'What is 2?'",
    ]:
        assert part in str(error.value)


def test_each_of_several_golds_has_the_declared_form() -> None:
    rows = published("1␞2", "3␞4.5")
    with pytest.raises(InputError, match=r"answer '4\.5', expected"):
        checked(rows, Problems(source="s", rows=2, answers=r"\d"))
    assert "1␞2" in checked(rows, Problems(source="s", rows=2))["answer"].to_list()


def test_a_part_is_taken_by_hash() -> None:
    rows = published(*map(str, range(50)))
    part = checked(rows, Problems(source="s", rows=50, take=10))
    assert part["id"].to_list() == sorted(rows["id"])[:10]
