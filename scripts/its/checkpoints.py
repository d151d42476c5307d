"""States from which an interrupted training goes on: whole ones only.

The trainer writes a state in place, file by file, and takes the one with the highest number
when it starts again, whole or not. So a mark with the sizes of all files is written last, and
what has none that holds is removed.
"""

import json
import os
import shutil
from pathlib import Path

from its.config.model import Saving
from its.console import say
from its.files import write_json

MARK = "whole.json"


def due(saving: Saving, step: int, seconds: float) -> bool:
    """Tell whether to save after a step, so many seconds after the last state."""
    late = saving.save_minutes is not None and seconds >= 60 * saving.save_minutes
    return late or (saving.save_steps is not None and step % saving.save_steps == 0)


def mark(state: Path, *, processes: int, keep: int) -> None:
    """Declare a state whole, once its bytes are on the disk, and keep so many of the newest."""
    sizes = {}
    for path in sorted(state.rglob("*")):
        if path.is_file() and path.name != MARK:
            with path.open("rb") as file:
                os.fsync(file.fileno())
            sizes[path.relative_to(state).as_posix()] = path.stat().st_size
    write_json(state / MARK, {"processes": processes, "sizes": sizes})
    older = [one for one in states(state.parent) if _number(one) < _number(state)]
    for one in reversed(older[::-1][keep - 1 :]):
        shutil.rmtree(one)


def newest(folder: Path) -> Path | None:
    """Return the newest whole state in `folder`, and remove torn ones; None if there is none."""
    for state in reversed(states(folder)):
        if _holds(state):
            return state
        say(f"{state}: was not written to its end; removing it")
        shutil.rmtree(state)
    return None


def parts_of(state: Path) -> int:
    """Return how many processes left a whole state: into so many parts DeepSpeed divides it."""
    return json.loads((state / MARK).read_text())["processes"]


def states(folder: Path) -> list[Path]:
    """Return the trainer's states in a folder, whole or not, the oldest first."""
    return sorted((path for path in folder.glob("checkpoint-*") if path.is_dir()), key=_number)


def _number(state: Path) -> int:
    return int(state.name.rpartition("-")[2])


def _holds(state: Path) -> bool:
    try:
        sizes = json.loads((state / MARK).read_text())["sizes"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    paths = {state / name: size for name, size in sizes.items()}
    return all(path.is_file() and path.stat().st_size == size for path, size in paths.items())
