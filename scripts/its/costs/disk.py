"""How much of the disk a plan holds at once, and whether there is so much."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from its.config.experiment import Config
from its.config.plan import UNTRAINED
from its.costs.jobs import Kind, Lengths, at_hand, kinds
from its.costs.paths import cells, learners, trained, undrawn
from its.epochs import training_of
from its.errors import InputError

GB = 1e9
COUNTED = ["models", "train", "generate"]
"""Stages that leave much: only of these it is asked which of their jobs are done."""


@dataclass(frozen=True, slots=True)
class Held:
    """The most bytes that a plan holds at once."""

    weights: float
    """Of trainings, as far as the policy keeps them."""
    states: float
    """From which trainings that are at work would go on."""
    rest: float
    """Models as published, and responses."""

    @property
    def large(self) -> float:
        """What lies on scratch, if there is one."""
        return self.weights + self.states


def most_held(made: Sequence[Kind], config: Config) -> Held:
    """Return the most that jobs hold at once, under the policy of the config.

    With as many jobs at once as GPUs and cores at hand allow (`its.costs.jobs.at_hand`). Where
    weights are released, what a finished training is asked comes before the next training: so no
    more trainings have weights than jobs that answer, or train, fit at once.
    """
    trainings = [one for one in made if one.stage == "train" and one.disk]
    rest = sum(one.jobs * one.disk for one in made if one.stage != "train")
    gpus, cores = at_hand(made, config.price)

    def at_once(size: Callable[[Kind], float], units: Callable[[Kind], int]) -> float:
        return _fill([one for one in trainings if one.gpus], size, units, gpus) + _fill(
            [one for one in trainings if not one.gpus], size, units, cores
        )

    def training(one: Kind) -> int:
        return one.gpus or one.cores

    def answering(one: Kind) -> int:
        needs = config.models[one.model].generate
        return min(training(one), max(1, needs.gpus if one.gpus else needs.threads))

    everything = sum(one.jobs * one.disk for one in trainings)
    match config.weights.keep:
        case "none":
            weights = at_once(lambda one: one.disk, answering)
        case "last":
            weights = everything - sum(one.jobs * one.epochs for one in trainings)
            weights += at_once(lambda one: one.epochs, answering)
        case _:
            weights = everything
    return Held(weights, at_once(lambda one: one.scratch, training), rest)


def in_words(held: Held, config: Config) -> str:
    """Say how much is held where."""
    where = config.weights.scratch
    results = held.rest + (0 if where else held.large)
    scratch = f", and {_gb(held.large)} GB in {where}" if where else ""
    return (
        f"On the disk at most at once, with weights.keep: {config.weights.keep}: "
        f"{_gb(results)} GB in results{scratch} (weights {_gb(held.weights)}, states of trainings "
        f"{_gb(held.states)})."
    )


def free_on(place: Path) -> int:
    """Return the bytes that are free where a folder is or will be; quotas are not seen."""
    return shutil.disk_usage(_there(place)).free


def lacking(
    config: Config,
    name: str,
    lengths: Lengths,
    results: Path,
    free: Callable[[Path], int] = free_on,
) -> list[str]:
    """List, a line each, the folders whose disk has no room for what a plan has still to put there.

    What cannot be priced is passed over.

    Parameters
    ----------
    results
        The folder of that name; what lies in it already needs no room.
    free
        Returns the free bytes of a folder's disk.
    """
    try:
        made = _still_to_make(config, name, kinds(config, name, lengths), results)
        held = most_held(made, config)
    except InputError:
        return []
    scratch = config.weights.scratch
    needs = {results: held.rest + (0 if scratch else held.large)}
    if scratch:
        needs[Path(scratch)] = held.large
    needs[Path(scratch or results)] -= _begun(config, name, results)
    if scratch and _there(results).stat().st_dev == _there(Path(scratch)).stat().st_dev:
        needs = {results: sum(needs.values())}
    return [
        f"plan {name} has up to {_gb(need)} GB at once still to put into {place} (weights "
        f"{_gb(held.weights)}, states of trainings {_gb(held.states)}, all else "
        f"{_gb(held.rest)}), where {_gb(free(place))} GB are free; what would fit: "
        f"{', or '.join(_ways(config, made, held, need, free(place)))}; "
        "`price: {refuse: false}` runs it all the same"
        for place, need in needs.items()
        if need > free(place)
    ]


def _still_to_make(config: Config, name: str, made: Sequence[Kind], results: Path) -> list[Kind]:
    """Return the kinds of jobs with as many of each as are not there yet."""
    plan = config.plans[name]
    missing = Counter()
    for learner in _missing(config, name, results):
        one = trained(learner)
        missing["train", one.model, f"{undrawn(one.sample)} {one.recipe}"] += 1
    for cell in cells(config, plan):
        model, _, benchmark, _ = cell.split("/")
        if not (results / f"generations/{cell}.parquet").exists():
            missing["generate", model, benchmark] += 1
    for model in config.models:
        if not (results / f"models/{model}/manifest.json").exists():
            missing["models", model, "as published"] += 1
    return [
        replace(one, jobs=missing[one.stage, one.model, one.what]) if one.stage in COUNTED else one
        for one in made
    ]


def _missing(config: Config, name: str, results: Path) -> list[str]:
    """List the trainings that have not been done."""
    names = dict.fromkeys(training_of(one) for one in learners(config, config.plans[name]))
    return [
        one
        for one in names
        if not one.endswith(f"/{UNTRAINED}")
        if not (results / f"checkpoints/{one}/weights/manifest.json").exists()
    ]


def _begun(config: Config, name: str, results: Path) -> float:
    """Return the bytes that trainings which are not done have on the disk already."""
    root = Path(config.weights.scratch or results / "checkpoints")
    folders = [root / one / "progress" for one in _missing(config, name, results)]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size for path in files)


def _ways(
    config: Config, made: Sequence[Kind], held: Held, need: float, free: int
) -> Iterator[str]:
    """Yield what would make it fit."""
    for keep in ["last", "none"]:
        weights = config.weights.model_copy(update={"keep": keep})
        other = most_held(made, config.model_copy(update={"weights": weights}))
        if other.large < held.large and need - held.large + other.large <= free:
            yield f"weights.keep: {keep}"
            break
    if not config.weights.scratch:
        yield f"weights.scratch in a folder with {_gb(held.large)} GB free"
    yield f"{_gb(need - free)} GB more free space"


def _fill(
    some: Sequence[Kind], size: Callable[[Kind], float], units: Callable[[Kind], int], have: int
) -> float:
    """Return what is held by as many jobs as fit at once, those that hold most first."""
    held = 0.0
    for one in sorted(some, key=lambda one: size(one) / units(one), reverse=True):
        jobs = min(one.jobs, have // units(one))
        held += jobs * size(one)
        have -= jobs * units(one)
    return held


def _there(place: Path) -> Path:
    """Return the folder itself, or the nearest one above that exists."""
    place = place.resolve()
    return next(one for one in [place, *place.parents] if one.exists())


def _gb(size: float) -> str:
    return f"{size / GB:.1f}" if size < 10 * GB else f"{size / GB:.0f}"
