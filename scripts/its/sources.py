"""Published rows: how they are read, and how their columns become ours."""

import json
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from its.boxes import last_boxed
from its.config.source import Fields, Mapped
from its.errors import InputError, refuse
from its.files import sha256_of
from its.hashing import problem_id
from its.origins import SUFFIXES
from its.schemas import SET


def read_source(manifest: Path, name: str, fields: Fields) -> pl.DataFrame:
    """Read all rows of a source into the columns of a set (`SET`), in the order of the files.

    Raises
    ------
    InputError
        If a file is not what the manifest says, cannot be read, lacks a column, or has rows
        without a problem or an answer; the message lists them with file and row.
    """
    frames, mistakes = [], []
    for entry in json.loads(manifest.read_text())["files"]:
        file = Path(entry["path"])
        if not file.is_file() or sha256_of(file) != entry["sha256"]:
            raise InputError(
                f"{file}: is not the file that {manifest} describes; it changed or went away "
                "while the workflow ran; start snakemake again to read it anew"
            )
        rows = _mapped(_read(file), fields, name, file)
        mistakes += _row_mistakes(rows, fields, file)
        frames.append(rows)
    refuse(mistakes)
    if not sum(map(len, frames)):
        raise InputError(f"{manifest}: source {name!r} has no rows")
    return pl.concat(frames)


def _read(file: Path) -> pl.DataFrame:
    """Read a file by its suffix. Numbers of a CSV file stay text; they become text anyway."""
    try:
        match file.suffix:
            case ".jsonl" | ".ndjson":
                return pl.read_ndjson(file, infer_schema_length=None)
            case ".json":
                return pl.read_json(file, infer_schema_length=None)
            case ".csv":
                return pl.read_csv(file, infer_schema=False)
            case ".parquet":
                return pl.read_parquet(file)
    except (PolarsError, OSError, ValueError) as error:
        where = _broken_line(file) if file.suffix in {".jsonl", ".ndjson"} else ""
        raise InputError(f"{file}{where}: cannot be read as {file.suffix[1:]}: {error}") from error
    raise InputError(f"{file}: known are files that end in {', '.join(sorted(SUFFIXES))}")


def _broken_line(file: Path) -> str:
    """Return `:N` for the first line that is no JSON object; nothing if all are."""
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                if line.strip() and not isinstance(json.loads(line), dict):
                    return f":{number}"
            except ValueError:
                return f":{number}"
    return ""


def _mapped(frame: pl.DataFrame, fields: Fields, name: str, file: Path) -> pl.DataFrame:
    """Rename, extract and cast the columns of one file."""
    mistakes = []
    columns = {}
    for target in ["problem", "response", "answer"]:
        field = getattr(fields, target)
        expression, mistake = _column(frame, field.column)
        if mistake and not field.optional:
            mistakes.append(f"{file}: {mistake}, which fields.{target} names")
        columns[target] = _extract(expression, field)
    for column in fields.meta:
        _, mistake = _column(frame, column)
        if mistake:
            mistakes.append(f"{file}: {mistake}, which fields.meta names")
    refuse(mistakes)
    meta = pl.struct(fields.meta).struct.json_encode() if fields.meta else pl.lit("{}")
    rows = frame.with_columns(**columns, source=pl.lit(name), meta=meta)
    ids = rows["problem"].map_elements(problem_id, return_dtype=pl.String, skip_nulls=True)
    return rows.with_columns(id=ids).select(pl.col(name).cast(dtype) for name, dtype in SET.items())


def _column(frame: pl.DataFrame, path: str) -> tuple[pl.Expr, str]:
    """Return an expression for a column, or for a dotted path into structs and lists.

    With it a mistake, empty if the column is there; the expression is null if it is not.
    """
    if path in frame.columns:
        return _text(pl.col(path), frame.schema[path]), ""
    first, *steps = path.split(".")
    dtype = frame.schema.get(first)
    expression = pl.col(first)
    for step in steps:
        match dtype:
            case pl.Struct() if step in (found := {f.name: f.dtype for f in dtype.fields}):
                expression, dtype = expression.struct.field(step), found[step]
            case pl.List() if step.lstrip("-").isdigit():
                expression = expression.list.get(int(step), null_on_oob=True)
                dtype = dtype.inner
            case _:
                dtype = None
    if dtype is None:
        near = get_close_matches(path, frame.columns, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(frame.columns)}"
        return pl.lit(None, pl.String), f"no column {path!r} ({hint})"
    return _text(expression, dtype), ""


def _text(expression: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """Return a column as text: 25, 25.0 and "25" are the same number."""
    if dtype.is_float():
        whole = expression.is_finite() & (expression == expression.round())
        as_integer = expression.cast(pl.Int64, strict=False).cast(pl.String)
        return (
            pl.when(expression.is_nan())
            .then(None)
            .when(whole)
            .then(as_integer)
            .otherwise(expression.cast(pl.String))
        )
    return expression.cast(pl.String)


def _extract(expression: pl.Expr, field: Mapped) -> pl.Expr:
    """Return the part of a text that the field asks for; null where it is not there."""
    match field.extract:
        case "hashes":
            return expression.map_elements(after_hashes, return_dtype=pl.String)
        case "boxed":
            return expression.map_elements(last_boxed, return_dtype=pl.String)
    return expression


def after_hashes(text: str) -> str | None:
    r"""Return what follows the last `####` of a solution, as in GSM8K; None if there is none.

    >>> after_hashes("48 + 24 = 72\n#### 1,072 ")
    '1072'
    """
    _, mark, answer = text.rpartition("####")
    answer = answer.strip()
    if not mark or not answer:
        return None
    return (
        answer.replace(",", "") if re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", answer) else answer
    )


def _row_mistakes(rows: pl.DataFrame, fields: Fields, file: Path) -> Iterator[str]:
    """Yield a line for each row that lacks what every row must have."""
    for target in ["problem", "answer", "response"]:
        field = getattr(fields, target)
        bad = rows[target].str.strip_chars().fill_null("") == ""
        if field.optional:
            continue
        how = "" if field.extract == "all" else f" (nothing to extract by {field.extract!r})"
        for number in bad.arg_true():
            yield f"{file}: row {number + 1}: {target} is empty{how}, column {field.column!r}"
