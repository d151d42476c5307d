"""What the data say about the claims of a plan: contrasts of cells, each with a verdict.

A contrast is the mean of some cells minus the mean of others. Cells of one benchmark are paired
by problem and by replicate: the contrast is taken problem by problem, and what is common to its
cells falls out. Benchmarks have different problems, so their parts are added.
"""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri

from its.cells import Cells, Key, Scores, matched, planned_cells, unfinished
from its.config.claim import Claim
from its.config.plan import Plan
from its.contrasts import Contrast, Term, contrast
from its.corrections import corrected
from its.paired import sign_flip
from its.power import detectable
from its.spreads import Spreads
from its.uncertainty import ALPHA, POWER, Number, Replication, Uncertainty, Variance, plain

CLAIMS = {
    "claim": pl.String,
    "label": pl.String,
    "sentence": pl.String,
    "quantity": pl.String,
    "above": pl.Float64,
    "below": pl.Float64,
    "model": pl.String,
    "sample": pl.String,
    "recipe": pl.String,
    "benchmark": pl.String,
    "verdict": pl.String,
    "estimate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "over": pl.String,
    "p": pl.Float64,
    "p_holm": pl.Float64,
    "q": pl.Float64,
    "problems": pl.Int64,
    "replicates": pl.Int64,
    "planned": pl.Int64,
    "problems_needed": pl.Int64,
    "replicates_needed": pl.Int64,
    "samples_needed": pl.Int64,
    "note": pl.String,
}
"""One row per claim and combination of what it leaves open (empty where it names several).

`estimate`, `low`, `high`: the contrast and its 95% interval, which counts as random what `over`
says: `problems`, or `problems and replicates`. `replicates` are those that have all cells, of
`planned`. `p` is that of the better founded of two tests, one against the claim and one against its
contrary, twice over; `p_holm` is corrected for all rows of the table, `q` is the false discovery
rate among them. `verdict` follows `p_holm` at 5%: supported, contradicted or undecided. Nothing is
tested before all planned replicates are there, for fewer may look more certain than all: the
verdict is unfinished then, or missing where no replicate has all cells. `..._needed`: how many
problems, replicates or samples in place of the present ones would decide it in four of five
repetitions, if the difference is as large as measured (null: no number would, or it is not
undecided).
"""


def claim_rows(
    plan: Plan, claims: Mapping[str, Claim], drawn: Container[str], scores: Scores
) -> pl.DataFrame:
    """Return the columns of `CLAIMS`, from the scores of a plan.

    Parameters
    ----------
    claims
        By name, in the order of the table.
    drawn
        The strategies that have draws.
    """
    cells = planned_cells(plan, drawn, scores)
    spreads = Spreads(cells)
    tested = [
        _Tested(name, claim, row, *_measured(claim, row, cells, spreads))
        for name, claim in claims.items()
        for row in claim.rows(plan)
    ]
    table = pl.DataFrame(
        [one.row(len(tested)) for one in tested],
        schema={n: t for n, t in CLAIMS.items() if n not in {"p_holm", "q", "verdict"}}
        | {"supports": pl.Boolean},
    )
    table = corrected(table)
    decided = pl.col("p_holm") < ALPHA
    verdict = (
        pl.when(pl.col("replicates") == 0)
        .then(pl.lit("missing"))
        .when(pl.col("replicates") < pl.col("planned"))
        .then(pl.lit("unfinished"))
        .when(decided & pl.col("supports"))
        .then(pl.lit("supported"))
        .when(decided)
        .then(pl.lit("contradicted"))
        .otherwise(pl.lit("undecided"))
    )
    table = table.with_columns(verdict=verdict)
    needed = pl.selectors.ends_with("_needed")
    open_ = pl.col("verdict") == "undecided"
    return table.with_columns(pl.when(open_).then(needed)).select(list(CLAIMS))


def chances(claim: Claim, found: Contrast) -> tuple[Number, Number]:
    """Return the p-values of the tests that would support and that would contradict a claim.

    Against each bound stands the one-sided test that the interval of `found` belongs to. Where the
    bound is 0, problems' signs are flipped too, and the larger p-value counts: so a claim must
    hold against other problems without any assumption on how they are spread, and against other
    replicates. A claim with two bounds is supported if both tests say so (two one-sided tests of
    equivalence, Schuirmann 1987), and contradicted if one of the contrary ones does, which counts
    twice.
    """
    inside, outside = [], []
    for bound, sign in [(claim.above, 1), (claim.below, -1)]:
        if bound is not None:
            p = found.uncertainty.p(sign * (found.centre - bound))
            within, beyond = p, 1 - p
            if bound == 0:
                flipped = sign * found.differences
                within = np.maximum(within, sign_flip(flipped, alternative="greater"))
                beyond = np.maximum(beyond, sign_flip(-flipped, alternative="greater"))
            inside.append(within)
            outside.append(beyond)
    contrary = np.minimum(1.0, len(outside) * np.min(outside, axis=0))
    return plain(np.max(inside, axis=0)), plain(contrary)


