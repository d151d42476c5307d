"""Gather the scores of a plan: a row per problem, per file of scores, and per number of responses.

Every other table of scores is made of the first.
"""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.cells import problem_rows
from its.config.plan import Plan
from its.errors import run
from its.matrix import cell_rows, pass_rows
from its.spreadsheets import write_csv
from its.tables import write_table


def main() -> None:
    """Read summaries and verdicts, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", type=Path, help="parquet to write, a row per cell and problem")
    parser.add_argument("cells", type=Path, help="CSV to write, one row per file of scores")
    parser.add_argument("passes", type=Path, help="CSV to write, one row per file of scores and k")
    parser.add_argument("--scores", type=Path, required=True, help="folder of the scores")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    args = parser.parse_args()

    write_table(args.problems, problem_rows(args.plan, args.drawn, args.scores))
    write_csv(args.cells, cell_rows(args.plan, args.drawn, args.scores))
    write_csv(args.passes, pass_rows(args.plan, args.drawn, args.scores))


if __name__ == "__main__":
    run(main)
