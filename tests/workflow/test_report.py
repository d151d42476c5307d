"""The report is read as a user reads it: in a browser, from a file, without a network."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from its.config.model import Chat
from its.config.plan import Plan
from its.config.strategy import Strategy, Text
from its.files import write_json
from its.refinement import refine
from its.schemas import SET
from its.scoring import ANSWERS, RESPONSES, score
from its.summary import summarize

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium")
PLAN = Plan.model_validate(
    {
        "models": ["tiny"],
        "samples": ["few"],
        "recipes": ["sft"],
        "train": ["N", "U"],
        "test": ["N", "U"],
        "benchmarks": ["easy"],
    }
)
NOTE = "No evidence <b>of anything</b>."
LABELS = {"N": "no persona", "U": "<b>unrelated</b>", "easy": "Easy & short"}
SCRIPT = '<script>hacked = true</script><img src="https://example.com/x" onerror="hacked = true">'
TEXTS = [
    r"<think>Let $x = \frac{1}{2}$ be.</think>So \(x^2 = \frac{1}{4}\), hence \boxed{\frac{1}{4}}.",
    f"{SCRIPT} \\boxed{{5}}",
    r"$\frac{1}{$ and $$\undefined{\href{javascript:hacked=true}{x}}$$ $\def\a{\a\a}\a$ \boxed{7}",
    "\u202eהתשובה היא \\boxed{8} و\u2066 هي",
    "x" * 100_000 + r" \boxed{9}",
    "The answer is 10.",
]
GOLDS = [r"\frac{1}{4}", "5", "6", "8", "9", "4.5␞10"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report about responses that would harm a careless page."""
    results = tmp_path_factory.mktemp("report") / "results"
    ids = [f"{place:016x}" for place in range(len(TEXTS))]
    questions = pl.DataFrame(
        {
            "id": ids,
            "problem": [f"What is ${place} + 1$?" for place in range(len(ids))],
            "response": [None] * len(ids),
            "answer": GOLDS,
            "source": ["s"] * len(ids),
            "meta": ["{}"] * len(ids),
        },
        schema=SET,
    )
    strategies = {"N": Strategy(), "U": Strategy(context=Text(text=f"You cook. {SCRIPT}"))}
    for name in strategies:
        path = results / f"refined/easy/{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        refine(questions, name, strategies, {}).write_parquet(path)
    generations = pl.DataFrame(
        {
            "id": [id for id in ids for _ in range(2)],
            "sample": [0, 1] * len(ids),
            "tokens": [20] * 2 * len(ids),
            "thinking_tokens": [5] * 2 * len(ids),
            "answer_tokens": [15] * 2 * len(ids),
            "finish": ["stop"] * 2 * len(ids),
            "text": [text for text in TEXTS for text in [text, r"\boxed{0}"]],
        },
        schema=RESPONSES,
    )
    verdicts = score(generations, questions.select(list(ANSWERS)), Chat())
    for cell in PLAN.cells([]):
        for stage, rows in [("generations", generations), ("scores", verdicts)]:
            path = results / f"{stage}/{cell}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            rows.write_parquet(path)
        write_json(results / f"scores/{cell}.json", summarize(verdicts))
    (results / "scores/tiny/few-U-sft-s0/easy/U.parquet").unlink()  # a hole
    plan = ["--plan", PLAN.settings()]
    tables = [results / f"tables/{name}.csv" for name in ["codesign", "cells", "pass_at_k"]]
    problems, labels = results / "tables/problems.parquet", ["--labels", json.dumps(LABELS)]
    _script("tabulate_cells", problems, *tables[1:], "--scores", results / "scores", *plan)
    _script("tabulate_codesign", tables[0], "--problems", problems, *plan, *labels)
    named = ["--strategies", *PLAN.strategies(), *labels]
    figures = []
    for name, table in [("codesign", tables[0]), ("lengths", tables[0]), ("pass_at_k", tables[2])]:
        kinds = [results / f"figures/{name}.{kind}" for kind in ["svg", "png", "pdf"]]
        _script("draw", name, *kinds, "--tables", table, *named)
        figures += kinds
    power = results / "cost/tried.csv"
    power.parent.mkdir()
    power.write_text("stage,jobs\ntrain,2\n")
    index = results / "report/index.html"
    questions = results / "tables/questions.html"
    questions.write_text("<!doctype html><title>Refined questions</title>")
    _write(index, [*tables, *figures, questions], results)
    return index.parent


