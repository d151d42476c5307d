"""Folders of weights: whole if their manifest, written last, says so."""

import json
import struct
from collections.abc import Callable
from fnmatch import fnmatch
from functools import cache
from math import prod
from pathlib import Path

from its.errors import InputError, refuse
from its.files import sha256_of, write_json
from its.hashing import digest
from its.released import why_gone

NEEDED = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model", "*.tiktoken"]
"""Names of the files that a model is made of: weights, configuration, tokenizer, chat template."""
LARGE = ".safetensors"
"""End of the names of those that are large, and that may be released."""
PICKLED = ["*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl"]
"""Weights in these files could run code when they are loaded: they never are."""
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16"}


def write_manifest(
    manifest: Path,
    folder: Path | None = None,
    *,
    check: Callable[[dict[Path, str]], None] | None = None,
    **facts: object,
) -> None:
    """Record size and sha256 of every file of a model, once all of them are written.

    Snakemake takes an empty folder for a finished one, and never looks into it: this file is
    what rules declare. Equal weights give equal bytes, so that they rerun nothing.

    Parameters
    ----------
    manifest
        JSON to write: `files` (name to `bytes` and `sha256`), `parameters` (how many numbers the
        weights hold), `dtype` (of which kind, as torch calls it), `folder` if one is given.
    folder
        Where the files are, if not beside the manifest.
    check
        Called with the sha256 of each file before anything is written.
    facts
        More keys to write, such as where the files came from.
    """
    place = folder or manifest.parent
    files = {
        path.relative_to(place).as_posix(): {
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in _files(place)
        if path.name != manifest.name  # nor that of another, whose folder this is
    }
    if check:
        check({place / name: entry["sha256"] for name, entry in files.items()})
    contents = tensors([place / name for name in files if name.endswith(".safetensors")])
    where = {"folder": str(folder)} if folder else {}
    write_json(manifest, {"files": files} | contents | where | facts)


def weights_of(manifest: Path, *, hashes: bool = False, released: bool = False) -> Path:
    """Return the folder of a manifest.

    Raises `InputError` if a file is missing, of another size or of other content. Content is read
    where `hashes` asks for it, and where the folder is somebody's own: another model may have come
    into its place, with as many bytes. `released` says that files which were released may be
    missing.
    """
    record = read_manifest(manifest)
    hashes = hashes or "folder" in record
    gone = why_gone(manifest)
    folder = folder_of(manifest)
    remove = f"remove {manifest} and start snakemake again"
    again = (
        f"{remove} to fetch it anew"
        if "source" in record
        else f"bring back {folder}, if it is away, or {remove}, which trains anew"
    )
    mistakes = []
    for name, entry in record["files"].items():
        path = folder / name
        status = path.stat() if path.is_file() else None
        found = status.st_size if status else "no"
        if gone and found == "no" and name.endswith(LARGE):
            mistakes += [] if released else [gone]
        elif found != entry["bytes"]:
            mistakes.append(f"{path}: {found} bytes, expected {entry['bytes']}; {again}")
        elif hashes and (sha256 := _sha256(path, status.st_mtime_ns)) != entry["sha256"]:
            mistakes.append(f"{path}: sha256 {sha256}, expected {entry['sha256']}; {again}")
    refuse(mistakes)
    return folder


@cache  # a job asks several times
def _sha256(path: Path, changed: int) -> str:
    """Return the hash of a file that changed then."""
    return sha256_of(path)


def own_folder(source: str) -> Path | None:
    """Return the folder of a `path:` source of a model; None for another one."""
    kind, _, name = source.partition(":")
    return Path(name).expanduser() if kind == "path" else None


def came_from(manifest: Path, source: str) -> bool:
    """Tell whether a manifest is there, and of a model that was read from that source."""
    return manifest.is_file() and read_manifest(manifest).get("source") == source


def looks_changed(manifest: Path) -> bool:
    """Tell whether files of a manifest are away, of another size, or younger than it."""
    folder, written = folder_of(manifest), manifest.stat().st_mtime_ns
    for name, entry in read_manifest(manifest)["files"].items():
        path = folder / name
        status = path.stat() if path.is_file() else None
        if not status or status.st_size != entry["bytes"] or status.st_mtime_ns > written:
            return True
    return False


def folder_of(manifest: Path) -> Path:
    """Return the folder of a manifest, whatever is in it."""
    return Path(read_manifest(manifest).get("folder", manifest.parent))


def read_manifest(manifest: Path) -> dict:
    """Return what `write_manifest` wrote; raise `InputError` if it is not that."""
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        record["files"].items()
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise InputError(f"{manifest}: is no manifest of weights ({error}); remove it") from error
    return record


def identity(manifest: Path) -> str:
    """Return a hash of the files that a manifest lists, wherever they are."""
    files = read_manifest(manifest)["files"]
    return digest(*(f"{name} {entry['sha256']}" for name, entry in sorted(files.items())))


def tensors(files: list[Path]) -> dict[str, object]:
    """Return `parameters` and `dtype` of safetensors files, from their headers alone.

    Kinds of numbers are joined by `+` where there are several.

    Raises
    ------
    InputError
        If a file is of another format, or shorter or longer than its header says.

    References
    ----------
    The layout of the files: https://github.com/huggingface/safetensors#format
    """
    parameters, kinds = 0, set()
    for file in files:
        try:
            with file.open("rb") as opened:
                (length,) = struct.unpack("<Q", opened.read(8))
                header = json.loads(opened.read(length)) if length < 100_000_000 else {}
            entries = [entry for name, entry in header.items() if name != "__metadata__"]
            ends = [entry["data_offsets"][1] for entry in entries]
            parameters += sum(prod(entry["shape"]) for entry in entries)
            kinds |= {DTYPES.get(entry["dtype"], entry["dtype"]) for entry in entries}
        except (struct.error, ValueError, LookupError, TypeError, AttributeError) as error:
            raise InputError(f"{file}: is no safetensors file ({error}); fetch it anew") from error
        found, expected = file.stat().st_size, 8 + length + max(ends, default=0)
        if found != expected:
            raise InputError(f"{file}: {found} bytes, its header says {expected}; fetch it anew")
    return {"parameters": parameters, "dtype": "+".join(sorted(kinds))}


def check_model(folder: Path) -> None:
    """Raise `InputError` unless a folder holds what an engine and a trainer load.

    That is config.json, a tokenizer, and safetensors, all that an index names.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such directory; expected one with a model in it")
    names = {path.name for path in folder.iterdir()}
    mistakes = []
    if "config.json" not in names:
        mistakes.append(f"{folder}: no config.json; expected a model as transformers saves it")
    if not names & {"tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt"}:
        mistakes.append(f"{folder}: no tokenizer.json; save the tokenizer beside the model")
    if not any(name.endswith(".safetensors") for name in names):
        pickled = sorted(name for name in names if any(fnmatch(name, one) for one in PICKLED))
        found = f"only {', '.join(pickled)}" if pickled else "no weights at all"
        mistakes.append(
            f"{folder}: {found}; expected *.safetensors, since other formats can run code when "
            "they are loaded: convert them, or take a revision that has them"
        )
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        parts = set(_read_object(index).get("weight_map", {}).values())
        mistakes += [f"{folder / part}: missing, {index.name} names it" for part in parts - names]
    for name in names & {"config.json", "tokenizer_config.json"}:
        _read_object(folder / name)
    refuse(sorted(mistakes))


def has_template(folder: Path) -> bool:
    """Tell whether the tokenizer in a folder brings a chat template."""
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    file = folder / "tokenizer_config.json"
    return file.is_file() and bool(_read_object(file).get("chat_template"))


def _read_object(file: Path) -> dict:
    """Read a file of a model; raise `InputError` if it is no JSON object."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        content.items()
    except (ValueError, AttributeError, RecursionError) as error:
        raise InputError(f"{file}: is no JSON object ({error}); fetch the model anew") from error
    return content


def _files(folder: Path) -> list[Path]:
    """List the files of a model: those in `NEEDED`, and nothing hidden or in a folder below."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.is_file()
        and not path.name.startswith(".")
        and any(fnmatch(path.name, pattern) for pattern in NEEDED)
    )
