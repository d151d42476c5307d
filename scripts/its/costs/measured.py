"""What finished jobs took, and what it says about the jobs to come."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError
from scipy.optimize import nnls

from its.config.experiment import Config
from its.config.recipe import Recipe
from its.config.strategy import Written
from its.costs.jobs import Kind, Lengths, asked, generation_kind, training_kind
from its.costs.paths import trained, undrawn
from its.costs.timings import made_by, timings
from its.errors import refuse
from its.rounding import is_processor

TRUST = 0.1
"""Weight of the assumption, beside each finished job's 1: it decides only what they leave open."""

Group = tuple[str, bool]
"""Jobs that are corrected together: those of a stage, on GPUs or not."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A job that is done: what would have been said of it, and what it took."""

    kind: Kind
    seconds: float

    @property
    def group(self) -> Group:
        """Which jobs it says something about."""
        return self.kind.stage, self.kind.gpus > 0


@dataclass(frozen=True, slots=True)
class Factors:
    """By how much start and work of a group differ from the assumption."""

    start: float = 1.0
    work: float = 1.0
    jobs: int = 0
    """How many finished jobs say so."""


def finished(config: Config, results: Path, expected: Lengths) -> tuple[list[Finished], Lengths]:
    """Return the jobs that are done, and the lengths of texts: as measured, else as expected.

    Trainings, generations and personas tell something. Jobs of models or strategies that the
    config does not have, or without a shape, say nothing; nor do jobs that ran on something else
    than the config asks for now.

    Raises
    ------
    InputError
        If a file is not what Snakemake or a stage writes, naming all of those.
    """
    jobs, mistakes = [], []
    texts, prompts = defaultdict(list), defaultdict(list)
    lengths = expected
    for stage, read in [
        ("train", _training),
        ("generate", _generation),
        ("personas", _writing),  # last: what is asked has been measured by then
    ]:
        for timing in timings(results, stage):
            made = made_by(results, timing)
            try:
                seen = read(config, made, _seconds(timing), lengths)
            except (OSError, ValueError, TypeError, LookupError, PolarsError) as error:
                mistakes.append(f"{timing} or {made}: not what a job leaves ({error}); delete both")
                continue
            if seen is None:
                continue
            jobs += [seen.job] if seen.job else []
            texts[seen.name] += [seen.text] if seen.text else []
            prompts[seen.name] += [seen.prompt] if seen.prompt else []
        lengths = replace(
            expected,
            texts={**expected.texts, **_means(texts)},
            asked={**expected.asked, **_means(prompts)},
        )
    refuse(mistakes)
    return jobs, lengths


def factors(jobs: Iterable[Finished]) -> dict[Group, Factors]:
    """Return, for each group, the factors on start and work that explain what its jobs took.

    Least squares of start x factor + work x factor - seconds, as part of what was assumed, with
    factors that are not negative: jobs that took long for other reasons count, since the next
    ones will too. Where the jobs of a group are alike they leave open what is start and what is
    work; the assumption decides that, by a small weight on factors of 1.

    >>> kind = Kind("train", "m", "s r", jobs=1, gpus=0, cores=2, start=10, work=100)
    >>> jobs = [Finished(kind, 220), Finished(replace(kind, work=200), 420)]
    >>> found = factors(jobs)["train", False]
    >>> round(found.work, 1)
    2.0
    """
    groups = defaultdict(list)
    for job in jobs:
        groups[job.group].append(job)
    found = {}
    for group, members in groups.items():
        assumed = np.array([[one.kind.start, one.kind.work] for one in members])
        seconds = np.array([one.seconds for one in members])
        each = assumed.sum(axis=1)
        weight = TRUST**0.5
        matrix = np.vstack([assumed / each[:, None], np.eye(2) * weight])
        wanted = np.append(seconds / each, [weight, weight])
        (start, work), _ = nnls(matrix, wanted)
        found[group] = Factors(float(start), float(work), len(members))
    return found


