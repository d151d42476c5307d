"""Weights that were released, once what they had to answer was there: the record of it.

It lies with the results of the training, so a reader of missing weights can say why they are gone.
A training that puts new weights there removes it.
"""

import json
from pathlib import Path

from its.epochs import training_of

RECORD = "released.json"


def record_of(home: Path) -> Path:
    """Return the record of the training whose learner, or a kept epoch of it, is in `home`."""
    return Path(training_of(str(home)), RECORD)


def releases(home: Path) -> list[dict]:
    """Return what was released of a training, the oldest first.

    Each has `at` (UTC), `by` (user and machine), `keep` (the policy), `plan`, and `learners`: by
    name, the files with `bytes` and, where a learner was made of them, `sha256`.
    """
    record = record_of(home)
    return json.loads(record.read_text(encoding="utf-8")) if record.exists() else []


def why_gone(manifest: Path) -> str:
    """Say that the weights of a manifest were released, and how to get them back.

    Empty if they were not.
    """
    home = manifest.parent.parent
    found = [one for one in releases(home) if home.name in one["learners"]]
    if not found:
        return ""
    trained = record_of(home).parent / "weights/manifest.json"
    return (
        f"{home}: its weights were released at {found[-1]['at']} by {found[-1]['by']} "
        f"(weights.keep: {found[-1]['keep']}), once plan {found[-1]['plan']} had its responses. "
        f"`snakemake --force {trained}` trains it again; if that comes to other bytes, the next "
        "run makes all its responses anew"
    )
