"""Draw the losses of the trainings of a plan."""

import argparse
import json
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.charts.losses import LOSSES, learners, losses_chart, losses_of
from its.config.plan import Plan
from its.errors import run
from its.figures import save


def main() -> None:
    """Read the records that there are, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder of the trainings")
    parser.add_argument("--plan", type=as_json(Plan), required=True)
    parser.add_argument("--drawn", nargs="*", default=[], help="strategies that have draws")
    args = parser.parse_args()

    rows = []
    for name, cell in learners(args.plan, args.drawn).items():
        path = args.checkpoints / name / "training.json"
        if path.exists():
            rows += losses_of(cell, json.loads(path.read_text(encoding="utf-8")), path)
    losses = pl.DataFrame(rows, schema=LOSSES)
    save(losses_chart(losses, args.plan.strategies()), args.figures)


if __name__ == "__main__":
    run(main)
