"""The report at the size of the paper's full plan: 3,000 cells, 198,000 responses, their texts."""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from measure import cost

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

PROBLEMS, SAMPLES = 33, 2
STRATEGIES = ["N", *(f"S{place}" for place in range(10))]
PLAN = {
    "models": [f"model{place}" for place in range(5)],
    "samples": ["ot1k"],
    "recipes": ["sft"],
    "train": STRATEGIES,
    "test": STRATEGIES[:10],
    "benchmarks": [f"benchmark{place}" for place in range(5)],
}


def make(results: Path, characters: int) -> None:
    """Write scores and generations of every cell: the same few tables, over and over."""
    from its.config.plan import Plan
    from its.files import write_json
    from its.scoring import GENERATIONS, VERDICTS
    from its.summary import summarize

    dice = random.Random(0)
    summary = None
    for cell in Plan.model_validate(PLAN).cells([]):
        rows = [
            (f"{p:016x}", s, dice.random() < 0.4) for p in range(PROBLEMS) for s in range(SAMPLES)
        ]
        verdicts = pl.DataFrame(
            [
                (id, sample, right, right, str(int(right)), str(int(right)), "1")
                + (str(int(right)), str(int(right)), "1", "integers")
                + ("box: integers", True, False, False, 900, 600, 300)
                for id, sample, right in rows
            ],
            schema=VERDICTS,
            orient="row",
        )
        text = "<think>" + r"Let $x = \frac{1}{2}$ be. " * (characters // 26) + r"</think>\boxed{1}"
        told = [(id, sample, 900, 600, 300, "stop", text) for id, sample, _ in rows]
        for stage, table in [
            ("scores", verdicts),
            ("generations", pl.DataFrame(told, schema=GENERATIONS, orient="row")),
        ]:
            path = results / f"{stage}/{cell}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            table.write_parquet(path)
        summary = summary or summarize(verdicts)
        write_json(results / f"scores/{cell}.json", summary)


def reading(page: Path) -> str:
    """Return how long Chromium takes until a page of responses can be used, and to filter it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        tab = opened.new_page()
        start = time.monotonic()
        tab.goto(page.as_uri())
        tab.wait_for_selector("body[data-ready]", timeout=120_000)
        ready = time.monotonic() - start
        start = time.monotonic()
        tab.select_option("#verdict", "wrong")
        tab.locator("#rows tbody tr td").first.inner_text()
        chosen = time.monotonic() - start
        opened.close()
    return f"{ready:.1f} s until it is ready, {chosen:.1f} s to filter"


def main() -> None:
    """Make results, write their report, print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=4000, help="of a text")
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as scratch:
        results = Path(scratch, "results")
        make(results, args.characters)
        plan = ["--plan", json.dumps(PLAN), "--labels", "{}"]
        tables = [str(results / name) for name in ["codesign.csv", "cells.csv", "pass_at_k.csv"]]
        python = [sys.executable, str(ROOT / "scripts")]
        tabulated = cost(
            [python[0], f"{python[1]}/tabulate_codesign.py", *tables]
            + ["--scores", str(results / "scores"), *plan],
            ROOT,
        )
        index = results / "report/index.html"
        written = cost(
            [python[0], f"{python[1]}/write_report.py", str(index), "--made", *tables]
            + ["--power", tables[1], "--results", str(results)]
            + ["--pages", "report/pages", "--name", "large", *plan, "--settings", "{}"]
            + ["--chats", json.dumps({name: {} for name in PLAN["models"]})],
            ROOT,
        )
        size = sum(file.stat().st_size for file in index.parent.rglob("*") if file.is_file())
        for name, one in [("the three tables", tabulated), ("the report", written)]:
            print(f"{name}: {one.seconds:.1f} s, {one.mebibytes:.0f} MiB of memory")
        print(f"the folder: {size / 1e6:.0f} MB")
        print(f"responses of a benchmark in Chromium: {reading(index.parent / 'responses.html')}")


if __name__ == "__main__":
    main()
