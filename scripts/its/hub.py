"""The hub: what a `hub:` origin names, brought into the hub's cache, resumed and checked.

The cache is where HF_HOME says, the token that of HF_TOKEN or of `hf auth login`. What the cache
holds is used where it lies, and with HF_HUB_OFFLINE=1 nothing else is.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from hashlib import sha1
from pathlib import Path
from typing import Literal, TypeVar

from tqdm import tqdm

from its.console import Progress, say
from its.errors import InputError, refuse

# Read when the library is imported, which the functions below do.
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

NAME = re.compile(r"hub:([\w.-]+/[\w.-]+)(?:@([0-9a-f]{40}))?(?://(\S+))?")
"""Repository, revision and glob of an origin; the last two may be missing."""
WAITS = [1, 4, 16]
"""Seconds before each further attempt, where the library itself makes none."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of the hub, at one revision if that is known."""

    kind: Literal["model", "dataset"]
    name: str
    """`owner/name`."""
    revision: str | None = None
    """40 hexadecimal digits."""

    def __str__(self) -> str:
        """Return what the config says: `hub:owner/name@revision`."""
        return f"hub:{self.name}" + (f"@{self.revision}" if self.revision else "")


def pinned(origin: str, kind: Literal["model", "dataset"]) -> Repository:
    """Return the repository that an origin names.

    Raises
    ------
    InputError
        If it has no revision.
    """
    name, revision, _ = NAME.fullmatch(origin).groups()
    if revision is None:
        raise InputError(
            f"{origin}: has no revision, so it could be another {_noun(kind)} tomorrow; "
            "`make pin CONFIG=config/paper.yaml` (or whichever file names it) writes the newest "
            "one behind it, or add @ and the 40 digits of a commit yourself"
        )
    return Repository(kind, name, revision)


def newest(repository: Repository) -> str:
    """Return the revision that the hub's default branch stands at now: 40 hexadecimal digits.

    Raises
    ------
    InputError
        If the hub does not answer, has no such repository, or says something else.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    revision = _asked(
        repository, lambda: api.repo_info(repository.name, repo_type=repository.kind).sha
    )
    if not re.fullmatch(r"[0-9a-f]{40}", str(revision)):
        raise InputError(
            f"{repository}: the hub calls its revision {revision!r}, expected 40 digits"
        )
    return revision


def fetch(repository: Repository, globs: Sequence[str]) -> list[Path]:
    """Bring the files that match into the cache, and return where they are.

    What is there already is not downloaded again, and nothing else is downloaded. A connection
    that breaks is taken up where it broke.

    Parameters
    ----------
    globs
        As for files on disk: `data/*.parquet` takes none of `data/old/`, `data/**/*.parquet` does.

    Raises
    ------
    InputError
        If the hub does not give them, or no file matches.
    """
    from huggingface_hub import snapshot_download

    where = {"revision": repository.revision, "repo_type": repository.kind}
    sizes = _asked(repository, lambda: _listed(repository))
    names = [name for name in sorted(sizes) if any(matches(name, glob) for glob in globs)]
    if not names:
        some = ", ".join(sorted(sizes)[:10]) or "no file at all"
        raise InputError(
            f"{repository}: no file of the repository matches {' or '.join(map(repr, globs))}; "
            f"it holds {some}{', ...' if len(sizes) > 10 else ''}"
        )
    missing = sum(sizes[name] for name in names if not _cached(repository, name))
    bar = _bar(Progress(f"download {repository.name}", round(missing / 1e6), "MB"))
    snapshot = _asked(
        repository,
        lambda: snapshot_download(
            repository.name,
            allow_patterns=[escape(name) for name in names],  # its own stars mean slashes too
            tqdm_class=bar,
            **where,
        ),
    )
    return [Path(snapshot, name) for name in names]


def matches(name: str, glob: str) -> bool:
    """Tell whether a path in a repository matches a glob.

    >>> matches("data/a.parquet", "data/*.parquet"), matches("data/old/a.parquet", "data/*.parquet")
    (True, False)
    >>> matches("data/a.parquet", "**/*.parquet"), matches("a.parquet", "**/*.parquet")
    (True, True)
    """
    return _matches(name.split("/"), glob.split("/"))


def check_hashes(found: Mapping[Path, str]) -> None:
    """Refuse files of the cache whose content is not what the hub says, and remove them from it.

    The cache calls a file by its hash: sha256, or that of git for small ones. The library checks
    sizes only. A file that is no link into the cache has no such name and is not checked.

    Parameters
    ----------
    found
        sha256 of each file.
    """
    mistakes = []
    for file, sha256 in found.items():
        blob = _blob(file)
        expected = blob.name if blob else ""
        if re.fullmatch(r"[0-9a-f]{64}", expected):
            kind, present = "sha256", sha256
        elif re.fullmatch(r"[0-9a-f]{40}", expected):
            kind, present = "git's sha1", _git_hash(file)
        else:
            continue
        if present != expected:
            mistakes.append(f"{file}: {kind} is {present}, the hub says {expected}; {_drop(blob)}")
    refuse(mistakes)


def _asked(repository: Repository, call: Callable[[], Answer]) -> Answer:
    """Return what a call of the library returns; say in a line what went wrong, if it did.

    The library asks again by itself where it lists files or looks one up, and goes on with a
    download that broke off. It does not where the hub fails in the very answer that holds a file.
    """
    import httpx2
    from huggingface_hub.errors import HFValidationError

    from its.resuming import resume_after_resets

    resume_after_resets()
    logging.getLogger("huggingface_hub").handlers = [_Lines()]
    waits = iter(WAITS)
    while True:
        try:
            return call()
        except (httpx2.HTTPError, OSError, HFValidationError) as error:
            what, way_out = _reason(error, repository)
            wait = next(waits, None) if _passing(error) else None
            if wait is None:
                raise InputError(f"{repository}: {what}; {way_out}") from error
            say(f"{repository}: {what}; asking again in {wait} s")
            time.sleep(wait)


class _Lines(logging.Handler):
    """Shows what the library warns of, such as its own further attempts, as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        say(_plain(record.getMessage()))


