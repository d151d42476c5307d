"""Write the newest revision behind every `hub:` of a config file that has none.

Comments and layout stay, and so do revisions that are there. All are written, or none.
"""

import argparse
import shutil
from pathlib import Path

from its.errors import InputError, refuse, run
from its.files import replacing
from its.hub import newest
from its.pins import unpinned, with_revisions


def main() -> None:
    """Ask the hub for each revision, then write the file once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=Path, help="YAML to read and to write")
    args = parser.parse_args()

    try:
        text = args.config.read_bytes().decode()  # line ends stay as they are
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{args.config}: cannot be read: {error}") from error
    places = unpinned(text, str(args.config))
    if not places:
        print(f"{args.config}: nothing to pin, every hub: has its revision")
        return
    revisions, mistakes = {}, []
    for repository in dict.fromkeys(place.repository for place in places):
        try:
            revisions[repository] = newest(repository)
        except InputError as error:
            mistakes.append(f"{args.config}: {error}")
    refuse(mistakes)
    file = args.config.resolve()  # not the link, if it is one
    with replacing(file) as part:
        part.write_bytes(with_revisions(text, places, revisions).encode())
        shutil.copymode(file, part)
    for place in places:
        print(f"{place.place}: {place.repository}@{revisions[place.repository]}")


if __name__ == "__main__":
    run(main)
