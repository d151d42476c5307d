"""Draw a figure of a plan from its tables."""

import argparse
from importlib import import_module
from pathlib import Path

import polars as pl

from its.arguments import as_json
from its.errors import run
from its.figures import names_of, save


def main() -> None:
    """Read the tables, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the figure: its chart is in its.charts")
    parser.add_argument("figures", type=Path, nargs="+", help="files to write: .svg, .png")
    parser.add_argument("--tables", type=Path, nargs="+", required=True, help="CSV, as it asks for")
    parser.add_argument("--strategies", nargs="+", required=True, help="of the plan, in order")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    chart = import_module(f"its.charts.{args.name}")
    tables = [
        pl.read_csv(path, schema=columns)
        for path, columns in zip(args.tables, chart.TABLES, strict=True)
    ]
    save(chart.draw(*tables, names_of(args.strategies, args.labels)), args.figures)


if __name__ == "__main__":
    run(main)
