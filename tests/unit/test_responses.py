"""The page of responses gets all verdicts, or a sample that it can declare, and some texts."""

import json
from pathlib import Path

import polars as pl
import pytest

from its.config.model import Chat
from its.config.plan import Plan
from its.config.report import Report
from its.report import parts
from its.report.responses import Listed, write_responses
from its.scoring import ANSWERS, RESPONSES, score

PLAN = Plan.model_validate(
    {
        "models": ["tiny"],
        "samples": ["few"],
        "recipes": ["sft"],
        "train": ["N"],
        "test": ["N"],
        "benchmarks": ["easy"],
    }
)
TEXT = r"<think>It is {}.</think>\boxed{{{}}}"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Return two cells with four responses to each of three problems; one is right unboxed."""
    rows = [
        (f"p{problem}", sample, 9, 4, 5, "stop", TEXT.format(problem, sample))
        for problem in range(3)
        for sample in range(4)
    ]
    rows[7] = (*rows[7][:6], "The answer is 1.")
    generations = pl.DataFrame(rows, schema=RESPONSES, orient="row")
    golds = pl.DataFrame([(f"p{n}", str(n)) for n in range(3)], schema=ANSWERS, orient="row")
    for cell in PLAN.cells([]):
        for stage, table in [
            ("generations", generations),
            ("scores", score(generations, golds, Chat())),
        ]:
            path = tmp_path / f"{stage}/{cell}.parquet"
            path.parent.mkdir(parents=True)
            table.write_parquet(path)
    return tmp_path


def written(results: Path, **settings: int) -> tuple[Listed, list[list]]:
    """Write the parts; return what was listed, and the rows."""
    cells = list(PLAN.grid([]))
    folder = results / "data"
    listed = write_responses(folder, results, cells, {"tiny": Chat()}, Report(**settings))
    return listed, told(folder / "rows/easy.js")


def told(part: Path) -> list | dict:
    """Return what a part hands to the page."""
    return json.loads(part.read_text().partition(",")[2].removesuffix(");\n"))


def test_all_verdicts_are_listed_with_the_texts_of_first_samples(results: Path) -> None:
    listed, rows = written(results)
    assert (listed.total, listed.rows, listed.texts) == (24, 24, 8)
    with_text = [(row[0], row[2]) for row in rows[:12] if row[-1] >= 0]
    assert with_text == [(0, 0), (1, 0), (1, 3), (2, 0)]  # 1, 3: right without its box
    assert rows[7][3] == "right without its box"
    texts = told(results / "data/texts/easy/0.js")
    assert texts["0"] == ["<think>It is 0.</think>", r"\boxed{0}"]


def test_a_reading_is_shown_where_it_is_not_what_is_written(results: Path) -> None:
    for path in (results / "scores").rglob("*.parquet"):
        gold = pl.read_parquet(path).with_columns(gold=pl.lit("1.0"), gold_parsed=pl.lit("1"))
        gold.write_parquet(path)
    _, rows = written(results)
    assert rows[4][6:11] == ["0", "0", None, None, "1"]


def test_of_a_large_plan_the_first_samples_are_listed_and_what_differs(results: Path) -> None:
    listed, rows = written(results, rows=13)
    assert (listed.total, listed.rows) == (24, 14)
    assert {row[2] for row in rows} == {0, 1, 3}


def test_verdicts_whose_generations_are_gone_stay(results: Path) -> None:
    for path in (results / "generations").rglob("*.parquet"):
        path.unlink()
    listed, rows = written(results)
    assert (listed.without, listed.texts, len(rows)) == (2, 0, 24)


def test_texts_are_spread_over_parts(results: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SIZE", 60)
    _, rows = written(results, texts=4)
    numbers = [row[-1] for row in rows]
    assert numbers[-1] > 3
    assert numbers == sorted(numbers)
    for place, row in enumerate(rows):
        assert str(place) in told(results / f"data/texts/easy/{row[-1]}.js")
