"""Whatever is read, it becomes data or an `InputError`: nothing else is raised, nothing hangs."""

import contextlib
import copy
import json
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from its.answers import answer_part, lenient, strict
from its.boxes import last_boxed
from its.config.experiment import read_config
from its.config.model import Chat
from its.config.source import Fields
from its.errors import InputError
from its.fields import after_hashes
from its.files import write_json
from its.grading import cleaned, settled
from its.lease import Lease
from its.origins import manifest_of
from its.personas import clean, rejection
from its.progress import Work, read_shard, write_shard
from its.prompts import fill
from its.shards import SHARD
from its.sources import read_source

ROOT = Path(__file__).parents[2]
MARKS = [r"\boxed{", "{", "}", "$", r"\(", "</think>", "<think>", "####", "1,234", "-3/4"]
MARKS += [r"\frac{1}{2}", '"', "“", "**", "Mr.", "٣", "。", "\n", "\0", "\ud7ff"]
MARKS += ["answer is ", "Persona: ", "A. ", ". "]
TEXTS = st.lists(st.sampled_from(MARKS) | st.text(max_size=8), max_size=30).map("".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


@cache
def raw() -> dict:
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def places(value: object, place: tuple = ()) -> Iterator[tuple]:
    """Yield the place of everything in a config."""
    yield place
    pairs = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else []
    )
    for key, inner in pairs:
        yield from places(inner, (*place, key))


PLACES = sorted(filter(None, places(raw())), key=str)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(PLACES), VALUES)
@example(("samples",), None)
@example(("samples",), 5)
@example(("strategies", "Listed", "context", "bank"), "")
def test_a_config_with_anything_anywhere_is_read_or_refused(place: tuple, value: object) -> None:
    config = copy.deepcopy(raw())
    holder = config
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = value
    with contextlib.chdir(ROOT), contextlib.suppress(InputError):
        read_config(config)


@given(TEXTS)
def test_any_response_has_an_answer_or_none(text: str) -> None:
    part = answer_part(text, "<think>", "</think>")
    for found in [strict(part), lenient(part)]:
        assert found.text is None or found.text.strip() == "" or found.text.strip()[0] in part
        if found.text is not None:
            cleaned(found.text)
            settled("5", found.text)
    last_boxed(text)
    after_hashes(text)


@given(TEXTS, st.sampled_from(["stop", "length"]), st.booleans())
def test_any_draft_becomes_one_paragraph_or_is_rejected(
    text: str, finish: str, opened: bool
) -> None:
    context = clean(text, finish, Chat(), opened=opened)
    assert "\n" not in context
    rejection(context, lambda _: False, lambda _: False, request="Who?", finish=finish)


@pytest.mark.parametrize("piece", ["A. ", "I am. ", "Persona: ", "“'«", "the answer ", "\\boxed{"])
def test_no_draft_and_no_answer_takes_more_than_its_length(piece: str) -> None:
    begin = time.process_time()
    text = clean(piece * 20_000, "length", Chat())
    rejection(text, lambda _: False, lambda _: False, request="Who?", finish="length")
    lenient(piece * 20_000)
    assert time.process_time() - begin < 5


@given(TEXTS, TEXTS)
def test_what_is_filled_in_is_never_a_hole(prompt: str, question: str) -> None:
    assert fill(f"{prompt}<{{question}}>", question=question).endswith(f"<{question}>")


FILES = st.binary(max_size=60) | st.lists(
    st.dictionaries(st.sampled_from(["problem", "answer", "response", "x"]), VALUES, max_size=4)
    .map(json.dumps)
    .map(str.encode)
    | st.binary(max_size=9),
    max_size=4,
).map(b"\n".join)
MAPPINGS = st.sampled_from(
    [
        {},
        {"answer": {"column": "response", "extract": "boxed"}},
        {"answer": {"column": "x.0.y", "extract": [{"between": ["<", ">"]}, "hashes"]}},
        {"response": {"template": "{x}{response}", "replace": {"a": "b", "aa": ""}}},
        {"problem": "problem", "choices": {"columns": ["answer", "response"]}},
        {"meta": ["x", "x.y", "x.-1"]},
    ]
)


@settings(max_examples=150, deadline=None)
@given(FILES, MAPPINGS, st.sampled_from([".jsonl", ".json", ".csv", ".parquet"]))
@example(b"\x1c", {}, ".jsonl")  # white space to str, and not to JSON
@example(b'{"problem": "1"}\n\x1c\n{"problem": 2}', {}, ".jsonl")
def test_any_file_is_read_or_refused(content: bytes, fields: dict, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"rows{suffix}"
        file.write_bytes(content)
        write_json(Path(folder) / "manifest.json", manifest_of([file], "path:x"))
        with contextlib.suppress(InputError):
            rows = read_source(Path(folder) / "manifest.json", "s", Fields.model_validate(fields))
            assert rows["problem"].null_count() == rows["answer"].null_count() == 0


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return work_in(tmp_path_factory.mktemp("work"))


def work_in(folder: Path) -> Work:
    lease = Lease(folder / "lease.json")
    lease.acquire()
    return Work(folder, "f", lease)


ROWS = pl.DataFrame(
    [(f"p{i}", i, i, 3, [5, 6, i], "stop", f"text {i}" * 9) for i in range(50)],
    schema=SHARD,
    orient="row",
)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_shard_is_whole_or_none(work: Work, data: st.DataObject) -> None:
    damage(work, data)


def damage(work: Work, data: st.DataObject) -> None:
    write_shard(work, "one", ROWS)
    path = work.folder / "one.parquet"
    content = path.read_bytes()
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    with_what = data.draw(st.sampled_from(["nothing", "zeros", "an end"]))
    middle = {"nothing": b"", "zeros": bytes(end - start), "an end": b""}[with_what]
    path.write_bytes(content[:start] + middle + (b"" if with_what == "an end" else content[end:]))
    found = read_shard(work, "one")
    assert found is None or found.equals(ROWS)
