"""List under which licence each package stands that envs/cpu.lock pins, into docs/licences.csv.

It is what the installed packages say of themselves.
"""

import csv
from importlib.metadata import distribution
from pathlib import Path

from lock import FOLDER, pins

TABLE = FOLDER.parent / "docs/licences.csv"
LONGEST = 60
"""Characters of a licence's name; some packages put the whole text there."""


def licence(package: str) -> str:
    """Return the licence that an installed package names; `not said` if it names none."""
    metadata = distribution(package).metadata
    said = metadata.get("License-Expression")
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in metadata.get_all("Classifier", [])
        if line.startswith("License :: ") and line != "License :: OSI Approved"
    ]
    first = (metadata.get("License") or "").strip().partition("\n")[0]
    named = "; ".join(classifiers) or (first if len(first) <= LONGEST else "")
    files = metadata.get_all("License-File", [])
    return said or named or (f"see {files[0]} in the package" if files else "not said")


def table(folder: Path) -> list[tuple[str, str, str]]:
    """Return name, version and licence of each package that cpu.lock of a folder pins."""
    found = pins((folder / "cpu.lock").read_text())
    return [(name, str(version), licence(name)) for name, version in sorted(found.items())]


def main() -> None:
    """Write the table."""
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["package", "version", "licence"])
        writer.writerows(table(FOLDER))


if __name__ == "__main__":
    main()
