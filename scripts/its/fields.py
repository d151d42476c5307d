"""Columns that somebody published become fields of ours: found, put together, extracted."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from string import ascii_uppercase

import polars as pl

from its.boxes import last_boxed
from its.config.source import Between, Choices, Extractor, Fields, Mapped
from its.golds import MARK
from its.hashing import digest, problem_id

Schema = Mapping[str, pl.DataType]


def field(schema: Schema, mapped: Mapped) -> tuple[pl.Expr, list[str]]:
    """Return an expression for a field as text, and what is wrong with it.

    It is null where a column is null or nothing can be extracted, and everywhere if a column is
    missing: then a line for each says so, with the nearest name.
    """
    pieces, mistakes = [], []
    for text, path in mapped.parts():
        pieces.append(pl.lit(text))
        if path is not None:
            expression, mistake = column(schema, path)
            pieces.append(expression)
            mistakes += [mistake] if mistake else []
    whole = pieces[1] if mapped.template is None else pl.concat_str(pieces)
    return _shaped(whole, mapped), mistakes


def gold(schema: Schema, fields: Fields) -> tuple[pl.Expr, list[str]]:
    """Return an expression for the gold as text, and what is wrong with it, as `field` does.

    Several golds of a problem stand in the text as `its.golds` has them, each once, without white
    space around them. It is null where there is none.
    """
    mapped = fields.answer
    if fields.alternatives == "list":
        several, dtype, mistake = found(schema, mapped.column)
        inner = getattr(dtype, "inner", None)
        if not mistake and (inner is None or inner.is_nested()):
            mistake = f"column {mapped.column!r} is no list of texts but {dtype}"
        if mistake:
            return pl.lit(None, pl.String), [mistake]
        several, mistakes = several.list.eval(_shaped(_text(pl.element(), inner), mapped)), []
    else:
        text, mistakes = field(schema, mapped)
        text = text.str.replace_all(MARK, " ", literal=True)
        if fields.alternatives is None:
            hint = ", or set `alternatives: list` if every entry of it is right"
            return text, [one + hint * one.endswith("a part of it") for one in mistakes]
        several = text.str.split(fields.alternatives.split)
    each = pl.element().str.replace_all(MARK, " ", literal=True).str.strip_chars()
    several = several.list.eval(each.filter(each != "")).list.unique(maintain_order=True)
    return pl.when(several.list.len() > 0).then(several.list.join(MARK)), mistakes


def column(schema: Schema, path: str) -> tuple[pl.Expr, str]:
    """Return an expression for a column as text, and a mistake, empty if there is none.

    The expression is null if the column is not there, or is none that could be text.
    """
    expression, dtype, mistake = found(schema, path)
    if not mistake and dtype.is_nested():
        mistake = f"column {path!r} is no text but {dtype}; name a part of it"
    return (pl.lit(None, pl.String) if mistake else _text(expression, dtype)), mistake


def found(schema: Schema, path: str) -> tuple[pl.Expr, pl.DataType, str]:
    """Return an expression for a column, or for a dotted path into structs and lists.

    With it its type, and a mistake, empty if the column is there.
    """
    place, *steps = [path] if path in schema else path.split(".")
    expression, dtype, known = pl.col(place), schema.get(place), list(schema)
    for step in steps:
        if dtype is None:
            break
        inner = getattr(dtype, "inner", None)
        names = {one.name: one.dtype for one in getattr(inner or dtype, "fields", [])}
        key, equals, value = step.partition("=")
        known = [f"{place}.{name}" for name in (["0", "-1"] if inner else names)]
        if inner is None:
            expression, dtype = expression.struct.field(step), names.get(step)
        elif equals:
            this = pl.element().struct.field(key).cast(pl.String) == value
            expression = expression.list.filter(this).list.last()
            known = [f"{place}.{name}={value}" for name in names]
            dtype = inner if key in names else None
        elif re.fullmatch(r"-?\d+", step):
            expression, dtype = expression.list.get(int(step), null_on_oob=True), inner
        else:
            dtype = None
        place = f"{place}.{step}"
    if dtype is None:
        near = get_close_matches(path, known, n=1)
        has = f"it has {', '.join(known)}" if known else "there is nothing inside"
        hint = f"did you mean {near[0]!r}?" if near else has
        return pl.lit(None), pl.Null(), f"no column {path!r} ({hint})"
    return expression, dtype, ""


def asked(schema: Schema, question: pl.Expr, choices: Choices) -> tuple[pl.Expr, list[str]]:
    """Return the question with its options below, and the letter of the right one.

    An expression for a struct of `problem` and `answer` (str, both null where the question or an
    option is missing, or the right one stands twice), and what is wrong with the columns.
    """
    options, mistakes = zip(*(column(schema, path) for path in choices.columns), strict=True)
    pieces = [option.alias(str(number)) for number, option in enumerate(options)]

    def render(row: dict[str, str | None]) -> dict[str, str | None]:
        question, *texts = ((row[name] or "").strip() for name in row)
        if not question or not all(texts) or texts[0] in texts[1:]:
            return {"problem": None, "answer": None}
        asked = problem_id(question)
        shown = sorted(texts, key=lambda text: (digest("choice", asked, text), text))
        lines = [
            choices.line.format(letter=letter, choice=text)
            for letter, text in zip(ascii_uppercase, shown, strict=False)
        ]
        answer = ascii_uppercase[shown.index(texts[0])]
        return {"problem": "\n".join([question, "", *lines]), "answer": answer}

    dtype = pl.Struct({"problem": pl.String, "answer": pl.String})
    row = pl.struct(question.alias("question"), *pieces)
    return row.map_elements(render, return_dtype=dtype), [one for one in mistakes if one]


def _shaped(text: pl.Expr, mapped: Mapped) -> pl.Expr:
    """Return what a field takes of a text: extracted, then replaced in."""
    for extractor in mapped.extractors():
        text = _extract(text, extractor)
    if mapped.replace:
        # The first of two that begin at one place is taken.
        longest_first = dict(sorted(mapped.replace.items(), key=lambda pair: -len(pair[0])))
        text = text.str.replace_many(longest_first, leftmost=True)
    return text


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


def _extract(expression: pl.Expr, extractor: Extractor) -> pl.Expr:
    """Return the part of a text that an extractor finds; null where it is not there."""
    match extractor:
        case Between(between=[start, end]):
            marked = f"(?s){pl.escape_regex(start)}(.*?){pl.escape_regex(end)}"
            return expression.str.extract(marked).str.strip_chars()
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
