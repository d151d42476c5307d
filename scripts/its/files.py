"""Write files so that a path either holds a whole result or nothing."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside `path` to write to; move it into place only if the block succeeds.

    The bytes are on the disk before the name is, so that a machine that dies leaves no name
    without its bytes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield part
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(path)
    except OSError as error:
        error.filename = error.filename or str(path)  # polars does not say it
        raise
    finally:
        part.unlink(missing_ok=True)


def write_json(path: Path, value: object) -> None:
    """Write `value` with sorted keys, so that the same value is always the same bytes."""
    with replacing(path) as part:
        part.write_text(json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


def umask() -> int:
    """Return the bits that new files do not get: what the person wants of them."""
    bits = os.umask(0)
    os.umask(bits)
    return bits


def sha256_of(path: Path) -> str:
    """Return the hash of a file's bytes, 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
