"""What the page of single responses loads: their verdicts, a sample of their texts, questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from its.answers import answer_part
from its.cells import key_of
from its.config.model import Chat
from its.config.plan import Cell
from its.config.report import Report
from its.golds import separated
from its.questions import marked
from its.report.parts import parts, write_part
from its.schemas import REFINED
from its.scoring import RESPONSES, VERDICTS
from its.tables import read_table, scan_table

DIFFER = (pl.col("correct") != pl.col("lenient")) | pl.col("timed_out")
"""Responses of which all are shown: a verdict that hangs on format, or on a limit."""

IN_A_WORD = (
    pl.when("truncated")
    .then(pl.lit("truncated"))
    .when("correct")
    .then(pl.lit("right"))
    .when("timed_out")
    .then(pl.lit("timed out"))
    .when("lenient")
    .then(pl.lit("right without its box"))
    .when("answered")
    .then(pl.lit("wrong"))
    .otherwise(pl.lit("no box"))
)
"""One word for what became of a response; strict accuracy counts `right` alone."""

READINGS = [
    pl.when(pl.col(read) != pl.col(written)).then(read).alias(read)
    for read, written in [
        ("parsed", "extracted"),
        ("lenient_parsed", "lenient_extracted"),
        ("gold_parsed", "gold"),
    ]
]
"""How answers were read to be compared, where that is not how they are written."""


@dataclass
class Listed:
    """What the pages say of the responses: which there are, and how many are shown."""

    total: int = 0
    rows: int = 0
    texts: int = 0
    without: int = 0
    """Cells whose responses are no longer there, only their verdicts."""
    groups: list[dict] = field(default_factory=list)
    """Cells of the matrix: the names in its key."""
    cells: list[dict] = field(default_factory=list)
    """Cells with verdicts: `path`, `group` (its place), `replicate`, `questions` (a part)."""
    benchmarks: dict[str, dict] = field(default_factory=dict)
    """By name: `problems`, with id and golds each."""


def write_responses(
    folder: Path,
    results: Path,
    cells: Sequence[Cell],
    chats: Mapping[str, Chat],
    settings: Report,
) -> Listed:
    """Write the parts of the page of responses, cell by cell, so that few are in memory at once.

    `rows/{benchmark}` holds a list per response: place of its problem, place of its cell, sample,
    verdict, rule, lenient rule, extracted answer, leniently extracted answer, how each of them and
    the gold were read (null: as they are written), tokens, tokens of thinking, and the part of
    `texts/{benchmark}/` that holds its text by its place in the list, or -1. A text is thinking
    and answer. `questions/{benchmark}/{strategy}` holds by the place of a problem, for each
    variant, its messages: role, and pieces with whether they are the context.

    Parameters
    ----------
    folder
        Where to write.
    results
        With scores, generations and refined sets. A cell without scores is left out; one whose
        generations were deleted has no texts.
    cells
        Of the plan, in its order.
    chats
        How each model is spoken to: it tells thinking from answer.
    """
    found: dict[str, Cell] = {}
    for cell in cells:
        if (results / f"scores/{cell.path}.parquet").exists():
            found.setdefault(cell.path, cell)
    sizes = {path: _length(results / f"scores/{path}.parquet") for path in found}
    listed = Listed(total=sum(sizes.values()))
    share = min(1.0, settings.rows / max(1, listed.total))
    for benchmark in dict.fromkeys(cell.benchmark for cell in found.values()):
        rows: list[list] = []
        places: dict[str, int] = {}
        with parts(folder, f"texts/{benchmark}") as texts:
            for cell in found.values():
                if cell.benchmark != benchmark:
                    continue
                number = _noted(listed, cell)
                verdicts = _verdicts(results / f"scores/{cell.path}.parquet", share)
                for id, gold in verdicts.select("id", "gold").unique(maintain_order=True).rows():
                    if id not in places:
                        places[id] = len(places)
                        problems = listed.benchmarks.setdefault(benchmark, {"problems": []})
                        problems["problems"].append([id, separated(gold)])
                shown = _texts(results / f"generations/{cell.path}.parquet", verdicts, settings)
                listed.without += shown is None
                for row in verdicts.iter_rows(named=True):
                    text = (shown or {}).get((row["id"], row["sample"]))
                    part = -1
                    if text is not None:
                        part = texts.add(
                            len(rows), *_told(text, row, chats[cell.model], settings.characters)
                        )
                        listed.texts += 1
                    rows.append([places[row["id"]], number, *(row[name] for name in SHOWN), part])
        write_part(folder, f"rows/{benchmark}", rows)
        listed.rows += len(rows)
        for name in dict.fromkeys(
            c["questions"] for c in listed.cells if c["benchmark"] == benchmark
        ):
            write_part(
                folder, f"questions/{name}", _questions(results / f"refined/{name}.parquet", places)
            )
    return listed


SHOWN = [
    "sample",
    "verdict",
    "rule",
    "lenient_rule",
    "extracted",
    "lenient_extracted",
    "parsed",
    "lenient_parsed",
    "gold_parsed",
    "tokens",
    "thinking_tokens",
]


def _length(path: Path) -> int:
    return pl.scan_parquet(path).select(pl.len()).collect().item()


def _noted(listed: Listed, cell: Cell) -> int:
    """Note a cell; return its place."""
    key = key_of(cell)._asdict()
    if key not in listed.groups:
        listed.groups.append(key)
    listed.cells.append(
        {
            "path": cell.path,
            "benchmark": cell.benchmark,
            "group": listed.groups.index(key),
            "replicate": cell.replicate,
            "questions": f"{cell.benchmark}/{cell.path.rsplit('/', 1)[1]}",
        }
    )
    return len(listed.cells) - 1


def _verdicts(path: Path, share: float) -> pl.DataFrame:
    """Read all verdicts of a cell, or the first of each problem and those that differ."""
    verdicts = read_table(path, VERDICTS).with_columns(IN_A_WORD.alias("verdict"), *READINGS)
    samples = verdicts["sample"].n_unique()
    if share < 1:
        first = max(1, int(samples * share))
        verdicts = verdicts.filter((pl.col("sample") < first) | DIFFER)
    return verdicts.sort("id", "sample", maintain_order=True)


def _texts(
    path: Path, verdicts: pl.DataFrame, settings: Report
) -> dict[tuple[str, int], str] | None:
    """Read the texts that are shown, by id and sample; None if there are no generations."""
    if not path.exists():
        return None
    wanted = verdicts.filter((pl.col("sample") < settings.texts) | DIFFER).select("id", "sample")
    texts = scan_table(path, {name: RESPONSES[name] for name in ["id", "sample", "text"]})
    shown = texts.join(wanted.lazy(), on=["id", "sample"], how="semi").collect()
    return {(id, sample): text for id, sample, text in shown.iter_rows()}


def _told(text: str, row: Mapping[str, object], chat: Chat, limit: int) -> tuple[str, str]:
    """Return what a response thought and what it answered, each held to a length."""
    if row["tokens"] and row["thinking_tokens"] == row["tokens"]:
        answer = ""
    else:
        answer = answer_part(text, chat.thinking_start, chat.thinking_end)
    thinking = text if not answer else text[: -len(answer)] if text.endswith(answer) else text
    return _held(thinking.strip(), limit), _held(answer.strip(), limit)


def _held(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    left = f"\n\n[{len(text) - limit:,} characters are left out here]\n\n"
    return text[: limit // 2] + left + text[-(limit - limit // 2) :]


def _questions(path: Path, places: Mapping[str, int]) -> dict[int, list]:
    """Return the messages of every variant of every problem, by the place of the problem."""
    questions: dict[int, list] = {}
    if not path.exists():
        return questions
    for row in read_table(path, REFINED).sort("variant", maintain_order=True).iter_rows(named=True):
        if row["id"] in places:
            questions.setdefault(places[row["id"]], []).append(
                [[one["role"], marked(one["content"], row["context"])] for one in row["messages"]]
            )
    return questions
