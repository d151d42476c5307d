"""How much of each benchmark stands in each pool, as a table."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import polars as pl

from its.errors import refuse

CONTAMINATION = {
    "pool": pl.String,
    "benchmark": pl.String,
    "rows": pl.Int64,
    "problems": pl.Int64,
    "exact": pl.Int64,
    "ngram8_problems": pl.Int64,
    "ngram8_rows": pl.Int64,
    "ngram13_problems": pl.Int64,
    "ngram13_rows": pl.Int64,
}
"""One row per pool and benchmark: how many rows and problems they have, how many problems stand
in the pool word for word (`exact`), and how many problems and rows share 8 or 13 words in a row."""


def contamination_rows(paths: Iterable[Path]) -> pl.DataFrame:
    """Return the columns of `CONTAMINATION`, in the order of the files.

    Raises
    ------
    InputError
        If a file is not what `compare_pool.py` writes, naming all of those.
    """
    rows, mistakes = [], []
    for path in paths:
        try:
            rows.append(_row(json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, TypeError, KeyError) as error:
            mistakes.append(f"{path}: not what scripts/compare_pool.py writes ({error}); delete it")
    refuse(mistakes)
    return pl.DataFrame(rows, schema=CONTAMINATION)


def _row(counts: dict[str, Any]) -> dict[str, Any]:
    row = {name: counts[name] for name in ["pool", "benchmark", "rows", "problems", "exact"]}
    for size in ["8", "13"]:
        for what in ["problems", "rows"]:
            row[f"ngram{size}_{what}"] = counts["ngram"][size][what]
    return row
