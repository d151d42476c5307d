"""On scratch, each folder belongs to one training of one checkout."""

from pathlib import Path

import pytest

from its.errors import InputError
from its.scratch import claim


def test_a_second_checkout_does_not_replace_the_weights_of_the_first(tmp_path: Path) -> None:
    place, first, second = (tmp_path / name for name in ["scratch/m/l", "first/m/l", "second/m/l"])
    claim(place, first)
    claim(place, first)
    with pytest.raises(InputError, match=r"first/m/l; give each checkout a weights\.scratch of"):
        claim(place, second)


def test_a_checkout_that_was_moved_keeps_its_folders(tmp_path: Path) -> None:
    place, before, after = (tmp_path / name for name in ["scratch/m/l", "before/m/l", "after/m/l"])
    claim(place, before)
    after.parent.mkdir(parents=True)
    before.rename(after)
    claim(place, after)
    claim(place, after)
    with pytest.raises(InputError):
        claim(place, before)