@dataclass(frozen=True)
class _Tested:
    """A claim in one row of the table."""

    name: str
    claim: Claim
    at: Mapping[str, str]
    planned: int
    """Replicates."""
    found: Contrast | None
    """Over those that have all cells; None if none has."""
    truncated: tuple[float, float]
    """Of lengths: shares of the responses of `plus` and of `minus` that a limit cut."""

    def row(self, family: int) -> dict[str, Any]:
        """Return what the table says, without what depends on its other rows."""
        row = {
            "claim": self.name,
            "label": self.claim.label or self.name,
            **{name: getattr(self.claim, name) for name in ["sentence", "quantity"]},
            **{name: getattr(self.claim, name) for name in ["above", "below"]},
            **{axis: self.at.get(axis, "") for axis in ["model", "sample", "recipe", "benchmark"]},
            "planned": self.planned,
            "replicates": 0,
        }
        if self.found is None:
            return row
        low, high = self.found.interval()
        row |= {
            "estimate": self.found.estimate,
            "low": low,
            "high": high,
            "over": "problems and replicates" if self.found.replicates > 1 else "problems",
            "problems": self.found.problems,
            "replicates": self.found.replicates,
            "note": self._note(),
        }
        if self.found.replicates < self.planned:
            return row
        supports, contradicts = chances(self.claim, self.found)
        return row | {
            "supports": supports < contradicts,
            "p": min(1.0, 2 * min(supports, contradicts)),
            **self._needed(family),
        }

    def _needed(self, family: int) -> dict[str, int | None]:
        """Return the numbers that would decide it, each alone."""
        bounds = [one for one in (self.claim.above, self.claim.below) if one is not None]
        away = min(abs(self.found.estimate - bound) for bound in bounds)
        quantiles = float(ndtri(1 - ALPHA / 2 / max(1, family)) + ndtri(POWER))
        needed = self.found.needed((away / quantiles) ** 2)
        # What is there already does not decide it: few replicates have few degrees of freedom.
        enough = {name: number == getattr(self.found, name) for name, number in needed.items()}
        needed = {name: None if enough[name] else number for name, number in needed.items()}
        if enough["replicates"]:
            needed["replicates"] = self._replicates(away, ALPHA / max(1, family))
        return {f"{name}_needed": number for name, number in needed.items()}

    def _replicates(self, away: float, alpha: float) -> int | None:
        """Return how many replicates would decide it, with the degrees of freedom they would have.

        None if not twenty times as many would.
        """
        present = self.found.replicates
        for more in range(present + 1, 20 * present):
            shrunk, freer = present / more, (more - 1) / (present - 1)
            replicates = tuple(
                Replication(
                    tuple(
                        Variance(part.value * shrunk, part.freedom * freer) for part in one.parts
                    ),
                    one.rest * shrunk,
                )
                for one in self.found.uncertainty.replicates
            )
            if detectable(Uncertainty(self.found.uncertainty.problems, replicates), alpha) <= away:
                return more
        return None

    def _note(self) -> str:
        notes = [unfinished(self.found.replicates, self.planned)]
        if self.found.replicates == 1:
            notes.append("one replicate: another training may differ more than the interval says")
        if any(self.truncated):
            plus, minus = self.truncated
            notes.append(
                f"{plus:.1%} of the first and {minus:.1%} of the second were truncated: they end "
                "there, and have no answer if they were still thinking"
            )
        return "; ".join(filter(None, notes))


def _measured(
    claim: Claim, row: Mapping[str, str], cells: Cells, spreads: Spreads
) -> tuple[int, Contrast | None, tuple[float, float]]:
    """Return how many replicates are planned, the contrast over those that have all cells.

    Then, of lengths, which shares of the responses on both sides were truncated.
    """
    terms = [(weight, Key(**names)) for weight, names in claim.terms(row)]
    planned, found = matched(*(cells[key] for _, key in terms))
    if not found:
        return len(planned), None, (0.0, 0.0)
    measured, cut = [], [0.0, 0.0]
    for (weight, key), several in zip(terms, zip(*found, strict=True), strict=True):
        means = [path.means[claim.quantity] for path in several]
        measured.append(Term(weight, key, means, spreads.of(key, claim.quantity)))
        if claim.quantity.endswith("tokens"):
            truncated = np.mean([path.means["truncated"].values.mean() for path in several])
            cut[weight < 0] += float(abs(weight) * truncated)
    return len(planned), contrast(measured), (cut[0], cut[1])
