"""Print what a file was made of, down to its sources, and whether any of that has changed.

Ends with status 1 if it has: then the file is not what these inputs give.
"""

import argparse
import sys
from pathlib import Path

from its.errors import run
from its.provenance import chain
from its.words import amount


def main() -> None:
    """Follow the records that Snakemake keeps, print them."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, help="such as results/scores/.../U.json")
    args = parser.parse_args()

    links = chain(args.file)
    for link in links:
        print(link.path)
        for fact in link.facts:
            print(f"  {fact}")
        for fault in link.faults:
            print(f"  CHANGED: {link.path} {fault}")
    faults = sum(len(link.faults) for link in links)
    if faults:
        sys.exit(f"error: CHANGED stands at {amount(faults, 'place')} above")
    print(f"{amount(len(links), 'file')}, every hash as it was recorded")


if __name__ == "__main__":
    run(main)
