"""Put trained weights into a folder that the hub takes as a model. Nothing is uploaded."""

import argparse
import json
import os
import shutil
from pathlib import Path

from its.arguments import as_json
from its.cards import model_card, upload
from its.console import say
from its.errors import run
from its.files import replacing
from its.weights import read_manifest, weights_of


def main() -> None:
    """Link to the weights, copy the record, write the card last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of the weights, JSON")
    parser.add_argument("record", type=Path, help="of the training, JSON")
    parser.add_argument("card", type=Path, help="README.md to write, in the folder of the model")
    parser.add_argument("--lineage", type=as_json(dict), required=True, help="its.lineage")
    args = parser.parse_args()

    source, folder = weights_of(args.weights).resolve(), args.card.parent
    manifest = read_manifest(args.weights)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()  # all of it is ours: links and small files of an earlier export
    for name in manifest["files"]:
        # By reference, and relative: a checkout may be moved.
        (folder / name).symlink_to(os.path.relpath(source / name, folder.resolve()))
    shutil.copyfile(args.record, folder / "training.json")
    with replacing(args.card) as part:
        name = "/".join(folder.parts[-2:])
        card = model_card(
            name, json.loads(args.record.read_text(encoding="utf-8")), manifest, args.lineage
        )
        part.write_text(card, encoding="utf-8")
    say(f"{folder}: nothing is uploaded; this would: {upload(folder, 'model')}")


if __name__ == "__main__":
    run(main)
