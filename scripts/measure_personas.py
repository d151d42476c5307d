"""Measure the contexts of a set: how near to their questions, how varied, how dear to write."""

import argparse
import json
from pathlib import Path

import polars as pl

from its.embedding import embed, embedder
from its.errors import run
from its.files import write_json
from its.quality import effort, measure, paired
from its.tables import read_table

PERSONAS = {
    "id": pl.String,
    "context": pl.String,
    "request": pl.String,
    "seed": pl.Int64,
    "attempts": pl.Int64,
    "finish": pl.String,
}
QUESTIONS = {"id": pl.String, "problem": pl.String, "answer": pl.String}


def main() -> None:
    """Read both, embed both, write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("personas", type=Path, help="parquet, one row per context")
    parser.add_argument("questions", type=Path, help="parquet, one row per question")
    parser.add_argument("numbers", type=Path, help="JSON to write")
    args = parser.parse_args()

    personas = read_table(args.personas, PERSONAS)
    rows = paired(personas, read_table(args.questions, QUESTIONS))
    rejected = json.loads(pl.read_parquet_metadata(args.personas)["rejected"])
    numbers = {
        "set": args.personas.parent.name,
        "strategy": args.personas.stem,
        "embedder": embedder(),
        **effort(personas, rejected),
        **measure(rows, embed(rows["context"]), embed(rows["problem"])),
    }
    write_json(args.numbers, numbers)


if __name__ == "__main__":
    run(main)
