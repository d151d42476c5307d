"""The chain behind a file: what it was made of, how, and whether any of that has changed since."""

import ast
import base64
import json
import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from its.errors import InputError
from its.files import sha256_of
from its.records import record_of
from its.released import why_gone
from its.rounding import made_again
from its.runs import run_of
from its.weights import weights_of

RECORDS = Path(".snakemake/metadata")
"""What Snakemake notes of every file that it made: rule, params, inputs with their hashes."""

NAMED = ["math-verify", "torch", "transformers", "trl", "vllm"]
"""Packages whose pinned versions are shown, where the environment of a rule has them."""

NUMBERS = ["draw", "epoch"]
"""Options whose number is a setting of a job."""

FACTS = ["versions", "device", "processes", "threads", "attention", "rows", "settings"]
"""What is shown of the record of a training."""


@dataclass
class Link:
    """One file of a chain: what is known of it, a line each, and what is wrong with it."""

    path: Path
    facts: list[str] = field(default_factory=list)
    inputs: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def chain(path: Path) -> list[Link]:
    """Return the file and all that it was made of, each once, nearest first.

    Raises
    ------
    InputError
        If Snakemake has no record of the file itself: then nothing is known.
    """
    path = Path(os.path.relpath(path))  # as Snakemake has it, however it is written
    if not record_of(path, RECORDS).exists():
        there = "Snakemake has no record of making it" if path.exists() else "there is no such file"
        raise InputError(
            f"{path}: {there}; call this in the workflow's folder, with a path below results/. "
            f"`snakemake -n {path}` says whether it can be made"
        )
    return list(links_of([path]).values())


def links_of(paths: Iterable[Path], *, hashes: bool = True) -> dict[Path, Link]:
    """Return files and all that they were made of, by path, nearest first.

    Parameters
    ----------
    hashes
        Whether to read every file, and so to see which has changed. Without, what is known of
        them is what was noted when they were made.
    """
    links: dict[Path, Link] = {}
    waiting = list(paths)
    for one in waiting:
        if one not in links:
            links[one] = _link(one, hashes)
            waiting += links[one].inputs
    return links


def _link(path: Path, hashes: bool) -> Link:
    link = Link(path)
    if not path.exists():
        link.faults.append("is not there any more")
    elif hashes:
        link.facts.append(f"sha256 {sha256_of(path)}")
    record = record_of(path, RECORDS)
    if record.exists():
        _recorded(link, json.loads(record.read_text()), hashes)
    elif path.parts[0] == "results":
        link.facts.append("how it was made: not recorded")
    if path.exists():
        _told(link, hashes)
    return link


def _recorded(link: Link, record: dict, checked: bool) -> None:
    """Add what Snakemake noted when it made the file."""
    made = datetime.fromtimestamp(record["starttime"], UTC)
    link.facts.append(f"made by the rule {record['rule']}, begun {made:%Y-%m-%d %H:%M:%S} UTC")
    run = run_of(record["starttime"])
    if run is None or run["commit"] is None:
        link.facts.append("commit: not recorded")
    else:
        changed = f", uncommitted: {', '.join(run['changed'])}" if run["changed"] else ", clean"
        link.facts.append(f"commit {run['commit']}{changed}")
    link.facts += settings_of(record["params"], record.get("shellcmd") or "")
    pinned = base64.b64decode(record.get("conda_env") or "").decode()
    versions = dict(re.findall(r"^ +- ([a-z0-9-]+)==(\S+)$", pinned, flags=re.MULTILINE))
    shown = [f"{name} {versions[name]}" for name in NAMED if name in versions]
    if shown:
        pins = ", ".join(shown)
        link.facts.append(f"with --sdm conda, its rule's environment pins {pins}")
    hashes = record.get("input_checksums", {})
    for name in record["input"]:
        source = Path(name)
        if source.is_relative_to(Path.cwd()):  # so named where a table may be partial
            source = source.relative_to(Path.cwd())
        link.inputs.append(source)
        then = hashes.get(name, "").removeprefix("sha256:")
        if not then:
            link.facts.append(f"from {name} (its hash: not recorded)")
        elif checked and source.exists() and sha256_of(source) != then:
            link.faults.append(f"was made from another {name}, of sha256 {then}")
        else:
            noted = "" if checked else f", sha256 {then}"
            link.facts.append(f"from {name}{noted}")


def settings_of(params: Iterable[str], command: str) -> list[str]:
    """Return the params of a job with what each of them is; Snakemake notes their values alone.

    A setting is called as the option that hands it to the script. What no option hands over says
    which code it was: a hash, or a version that a person raises.

    >>> settings_of(["'a99aace08d60'", "'{}'", "0", "4"], "python x.py out --chat '{}' --draw 0")
    ['code of hash a99aace08d60', 'chat {}', 'draw 0', 'code of version 4']
    """
    options: dict[str, list[str]] = {}
    name = ""
    for word in shlex.split(command.partition(" &> ")[0]):
        if word.startswith("--"):
            name = word[2:]
            options[name] = []
        elif name:
            options[name].append(word)
    told = []
    for value in map(ast.literal_eval, params):
        words = [str(one) for one in (value if isinstance(value, (list, tuple)) else [value])]
        # A number may be that of a device or a seed, too, which are no params.
        known = NUMBERS if isinstance(value, int) else options
        name = next((one for one in known if options.get(one) == words), "")
        if name:
            del options[name]
        elif isinstance(value, int):
            name = "code of version"
        else:
            name = "code of hash" if re.fullmatch("[0-9a-f]{12}", words[0]) else "param"
        told.append(f"{name} {' '.join(words)}")
    return told


def _told(link: Link, hashes: bool) -> None:
    """Add what the file tells of itself, and hold what it lists against what is there."""
    path = link.path
    if path.suffix == ".parquet":
        kept = pl.read_parquet_metadata(path)
        link.facts += [f"{name} {kept[name]}" for name in sorted(kept) if name != "ARROW:schema"]
        link.facts += made_again(json.loads(kept.get("made_with", "[]")))
    elif path.name == "manifest.json" and path.parts[1:2] == ("sources",):
        manifest = json.loads(path.read_text())
        link.facts.append(f"origin {json.dumps(manifest['origin'])}")
        for file in manifest["files"]:
            link.facts.append(f"holds {file['path']}, sha256 {file['sha256']}")
            there = Path(file["path"])
            if not there.exists():
                link.faults.append(f"lists {there}, which is not there any more")
            elif hashes and sha256_of(there) != file["sha256"]:
                link.faults.append(f"lists {there}, which has changed")
    elif path.name == "manifest.json":
        try:
            weights_of(path, hashes=hashes, released=True)
        except InputError as error:
            link.faults.append(str(error))
        if says := why_gone(path):
            link.facts.append(f"{says}; what they were stands in the manifest")
        record = path.parent.parent / "training.json"
        if record.exists():
            told = json.loads(record.read_text())
            link.facts += [f"{name} {json.dumps(told[name])}" for name in FACTS if name in told]
            link.facts += made_again([told])
