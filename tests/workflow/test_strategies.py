"""Every kind of context, in every place, through the real rules, on personas that a model wrote."""

import shutil
from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import Checkout, copy_to
from polars.testing import assert_frame_equal

from its.chat import load_tokenizer, prompt_tokens
from its.config.model import Chat

pytestmark = pytest.mark.slow

STRATEGIES = {
    "Mix": {"mixture": {"U": 0.5, "Set": 0.25, "N": 0.25}},
    "Set": {"context": {"text": "Think."}, "position": "system"},
    "Swap": {"context": {"other": "U"}, "position": "suffix"},
    "Noise": {"context": {"words": "config/prompts/words.txt", "like": "U"}, "position": "inside"},
    "Line": {"context": {"bank": "config/prompts/personas.txt"}, "position": "turn"},
    "Two": {
        "context": {"bank": "config/prompts/personas.txt", "count": 2},
        "position": "wrap",
    },
    "One": {"context": {"bank": "config/prompts/personas.txt", "per": "dataset"}},
    "Vary": {"context": {"bank": "config/prompts/personas.txt", "count": 2, "per": "sample"}},
}
SETS = ["few16", "few_test"]


@pytest.fixture(scope="module")
def refined(finished: Checkout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the refined sets; only U was written by a model before."""
    place = copy_to(tmp_path_factory.mktemp("strategies") / "checkout")
    for made in ["results", ".snakemake/metadata"]:
        shutil.copytree(finished.folder / made, place.folder / made)
    (place.folder / "config/more.yaml").write_text(yaml.safe_dump({"strategies": STRATEGIES}))
    paths = [f"results/refined/{one}/{name}.parquet" for one in SETS for name in STRATEGIES]
    cell = "results/scores/smollm2/base/few_test/Vary.json"
    files = ["--configfile", "config/small.yaml", "config/more.yaml"]
    run = place.snakemake(*paths, cell, "--cores", "2", *files)
    assert run.status == 0, run.out
    assert run.jobs["refine"] == 16
    assert "write_personas" not in run.jobs
    assert run.jobs["generate"] == 1
    return place.folder / "results/refined"


@pytest.mark.parametrize("name", SETS)
def test_every_strategy_keeps_questions_and_answers(refined: Path, name: str) -> None:
    plain = pl.read_parquet(refined / name / "U.parquet").select("id", "problem", "answer")
    for strategy in STRATEGIES:
        rows = pl.read_parquet(refined / name / f"{strategy}.parquet")
        assert_frame_equal(rows.filter(pl.col("variant") == 0).select(plain.columns), plain)
        for row in rows.iter_rows(named=True):
            said = "".join(one["content"] for one in row["messages"] if one["role"] == "user")
            assert row["problem"] in said.replace(f"\n\n{row['context']}\n\n", ""), strategy


@pytest.mark.parametrize("name", SETS)
def test_what_is_made_of_personas_is_made_of_those_that_were_written(
    refined: Path, name: str
) -> None:
    written = pl.read_parquet(refined.parent / "personas" / name / "U.parquet")
    swapped = pl.read_parquet(refined / name / "Swap.parquet")
    assert sorted(written["context"]) == sorted(swapped["context"])
    noise = pl.read_parquet(refined / name / "Noise.parquet")
    lengths = [texts.str.split(" ").list.len() for texts in (written["context"], noise["context"])]
    assert lengths[0].equals(lengths[1])


def test_each_response_read_its_own_context(refined: Path) -> None:
    prompts = pl.read_parquet(refined / "few_test/Vary.parquet")
    assert prompts["variant"].to_list() == [0, 1] * 6
    cell = "generations/smollm2/base/few_test/Vary.parquet"
    responses = pl.read_parquet(refined.parent / cell)
    assert responses["sample"].to_list() == [0, 1] * 6
    config = yaml.safe_load((refined.parents[1] / "config/config.yaml").read_text())
    chat = Chat(**config["models"]["smollm2"]["chat"])
    tokenizer = load_tokenizer(refined.parent / "models/smollm2", chat)
    lengths = [len(prompt_tokens(tokenizer, one, chat)) for one in prompts["messages"].to_list()]
    assert responses["prompt_tokens"].to_list() == lengths
    assert len(set(lengths)) > 6
