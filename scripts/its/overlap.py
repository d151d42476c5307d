"""How much of a benchmark stands in a pool: equal problems, and n-grams of words in common."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import polars as pl

from its.hashing import normalised

CHUNK = 5_000
"""Problems whose n-grams are in memory at once."""

FEWEST = 4
"""Words of the shortest problem that is looked for inside others: fewer stand there by chance."""

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
    return _hashed(_normalised(problems), size)


def _hashed(texts: pl.Series, size: int) -> pl.DataFrame:
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


def _normalised(problems: Iterable[str]) -> pl.Series:
    return pl.Series("text", [normalised(problem) for problem in problems], dtype=pl.String)


def _short(problems: Iterable[str], size: int) -> list[str]:
    """Return the problems with no n-gram but themselves, normalised, between spaces."""
    texts = dict.fromkeys(map(normalised, problems))
    return [f" {text} " for text in texts if FEWEST <= len(text.split()) < size]


def _inside(short: Sequence[str], text: str) -> bool:
    """Tell whether one of what `_short` returns stands in a text, as whole words."""
    words = f" {normalised(text)} "
    return any(one in words for one in short)


def first_sharing(problems: pl.Series, others: Mapping[str, Iterable[str]], size: int) -> pl.Series:
    """Return for each problem the first of `others` that shares an n-gram with it, null if none.

    A short one of `others`, with at least `FEWEST` words but fewer than an n-gram, is shared where
    it stands whole. Hashes find the few that may, texts decide.

    Parameters
    ----------
    others
        Problems to look for, by name.
    """
    texts = {name: pl.Series(list(many), dtype=pl.String) for name, many in others.items()}
    return _first(problems, texts, size, {name: _short(many, size) for name, many in texts.items()})


def _first(
    problems: pl.Series,
    others: Mapping[str, pl.Series],
    size: int,
    short: Mapping[str, Sequence[str]],
) -> pl.Series:
    """Return what `first_sharing` does, with what may stand whole given by name."""
    grams = {name: all_ngrams(many, size) for name, many in others.items()}
    found: list[str | None] = [None] * len(problems)
    if not others:
        return pl.Series(problems.name, found, dtype=pl.String)
    names = list(others)
    known = pl.concat(
        hashed_ngrams(many, size).select("gram", other=pl.lit(number, pl.UInt32)).unique()
        for number, many in enumerate(others.values())
    )
    patterns = list(chain.from_iterable(short.values()))
    holders = [number for number, name in enumerate(names) if short[name]]
    maybe = pl.DataFrame({"other": holders}, schema={"other": pl.UInt32})

    def near(start: int) -> pl.DataFrame:
        text = _normalised(problems.slice(start, CHUNK))
        here = _hashed(text, size).join(known, on="gram").select("row", "other")
        if patterns:
            rows = pl.DataFrame({"text": text}).with_row_index("row")
            holds = pl.format(" {} ", "text").str.contains_any(patterns)
            whole = rows.filter(holds).select("row").join(maybe, how="cross")
            here = pl.concat([here, whole.select("row", "other")])
        return here.select(pl.col("row") + start, "other").unique().sort("row", "other")

    # Two at a time, for a half of the work is polars' and the other one Python's.
    with ThreadPoolExecutor(2) as threads:
        for few in threads.map(near, range(0, len(problems), CHUNK)):
            for place, other in few.iter_rows():
                if found[place] is not None:
                    continue
                name, problem = names[other], problems[place]
                if not grams[name].isdisjoint(ngrams(problem, size)) or _inside(
                    short[name], problem
                ):
                    found[place] = name
    return pl.Series(problems.name, found, dtype=pl.String)


def sharing(problems: pl.Series, others: Iterable[str], size: int) -> pl.Series:
    """Return for each problem whether it shares an n-gram with one of `others`."""
    return first_sharing(problems, {"others": others}, size).is_not_null()


def overlap(pool: pl.DataFrame, benchmark: pl.DataFrame, size: int) -> dict:
    """Count the rows of a pool and the problems of a benchmark that share an n-gram.

    Short problems, as `first_sharing` says, count where they stand whole in a row, but not short
    rows where they stand in a problem.

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
    shared = _first(benchmark["problem"], {"rows": rows}, size, {"rows": []}).is_not_null()
    texts = pl.select(pl.format(" {} ", _normalised(rows))).to_series()
    whole = {one for one in _short(benchmark["problem"], size) if _stands(texts, one)}
    stand = [f" {normalised(problem)} " in whole for problem in benchmark["problem"]]
    problems = benchmark["problem"].filter(shared | pl.Series(stand, dtype=pl.Boolean))
    examples = []
    for problem in problems.head(3):
        row = rows.filter(sharing(rows, [problem], size))[0]
        examples.append({"problem": problem, "row": row})
    return {"rows": len(rows), "problems": len(problems), "examples": examples}


def _stands(texts: pl.Series, words: str) -> bool:
    return bool(texts.str.contains(words, literal=True).any())
