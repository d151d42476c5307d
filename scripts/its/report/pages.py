"""The pages of the report, from the tables and figures that a plan has."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from its.config.plan import UNTRAINED
from its.figures import Names
from its.report.columns import called
from its.report.sections import SECTIONS
from its.words import amount

PARTS = {"spent": "cost"}
"""Tables that stand in a section of another name."""
IN_THE_MATRIX = {"codesign"}
MOST = 60
"""Rows of a table that a page shows; the file beside it has all."""
SHADES = 10


def render(template: Path, **values: object) -> str:
    """Return a page; every value in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template.name).render(amount=amount, **values)


def matrix(
    codesign: pl.DataFrame, groups: Sequence[Mapping[str, str]] = ()
) -> list[dict[str, Any]]:
    """Return the panels of a matrix, in groups of one model, sample and recipe.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`.
    groups
        The cells that the page of responses knows, in its order: a cell leads to its place.
    """
    best = max(codesign["mean"].max() or 0.0, 0.05)
    places = {tuple(group.values()): place for place, group in enumerate(groups)}
    trained = codesign.filter(pl.col("train") != UNTRAINED)
    learnt = trained.select("model", "sample", "recipe").unique(maintain_order=True).rows()
    benchmarks = codesign.select("benchmark", "benchmark_label").unique(maintain_order=True).rows()
    return [
        {
            "title": f"{model}, {sample}, {recipe}" if len(learnt) > 1 else "",
            "panels": [
                _panel(
                    codesign.filter(
                        (pl.col("model") == model)
                        & (pl.col("benchmark") == benchmark)
                        & (
                            (pl.col("train") == UNTRAINED)
                            | ((pl.col("sample") == sample) & (pl.col("recipe") == recipe))
                        )
                    ),
                    label,
                    best,
                    places,
                )
                for benchmark, label in benchmarks
            ],
        }
        for model, sample, recipe in learnt
    ]


def _panel(
    cells: pl.DataFrame, title: str, best: float, places: Mapping[tuple, int]
) -> dict[str, Any]:
    rows: dict[str, list[dict]] = {}
    for cell in cells.iter_rows(named=True):
        rows.setdefault(cell["train"], []).append(_cell(cell, best, places))
    return {
        "title": title,
        "columns": list(dict.fromkeys(cells["test"])),
        "rows": [{"name": name, "cells": found} for name, found in rows.items()],
    }


def _cell(cell: Mapping[str, Any], best: float, places: Mapping[tuple, int]) -> dict[str, Any]:
    if cell["missing"]:
        return {"missing": True}
    key = tuple(cell[name] for name in ("model", "sample", "train", "recipe", "benchmark", "test"))
    of = f" of {cell['planned']}" if cell["replicates"] < cell["planned"] else ""
    return {
        "missing": False,
        "heat": min(SHADES - 1, int(cell["mean"] / best * SHADES)),
        "mean": round(100 * cell["mean"]),
        "low": round(100 * cell["low"]),
        "high": round(100 * cell["high"]),
        "size": f"{cell['problems']} x {cell['replicates']}{of}",
        "link": urlencode({"benchmark": cell["benchmark"], "cell": places.get(key, "")}),
    }


def colours(names: Names) -> dict[str, str]:
    """Return the colour of each strategy, by name: that of every figure."""
    return dict(zip(names.strategies, names.colours().to_dict()["range"], strict=True))


def progress(codesign: pl.DataFrame) -> tuple[int, int]:
    """Return how many files of scores there are, and how many are planned.

    Parameters
    ----------
    codesign
        The columns of `its.matrix.CODESIGN`.
    """
    return codesign["replicates"].sum(), codesign["planned"].sum()


def sections(tables: Iterable[Path], figures: Iterable[Path]) -> list[dict[str, Any]]:
    """Return the sections of the report that there is something for, in order."""
    found: dict[str, dict[str, Any]] = {
        name: {"name": name, "title": one.title, "words": one.words, "figures": {}, "tables": []}
        for name, one in SECTIONS.items()
        if name not in IN_THE_MATRIX
    }
    for path in tables:
        if path.stem not in IN_THE_MATRIX:
            found[PARTS.get(path.stem, path.stem)]["tables"].append(_table(path))
    for path in figures:
        if path.stem not in IN_THE_MATRIX:
            kinds = found[path.stem]["figures"].setdefault(path.stem, [])
            kinds.append(path.suffix.removeprefix("."))
    for one in found.values():
        one["figures"] = [{"name": name, "kinds": kinds} for name, kinds in one["figures"].items()]
    return [one for one in found.values() if one["figures"] or one["tables"]]


def _table(path: Path) -> dict[str, Any]:
    rows = pl.read_csv(path, infer_schema=False)
    return {
        "name": path.stem,
        "length": len(rows),
        "columns": [(name, called(path.stem, name)) for name in rows.columns],
        "rows": [[_shown(value) for value in row] for row in rows.head(MOST).iter_rows()],
    }


def _shown(text: str | None) -> tuple[str, bool]:
    """Return what a cell of a table shows, and whether it is a number: four digits of it.

    >>> _shown("0.4531250001")
    ('0.4531', True)
    >>> _shown("demo192")
    ('demo192', False)
    """
    try:
        number = float(text or "")
    except ValueError:
        return text or "", False
    return (text if number.is_integer() and "." not in text else f"{number:.4g}"), True