def _write(index: Path, made: list[Path], results: Path) -> None:
    known = ["--power", results / "cost/tried.csv", "--chats", '{"tiny": {}}', "--settings", "{}"]
    pages = ["--results", results, "--pages", ROOT / "report/pages", "--name", "tried"]
    pages += ["--note", NOTE]
    plan = ["--plan", PLAN.settings(), "--labels", json.dumps(LABELS)]
    _script("write_report", index, "--made", *made, *known, *pages, *plan)


def _script(name: str, *args: object) -> None:
    command = [sys.executable, ROOT / f"scripts/{name}.py", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium without a window."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on the PATH: make chromium-install")
    with sync_playwright() as playwright:
        # A container's root has no sandbox; the pages are ours.
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@dataclass
class Reader:
    """A page of the report, and all that a careful reader would complain of."""

    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:  # noqa: D105
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda request: self.complaints.append(request.url))
        self.page.on("request", lambda request: self._asked(request.url))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.folder.as_uri(), "blob:null/")):
            self.complaints.append(f"left the folder: {url}")

    def open(self, name: str) -> Page:
        """Open a page, and wait until it is ready."""
        self.page.goto("about:blank")  # else another hash alone would load nothing
        self.page.goto(f"{self.folder.as_uri()}/{name}")
        if name.startswith("responses"):
            self.ready()
        return self.page

    def ready(self) -> None:
        """Wait for the page of responses."""
        self.page.wait_for_selector("body[data-ready]", timeout=10_000)


@pytest.fixture
def reader(browser: Browser, folder: Path) -> Iterator[Reader]:
    """Return a page that must not complain, neither in the console nor of a missing file."""
    page = browser.new_page(viewport={"width": 1300, "height": 900})
    reading = Reader(page, folder)
    yield reading
    page.close()
    assert reading.complaints == []


def column(page: Page, number: int) -> list[str]:
    """Return what stands in a column of the table of responses."""
    return page.locator(f"#rows tbody tr td:nth-child({number})").all_inner_texts()


def test_every_figure_is_there_and_every_link_leads_to_a_file(reader: Reader, folder: Path) -> None:
    page = reader.open("index.html")
    widths = page.eval_on_selector_all("img", "found => found.map((one) => one.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 100
    links = page.eval_on_selector_all("a[href]", "found => found.map((one) => one.href)")
    assert len(links) > 10
    for link in links:
        address = urlsplit(link)
        assert Path(unquote(address.path)).is_file(), link
        if address.path.endswith("index.html"):
            assert page.locator(f"#{address.fragment}").count() == 1
    assert page.locator("td.missing").count() == 1


def test_a_plan_that_is_not_finished_says_so(reader: Reader, folder: Path, tmp_path: Path) -> None:
    banner = "This plan is not finished: 5 of 6 cells have scores"
    assert reader.open("index.html").get_by_role("status").inner_text().startswith(banner)
    whole = pl.read_csv(folder / "tables/codesign.csv").filter(~pl.col("missing"))
    whole.write_csv(tmp_path / "codesign.csv")
    index = tmp_path / "report/index.html"
    _write(index, [tmp_path / "codesign.csv"], folder.parent)
    assert "not finished" not in index.read_text()


def test_a_reader_is_told_first_what_a_plan_is_no_evidence_of(reader: Reader) -> None:
    page = reader.open("index.html")
    assert NOTE in page.locator(".note").inner_text()
    page.get_by_role("link", name="Refined questions").click()
    assert page.title() == "Refined questions"


def test_columns_have_words_and_say_what_the_file_calls_them(reader: Reader) -> None:
    page = reader.open("index.html")
    names = page.locator("details", has_text="cells.csv").locator("th")
    words = dict(names.evaluate_all("all => all.map((one) => [one.title, one.textContent])"))
    assert words["timed_out in cells.csv"] == "timed out in grading, share"
    assert words["lenient_low in cells.csv"] == "lenient, from"
    assert words["benchmark in cells.csv"] == "benchmark"


def test_a_narrow_window_scrolls_tables_and_not_the_page(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 640})
    page = reader.open("index.html")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_cell_of_the_matrix_leads_to_its_responses(reader: Reader) -> None:
    page = reader.open("index.html")
    page.locator("table.matrix tbody tr", has_text="no persona").locator("a").nth(1).click()
    reader.ready()
    assert len(column(page, 1)) == 10
    assert set(column(page, 2)) == {"N: no persona \u2192 U: <b>unrelated</b>"}
    assert "Showing 1 to 10 of 12 " in page.locator("body").inner_text()


