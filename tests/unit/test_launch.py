"""How trainings are started; that they are, tests of the workflow show."""

import argparse

import pytest

import launch
from its.errors import InputError


def test_a_torch_that_is_too_old_is_told_which_one_to_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "get_args_parser", argparse.ArgumentParser)
    with pytest.raises(InputError, match="take the one of envs/train.yaml"):
        launch.main()
