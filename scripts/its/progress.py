"""Unfinished work beside an output: what a second start takes up where the first one stopped.

Snakemake deletes a failed job's declared outputs, and only those. So shards and trainer states
lie beside the output, undeclared, in a folder named for everything that decides them: what
belongs to other settings or other inputs is never mixed in.
"""

import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from polars.exceptions import PanicException, PolarsError

from its.console import say
from its.files import replacing, sha256_of
from its.hashing import digest
from its.lease import Lease, lease

HASH = "rows_sha256"
"""Fact of a shard: the hash of its rows."""


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
def unfinished(
    place: Path,
    *decides: object,
    inputs: list[Path],
    keep: bool = False,
    large: Path | None = None,
) -> Iterator[Work]:
    """Hold the unfinished work in `place`; remove it once the block ends without an error.

    Parameters
    ----------
    place
        Folder beside the output, which belongs to this alone.
    decides
        Settings that decide the work, as text or numbers.
    inputs
        Files that decide it by their content.
    keep
        Leave this work there once it is done, for a larger one to take up; remove only others.
    large
        Folder for the work itself, where it is not to lie with the lease: it belongs to this alone.
    """
    fingerprint = digest(*decides, *(sha256_of(path) for path in inputs))[:16]
    large = large or place
    with lease(place / "lease.json") as held:
        folder = large / fingerprint
        folder.mkdir(parents=True, exist_ok=True)
        for rubble in folder.glob(".*.part"):  # of a process that was killed: the lease is ours
            rubble.unlink()
        yield Work(folder, fingerprint, held)
        for other in large.iterdir():
            if other.is_dir() and not (keep and other == folder):
                shutil.rmtree(other)
    for one in {large, place}:
        with suppress(OSError):  # not empty: kept, or somebody waited and is at work there now
            one.rmdir()


def write_shard(work: Work, name: str, rows: pl.DataFrame, **facts: str) -> None:
    """Write rows as the shard `name`, whole or not at all, if the work is still ours.

    Facts are kept beside the rows, for `shard_facts`.
    """
    work.lease.check()
    with replacing(work.folder / f"{name}.parquet") as part:
        rows.write_parquet(part, metadata=facts | {HASH: _hash(rows)})


def read_shard(work: Work, name: str) -> pl.DataFrame | None:
    """Return the rows of the shard `name`; None if there is none that can be read.

    A disk that lost a page of it can leave a file that is read as other rows: their hash tells.
    """
    path = work.folder / f"{name}.parquet"
    if not path.exists():
        return None
    try:
        rows = pl.read_parquet(path)
        if pl.read_parquet_metadata(path).get(HASH) != _hash(rows):  # the hash may be what is lost
            raise OSError("its rows are not those that were written")
        return rows
    except (PolarsError, PanicException, OSError) as error:  # damaged data can panic polars
        say(f"{path}: cannot be read ({error}); making it again")
        path.unlink()
        return None


def shard_facts(work: Work, name: str) -> dict[str, str]:
    """Return the facts written with the shard `name`."""
    facts = pl.read_parquet_metadata(work.folder / f"{name}.parquet")
    return {key: value for key, value in facts.items() if key not in {"ARROW:schema", HASH}}


def fingerprint_of(path: Path) -> str | None:
    """Return the fingerprint kept in a parquet file of ours; None if there is no whole one."""
    try:
        return pl.read_parquet_metadata(path).get("fingerprint")
    except (PolarsError, PanicException, OSError):
        return None


def _hash(rows: pl.DataFrame) -> str:
    """Return a hash of rows that no version of polars and no compression changes."""
    return hashlib.sha256(rows.write_ndjson().encode()).hexdigest()
