"""Release weights: note what they were, then remove them; the manifests stay."""

import os
import pwd
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from its.files import write_json
from its.released import record_of, releases
from its.weights import LARGE, folder_of, read_manifest


def release(manifest: Path, keep: str, plan: str) -> tuple[int, int]:
    """Remove the weights of a training that a policy does not keep.

    First it is noted what goes, so that whoever comes in between, or finishes what was
    interrupted, knows. Small files stay: with them, what shards hold can be put together.

    Parameters
    ----------
    manifest
        Of the last epoch's weights.
    keep
        `last` removes those of earlier epochs, `none` all.
    plan
        Whose responses are there.

    Returns
    -------
    tuple
        Bytes that were removed, and bytes of weights that stay.
    """
    home = manifest.parent.parent
    held = {name: _large(folder, known) for name, folder, known in _learners(manifest)}
    going = {name: files for name, files in held.items() if keep == "none" or name != home.name}
    _note(home, going, keep, plan)
    for files in going.values():
        for file in files:
            file.unlink()
    sizes = {name: sum(one["bytes"] for one in files.values()) for name, files in held.items()}
    removed = sum(sizes[name] for name in going)
    return removed, sum(sizes.values()) - removed


def _learners(manifest: Path) -> Iterator[tuple[str, Path, dict[str, dict]]]:
    """Yield each learner of a training, the folder of its weights, and what is known of them."""
    home, folder = manifest.parent.parent, folder_of(manifest)
    yield home.name, folder, read_manifest(manifest)["files"]
    for epoch in sorted((folder.parent / "epochs").glob("*")):
        name = f"{home.name}-e{epoch.name}"
        made = home.with_name(name) / "weights/manifest.json"
        yield name, epoch, read_manifest(made)["files"] if made.exists() else {}


def _large(folder: Path, known: dict[str, dict]) -> dict[Path, dict]:
    """Return the large files that are in a folder, with what is known of each."""
    files = sorted(folder.glob(f"*{LARGE}"))
    return {file: known.get(file.name, {"bytes": file.stat().st_size}) for file in files}


def _note(home: Path, going: dict[str, dict[Path, dict]], keep: str, plan: str) -> None:
    """Add to the record what it does not hold yet."""
    before = releases(home)
    noted = {
        (name, file) for one in before for name, files in one["learners"].items() for file in files
    }
    learners = {}
    for name, files in going.items():
        new = {file.name: facts for file, facts in files.items() if (name, file.name) not in noted}
        if new:
            learners[name] = new
    if learners:
        entry = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "by": f"{_user()} on {socket.gethostname()}",
            "keep": keep,
            "plan": plan,
            "learners": learners,
        }
        write_json(record_of(home), [*before, entry])


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # as in a container
        return f"user {os.getuid()}"
