"""Columns of the tables that several stages share."""

import polars as pl

SET = {
    "id": pl.String,
    "problem": pl.String,
    "response": pl.String,
    "answer": pl.String,
    "source": pl.String,
    "meta": pl.String,
}
"""Of a pool, a sample and a benchmark; a benchmark has no `response`, a pool may lack answers."""

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))

REFINED = {
    "id": pl.String,
    "problem": pl.String,
    "context": pl.String,
    "messages": MESSAGES,
    "response": pl.String,
    "answer": pl.String,
    "variant": pl.Int64,
    "strategy": pl.String,
}
"""Of a refined set. `context` is null where the strategy has none; `variant` is 0 unless each
response reads another context: response i reads variant i modulo how many there are. `strategy`
is its own, or the one of its mixture that the question got."""
