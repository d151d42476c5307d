"""Tables and report of up to 3,000 cells, more than the paper's plan has: 198,000 responses."""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from measure import HEADING, in_turns, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

CHROMIUM = "/usr/bin/chromium"
PROBLEMS, SAMPLES = 33, 2
STRATEGIES = ["N", *(f"S{place}" for place in range(10))]
SIZES = [(1, 2, 1), (2, 10, 1), (5, 10, 5)]
"""Models, strategies of the test side, benchmarks."""


def plan_of(models: int, tests: int, benchmarks: int) -> dict:
    """Return a plan with so many of each, and eleven strategies to train with."""
    return {
        "models": [f"model{place}" for place in range(models)],
        "samples": ["ot1k"],
        "recipes": ["sft"],
        "train": STRATEGIES,
        "test": STRATEGIES[:tests],
        "benchmarks": [f"benchmark{place}" for place in range(benchmarks)],
    }


def make(results: Path, plan: dict, characters: int) -> int:
    """Write scores and generations of every cell, the same few tables; return how many cells."""
    from its.config.plan import Plan
    from its.files import write_json
    from its.scoring import RESPONSES, VERDICTS
    from its.summary import summarize

    dice = random.Random(0)
    summary = None
    cells = Plan.model_validate(plan).cells([])
    for cell in cells:
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
            ("generations", pl.DataFrame(told, schema=RESPONSES, orient="row")),
        ]:
            path = results / f"{stage}/{cell}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            table.write_parquet(path)
        summary = summary or summarize(verdicts)
        write_json(results / f"scores/{cell}.json", summary)
    return len(cells)


def reading(page: Path) -> str:
    """Return how long Chromium takes until a page of responses can be used, and to filter it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
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
    """Make results of each size, write their tables and report, print rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--characters", type=int, default=4000, help="of a text")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()

    print(HEADING)
    for counts in SIZES:
        with tempfile.TemporaryDirectory() as scratch:
            results, whole = Path(scratch, "results"), plan_of(*counts)
            cells = make(results, whole, args.characters)
            plan, labels = ["--plan", json.dumps(whole)], ["--labels", "{}"]
            problems, codesign = str(results / "problems.parquet"), str(results / "codesign.csv")
            tables = [str(results / name) for name in ["cells.csv", "pass_at_k.csv"]]
            python = [sys.executable, str(ROOT / "scripts")]
            index = results / "report/index.html"
            commands = {
                "cells gathered": [python[0], f"{python[1]}/tabulate_cells.py", problems, *tables]
                + ["--scores", str(results / "scores"), *plan],
                "cells tabulated": [python[0], f"{python[1]}/tabulate_codesign.py", codesign]
                + ["--problems", problems, *plan, *labels],
                "cells reported": [python[0], f"{python[1]}/write_report.py", str(index)]
                + ["--made", codesign, *tables, "--power", tables[0], "--results", str(results)]
                + ["--pages", "report/pages", "--name", "large", *plan, *labels, "--settings", "{}"]
                + ["--chats", json.dumps({name: {} for name in whole["models"]})],
            }
            costs = in_turns({name: (call, ROOT) for name, call in commands.items()}, args.rounds)
            for name, several in costs.items():
                show(name, cells, several)
            size = sum(file.stat().st_size for file in index.parent.rglob("*") if file.is_file())
            used = reading(index.parent / "responses.html") if Path(CHROMIUM).exists() else ""
            print(f"the folder has {size / 1e6:.0f} MB; in Chromium {used}", file=sys.stderr)


if __name__ == "__main__":
    main()
