"""Seconds for a thousand tokens of a training of ours, and of TRL alone on the same rows.

Both learn them in the same batches, in fp32. Memory is that of the whole process.
"""

import argparse
import json
from pathlib import Path

from measure import HEADING, Cost, show
from trainings import Took, alone, ours


def for_a_thousand(took: Took) -> Cost:
    """Return the seconds for a thousand tokens: templates of both sides differ in a few."""
    return Cost(1000 * took.seconds / took.tokens, 0, took.mebibytes)


def main() -> None:
    """Run both in turns, print a row of the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of a model")
    parser.add_argument("rows", type=Path, help="a refined sample")
    parser.add_argument("--settings", type=json.loads, required=True, help="recipe and chat")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()

    costs: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    print(HEADING)
    for _ in range(args.rounds):
        mine = ours(args.weights, args.rows, args.settings, "float32")
        costs["ours"].append(for_a_thousand(mine))
        theirs = alone(args.weights, args.rows, args.settings, "float32")
        costs["theirs"].append(for_a_thousand(theirs))
    show("tokens trained, seconds for a thousand", mine.tokens, **costs)


if __name__ == "__main__":
    main()
