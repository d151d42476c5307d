"""Real problems by configuration alone: GSM8K, AIME and MATH-500 from files, where they are."""

import polars as pl
import pytest
from conftest import ROOT, Checkout

DATA = ROOT.parent / "shared/data"
FILES = ["gsm8k-train", "gsm8k-test", "aime24", "aime25", "math500"]
LOCAL = ["--configfile", "config/local.yaml"]

pytestmark = pytest.mark.skipif(
    not all((DATA / f"{name}.jsonl").exists() for name in FILES),
    reason=f"the problems of config/local.yaml are not in {DATA}",
)


def test_sets_of_real_problems(checkout: Checkout) -> None:
    (checkout.folder / "data").symlink_to(DATA)
    sets = [f"results/sets/{name}.parquet" for name in ["gsm32", "gsm8k", "aime24", "math500"]]
    report = "results/contamination/gsm8k/aime25.json"
    run = checkout.snakemake(*sets, report, "-c2", *LOCAL)

    assert run.status == 0, run.out
    sample, gsm8k, aime24, math500 = [pl.read_parquet(checkout.folder / path) for path in sets]
    assert [len(one) for one in [sample, gsm8k, aime24, math500]] == [32, 24, 12, 24]
    assert sample["response"].str.contains("####", literal=True).all()
    assert all(row["response"].endswith(row["answer"]) for row in sample.iter_rows(named=True))
    assert aime24["answer"].str.contains(r"^\d{1,3}$").all()
    assert math500["meta"].str.contains("difficulty", literal=True).all()
    pool = pl.read_parquet(checkout.folder / "results/pools/gsm8k.parquet")
    assert 5000 < len(pool) < 7473
