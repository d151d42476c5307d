"""Published rows: read when they are needed, as columns of ours."""

import csv
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from its.config.source import Fields
from its.errors import InputError, refuse
from its.fields import asked, field, found, gold
from its.hashing import problem_id
from its.origins import SUFFIXES, files_of
from its.schemas import SET

LINES = {".jsonl", ".ndjson"}
"""Suffixes of files with a JSON object a line."""

ROW = "number of the row"
"""A name that no published column has."""

TEXTS = ["problem", "answer", "response"]

LACKS = [
    pl.when(pl.col(name).is_null())
    .then(pl.lit("is missing"))
    .when(~pl.col(name).str.contains(r"\S"))
    .then(pl.lit("is empty"))
    .when(pl.col(name).str.contains("\0", literal=True))
    .then(pl.lit("holds a null character, or half of a surrogate pair"))
    .alias(f"no {name}")
    for name in TEXTS
]
"""What is wrong with each text of a row; null if nothing is."""

KINDS = {bool: "true or false", list: "a list", dict: "an object", str: "a text"}
KINDS |= dict.fromkeys([int, float], "a number")
"""Of values in JSON, in words."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source; in memory is as much of it as is read."""

    file: Path
    fields: Fields
    rows: pl.LazyFrame
    """`row` (int, from 0), and the columns of `SET` but `id`."""

    def read(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Read what was made of `rows`; raise `InputError` if the file cannot be read."""
        with _readable(self.file):
            return frame.collect(engine="streaming")

    def mistakes(self, rows: pl.DataFrame) -> Iterator[str]:
        """Yield a line for each row that lacks what every row must have, or holds what none may.

        Parameters
        ----------
        rows
            `row`, and the columns of `LACKS`.
        """
        for name in TEXTS:
            mapped, choices = getattr(self.fields, name), self.fields.choices
            made_of_choices = choices and name != "response"
            wrong = rows.select("row", why=f"no {name}").drop_nulls()
            if mapped.optional and not made_of_choices:
                wrong = wrong.filter(~pl.col("why").is_in(["is missing", "is empty"]))
            if made_of_choices:
                how = f", or a choice is, or the right one stands twice: {choices.columns}"
            elif mapped.extract == "all":
                how = f", {mapped}"
            else:
                how = f" (nothing to extract by {_words(mapped.extract)}), {mapped}"
            for number, why in wrong.iter_rows():
                yield f"{self.file}: row {number + 1}: {name} {why}{how}"


def _words(extract: object) -> str:
    many = extract if isinstance(extract, list) else [extract]
    return ", then ".join(repr(one if isinstance(one, str) else one.between) for one in many)


def open_source(manifest: Path, name: str, fields: Fields) -> list[SourceFile]:
    """Return the files of a source, in order, with their rows as ours.

    Raises
    ------
    InputError
        If a file is not what the manifest says, cannot be read, or lacks a column.
    """
    parts, mistakes = [], []
    for file in files_of(manifest):
        with _readable(file):
            frame = _scan(file)
            rows, wrong = _mapped(frame, frame.collect_schema(), fields, name)
        parts.append(SourceFile(file, fields, rows))
        mistakes += [f"{file}: {one}" for one in wrong]
    refuse(mistakes)
    return parts


def read_source(manifest: Path, name: str, fields: Fields) -> pl.DataFrame:
    """Read all rows of a source into the columns of a set (`SET`), in the order of the files.

    Where each stands is in two columns more: `file` (str) and `row` (int, from 0).

    Raises
    ------
    InputError
        As `open_source`, and if there are rows without a problem or an answer; the message lists
        them with file and row.
    """
    frames, mistakes = [], []
    for part in open_source(manifest, name, fields):
        rows = part.read(part.rows.with_columns(LACKS))
        mistakes += part.mistakes(rows)
        frames.append(rows.with_columns(file=pl.lit(str(part.file))))
    refuse(mistakes)
    return with_ids(pl.concat(frames), name).select([*SET, "file", "row"])


def with_ids(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return rows of a source with their ids; refuse to if there are none.

    Raises `InputError` then.
    """
    if rows.is_empty():
        raise InputError(f"source {name!r} has no rows")
    return rows.with_columns(id=pl.Series([problem_id(one) for one in rows["problem"]]))


@contextmanager
def _readable(file: Path) -> Iterator[None]:
    """Turn what a reader of files raises into a line that names the file."""
    try:
        yield
    except (PolarsError, PanicException, OSError, UnicodeError, RecursionError) as error:
        if file.suffix in LINES:
            refuse(list(_broken_lines(file, _broken)))
            refuse(list(_of_other_kinds(file)))
        elif file.suffix != ".parquet":
            refuse(list(_broken_lines(file, _encoded_otherwise)))
        if file.suffix == ".csv":
            refuse(list(_broken_records(file)))
        raise InputError(f"{file}: cannot be read as {file.suffix[1:]}: {error}") from error


def _scan(file: Path) -> pl.LazyFrame:
    """Open a file by its suffix, with the number of each row as `ROW`.

    Numbers of a CSV file stay text; they become text anyway. JSON is read whole: what columns it
    has is known at its end.
    """
    match file.suffix:
        case ".jsonl" | ".ndjson":
            rows = pl.read_ndjson(file, infer_schema_length=None).with_row_index(ROW)
            refuse(list(_turned_to_text(file, rows)))
            return rows.lazy()
        case ".json":
            return pl.read_json(file, infer_schema_length=None).with_row_index(ROW).lazy()
        case ".csv":
            return pl.scan_csv(file, infer_schema=False, row_index_name=ROW)
        case ".parquet":
            return pl.scan_parquet(file, row_index_name=ROW)
    raise InputError(f"{file}: known are files that end in {', '.join(sorted(SUFFIXES))}")


def _broken_lines(file: Path, why: Callable[[bytes], str]) -> Iterator[str]:
    """Yield a line for each line of a file with which something is wrong."""
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        if wrong := why(line):
            yield f"{file}:{number}: {wrong}"


def _encoded_otherwise(line: bytes) -> str:
    """Return from where on a line is no UTF-8; nothing if it is."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return (
            f"is no UTF-8, from its byte {error.start + 1} on: {line[:60]!r}; save the file as "
            "UTF-8"
        )
    return ""


def _broken(line: bytes) -> str:
    """Return why a line is no JSON object; nothing if it is one, or empty."""
    if wrong := _encoded_otherwise(line):
        return wrong
    text = line.decode()
    try:
        value = json.loads(text) if line.strip() else {}  # of bytes: no other control character
    except RecursionError:
        return "is nested too deep"
    except ValueError as error:
        if text.startswith("\ufeff"):
            return "begins with a byte-order mark; save the file without"
        return f"is no JSON: {error}"
    return "" if isinstance(value, dict) else f"is no JSON object: {text[:60]!r}"


def _broken_records(file: Path) -> Iterator[str]:
    """Yield a line for each record of a CSV file with more cells than its first one has names.

    The last one is for a record behind which nothing can be told apart.
    """
    csv.field_size_limit(sys.maxsize)  # of a process that is about to stop
    with file.open(encoding="utf-8", errors="replace", newline="") as text:
        records = csv.reader(text, strict=True)
        names, line = 0, 1
        try:
            for record in records:
                names = names or len(record)
                if len(record) > names:
                    yield (
                        f"{file}:{line}: has {len(record)} cells, expected {names}; put a cell "
                        "that holds a comma in quotation marks"
                    )
                line = records.line_num + 1
        except csv.Error as error:
            yield f"{file}:{line}: is no CSV: {error}; see to its quotation marks"


def _turned_to_text(file: Path, rows: pl.DataFrame) -> Iterator[str]:
    """Yield a line for each list or object that polars wrote as text, for other rows have texts."""
    texts = pl.selectors.string()
    suspect = rows.filter(pl.any_horizontal(texts.str.contains(r"^[\[{]"), False))[ROW]
    numbers = set(suspect)
    if numbers:
        lines = (line for line in file.read_bytes().splitlines() if line.strip())
        for number, line in enumerate(lines):
            for key, value in json.loads(line).items() if number in numbers else ():
                if isinstance(value, list | dict) and rows.schema.get(key) == pl.String:
                    kind = KINDS[type(value)]
                    yield f"{file}: row {number + 1}: {key} is {kind}, and a text in other rows"


def _of_other_kinds(file: Path) -> Iterator[str]:
    """Yield a line for each value of another kind than the first one of its key."""
    first: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(file.read_bytes().splitlines(), start=1):
        for key, value in json.loads(line).items() if line.strip() else ():
            if value is not None:
                kind = KINDS[type(value)]
                expected, where = first.setdefault(key, (kind, number))
                if kind != expected:
                    yield f"{file}:{number}: {key} is {kind}, and {expected} in line {where}"


def _mapped(
    frame: pl.LazyFrame, schema: pl.Schema, fields: Fields, name: str
) -> tuple[pl.LazyFrame, list[str]]:
    """Rename, put together, extract and cast the columns of one file; say what it lacks."""
    published = {column: dtype for column, dtype in schema.items() if column != ROW}
    columns, mistakes = {}, []
    for target in TEXTS:
        mapped = getattr(fields, target)
        if target == "answer" and fields.choices:
            continue
        given = target == "answer"
        columns[target], wrong = gold(published, fields) if given else field(published, mapped)
        if not mapped.optional:
            mistakes += [f"{one}, which fields.{target} names" for one in wrong]
    if fields.choices:
        both, wrong = asked(published, columns["problem"], fields.choices)
        columns["problem"] = both.struct.field("problem")
        columns["answer"] = both.struct.field("answer")
        mistakes += [f"{one}, which fields.choices names" for one in wrong]
    carried = []
    for path in fields.meta:
        expression, _, wrong = found(published, path)
        carried.append(expression.alias(path))
        mistakes += [f"{wrong}, which fields.meta names"] if wrong else []
    meta = pl.struct(carried).struct.json_encode() if carried else pl.lit("{}")
    columns |= {"row": pl.col(ROW), "source": pl.lit(name), "meta": meta}
    kinds = {column: dtype for column, dtype in SET.items() if column != "id"}
    return frame.select(**columns).cast(kinds), mistakes
