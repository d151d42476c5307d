"""Put what was measured of personas into one table."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.errors import run
from its.quality import quality_rows
from its.spreadsheets import write_csv


def main() -> None:
    """Read the numbers, write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", type=Path, help="CSV to write, one row per set and strategy")
    parser.add_argument(
        "--measured", type=Path, nargs="*", default=[], help="what measure_personas.py wrote"
    )
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    args = parser.parse_args()

    write_csv(args.table, quality_rows(args.measured, args.labels))


if __name__ == "__main__":
    run(main)
