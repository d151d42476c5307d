"""What each number was made of, for the page of single responses."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from its.provenance import links_of
from its.report.parts import write_part


def write_chains(folder: Path, results: Path, cells: Iterable[Mapping[str, str]]) -> None:
    """Write `made/{benchmark}`: by path, what is known of each file behind its scores.

    That are facts, a line each, the files that it was made of, and what is wrong. Nothing is
    hashed for it: weights alone may be terabytes. `scripts/trace_file.py` does.

    Parameters
    ----------
    cells
        `path` and `benchmark` of each.
    """
    scores: dict[str, list[Path]] = {}
    for cell in cells:
        path = results / f"scores/{cell['path']}.json"
        scores.setdefault(cell["benchmark"], []).append(path)
    for benchmark, paths in scores.items():
        links = links_of(paths, hashes=False)
        told = {
            str(path): [link.facts, [str(one) for one in link.inputs], link.faults]
            for path, link in links.items()
        }
        write_part(folder, f"made/{benchmark}", told)
