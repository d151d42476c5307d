"""Refined questions as a page to read: the same questions in every strategy, side by side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from its.hashing import digest
from its.schemas import REFINED
from its.tables import read_table
from its.words import amount

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Refined questions</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #222; margin: 2rem auto; max-width: 90rem;
  padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.15rem; margin-top: 2.5rem; }
h3 { font-size: .95rem; margin: 1.5rem 0 .4rem; font-weight: 600; color: #555; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: .8rem; }
article { border: 1px solid #d5d5d5; border-radius: 4px; padding: .6rem .8rem; min-width: 0; }
h4 { margin: 0 0 .4rem; font-size: .9rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit;
  max-height: 26rem; overflow-y: auto; }
.role { color: #777; font-size: .8rem; }
mark { background: #fdeebf; color: inherit; }
dl { margin: .5rem 0 0; display: grid; grid-template-columns: max-content 1fr; gap: 0 .8rem;
  font-size: .85rem; color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Refined questions</h1>
<p>What a model is asked, and learns to answer, in each strategy of the plan:
{{ amount(rows, "question") }} of each set, chosen by hash. <mark>Marked</mark>: the context.</p>
{% for set in sets %}
<h2>{{ set.name }}{% if set.label != set.name %}: {{ set.label }}{% endif %}</h2>
{% for question in set.questions %}
<h3>question {{ question.id }}{% if question.answer is not none %}, answer {{ question.answer }}
{%- endif %}</h3>
<div class="row">
{% for version in question.versions %}
<article>
<h4>{{ version.strategy }}{% if version.part not in version.strategy %} (here {{ version.part }})
{%- endif %}{% if version.label != version.strategy %}: {{ version.label }}
{%- endif %}</h4>
{% for message in version.messages %}
<div class="role">{{ message.role }}</div>
<pre>{% for part, marked in message.parts %}{% if marked %}<mark>{{ part }}</mark>{% else %}
{{- part }}{% endif %}{% endfor %}</pre>
{% endfor %}
{% if version.response %}
<dl><dt>learns</dt><dd><pre>{{ version.response }}</pre></dd></dl>
{% endif %}
</article>
{% endfor %}
</div>
{% endfor %}
{% endfor %}
</body>
</html>
"""


def questions_page(paths: list[Path], labels: Mapping[str, str], *, rows: int = 3) -> str:
    """Return a page of HTML that needs no other file; every text in it is escaped.

    Parameters
    ----------
    paths
        Refined sets, `{set}/{strategy}.parquet` each; strategies are shown in this order.
    labels
        What strategies and benchmarks are called.
    rows
        Questions of each set: those with the smallest hashes of their ids, so the same ones
        whatever the order of the rows.
    """
    from jinja2 import Environment, StrictUndefined

    sets: dict[str, list[Path]] = {}
    for path in paths:
        sets.setdefault(path.parent.name, []).append(path)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    shown = [
        {
            "name": name,
            "label": labels.get(name, name),
            "questions": _questions(files, labels, rows),
        }
        for name, files in sets.items()
    ]
    return environment.from_string(PAGE).render(sets=shown, rows=rows, amount=amount)


def _questions(files: list[Path], labels: Mapping[str, str], rows: int) -> list[dict[str, Any]]:
    """Return the same questions of one set in each of its strategies."""
    tables = {file.stem: read_table(file, REFINED).filter(pl.col("variant") == 0) for file in files}
    ids = sorted(set.intersection(*(set(table["id"]) for table in tables.values())), key=digest)
    questions = []
    for id in ids[:rows]:
        found = {
            strategy: table.row(by_predicate=pl.col("id") == id, named=True)
            for strategy, table in tables.items()
        }
        questions.append(
            {
                "id": id,
                "answer": next(iter(found.values()))["answer"],
                "versions": [
                    {
                        "strategy": strategy,
                        "part": row["strategy"],
                        "label": labels.get(strategy.split(".")[0], strategy),
                        "messages": [
                            {"role": one["role"], "parts": marked(one["content"], row["context"])}
                            for one in row["messages"]
                        ],
                        "response": row["response"],
                    }
                    for strategy, row in found.items()
                ],
            }
        )
    return questions


def marked(text: str, context: str | None) -> list[tuple[str, bool]]:
    """Split a message into parts, each with whether it is the context.

    >>> marked("You are a cook. 1 + 1?", "You are a cook.")
    [('You are a cook.', True), (' 1 + 1?', False)]
    """
    pieces = text.split(context) if context else [text]
    parts = [(pieces[0], False)]
    for piece in pieces[1:]:
        parts += [(context, True), (piece, False)]
    return [(part, is_context) for part, is_context in parts if part]
