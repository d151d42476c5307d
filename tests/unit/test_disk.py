"""How much of the disk a plan holds at once, under each policy, and what of it is still to come."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from its.config.experiment import Config
from its.costs.disk import Held, in_words, lacking, most_held
from its.costs.jobs import Lengths, kinds

ROOT = Path(__file__).parents[2]
WEIGHTS = 4 * 134_515_008
STATE = 16 * 134_515_008
HUGE = {"hidden": 5120, "intermediate": 27648, "heads": 40, "kv_heads": 8, "vocabulary": 152064}


@pytest.fixture
def demo() -> Callable[..., Config]:
    """Return a function: the demo's config with other weights, replicates and model."""

    def call(replicates: int = 2, shape: dict | None = None, **weights: str) -> Config:
        raw = yaml.safe_load((ROOT / "config/config.yaml").read_text())
        raw["plans"]["demo"]["replicates"] = [{"seed": seed} for seed in range(replicates)]
        raw["recipes"]["sft"] |= {"epochs": 3, "keep": [1, 2]}
        raw["models"]["smollm2"]["shape"] |= shape or {}
        return Config.model_validate(raw | {"weights": weights})

    return call


def held(config: Config) -> Held:
    return most_held(kinds(config, "demo", Lengths()), config)


@pytest.mark.parametrize("replicates", [1, 5])
def test_a_policy_decides_how_much_is_held(demo: Callable, replicates: int) -> None:
    """Two trainings a replicate, one at once on two cores; two of them answer at once."""
    trainings = 2 * replicates if replicates > 1 else 3  # the vote asks one of seed 1
    at_once = 2
    everything = trainings * 3 * WEIGHTS
    assert held(demo(replicates, keep="all")).weights == everything
    assert (
        held(demo(replicates, keep="last")).weights == trainings * WEIGHTS + at_once * 2 * WEIGHTS
    )
    assert held(demo(replicates, keep="none")).weights == at_once * 3 * WEIGHTS
    assert held(demo(replicates)).states == 2 * STATE  # the next one is written beside it


def test_what_lies_where_is_said(demo: Callable) -> None:
    assert "11 GB in results (weights 6.5, " in in_words(held(demo(2)), demo(2))
    apart = demo(2, scratch="/scratch")
    assert "GB in results, and 11 GB in /scratch (weights 6.5, " in in_words(held(apart), apart)


def lacks(config: Config, results: Path, free: float) -> list[str]:
    """Return what is lacking where every disk has so many bytes free."""
    return lacking(config, "demo", Lengths(), results, free=lambda place: free)


def test_no_disk_is_large_enough_for_everything(demo: Callable, tmp_path: Path) -> None:
    config = demo(shape={"layers": 100_000, "tied": False, **HUGE})
    (line,) = lacking(config, "demo", Lengths(), tmp_path / "results")
    assert f"GB at once still to put into {tmp_path}/results (weights " in line
    assert "what would fit: weights.scratch in a folder with " in line
    assert line.endswith("`price: {refuse: false}` runs it all the same")
    assert lacking(demo(), "demo", Lengths(), tmp_path) == []


def test_what_would_fit_is_named(demo: Callable, tmp_path: Path) -> None:
    need, less = held(demo(5)), held(demo(5, keep="none"))
    fits = less.rest + less.large + 1
    (line,) = lacks(demo(5), tmp_path, fits)
    assert "what would fit: weights.keep: none, or weights.scratch" in line
    assert lacks(demo(5, keep="none"), tmp_path, fits) == []
    apart = demo(5, scratch=f"{tmp_path}/scratch")  # on the same disk: both count
    (line,) = lacks(apart, tmp_path, need.rest + need.large - 1)
    assert "what would fit: weights.keep: last, or 0.0 GB more free space" in line


def test_what_is_there_needs_no_room_again(demo: Callable, tmp_path: Path) -> None:
    config, home = demo(2), tmp_path / "checkpoints/smollm2"
    assert lacks(config, tmp_path, held(demo(1)).large)
    for name in ["N-sft-s0", "U-sft-s0", "N-sft-s1"]:
        manifest = home / f"demo192-{name}/weights/manifest.json"
        manifest.parent.mkdir(parents=True)
        manifest.touch()
    assert lacks(config, tmp_path, held(demo(1)).large) == []

    assert lacks(config, tmp_path, STATE)
    state = home / "demo192-U-sft-s1/progress/1/checkpoint-1/optimizer.pt"
    state.parent.mkdir(parents=True)
    with state.open("wb") as file:
        file.truncate(6 * STATE)  # takes no room here
    assert lacks(config, tmp_path, STATE) == []
