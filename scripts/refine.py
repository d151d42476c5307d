"""Join contexts to questions as a strategy says: the same way for samples and benchmarks."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.config.strategy import Strategy
from its.contexts import CONTEXTS
from its.errors import run
from its.refinement import refine
from its.schemas import SET
from its.tables import read_table, write_table


def main() -> None:
    """Read the questions and their personas, write the messages."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("questions", type=Path, help="parquet, one row per question")
    parser.add_argument("refined", type=Path, help="parquet to write: messages to send")
    parser.add_argument(
        "--personas", type=Path, nargs="*", default=[], help="parquet: what models wrote"
    )
    parser.add_argument("--strategy", required=True, help="its name")
    parser.add_argument(
        "--strategies",
        type=as_json(dict[str, Strategy]),
        required=True,
        help="it, and those that it is made of",
    )
    parser.add_argument("--draw", type=int, default=0, help="which draw of the contexts")
    args = parser.parse_args()

    refined = refine(
        read_table(args.questions, SET),
        args.strategy,
        args.strategies,
        # A file is named for its strategy, and its draw after a dot.
        {path.stem.partition(".")[0]: read_table(path, CONTEXTS) for path in args.personas},
        dataset=args.questions.stem,
        draw=args.draw,
    )
    write_table(args.refined, refined)


if __name__ == "__main__":
    run(main)
