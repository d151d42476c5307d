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
}
"""Of a refined set; `context` is null where the strategy has none."""
