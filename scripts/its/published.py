"""Published numbers beside ours."""

from collections.abc import Sequence

import polars as pl
from statsmodels.stats.proportion import proportion_confint

from its.config.plan import Published

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
sample/recipe/train-test; null where no cell of that model and benchmark has a score."""

READ = ["model", "sample", "recipe", "train", "test", "benchmark", "mean", "low", "high"]
"""What is read of the matrix (`its.matrix`)."""


def published_rows(codesign: pl.DataFrame, published: Sequence[Published]) -> pl.DataFrame:
    """Return the columns of `PUBLISHED`, in the order of the config.

    Parameters
    ----------
    codesign
        The columns of `READ`; `mean` is null where a cell has no score.
    published
        What others say.

    References
    ----------
    Wilson, JASA 22 (1927) 209, for the interval of a published number.
    """
    rows = []
    for one in published:
        low, high = proportion_confint(one.right, one.problems, method="wilson")
        cells = codesign.filter(
            pl.col("model") == one.model,
            pl.col("benchmark") == one.benchmark,
            pl.col("mean").is_not_null(),
        ).sort("mean", descending=True, maintain_order=True)
        best = cells.row(0, named=True) if len(cells) else {}
        name = "/".join(filter(None, [best.get("sample"), best.get("recipe")]))
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
                "cell": f"{name}/{best['train']}-{best['test']}".lstrip("/") if best else None,
                "source": one.source,
            }
        )
    return pl.DataFrame(rows, schema=PUBLISHED)
