"""Say what is at work in this folder, what was left behind, what hangs, and how to mend it.

With --watch it stays, and ends a Snakemake that waits for jobs which SLURM no longer has.
"""

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from its.doctor import AGAIN, PATIENCE, facts, findings, hangs
from its.errors import run

LAST = 60.0
"""Seconds that a Snakemake has to end by itself."""


def main() -> None:
    """Look once, or look on; exit with status 1 if something has to be mended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds without a word")
    parser.add_argument("--watch", action="store_true", help="look on, and end what hangs")
    parser.add_argument("--every", type=float, default=60, help="seconds between two looks")
    args = parser.parse_args()

    if args.watch:
        watch(args.results, args.patience, args.every)
        return
    found = findings(facts(Path.cwd(), args.results), args.patience)
    for one in found:
        print(one.says)
        if one.mend:
            print(f"    {one.mend}")
    sys.exit(1 if found[0].mend else 0)


def watch(results: Path, patience: float, every: float) -> None:
    """Look on until no Snakemake is at work here; end one that hangs, and exit with status 1."""
    while True:
        seen = facts(Path.cwd(), results)
        if not seen.drivers:
            print("no Snakemake is at work here")
            return
        for driver in seen.drivers:
            if hangs(driver, seen, patience):
                end(driver.process)
                sys.exit(
                    f"error: Snakemake, process {driver.process}, waited for jobs that SLURM no "
                    f"longer has, and was ended. What is made is kept: {AGAIN}, after "
                    "`snakemake --unlock` if it asks for that"
                )
        time.sleep(every)


def end(process: int) -> None:
    """End a process as Ctrl-C does, by force if it takes too long."""
    os.kill(process, signal.SIGINT)
    last = time.monotonic() + LAST
    while Path(f"/proc/{process}").exists():
        if time.monotonic() > last:
            os.kill(process, signal.SIGKILL)
            return
        time.sleep(0.5)


if __name__ == "__main__":
    run(main)
