"""Say what a plan costs before it is run: jobs, GPU-hours, memory, disk; refuse what cannot fit."""

import argparse
import sys
from pathlib import Path

from its.arguments import as_json
from its.config.experiment import Config
from its.costs.disk import in_words as most_in_words
from its.costs.disk import most_held
from its.costs.fit import misfits
from its.costs.jobs import Lengths, kinds
from its.costs.measured import corrected, factors, finished
from its.costs.table import heading, in_short, in_words, price_rows
from its.errors import refuse, run
from its.files import replacing
from its.spreadsheets import write_csv


def main() -> None:
    """Price every kind of job, write the table and its text."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prices", type=Path, help="CSV to write, one row per kind of job")
    parser.add_argument("text", type=Path, help="the same to read, with totals and assumptions")
    parser.add_argument("--plan", required=True, help="name of the plan")
    parser.add_argument("--config", type=as_json(Config), required=True)
    parser.add_argument(
        "--expected",
        type=as_json(Lengths),
        default=Lengths(),
        help="JSON: texts, asked and rows, each with numbers by the name of a sample or benchmark",
    )
    parser.add_argument("--results", type=Path, default=Path("results"), help="to calibrate with")
    args = parser.parse_args()

    config, lengths = args.config, args.expected
    found = {}
    if config.price.calibrate:
        jobs, lengths = finished(config, args.results, lengths)
        found = factors(jobs)
    made = [corrected(kind, found) for kind in kinds(config, args.plan, lengths)]
    prices = price_rows(made, config.price)
    held = most_held(made, config)
    short = in_short(args.plan, prices, held.large + held.rest)
    text = in_words(prices, [short, *heading(made, config.price, found)])
    text += f"\n{most_in_words(held, config)}"
    if config.price.refuse and (wrong := misfits(config, args.plan)):
        print(text, file=sys.stderr)
        refuse(wrong)
    write_csv(args.prices, prices)
    with replacing(args.text) as part:
        part.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
