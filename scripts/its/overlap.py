"""How much of a benchmark stands in a pool: equal problems, and n-grams of words in common."""

from collections.abc import Iterable
from itertools import chain

import polars as pl

from its.hashing import normalised


def ngrams(problem: str, size: int) -> set[str]:
    """Return the n-grams of a problem: words in lower case, split at white space, as open-r1.

    A problem with fewer words than `size` is one n-gram, so that it is found if it is equal.

    >>> sorted(ngrams("What is 1 + 2?", 4))
    ['is 1 + 2?', 'what is 1 +']
    """
    words = normalised(problem).split()
    starts = range(max(1, len(words) - size + 1))
    return {" ".join(words[start : start + size]) for start in starts}


def all_ngrams(problems: Iterable[str], size: int) -> set[str]:
    """Return the n-grams of many problems together."""
    return set(chain.from_iterable(ngrams(problem, size) for problem in problems))


def shares(problems: pl.Series, grams: set[str], size: int) -> pl.Series:
    """Return for each problem whether it shares an n-gram with `grams`."""
    found = [not ngrams(problem, size).isdisjoint(grams) for problem in problems]
    return pl.Series(problems.name, found, dtype=pl.Boolean)


def overlap(pool: pl.DataFrame, benchmark: pl.DataFrame, size: int) -> dict:
    """Count the rows of a pool and the problems of a benchmark that share an n-gram.

    Parameters
    ----------
    pool, benchmark
        Sets: `id` and `problem` (str).

    Returns
    -------
    dict
        `rows` and `problems` (int), and up to three `examples` with the texts of both.
    """
    rows = pool.filter(shares(pool["problem"], all_ngrams(benchmark["problem"], size), size))
    problems = benchmark.filter(
        shares(benchmark["problem"], all_ngrams(rows["problem"], size), size)
    )
    examples = []
    for problem in problems.head(3).iter_rows(named=True):
        near = rows.filter(shares(rows["problem"], ngrams(problem["problem"], size), size))
        examples.append({"problem": problem["problem"], "row": near["problem"][0]})
    return {"rows": len(rows), "problems": len(problems), "examples": examples}
