"""How much of a benchmark stands in a pool: equal problems, and n-grams of words in common."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import polars as pl

from its.hashing import normalised

CHUNK = 5_000
"""Problems whose n-grams are in memory at once."""

ODD = 0x9E3779B97F4A7C15
"""Its powers are the factors of the places in an n-gram."""


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


def hashed_ngrams(problems: pl.Series, size: int) -> pl.DataFrame:
    """Return `row` (from 0) and a hash of each n-gram of each problem, `gram`.

    Equal n-grams have equal hashes, within this process. A gram is a sum over its words, each
    times a number of its place: the text of an n-gram is never made.
    """
    texts = pl.Series("text", [normalised(problem) for problem in problems], dtype=pl.String)
    words = (
        pl.LazyFrame({"text": texts})
        .with_row_index("row")
        .with_columns(word=pl.col("text").str.split(" "))
        .with_columns(words=pl.col("word").list.len())
    )
    gram = sum(
        pl.col("hash").shift(-place) * pl.lit(pow(ODD, place, 2**64), pl.UInt64)
        for place in range(size)
    )
    long = (
        words.filter(pl.col("words") >= size)
        .explode("word")
        .select("row", hash=pl.col("word").hash())
        .select("row", gram=gram, last=pl.col("row").shift(1 - size))
        .filter(pl.col("row") == pl.col("last"))
        .select("row", "gram")
    )
    short = words.filter(pl.col("words") < size).select("row", gram=pl.col("text").hash())
    return pl.concat([long, short]).collect()


def first_sharing(problems: pl.Series, others: Mapping[str, Iterable[str]], size: int) -> pl.Series:
    """Return for each problem the first of `others` that shares an n-gram with it, null if none.

    Hashes find the few that may, texts decide.

    Parameters
    ----------
    others
        Problems to look for, by name.
    """
    texts = {name: pl.Series(list(many), dtype=pl.String) for name, many in others.items()}
    grams = {name: all_ngrams(many, size) for name, many in texts.items()}
    found: list[str | None] = [None] * len(problems)
    if not texts:
        return pl.Series(problems.name, found, dtype=pl.String)
    names = list(texts)
    known = pl.concat(
        hashed_ngrams(many, size).select("gram", other=pl.lit(number, pl.UInt32)).unique()
        for number, many in enumerate(texts.values())
    )

    def near(start: int) -> pl.DataFrame:
        here = hashed_ngrams(problems.slice(start, CHUNK), size).join(known, on="gram")
        return here.select(pl.col("row") + start, "other").unique().sort("row", "other")

    # Two at a time, for a half of the work is polars' and the other one Python's.
    with ThreadPoolExecutor(2) as threads:
        for few in threads.map(near, range(0, len(problems), CHUNK)):
            for place, other in few.iter_rows():
                theirs = grams[names[other]]
                if found[place] is None and not theirs.isdisjoint(ngrams(problems[place], size)):
                    found[place] = names[other]
    return pl.Series(problems.name, found, dtype=pl.String)


def sharing(problems: pl.Series, others: Iterable[str], size: int) -> pl.Series:
    """Return for each problem whether it shares an n-gram with one of `others`."""
    return first_sharing(problems, {"others": others}, size).is_not_null()


def overlap(pool: pl.DataFrame, benchmark: pl.DataFrame, size: int) -> dict:
    """Count the rows of a pool and the problems of a benchmark that share an n-gram.

    Parameters
    ----------
    pool, benchmark
        Sets: `problem` (str).

    Returns
    -------
    dict
        `rows` and `problems` (int), and up to three `examples` with the texts of both.
    """
    rows = pool["problem"].filter(sharing(pool["problem"], benchmark["problem"], size))
    problems = benchmark["problem"].filter(sharing(benchmark["problem"], rows, size))
    examples = []
    for problem in problems.head(3):
        row = rows.filter(sharing(rows, [problem], size))[0]
        examples.append({"problem": problem, "row": row})
    return {"rows": len(rows), "problems": len(problems), "examples": examples}