def test_responses_are_filtered_by_problem_and_verdict(reader: Reader) -> None:
    page = reader.open("responses.html")
    page.select_option("#verdict", "right without its box")
    assert column(page, 1) == ["6"] * 5
    page.select_option("#problem", "0")
    assert page.locator("#rows tbody tr").inner_text() == "No data available in table"
    page.select_option("#verdict", "")
    assert set(column(page, 1)) == {"1"}
    assert page.evaluate("location.hash") == "#benchmark=easy&problem=0"


def test_a_response_opens_without_a_mouse(reader: Reader) -> None:
    page = reader.open("responses.html")
    page.locator("#rows tbody tr").nth(1).focus()
    assert page.locator("article.pane").count() == 0
    page.keyboard.press("Enter")
    page.locator("article.pane").wait_for(timeout=10_000)
    assert page.locator("#rows tbody tr").nth(1).get_attribute("class").split()[-1] == "shown"


def test_two_cells_answer_one_problem_side_by_side(reader: Reader) -> None:
    page = reader.open("responses.html#benchmark=easy&cell=2&other=3&row=24")
    panes = page.locator("article.pane")
    assert panes.count() == 2
    assert panes.locator("mark").all_inner_texts() == [f"You cook. {SCRIPT}"]
    for pane, asked in zip(panes.all(), ["N: no persona", "U: <b>unrelated</b>"], strict=True):
        assert pane.locator("h3").first.inner_text().split(" \u2192 ")[1].startswith(asked)
        assert pane.locator("dd").nth(4).inner_text() == "0" * 16
    page.select_option("#other", "")
    page.wait_for_function("document.querySelectorAll('article.pane').length === 1")


def test_formulas_are_rendered_and_thinking_is_folded(reader: Reader) -> None:
    page = reader.open("responses.html#benchmark=easy&row=0")
    pane = page.locator("article.pane")
    assert pane.locator("dd math mfrac").count() == 2  # the gold and the box
    assert pane.locator(".text math mfrac").count() == 1
    pane.locator("details:not(.made) summary").click()
    pane.locator("details .text").wait_for()
    assert pane.locator(".text math mfrac").count() == 2


def test_an_answer_stands_beside_how_it_was_read(reader: Reader) -> None:
    pane = reader.open("responses.html#benchmark=easy&row=1").locator("article.pane")
    assert pane.locator("dd").nth(1).locator("code").inner_text() == "1/4"
    assert pane.locator("dd").nth(2).inner_text() == "0"  # read as it is written


def test_of_several_golds_it_shows_which_one_decided(reader: Reader) -> None:
    pane = reader.open("responses.html#benchmark=easy&row=10").locator("article.pane")
    assert pane.locator("dd").nth(1).inner_text() == "4.5 or 10 read as 10"
    assert "phrase: same text, gold 2 of 2" in pane.inner_text()
    assert "6: 00000000, gold 4.5 or 10" in reader.page.locator("#problem").inner_text()


def test_what_a_score_was_made_of_unfolds(reader: Reader) -> None:
    made = reader.open("responses.html#benchmark=easy&row=0").locator("article.pane details.made")
    assert made.locator("code").count() == 0
    made.locator("summary").click()
    made.locator(":scope > code").wait_for()
    (path,) = made.locator(":scope > code").all_inner_texts()
    assert path.endswith("results/scores/tiny/base/easy/N.json")
    assert "trace_file.py results/scores/tiny/base/easy/N.json" in made.inner_text()


@pytest.mark.parametrize("place", range(1, len(TEXTS)))
def test_a_hostile_text_is_shown_and_nothing_of_it_runs(reader: Reader, place: int) -> None:
    page = reader.open(f"responses.html#benchmark=easy&row={2 * place}")
    shown = page.locator("article.pane").inner_text()
    box = re.search(r"\\boxed\{\d+\}|10", TEXTS[place])[0]
    assert box in shown
    if place == 1:
        assert SCRIPT in shown
    assert page.evaluate("typeof hacked") == "undefined"
    assert page.locator("article.pane").locator("script, img, a, iframe").count() == 0
    assert len(shown) < 25_000


def test_a_long_text_says_what_is_left_out(reader: Reader) -> None:
    page = reader.open("responses.html#benchmark=easy&row=8")
    assert "[80,010 characters are left out here]" in page.locator("article.pane").inner_text()
