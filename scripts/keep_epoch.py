"""Make a learner of the weights that a training kept after an epoch; they stay where they are."""

import argparse
from pathlib import Path

from its.errors import InputError, run
from its.released import why_gone
from its.weights import check_model, weights_of, write_manifest


def main() -> None:
    """Check what was kept, write the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path, help="manifest of the last epoch's weights")
    parser.add_argument("manifest", type=Path, help="JSON to write")
    parser.add_argument("--epoch", type=int, required=True)
    args = parser.parse_args()

    folder = weights_of(args.trained).parent / "epochs" / str(args.epoch)
    if says := why_gone(args.manifest):
        raise InputError(says)
    if not folder.is_dir():
        raise InputError(
            f"{folder}: was not kept; add {args.epoch} to `keep` of the recipe, which trains anew"
        )
    check_model(folder)
    write_manifest(args.manifest, folder, epoch=args.epoch)


if __name__ == "__main__":
    run(main)
