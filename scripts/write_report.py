"""Write the report: pages that a browser opens without a network, down to single responses."""

import argparse
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.config.model import Chat
from its.config.plan import Plan
from its.config.report import Report
from its.errors import run
from its.figures import names_of
from its.matrix import CODESIGN
from its.report.chains import write_chains
from its.report.libraries import copy_libraries
from its.report.pages import colours, matrix, progress, render, sections
from its.report.parts import write_part
from its.report.responses import write_responses
from its.report.spent import spent
from its.spreadsheets import write_csv

FIGURES = [".svg", ".png", ".pdf"]


def main() -> None:
    """Read what the plan has, write the folder, whole or not at all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path, help="page to write; its folder is made anew")
    parser.add_argument(
        "--made", type=Path, nargs="+", required=True, help="tables, figures, pages to read"
    )
    parser.add_argument("--power", type=Path, required=True, help="CSV, what it can detect")
    parser.add_argument("--results", type=Path, required=True, help="folder of all results")
    parser.add_argument("--pages", type=Path, required=True, help="folder of the templates")
    parser.add_argument("--name", required=True, help="of the plan")
    parser.add_argument("--note", default="", help="what a reader of the plan has to know first")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    parser.add_argument("--labels", type=as_json(dict), required=True, help="what to call names")
    parser.add_argument("--chats", type=as_json(dict), required=True, help="of the models, by name")
    parser.add_argument("--settings", type=as_json(Report), required=True)
    args = parser.parse_args()

    made = {path.name: path for path in args.made}
    codesign = pl.read_csv(made["codesign.csv"], schema=CODESIGN)
    with new_folder(args.index.parent) as folder:
        listed = write_responses(
            folder / "data",
            args.results,
            list(args.plan.grid(args.drawn)),
            {name: Chat.model_validate(chat) for name, chat in args.chats.items()},
            args.settings,
        )
        write_chains(folder / "data", args.results, listed.cells)
        names = names_of(args.plan.strategies(), args.labels)
        labels = names.all_told()
        learnt = {(group["model"], group["sample"], group["recipe"]) for group in listed.groups}
        start = {
            "groups": listed.groups,
            "cells": listed.cells,
            "benchmarks": listed.benchmarks,
            "labels": args.labels | labels,
            "single": len([one for one in learnt if one[1]]) <= 1,
        }
        write_part(folder / "data", "start", start)
        tables = _copied(folder / "tables", [path for path in args.made if path.suffix == ".csv"])
        price = args.results / f"cost/{args.name}.csv"
        for path, name in [(price, "cost"), (args.power, "power")]:
            if path.exists():
                tables.append(Path(shutil.copy(path, folder / f"tables/{name}.csv")))
        took = spent(args.results)
        if len(took):
            write_csv(folder / "tables/spent.csv", took)
            tables.append(folder / "tables/spent.csv")
        figures = _copied(
            folder / "figures", [path for path in args.made if path.suffix in FIGURES]
        )
        texts = _copied(folder, [path for path in args.made if path.suffix == ".html"])
        done, planned = progress(codesign)
        shown = {
            "plan": args.name,
            "done": done,
            "planned": planned,
            "note": args.note,
            "texts": [path.stem for path in texts],
            "labels": labels,
            "colours": colours(names),
            "listed": asdict(listed),
            "settings": args.settings,
            "libraries": copy_libraries(folder / "libraries"),
            "matrix": matrix(codesign, listed.groups),
            "picture": [path.suffix[1:] for path in figures if path.stem == "codesign"],
            "sections": sections(tables, figures),
        }
        for name in ["report.css", "responses.js"]:
            shutil.copy(args.pages / name, folder / name)
        for page in ["responses.html", args.index.name]:
            text = render(args.pages / page, **shown)
            (folder / page).write_text(text, encoding="utf-8")


def _copied(folder: Path, files: list[Path]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    return [Path(shutil.copy(file, folder)) for file in files]


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder beside `folder`, which takes its place only if the block succeeds."""
    part = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        part.mkdir(parents=True)
        yield part
        shutil.rmtree(folder, ignore_errors=True)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


if __name__ == "__main__":
    run(main)
