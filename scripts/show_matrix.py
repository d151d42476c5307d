"""Print the train x test matrix with its intervals, as text for a terminal."""

import argparse
from pathlib import Path

import polars as pl

from its.config.plan import UNTRAINED
from its.errors import run
from its.figures import names_of
from its.matrix import CODESIGN
from its.report.pages import matrix


def main() -> None:
    """Read the table, print a block per model, sample, recipe and benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("codesign", type=Path, help="CSV, one row per cell of the matrix")
    args = parser.parse_args()

    codesign = pl.read_csv(args.codesign, schema=CODESIGN)
    called = dict(pl.concat([_called(codesign, side) for side in ["train", "test"]]).iter_rows())
    labels = names_of([name for name in called if name != UNTRAINED], called).all_told()
    for group in matrix(codesign):
        for panel in group["panels"]:
            title = ", ".join(filter(None, [group["title"], panel["title"]]))
            print("\n".join(_lines(title, panel, labels)), end="\n\n")
    print("Right answers [95% interval], problems x replicates; rows: trained with, columns: asked")


def _called(codesign: pl.DataFrame, side: str) -> pl.DataFrame:
    return codesign.select(name=side, label=f"{side}_label")


def _lines(title: str, panel: dict, labels: dict[str, str]) -> list[str]:
    table = [[title, *(labels[name] for name in panel["columns"])]]
    for row in panel["rows"]:
        table.append([labels[row["name"]], *map(_shown, row["cells"])])
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in table
    ]


def _shown(cell: dict) -> str:
    if cell["missing"]:
        return "missing"
    return f"{cell['mean']:3}% [{cell['low']}, {cell['high']}] {cell['size']}"


if __name__ == "__main__":
    run(main)
