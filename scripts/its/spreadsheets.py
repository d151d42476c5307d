"""Write tables that people open in a spreadsheet."""

from pathlib import Path

import polars as pl
import polars.selectors as cs

from its.files import replacing

FORMULA = r"^[=+\-@\t\r]"
"""What a text begins with that a spreadsheet would run."""


def write_csv(path: Path, rows: pl.DataFrame) -> None:
    """Write a CSV; a text that a spreadsheet would take for a formula gets an apostrophe first.

    Numbers keep their sign. Truth values are `true` and `false`, nulls are empty.
    """
    texts = cs.string()
    safe = rows.with_columns(
        pl.when(texts.str.contains(FORMULA)).then("'" + texts).otherwise(texts).name.keep()
    )
    with replacing(path) as part:
        safe.write_csv(part, line_terminator="\n")
