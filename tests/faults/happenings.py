"""What may happen to a plan at work: signals, disks, memory, torn files, another Snakemake."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from campaign import artifacts
from parts import PARTS, TRAINED, Try, at_work, ended

PAGE = 4096
"""Bytes that a file of a tmpfs takes at least."""


def signalled(number: signal.Signals, whom: str) -> Callable[[Try], None]:
    """Return a fault: a signal to Snakemake, to its whole terminal, to a job, or to its child."""

    def happen(one: Try) -> None:
        # On the CPU the engine runs in the job's own process, unless it is told otherwise.
        apart = {"VLLM_ENABLE_V1_MULTIPROCESSING": "1"} if whom in {"job", "child"} else {}
        running = one.start(**apart)
        victim = {"job": one.part.script, "child": one.part.child}.get(whom, "")
        found = one.moment(running, victim)
        if whom == "terminal":
            os.killpg(running.pid, number)
        else:
            with suppress(ProcessLookupError):
                os.kill(found[0], number)
        ended(running)

    return happen


def closed(one: Try) -> None:
    """Close the terminal of a plan that was started so that it goes on: with nohup."""
    running = one.start("nohup")
    one.moment(running)
    os.killpg(running.pid, signal.SIGHUP)
    ended(running)


def disk_full(one: Try) -> None:
    """Fill the disk of the results; then free it."""
    results = one.place / "results"
    with mounted(results) as resize:
        wanted = {name: (one.done / name).stat().st_size for name in artifacts(one.done)}
        lacking = sum(
            PAGE * -(-n // PAGE) for name, n in wanted.items() if not (one.place / name).exists()
        )
        resize(f"size={_used(results) + int(one.draw.uniform(0, 0.9) * lacking) // PAGE * PAGE}")
        one.run()
        resize("size=1g")
        yield_to_disk(results)


def read_only(one: Try) -> None:
    """Let the results be read-only at first."""
    results = one.place / "results"
    with mounted(results) as resize:
        resize("ro")
        one.run()
        resize("rw")
        yield_to_disk(results)


def yield_to_disk(results: Path) -> None:
    """Copy what is on the small disk beside it, to be found there once it is gone."""
    shutil.copytree(results, results.with_name("kept"), symlinks=True)


def _used(disk: Path) -> int:
    """Return the bytes that are in use on a disk."""
    found = os.statvfs(disk)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


@contextmanager
def mounted(results: Path) -> Iterator[Callable[[str], None]]:
    """Put the results on a disk of their own; yield what changes its options."""
    aside = results.rename(results.with_name("aside"))
    results.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", results], check=True)
    try:
        shutil.copytree(aside, results, symlinks=True, dirs_exist_ok=True)
        yield lambda option: subprocess.run(
            ["mount", "-o", f"remount,{option}", results], check=True
        )
    finally:
        for process in at_work(results.parent, ""):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        subprocess.run(["umount", "-l", results], check=True)
        results.rmdir()
        kept = results.with_name("kept")
        (kept if kept.exists() else aside).rename(results)
        shutil.rmtree(aside, ignore_errors=True)


def memory_refused(one: Try) -> None:
    """Let no process have more than some memory."""
    limit = int(one.draw.uniform(0.3, 2.5) * 2**20)  # KiB; Snakemake itself takes less
    one.run("bash", "-c", f'ulimit -v {limit}; exec "$@"', "bash")


def damaged(how: str) -> Callable[[Try], None]:
    """Return a fault: a finished input of the part is spoilt, with a new time."""

    def happen(one: Try) -> None:
        kinds = {"train": "refined/few8/N", "generate": "refined/few_test/N"}
        name = next((n for n in kinds if PARTS[n] == one.part), None)
        path = one.place / f"results/{kinds.get(name, 'generations/tiny/base/few_test/N')}.parquet"
        content = path.read_bytes()
        other = (one.place / "results/models/tiny/manifest.json").read_bytes()
        cut = content[: one.draw.randrange(1, len(content))]
        path.unlink()
        path.write_bytes({"truncated": cut, "emptied": b"", "replaced": other}[how])
        one.run()

    return happen


def torn_state(one: Try) -> None:
    """Kill a training, then cut a file of its newest state."""
    killed(one)
    marks = one.place.glob(f"{TRAINED}/progress/*/checkpoint-*/whole.json")
    newest = max(marks, key=lambda mark: int(mark.parent.name.rpartition("-")[2])).parent
    cut(one, sorted(newest.rglob("*")))


def torn_shard(one: Try) -> None:
    """Kill a generation, then cut its newest shard."""
    killed(one)
    cut(one, [one.place / one.part.made(one.place)[-1]])


def killed(one: Try) -> None:
    """Start the part, and kill its processes once so much is whole."""
    running = one.start()
    one.moment(running)
    for process in at_work(one.place, ""):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    ended(running)


def cut(one: Try, paths: list[Path]) -> None:
    """Cut one of some files short."""
    file = one.draw.choice([path for path in paths if path.is_file() and path.stat().st_size])
    os.truncate(file, one.draw.randrange(file.stat().st_size))


def source_changed(one: Try) -> None:
    """Make the part from another source; then give the right one back."""
    config = one.place / "config/faults.yaml"
    text = config.read_text()
    config.write_text(
        text.replace("rows: 40, seed: 3", f"rows: 40, seed: {one.draw.randrange(9, 99)}")
    )
    one.run()
    config.write_text(text)


def set_back(one: Try) -> None:
    """Set the times of half of all files back by years, while the part is made."""
    running = one.start()
    one.moment(running)
    for path in sorted((one.place / "results").rglob("*")):
        if path.is_file() and one.draw.random() < 0.5:
            with suppress(FileNotFoundError):
                os.utime(path, (10**9, 10**9))
    ended(running)


def two_at_once(*, locked: bool) -> Callable[[Try], None]:
    """Return a fault: Snakemake starts while Snakemake is at work, and minds its lock or not."""

    def happen(one: Try) -> None:
        running = one.start(locked=locked)
        one.moment(running)
        one.run(locked=locked)
        ended(running)

    return happen


ANYWHERE = list(PARTS)
HAPPENS: dict[str, tuple[Callable[[Try], None], list[str]]] = {
    **{
        f"{number.name} to {whom}": (signalled(number, whom), parts)
        for number in [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL]
        for whom, parts in [
            ("snakemake", ANYWHERE),
            ("terminal", ANYWHERE),
            ("job", ["train", "generate"]),
            ("child", ["train", "generate"]),
        ]
    },
    "terminal closed, nohup": (closed, ["train", "generate"]),
    "disk full": (disk_full, ANYWHERE),
    "disk read-only": (read_only, ANYWHERE),
    "memory refused": (memory_refused, ["train", "generate", "tables"]),
    "input truncated": (damaged("truncated"), ["train", "generate", "tables"]),
    "input emptied": (damaged("emptied"), ["train", "generate", "tables"]),
    "input replaced": (damaged("replaced"), ["train", "generate", "tables"]),
    "state torn": (torn_state, ["train"]),
    "shard torn": (torn_shard, ["generate"]),
    "source changed": (source_changed, ["sets"]),
    "times set back": (set_back, ANYWHERE),
    "two at once": (two_at_once(locked=True), ANYWHERE),
    "two unlocked": (two_at_once(locked=False), ["train", "generate"]),
}
