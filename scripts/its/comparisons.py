"""Compare cells of a plan, paired by problem: trained with untrained, contexts with none."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from its.cells import Cells, Key, Scored, Scores, matched, planned_cells, present, unfinished
from its.config.plan import UNTRAINED, Plan
from its.contrasts import Term, contrast
from its.corrections import corrected
from its.means import crossed, stacked
from its.paired import Difference, paired_difference
from its.spreads import Spreads
from its.words import amount

COMPARISONS = {
    "benchmark": pl.String,
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "what": pl.String,
    "a": pl.String,
    "b": pl.String,
    "missing": pl.Boolean,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "low_replicates": pl.Float64,
    "high_replicates": pl.Float64,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "q": pl.Float64,
    "lenient_difference": pl.Float64,
    "lenient_low": pl.Float64,
    "lenient_high": pl.Float64,
    "problems": pl.Int64,
    "discordant": pl.Int64,
    "replicates": pl.Int64,
    "planned": pl.Int64,
    "note": pl.String,
}
"""One row per comparison of two cells, `a` minus `b`, each named train-test (`base-N`: untrained).

`low` and `high` count problems as random, `low_replicates` and `high_replicates` replicates too,
which are taken to differ as in all cells of their kind (null with one). `p` comes from flipping
the signs of the problems' differences; with several replicates it is the larger of that and of what
belongs to the interval over them. `p_holm` is Holm's correction of it over the whole table, `q` the
false discovery rate in it. Nothing is tested before all `planned` replicates have both cells, for
fewer may look more certain than all. `discordant` are the problems on which the two differ. Where
no replicate has both cells, the row is `missing`."""

SAME_TEST = "against the untrained model, asked the same way"
BEST = "against the best cell of the untrained model"
BOTH = "context on both sides, against none"
TRAIN_ONLY = "context in training alone, against none"
TEST_ONLY = "context in testing alone, against none"

FEWEST = 6
"""Problems that must differ before a two-sided sign-flip test can reach 5%: 2 / 2**6."""
FEW = 30
"""Problems below which an interval of Student's rests on its assumption of normality."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two cells of the matrix to compare, and what their difference shows."""

    what: str
    a: Key
    b: Key

    def names(self) -> dict[str, str]:
        """Return what tells the pair from all others in a table; a cell is named train-test."""
        return {
            **{name: getattr(self.a, name) for name in ["benchmark", "model", "sample", "recipe"]},
            "what": self.what,
            "a": f"{self.a.train}-{self.a.test}",
            "b": f"{self.b.train}-{self.b.test}",
        }


def comparison_rows(
    plan: Plan, drawn: Container[str], plain: Container[str], scores: Scores
) -> pl.DataFrame:
    """Return the columns of `COMPARISONS`, from the scores of a plan.

    Parameters
    ----------
    drawn
        The strategies that have draws.
    plain
        Those that join nothing to a question.
    """
    cells = planned_cells(plan, drawn, scores)
    spreads = Spreads(cells)
    found = [_found(pair, cells) for pair in pairs(cells, plain)]
    strict, lenient = (_differences(found, column) for column in ["correct", "lenient"])
    rows = [_row(*one, spreads) for one in zip(found, strict, lenient, strict=True)]
    table = pl.DataFrame(
        rows, schema={n: t for n, t in COMPARISONS.items() if n not in {"p_holm", "q"}}
    )
    return corrected(table).select(list(COMPARISONS))


def pairs(cells: Cells, plain: Container[str]) -> Iterator[Pair]:
    """Yield the comparisons of a plan, matrix by matrix.

    A strategy outside `plain` has a context. The best untrained cell is chosen by the very
    scores that it is then compared on, in its own favour.
    """
    matrices: dict[Key, list[Key]] = {}
    for key in cells:
        if key.train != UNTRAINED:
            matrices.setdefault(key._replace(train="", test=""), []).append(key)
    for trained in matrices.values():
        untrained = [key for key in cells if _untrained(trained[0], key.test) == key]
        best = _best(untrained, cells)
        for key in trained:
            yield Pair(SAME_TEST, key, _untrained(key, key.test))
        for key in trained:
            if best not in {None, _untrained(key, key.test)}:
                yield Pair(BEST, key, best)
        strategies = dict.fromkeys(name for key in trained for name in (key.train, key.test))
        for none in strategies:
            for context in strategies:
                if none in plain and context not in plain:
                    for what, train, test in [
                        (BOTH, context, context),
                        (TRAIN_ONLY, context, none),
                        (TEST_ONLY, none, context),
                    ]:
                        a = trained[0]._replace(train=train, test=test)
                        b = trained[0]._replace(train=none, test=none)
                        if a in cells and b in cells:
                            yield Pair(what, a, b)


