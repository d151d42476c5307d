"""Unfinished work beside an output: what a second start takes up where the first one stopped.

Snakemake deletes a failed job's declared outputs, and only those. So shards and trainer states
lie beside the output, undeclared, in a folder named for everything that decides them: what
belongs to other settings or other inputs is never mixed in.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from its.console import say
from its.files import replacing, sha256_of
from its.hashing import digest
from its.lease import Lease, lease


@dataclass(frozen=True, slots=True)
class Work:
    """The unfinished work on one output, held by this process."""

    folder: Path
    """Where to keep it."""
    fingerprint: str
    """Of what decides it; to be kept in the output."""
    lease: Lease
    """To be checked before anything is written."""


@contextmanager
def unfinished(place: Path, *decides: object, inputs: list[Path]) -> Iterator[Work]:
    """Hold the unfinished work in `place`; remove it once the block ends without an error.

    Parameters
    ----------
    place
        Folder beside the output, which belongs to this alone.
    decides
        Settings that decide the work, as text or numbers.
    inputs
        Files that decide it by their content.
    """
    fingerprint = digest(*decides, *(sha256_of(path) for path in inputs))[:16]
    with lease(place / "lease.json") as held:
        folder = place / fingerprint
        folder.mkdir(exist_ok=True)
        yield Work(folder, fingerprint, held)
        for other in place.iterdir():
            if other.is_dir():
                shutil.rmtree(other)
    if not any(place.iterdir()):
        place.rmdir()


def write_shard(work: Work, name: str, rows: pl.DataFrame) -> None:
    """Write rows as the shard `name`, whole or not at all, if the work is still ours."""
    work.lease.check()
    with replacing(work.folder / f"{name}.parquet") as part:
        rows.write_parquet(part)


def read_shard(work: Work, name: str) -> pl.DataFrame | None:
    """Return the rows of the shard `name`; None if there is none that can be read."""
    path = work.folder / f"{name}.parquet"
    if not path.exists():
        return None
    try:
        return pl.read_parquet(path)
    except (PolarsError, OSError) as error:
        say(f"{path}: cannot be read ({error}); making it again")
        path.unlink()
        return None


def fingerprint_of(path: Path) -> str | None:
    """Return the fingerprint kept in a parquet file of ours; None if there is no whole one."""
    try:
        return pl.read_parquet_metadata(path).get("fingerprint")
    except (PolarsError, OSError):
        return None
