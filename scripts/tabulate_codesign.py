"""Put the scores of a plan into three tables; cells without scores are rows without numbers."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.config.plan import Plan
from its.errors import run
from its.matrix import cell_rows, codesign_rows, pass_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read summaries and verdicts, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codesign", type=Path, help="CSV to write, one row per train x test")
    parser.add_argument("cells", type=Path, help="CSV to write, one row per file of scores")
    parser.add_argument("passes", type=Path, help="CSV to write, one row per file of scores and k")
    parser.add_argument("--scores", type=Path, required=True, help="folder of the scores")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    write_csv(args.codesign, codesign_rows(args.plan, args.drawn, args.scores, args.labels))
    write_csv(args.cells, cell_rows(args.plan, args.drawn, args.scores))
    write_csv(args.passes, pass_rows(args.plan, args.drawn, args.scores))


if __name__ == "__main__":
    run(main)
