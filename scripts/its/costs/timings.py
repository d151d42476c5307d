"""Where the times of finished jobs stand, and what those jobs made."""

from pathlib import Path

MADE = {
    "train": "checkpoints/{job}/training.json",
    "generate": "generations/{job}.parquet",
    "personas": "personas/{job}.parquet",
}
"""What the jobs of a stage leave, whose times stand in `timings/{stage}/{job}.tsv`."""


def timings(results: Path, stage: str) -> list[Path]:
    """List the times of the jobs of a stage whose output is there."""
    found = sorted((results / "timings" / stage).rglob("*.tsv"))
    return [path for path in found if made_by(results, path).exists()]


def finished_files(results: Path) -> list[Path]:
    """List the files that finished jobs left: their times, and what they made."""
    found = [path for stage in MADE for path in timings(results, stage)]
    return [file for path in found for file in [path, made_by(results, path)]]


def made_by(results: Path, timing: Path) -> Path:
    """Return what a job made whose time stands in a file.

    >>> str(made_by(Path("r"), Path("r/timings/personas/s/U.1.tsv")))
    'r/personas/s/U.1.parquet'
    """
    stage, job = str(timing.relative_to(results / "timings")).split("/", 1)
    return results / MADE[stage].format(job=job.removesuffix(".tsv"))
