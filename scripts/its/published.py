"""Published numbers beside ours."""

from collections.abc import Sequence

import polars as pl
from statsmodels.stats.proportion import proportion_confint

from its.config.plan import Published
from its.voting import VOTED

PUBLISHED = {
    "model": pl.String,
    "benchmark": pl.String,
    "what": pl.String,
    "published": pl.Float64,
    "published_low": pl.Float64,
    "published_high": pl.Float64,
    "problems": pl.Int64,
    "ours": pl.Float64,
    "ours_low": pl.Float64,
    "ours_high": pl.Float64,
    "cell": pl.String,
    "source": pl.String,
}
"""One row per published number. `ours` is the best cell of the matrix, named `cell` as
sample/recipe/train-test, or the best test of a vote, named as vote/test; null where none of that
model, or that vote, and benchmark has a score."""

READ = ["model", "sample", "recipe", "train", "test", "benchmark", "mean", "low", "high"]
"""What is read of the matrix (`its.matrix`)."""

HELD = {name: VOTED[name] for name in ["vote", "benchmark", "test", "mean", "low", "high"]}
"""What is read of the votes."""


def published_rows(
    codesign: pl.DataFrame, votes: pl.DataFrame, published: Sequence[Published]
) -> pl.DataFrame:
    """Return the columns of `PUBLISHED`, in the order of the config.

    Parameters
    ----------
    codesign
        The columns of `READ`; `mean` is null where a cell has no score.
    votes
        The columns of `HELD`.
    published
        What others say.

    References
    ----------
    Wilson, JASA 22 (1927) 209, for the interval of a published number.
    """
    rows = []
    for one in published:
        low, high = proportion_confint(one.right, one.problems, method="wilson")
        ours = _votes(votes, one.vote) if one.vote else _cells(codesign, one.model)
        ours = ours.filter(pl.col("mean").is_not_null(), benchmark=one.benchmark)
        ours = ours.sort("mean", descending=True, maintain_order=True)
        best = ours.row(0, named=True) if len(ours) else {}
        rows.append(
            {
                "model": one.model,
                "benchmark": one.benchmark,
                "what": one.what,
                "published": one.right / one.problems,
                "published_low": low,
                "published_high": high,
                "problems": one.problems,
                "ours": best.get("mean"),
                "ours_low": best.get("low"),
                "ours_high": best.get("high"),
                "cell": best.get("cell"),
                "source": one.source,
            }
        )
    return pl.DataFrame(rows, schema=PUBLISHED)


def _cells(codesign: pl.DataFrame, model: str) -> pl.DataFrame:
    pair = pl.concat_str("train", "test", separator="-")
    place = [pl.when(pl.col(name) != "").then(pl.col(name)) for name in ["sample", "recipe"]]
    cell = pl.concat_str(*place, pair, separator="/", ignore_nulls=True)
    return codesign.filter(model=model).with_columns(cell=cell)


def _votes(votes: pl.DataFrame, name: str) -> pl.DataFrame:
    return votes.filter(vote=name).with_columns(cell=pl.concat_str("vote", "test", separator="/"))