def corrected(kind: Kind, by: Mapping[Group, Factors]) -> Kind:
    """Return the same kind with the times that finished jobs lead to expect."""
    factor = by.get((kind.stage, kind.gpus > 0), Factors())
    return replace(kind, start=kind.start * factor.start, work=kind.work * factor.work)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a finished job tells."""

    job: Finished | None
    """None if it ran on something else than the config asks for now."""
    name: str
    """Of the sample or benchmark."""
    text: float | None = None
    prompt: float | None = None
    """Mean tokens of a row or response, and of what was asked."""


def _training(config: Config, record: Path, seconds: float, _: Lengths) -> _Seen | None:
    learner, name = record.parent, record.parent.parent.name
    if not _known(config, name):
        return None
    facts, model = json.loads(record.read_text(encoding="utf-8")), config.models[name]
    rows = facts["rows"]["read"] - facts["rows"]["dropped"]
    tokens = facts["tokens"]["epoch"] / rows
    recipe = Recipe.model_validate(facts["settings"]["recipe"])
    # Of a file that is gone, nothing is known.
    deepspeed = recipe.deepspeed if recipe.deepspeed and Path(recipe.deepspeed).exists() else None
    kind = training_kind(
        name,
        model,
        recipe.model_copy(update={"epochs": facts["epochs"], "deepspeed": deepspeed}),
        config.price,
        what=learner.name,
        rows=rows,
        tokens=tokens,
    )
    # An interrupted training's own clock goes on, Snakemake's does not.
    job = Finished(kind, max(seconds, facts["seconds"]))
    needs = model.train
    same = facts["processes"] == needs.all_processes and _same(facts["device"], needs.gpus)
    sample = undrawn(trained(f"{name}/{learner.name}").sample)
    return _Seen(job if same else None, sample, text=tokens)


def _generation(config: Config, made: Path, seconds: float, _: Lengths) -> _Seen | None:
    name, _, benchmark = made.parts[-4:-1]
    if not _known(config, name):
        return None
    rows, model = pl.read_parquet(made, columns=["tokens", "prompt_tokens"]), config.models[name]
    prompt, response = rows["prompt_tokens"].mean(), rows["tokens"].mean()
    kind = generation_kind(
        name,
        model,
        config.price,
        stage="generate",
        what=benchmark,
        requests=len(rows),
        prompt=prompt,
        response=response,
    )
    same = _same(_device(made), model.generate.gpus)
    return _Seen(Finished(kind, seconds) if same else None, benchmark, response, prompt)


def _writing(config: Config, made: Path, seconds: float, lengths: Lengths) -> _Seen | None:
    strategy = config.strategies.get(undrawn(made.stem))
    context = strategy and strategy.context
    if not (isinstance(context, Written) and _known(config, context.writer)):
        return None
    model, name = config.models[context.writer], undrawn(made.parent.name)
    kind = generation_kind(
        context.writer,
        model,
        config.price,
        stage="personas",
        what=f"{name} {made.stem}",
        requests=pl.read_parquet(made, columns=["attempts"])["attempts"].sum(),
        prompt=asked(lengths, name, config.price),
        response=context.max_tokens * config.price.context_share,
    )
    same = _same(_device(made), model.generate.gpus)
    return _Seen(Finished(kind, seconds) if same else None, name)


def _device(made: Path) -> str:
    return json.loads(pl.read_parquet_metadata(made)["made_with"])[0]["device"]


def _known(config: Config, model: str) -> bool:
    return model in config.models and config.models[model].shape is not None


def _same(device: str, gpus: int) -> bool:
    """Tell whether a job ran on what is asked for now."""
    return is_processor(device) == (gpus == 0)


def _seconds(timing: Path) -> float:
    with timing.open(newline="") as file:
        return float(list(csv.DictReader(file, delimiter="\t"))[-1]["s"])


def _means(values: Mapping[str, list[float]]) -> dict[str, float]:
    return {name: sum(some) / len(some) for name, some in values.items() if some}
