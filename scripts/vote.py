"""Let several learners vote on each problem of a benchmark."""

import argparse
from pathlib import Path
from typing import Any

import polars as pl

from its.arguments import as_json
from its.config.vote import Vote
from its.errors import run
from its.files import write_json
from its.intervals import accuracy
from its.tables import read_table, write_table
from its.voting import BALLOTS, vote


def main() -> None:
    """Read the verdicts of the members, write the votes and what they come to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("votes", type=Path, help="parquet to write, one row a problem and sample")
    parser.add_argument("summary", type=Path, help="JSON to write")
    parser.add_argument(
        "--verdicts", type=Path, nargs="+", required=True, help="one file a member, in their order"
    )
    parser.add_argument("--vote", type=as_json(Vote), required=True)
    args = parser.parse_args()

    members = [read_table(path, BALLOTS) for path in args.verdicts]
    votes = vote(members, [str(path) for path in args.verdicts], args.vote.ties)
    write_table(args.votes, votes)
    write_json(args.summary, summary(votes, members))


def summary(votes: pl.DataFrame, members: list[pl.DataFrame]) -> dict[str, Any]:
    """Return the accuracy of the vote with its interval, of each member, and how often it tied."""
    estimate = accuracy(votes)
    return {
        "mean": estimate.mean,
        "low": estimate.low,
        "high": estimate.high,
        "problems": estimate.problems,
        "votes": estimate.responses,
        "members": [accuracy(member).mean for member in members],
        "tied": (votes["tied"] > 1).mean(),
        "silent": (votes["voters"] == 0).mean(),
    }


if __name__ == "__main__":
    run(main)
