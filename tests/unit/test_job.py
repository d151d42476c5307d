"""Settings that do not fit together stop a training before anything is loaded."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from its.config.model import Chat
from its.config.recipe import Recipe
from its.config.weights import Storing
from its.errors import InputError
from its.job import Job, check_settings

JOB = Job(
    base=Path("results/models/m/manifest.json"),
    rows=Path("results/refined/s/N.parquet"),
    manifest=Path("results/checkpoints/m/s-N-r-s0/weights/manifest.json"),
    record=Path("results/checkpoints/m/s-N-r-s0/training.json"),
    recipe=Recipe(epochs=3),
    chat=Chat(),
    dtype="float32",
    seed=0,
    saving=Storing(),
)


def test_a_training_is_called_by_its_model_and_learner() -> None:
    assert JOB.name == "m/s-N-r-s0"


def test_how_often_it_saves_decides_nothing_and_the_seed_does() -> None:
    assert replace(JOB, saving=Storing(save_steps=7)).decides == JOB.decides
    assert replace(JOB, seed=1).decides != JOB.decides


def test_files_that_settings_name_decide_it_by_their_content() -> None:
    job = replace(JOB, chat=Chat(template="a.jinja"), recipe=Recipe(deepspeed="z.json"))
    assert job.inputs == [job.base, job.rows, Path("a.jinja"), Path("z.json")]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("{", "is no JSON object"),
        ("[]", "is no JSON object"),
        ('{"zero_optimization": {"stage": 3}}', "save must be true, or the weights stay in parts"),
    ],
)
def test_deepspeed_settings_without_weights_at_the_end_are_refused(
    tmp_path: Path, settings: str, said: str
) -> None:
    file = tmp_path / "zero.json"
    file.write_text(settings)
    with pytest.raises(InputError, match=said):
        check_settings(replace(JOB, recipe=Recipe(deepspeed=str(file))), processes=1)


def test_our_deepspeed_settings_leave_the_recipe_to_decide() -> None:
    file = Path(__file__).parents[2] / "config/deepspeed/zero3.json"
    check_settings(replace(JOB, recipe=Recipe(deepspeed=str(file))), processes=1)
    settings = json.loads(file.read_text())
    decided = ["gradient_clipping", "train_batch_size", "gradient_accumulation_steps"]
    assert [settings[key] for key in decided] == ["auto"] * 3