def _passing(error: Exception) -> bool:
    """Tell whether an error may be over in a moment, and the library has not waited for that."""
    import httpx2

    if isinstance(error, httpx2.ReadError | httpx2.RemoteProtocolError):
        return True
    return isinstance(error, httpx2.HTTPError) and _status(error) >= 500


def _status(error: BaseException) -> int:
    """Return the HTTP status that an error or what led to it reports; 0 if there is none."""
    for one in _chain(error):
        response = getattr(one, "response", None)
        if response is not None:
            return response.status_code
    return 0


def _reason(error: Exception, repository: Repository) -> tuple[str, str]:
    """Return what went wrong, in one line, and what to do about it."""
    import httpx2
    from huggingface_hub import errors

    def led(kind: type[BaseException]) -> bool:
        return any(isinstance(one, kind) for one in _chain(error))

    noun, status = _noun(repository.kind), _status(error)
    log_in = "log in with `hf auth login`, or set HF_TOKEN, as somebody who may"
    elsewhere = (
        "fetch it where there is internet, with the same HF_HOME, or name its files by path:"
    )
    if led(errors.OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, and the cache does not hold all of it", elsewhere
    if led(errors.GatedRepoError):
        return f"access is given on request ({status})", f"ask for it on its page, then {log_in}"
    if led(errors.RevisionNotFoundError):
        return f"the {noun} has no such revision", "remove it, and `make pin` writes the newest"
    if led(errors.RepositoryNotFoundError):
        return (
            f"there is no such {noun}, or a private one ({status})",
            f"mend its name, or {log_in}",
        )
    if status in {401, 403}:
        return f"access is refused ({status})", log_in
    if status:
        return f"cannot be fetched, the hub answers {status}", "start again later"
    innermost = _plain([str(one) for one in _chain(error) if str(one)][-1])
    if led(httpx2.HTTPError):
        return f"cannot be fetched, the hub is out of reach ({innermost})", elsewhere
    return f"cannot be fetched ({innermost})", "mend that and start again"


def _plain(text: str) -> str:
    """Return a text in one line, without the token and without what signs an address."""
    from huggingface_hub import get_token

    line = re.sub(r"\?\S*=\S*", "", " ".join(text.split()))
    token = get_token()
    return line.replace(token, "<token>") if token else line


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _listed(repository: Repository) -> dict[str, int]:
    """Return the size of every file in a repository, from the cache if it knows them."""
    from huggingface_hub import HfApi, get_cached_repo_tree, snapshot_download
    from huggingface_hub.errors import CachedRepoTreeNotFoundError
    from huggingface_hub.hf_api import RepoFile
    from huggingface_hub.utils import OfflineModeIsEnabled

    where = {"revision": repository.revision, "repo_type": repository.kind}
    try:
        entries = get_cached_repo_tree(repository.name, **where)
    except CachedRepoTreeNotFoundError:
        try:
            entries = list(HfApi().list_repo_tree(repository.name, recursive=True, **where))
        except OfflineModeIsEnabled:
            # Put there by an older library, or by hand: what there is must do.
            place = Path(snapshot_download(repository.name, local_files_only=True, **where))
            files = [path for path in place.rglob("*") if path.is_file()]
            return {path.relative_to(place).as_posix(): path.stat().st_size for path in files}
    return {entry.path: entry.size for entry in entries if isinstance(entry, RepoFile)}


def _cached(repository: Repository, name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(
        repository.name, name, revision=repository.revision, repo_type=repository.kind
    )
    return isinstance(found, str)


def _bar(progress: Progress) -> type[tqdm]:
    """Return a bar for the library that draws nothing, and shows the bytes as lines of ours.

    The library counts them on several bars at once, as received and as written.
    """
    most = 0.0

    class Bar(tqdm):
        def __init__(self, *args: object, unit: str = "it", **options: object) -> None:
            super().__init__(*args, **options | {"disable": True})
            self.counts = unit == "B" and progress.total > 0

        def update(self, n: float | None = 1) -> None:
            self.n += n or 0
            nonlocal most
            if self.counts and self.n > most:
                most = self.n
                progress.show(min(round(most / 1e6), progress.total))

    return Bar


def _matches(name: Sequence[str], glob: Sequence[str]) -> bool:
    if not glob:
        return not name
    first, *rest = glob
    if first == "**":
        return any(_matches(name[start:], rest or ["*"]) for start in range(len(name)))
    return bool(name) and fnmatchcase(name[0], first) and _matches(name[1:], rest)


def _blob(file: Path) -> Path | None:
    """Follow links to the file that the cache calls by its hash; None if there is none.

    It may be a link itself, into a store that repositories share and that has names of its own.
    """
    while file.is_symlink():
        file = file.parent / file.readlink()
        if file.parent.name == "blobs":
            return file
    return None


def _git_hash(file: Path) -> str:
    content = file.read_bytes()
    return sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _drop(blob: Path) -> str:
    """Remove a bad file from the cache; say what the user has to do."""
    try:
        for path in {blob.resolve(), blob}:
            path.unlink(missing_ok=True)
    except OSError as error:
        return f"remove {blob} by hand ({error.strerror}) and start snakemake again"
    return "it is removed from the cache: start snakemake again to fetch it anew"


def _noun(kind: str) -> str:
    return {"model": "model", "dataset": "data set"}[kind]
