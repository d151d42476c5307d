"""A folder apart from results for what is large: weights, and states of trainings."""

from pathlib import Path

from its.errors import InputError
from its.files import replacing

OWNER = "owner.txt"
"""Names the folder whose large files lie beside it."""


def claim(place: Path, home: Path) -> None:
    """Take a folder on scratch for the training whose results are in `home`.

    Two checkouts may train under the same names, and each would replace the weights of the other
    by some of equal size. A checkout that was moved or removed leaves its folders to others.

    Raises
    ------
    InputError
        If the folder belongs to a training of another checkout.
    """
    owner = place / OWNER
    home.mkdir(parents=True, exist_ok=True)
    if owner.exists():
        other = Path(owner.read_text(encoding="utf-8").strip())
        if other.is_dir() and not other.samefile(home):
            raise InputError(
                f"{place}: holds the weights of {other}; give each checkout a weights.scratch of "
                "its own, or remove that folder if it is wanted no more"
            )
    with replacing(owner) as part:
        part.write_text(f"{home.resolve()}\n", encoding="utf-8")