def _untrained(key: Key, test: str) -> Key:
    return key._replace(sample="", train=UNTRAINED, recipe="", test=test)


def _best(untrained: list[Key], cells: Cells) -> Key | None:
    """Return the untrained cell with the highest mean; the first of equals, None if none is."""
    means = {}
    for key in untrained:
        found = [one.means["correct"] for one in present(cells[key].values())]
        if found:
            means[key] = crossed(found).mean()
    return max(means, key=means.get, default=None)


@dataclass(frozen=True, slots=True)
class _Found:
    """The replicates that have both cells of a pair."""

    pair: Pair
    a: tuple[Scored, ...]
    b: tuple[Scored, ...]
    planned: int


def _found(pair: Pair, cells: Cells) -> _Found:
    planned, found = matched(cells[pair.a], cells[pair.b])
    sides = zip(*found, strict=True) if found else ((), ())
    return _Found(pair, *sides, planned=len(planned))


def _differences(found: Sequence[_Found], column: str) -> list[Difference | None]:
    """Compare pairs, those with the same problems and as many replicates together."""
    differences: list[Difference | None] = [None] * len(found)
    alike: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for place, one in enumerate(found):
        if one.a:
            ids = one.a[0].means[column].ids
            alike.setdefault((ids, len(one.a)), []).append(place)
    for places in alike.values():
        sides = [
            [stacked([one.means[column] for one in several]) for several in zip(*side, strict=True)]
            for side in ([found[n].a for n in places], [found[n].b for n in places])
        ]
        together = paired_difference(*sides)
        for number, place in enumerate(places):
            differences[place] = together.one(number)
    return differences


def _row(
    found: _Found, strict: Difference | None, lenient: Difference | None, spreads: Spreads
) -> dict[str, Any]:
    """Return what the table says of two cells, over the replicates that have both."""
    pair, replicates = found.pair, len(found.a)
    row = pair.names() | {
        "missing": not replicates,
        "replicates": replicates,
        "planned": found.planned,
    }
    if not (strict and lenient):
        return row
    low = high = None
    p = strict.p
    if replicates > 1:
        terms = [
            Term(weight, key, [one.means["correct"] for one in side], spread)
            for weight, key, side in [(1, pair.a, found.a), (-1, pair.b, found.b)]
            for spread in [spreads.of(key, "correct")]
        ]
        whole = contrast(terms)
        low, high = whole.interval()
        p = max(p, min(1.0, 2 * whole.uncertainty.p(abs(whole.centre))))
    return row | {
        "difference": strict.mean,
        "low": strict.low,
        "high": strict.high,
        "low_replicates": low,
        "high_replicates": high,
        "p": p if replicates == found.planned else None,
        "lenient_difference": lenient.mean,
        "lenient_low": lenient.low,
        "lenient_high": lenient.high,
        "problems": strict.problems,
        "discordant": strict.discordant,
        "note": _note(strict, found.planned),
    }


def _note(difference: Difference, planned: int) -> str:
    notes = [unfinished(difference.replicates, planned)]
    if difference.discordant < FEWEST:
        differ = amount(difference.discordant, "problem differs", "problems differ")
        notes.append(f"{differ}: no test could reach 5%")
    if difference.problems < FEW:
        notes.append(f"{amount(difference.problems, 'problem')}: the interval is rough")
    if difference.replicates == 1:
        notes.append("one replicate: another training may differ more than the interval says")
    return "; ".join(filter(None, notes))
