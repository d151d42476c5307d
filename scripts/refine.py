"""Join contexts to questions as a strategy says: the same way for samples and benchmarks."""

import argparse
from pathlib import Path

import polars as pl

from its.config.strategy import Strategy
from its.errors import run
from its.refinement import refine
from its.schemas import SET
from its.tables import read_table, write_table


def main() -> None:
    """Read the questions and their personas, write the messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path, help="parquet, one row per question")
    parser.add_argument("refined", type=Path, help="parquet to write: messages to send")
    parser.add_argument("--personas", type=Path, nargs="*", help="parquet, if there are any")
    parser.add_argument("--strategy", type=Strategy.model_validate_json, required=True)
    args = parser.parse_args()

    personas = [
        read_table(path, {"id": pl.String, "context": pl.String}) for path in args.personas or []
    ]
    contexts = pl.concat(personas) if personas else None
    write_table(args.refined, refine(read_table(args.questions, SET), contexts, args.strategy))


if __name__ == "__main__":
    run(main)
