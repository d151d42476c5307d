"""Put a refined set into a folder that the hub takes as a data set. Nothing is uploaded."""

import argparse
import json
import shutil
from pathlib import Path

from its.arguments import as_json
from its.cards import dataset_card, upload
from its.console import say
from its.errors import run
from its.files import replacing
from its.schemas import REFINED
from its.tables import read_table


def main() -> None:
    """Copy the rows, write the card last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("refined", type=Path, help="parquet, results/refined/SET/STRATEGY.parquet")
    parser.add_argument("rows", type=Path, help="parquet to write")
    parser.add_argument("card", type=Path, help="README.md to write, in the folder of the data set")
    parser.add_argument("--pool", type=Path, nargs="*", default=[], help="its counts, JSON")
    parser.add_argument("--lineage", type=as_json(dict), required=True, help="its.lineage")
    args = parser.parse_args()

    folder = args.card.parent
    rows = read_table(args.refined, REFINED)
    counts = [json.loads(pool.read_text(encoding="utf-8")) for pool in args.pool]
    with replacing(args.rows) as part:
        shutil.copyfile(args.refined, part)
    file = args.rows.relative_to(folder).as_posix()
    name = f"{args.refined.parent.name}/{args.refined.stem}"
    with replacing(args.card) as part:
        card = dataset_card(name, rows, args.lineage, counts[0] if counts else None, file)
        part.write_text(card, encoding="utf-8")
    say(f"{folder}: nothing is uploaded; this would: {upload(folder, 'dataset')}")


if __name__ == "__main__":
    run(main)
