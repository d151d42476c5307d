"""The names that Snakemake gives to what it keeps of a file, in folders below `.snakemake`."""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path

LONGEST = 254
"""Characters of a name there; a longer one is divided into folders, which begin with @."""


def record_of(path: Path, records: Path) -> Path:
    """Return where a folder of records has that of a file, whose path is as Snakemake has it."""
    name = base64.urlsafe_b64encode(str(path).encode()).decode()
    *folders, last = [name[start : start + LONGEST] for start in range(0, len(name), LONGEST)]
    return records.joinpath(*(f"@{one}" for one in folders), last)


def recorded(records: Path) -> Iterator[Path]:
    """Yield the files that have a record in a folder of records, whether they are there or not."""
    for record in sorted(records.rglob("*")):
        if not record.is_file():
            continue
        parts = [part.removeprefix("@") for part in record.relative_to(records).parts]
        try:
            yield Path(base64.urlsafe_b64decode("".join(parts)).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue  # something else of Snakemake's
