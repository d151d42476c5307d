"""Where the files of a source are."""

import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from its.config.source import Generator
from its.errors import InputError, refuse
from its.files import sha256_of

SUFFIXES = {".jsonl", ".ndjson", ".json", ".csv", ".parquet"}
"""Of the files that can be read."""


def local_files(origin: Generator | str) -> list[str]:
    """Return the files of a `path:` origin in order; none for another one.

    A folder stands for the files in it that can be read. What matches nothing is returned as it
    is, for the caller to report as missing.
    """
    if isinstance(origin, Generator) or not origin.startswith("path:"):
        return []
    pattern = origin.removeprefix("path:")
    if Path(pattern).is_dir():
        found = [str(file) for file in Path(pattern).iterdir() if file.suffix in SUFFIXES]
    else:
        anchor = Path(pattern).anchor
        found = map(str, Path(anchor or ".").glob(pattern.removeprefix(anchor)))
    return sorted(found) or [pattern]


def was_read(manifest: Path, origin: Generator | str) -> bool:
    """Tell whether a manifest is there, and of a source that was read from that origin."""
    try:
        return json.loads(manifest.read_text(encoding="utf-8"))["origin"] == _written(origin)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def manifest_of(files: list[Path], origin: Generator | str) -> dict:
    """Return what a source's manifest says: origin, and path, size and sha256 of each file.

    Raises `InputError` if a file is not there, or is none that anybody here can read.
    """
    known = f"known are files that end in {', '.join(sorted(SUFFIXES))}"
    refuse(
        [f"{file}: there is no such file; mend the origin" for file in files if not file.exists()]
        or [f"{file}: cannot be read; {known}" for file in files if file.suffix not in SUFFIXES]
    )
    return {
        "origin": _written(origin),
        "files": [
            {"path": str(file), "size": file.stat().st_size, "sha256": sha256}
            for file, sha256 in zip(files, _hashes(files), strict=True)
        ],
    }


def files_of(manifest: Path) -> list[Path]:
    """Return the files that a source's manifest describes, in order.

    Raises `InputError` if one of them is not there, or another one by now.
    """
    entries = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    files = [Path(entry["path"]) for entry in entries]
    for file, entry, sha256 in zip(files, entries, _hashes(files), strict=True):
        if sha256 != entry["sha256"]:
            raise InputError(
                f"{file}: is not the file that {manifest} describes; it changed or went away "
                "while the workflow ran, or for one with an older date: "
                f"remove {manifest} and start snakemake again to read it anew"
            )
    return files


def _hashes(files: Sequence[Path]) -> list[str]:
    """Return the sha256 of each file, empty if it is away: as many at once as there are cores."""
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        return list(threads.map(lambda file: sha256_of(file) if file.is_file() else "", files))


def _written(origin: Generator | str) -> str | dict:
    return origin if isinstance(origin, str) else json.loads(origin.settings())
