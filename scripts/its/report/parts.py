"""Data that a page opened from a file can load: such a page may run scripts, but not fetch."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SIZE = 1_000_000
"""Characters after which a part is full: what a browser reads at once without a pause."""


def write_part(folder: Path, name: str, value: object) -> None:
    """Write a value as a script that hands it to the page: `part(name, value)`.

    JSON in ASCII is JavaScript that holds no other code, whatever the texts in it say.
    """
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = json.dumps(value, separators=(",", ":"), allow_nan=False)
    path.write_text(f"part({json.dumps(name)},{told});\n", encoding="ascii")


class Parts:
    """Spreads entries over parts of bounded size."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._number, self._entries, self._size = 0, {}, 0

    def add(self, key: int, *texts: str) -> int:
        """Take an entry; return the number of the part that it will be in."""
        self._entries[key] = texts
        self._size += sum(map(len, texts))
        number = self._number
        if self._size > SIZE:
            self.close()
        return number

    def close(self) -> None:
        """Write what has not been written."""
        if self._entries:
            write_part(self._folder, f"{self._name}/{self._number}", self._entries)
            self._number += 1
            self._entries, self._size = {}, 0


@contextmanager
def parts(folder: Path, name: str) -> Iterator[Parts]:
    """Yield parts named `name/0`, `name/1` and so on, all written at the end of the block."""
    opened = Parts(folder, name)
    yield opened
    opened.close()
