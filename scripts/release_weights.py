"""Remove the weights of a training that the policy does not keep; its manifests and record stay."""

import argparse
from pathlib import Path

from its.console import say
from its.errors import run
from its.files import write_json
from its.releasing import release


def main() -> None:
    """Note what goes, remove it, write what stays."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of the last epoch's weights")
    parser.add_argument("kept", type=Path, help="JSON to write: the policy, bytes that stay")
    parser.add_argument("--keep", choices=["last", "none"], required=True)
    parser.add_argument("--plan", required=True, help="whose responses are there")
    args = parser.parse_args()

    removed, left = release(args.weights, args.keep, args.plan)
    write_json(args.kept, {"keep": args.keep, "bytes": left})
    say(f"{args.weights.parent.parent}: {removed / 1e9:.1f} GB released, {left / 1e9:.1f} GB stay")


if __name__ == "__main__":
    run(main)
