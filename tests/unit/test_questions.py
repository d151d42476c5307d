"""A page of refined questions shows what a model reads, and runs nothing of it."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from its.config.strategy import Strategy, Written
from its.questions import marked, questions_page
from its.refinement import refine

SCRIPT = Path(__file__).parents[2] / "scripts/show_questions.py"
HOSTILE = '<script>alert("x")</script></pre><img src=x onerror=alert(1)> {{ 7 * 7 }} & 2 < 3'
FORBIDDEN = {"script", "img", "link", "iframe", "object", "form"}


class Page(HTMLParser):
    """What a browser makes of a page: the tags there are, and the text in each mark."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.marked: list[str] = []
        self.inside = False
        self.feed(html)

    def handle_starttag(  # noqa: D102
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append(tag)
        self.inside = tag == "mark"

    def handle_endtag(self, tag: str) -> None:  # noqa: D102
        self.inside = self.inside and tag != "mark"

    def handle_data(self, data: str) -> None:  # noqa: D102
        self.text.append(data)
        if self.inside:
            self.marked.append(data)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Return a refined benchmark in two strategies, one of them with a hostile persona."""
    questions = pl.DataFrame(
        {
            "id": [f"{place:016x}" for place in range(6)],
            "problem": [f"What is {place} + 1?" for place in range(6)],
            "response": [None] * 6,
            "answer": [str(place + 1) for place in range(6)],
        },
        schema_overrides={"response": pl.String},
    )
    contexts = questions.select("id", number=pl.lit(0, pl.Int64), context=pl.lit(HOSTILE))
    catalogue = {"N": Strategy(), "U": Strategy(context=Written(writer="w", prompt="p"))}
    written = {"U": contexts}
    folder = tmp_path / "easy"
    folder.mkdir()
    refine(questions, "N", catalogue, {}).write_parquet(folder / "N.parquet")
    refine(questions.reverse(), "U", catalogue, written).write_parquet(folder / "U.parquet")
    return [folder / "N.parquet", folder / "U.parquet"]


def test_hostile_text_is_shown_as_it_is_and_runs_nothing(files: list[Path]) -> None:
    page = Page(questions_page(files, {"U": HOSTILE, "easy": HOSTILE}))
    assert not FORBIDDEN & set(page.tags)
    assert page.marked[1:] == [HOSTILE] * 3  # the first one explains the mark


def test_the_same_questions_stand_side_by_side(files: list[Path]) -> None:
    page = questions_page(files, {"U": "unsimilar persona"}, rows=2)
    assert page.count("<article>") == 4
    assert page.count("<h3>") == 2
    assert page.count("<h4>U: unsimilar persona</h4>") == 2
    ids = [f"{place:016x}" for place in range(6)]
    assert sum(page.count(f"question {id}") for id in ids) == 2


def test_the_order_of_rows_and_other_strategies_choose_no_other_question(files: list[Path]) -> None:
    for file in files:
        pl.read_parquet(file).reverse().write_parquet(file)
    first = [line for line in questions_page(files, {}).splitlines() if "<h3>" in line]
    again = [line for line in questions_page(files[:1], {}).splitlines() if "<h3>" in line]
    assert first == again


def test_a_page_needs_no_other_file(files: list[Path]) -> None:
    page = questions_page(files, {})
    assert not FORBIDDEN & set(Page(page).tags)
    assert "http" not in page
    assert "url(" not in page


def test_a_message_without_a_context_has_no_mark() -> None:
    assert marked("1 + 1?", None) == [("1 + 1?", False)]


def test_the_script_writes_the_page(files: list[Path], tmp_path: Path) -> None:
    command = [sys.executable, SCRIPT, tmp_path / "questions.html", "--refined", *files]
    done = subprocess.run([*command, "--labels", "{}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "&lt;script&gt;" in (tmp_path / "questions.html").read_text()
