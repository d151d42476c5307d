"""The jobs of a plan, by kind, and what one of each takes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from its.config.benchmark import Benchmark
from its.config.experiment import Config
from its.config.model import Model
from its.config.plan import Plan
from its.config.price import Price
from its.config.recipe import Recipe
from its.config.shape import Shape
from its.costs.device import device_of
from its.costs.generation import generation_memory, generation_seconds, start_seconds
from its.costs.paths import cells, learners, personas, texts, trainings, undrawn
from its.costs.sharding import read_sharding
from its.costs.sizes import WIDTHS, parameters
from its.costs.training import (
    state_bytes,
    steps_of,
    training_memory,
    training_seconds,
    writing_seconds,
)
from its.costs.used import used
from its.epochs import is_earlier
from its.errors import refuse
from its.report.sections import SECTIONS

WRITTEN = 6
"""Bytes that a token of a response takes on the disk: its text and number, in the shards and in
what is put together from them, compressed."""
SHOWN = sum(one.table + bool(one.figure_of) for one in SECTIONS.values()) + 1
"""Tables, figures and pages of a plan that has all of them. Two tables come with another one; the
report, questions to look at and what can be detected are neither."""


@dataclass(frozen=True, slots=True)
class Lengths:
    """How many tokens texts have, as far as somebody said so or it was measured.

    By the name of a sample or a benchmark: tokens of a row or a response, and of what is asked.
    """

    texts: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, float] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)
    """Rows of samples that take all."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Jobs that are alike, with what one of them takes."""

    stage: str
    model: str
    """Empty where no model is at work."""
    what: str
    jobs: int
    gpus: int
    cores: int
    start: float
    """Seconds until it computes."""
    work: float
    """Seconds that it computes."""
    tokens: float = 0
    """Read or written by one job."""
    memory: float | None = None
    """Bytes at the peak, of a GPU, or of the job without one."""
    available: float | None = None
    """Bytes that there are of it."""
    host: float = 0
    """Bytes of the machine's memory for what is offloaded from GPUs."""
    fits: bool = True
    sequences: int | None = None
    """Responses of full length that fit at once."""
    disk: float = 0
    """Bytes that one job leaves."""
    limit: float | None = None
    """Seconds after which one job is ended."""
    epochs: float = 0
    """Bytes of that which are weights of earlier epochs."""
    scratch: float = 0
    """Bytes that one job takes while it runs, beside that."""

    @property
    def seconds(self) -> float:
        """How long one job takes."""
        return self.start + self.work


def kinds(config: Config, name: str, lengths: Lengths) -> list[Kind]:
    """List what the plan of that name makes, stage by stage.

    Raises
    ------
    InputError
        If a model has no shape, or a sample takes all rows and nothing says how many those are:
        all such places at once.
    """
    config, plan = used(config, name), config.plans[name]
    refuse([*_shapeless(config), *_countless(config, lengths)])
    return [
        *_models(config),
        _small("sets", _sets(config, plan), config.price),
        *_personas(config, plan, lengths),
        *_similarities(config, plan, lengths),
        _small("refine", len(texts(config, plan)), config.price),
        *_trainings(config, plan, lengths),
        *_generations(config, plan, lengths),
        *_verdicts(config, plan),
        _small("tables", SHOWN, config.price),
    ]


def asked(lengths: Lengths, name: str, price: Price) -> float:
    """Return the mean tokens of what is asked, for a sample or a benchmark."""
    return lengths.asked.get(name, price.question_tokens)


def training_kind(
    name: str, model: Model, recipe: Recipe, price: Price, *, what: str, rows: int, tokens: float
) -> Kind:
    """Return a training.

    Parameters
    ----------
    what
        The refined set, in words for the table.
    rows, tokens
        Of an epoch; tokens of a row in the mean.
    """
    shape = _shape(model)
    sharding = read_sharding(recipe.deepspeed)
    memory = training_memory(model, shape, recipe, sharding, price)
    weights = parameters(shape)
    saved, state = weights * WIDTHS[model.dtype], state_bytes(weights, model.dtype)
    computing = training_seconds(model, shape, recipe, sharding, price, rows=rows, tokens=tokens)
    written = writing_seconds(
        model.train,
        price,
        seconds=computing,
        steps=steps_of(recipe, rows=rows, tokens=tokens),
        state=state,
        weights=saved * (1 + len(recipe.keep)),
    )
    return Kind(
        "train",
        name,
        what,
        jobs=1,
        gpus=model.train.all_gpus,
        cores=model.train.nodes * model.train.threads,
        start=start_seconds(shape, model.dtype, price, engine=False),
        work=computing + written,
        tokens=rows * tokens * recipe.epochs,
        memory=memory.total,
        available=memory.available,
        host=memory.host,
        fits=memory.fits,
        limit=device_of(model.train, price, model.dtype).limit,
        disk=saved * (1 + len(recipe.keep)),
        epochs=saved * len(recipe.keep),
        # The states it would go on from, and the next one while that is written.
        scratch=(1 + model.train.keep_states) * state,
    )


def generation_kind(
    name: str,
    model: Model,
    price: Price,
    *,
    stage: str,
    what: str,
    requests: float,
    prompt: float,
    response: float,
) -> Kind:
    """Return a job that lets a model answer.

    Parameters
    ----------
    stage
        `generate` or `personas`.
    what
        What is asked, in words for the table.
    requests, prompt, response
        How many prompts; the tokens of a prompt and of a response in the mean.
    """
    shape = _shape(model)
    memory = generation_memory(model, shape, price)
    return Kind(
        stage,
        name,
        what,
        jobs=1,
        gpus=model.generate.gpus,
        cores=model.generate.threads,
        start=start_seconds(shape, model.dtype, price, engine=model.generate.gpus > 0),
        work=generation_seconds(
            model, shape, price, requests=requests, prompt=prompt, response=response
        ),
        tokens=requests * (prompt + response),
        memory=memory.total,
        available=memory.available,
        fits=memory.fits,
        sequences=memory.sequences if model.generate.gpus else None,
        limit=device_of(model.generate, price, model.dtype).limit,
        disk=requests * response * WRITTEN,
    )


def responses_of(benchmark: Benchmark) -> int:
    """Return how many responses a cell has."""
    return benchmark.problems.count * benchmark.sampling.n


def _shape(model: Model) -> Shape:
    if model.shape is None:
        raise TypeError("a model without a shape is refused before it is priced")
    return model.shape


def _shapeless(config: Config) -> Iterator[str]:
    for name, model in config.models.items():
        if model.shape is None:
            yield (
                f"models.{name}.shape is missing, and the model is not here to look at; write it "
                "from the model's config.json (config/README.md lists the keys), or fetch it"
            )


def _countless(config: Config, lengths: Lengths) -> Iterator[str]:
    for name, sample in config.samples.items():
        if sample.size == "all" and name not in lengths.rows:
            yield f"samples.{name}.rows is missing: say how many rows `size: all` comes to"


def _rows(config: Config, name: str, lengths: Lengths) -> int:
    size = config.samples[name].size
    return lengths.rows[name] if size == "all" else size


def _small(stage: str, jobs: int, price: Price) -> Kind:
    return Kind(stage, "", "tables of rows", jobs, gpus=0, cores=1, start=price.small, work=0)


def _sets(config: Config, plan: Plan) -> int:
    """Count sources, pools, sets, and comparisons of pools with benchmarks."""
    samples = {one.sample for one in trainings(config, plan)}
    compared = len({config.samples[name].pool for name in plan.samples}) * len(plan.benchmarks)
    return len([*config.sources, *config.pools, *config.benchmarks, *samples]) + compared


def _models(config: Config) -> Iterator[Kind]:
    price = config.price
    for name, model in config.models.items():
        size = parameters(_shape(model)) * WIDTHS[model.dtype]
        local = model.source.startswith("path:")  # stays where it is
        read = size / (price.reading * 1e9)
        yield Kind(
            "models", name, "as published", 1, 0, 1, price.small, read, disk=0 if local else size
        )


def _personas(config: Config, plan: Plan, lengths: Lengths) -> Iterator[Kind]:
    counts = Counter(
        tuple(undrawn(part) for part in text.split("/")) for text in personas(config, plan)
    )
    for (name, strategy), jobs in counts.items():
        context = config.strategies[strategy].context
        rows = _questions(config, name, lengths)
        contexts = context.count * (1 if context.per == "dataset" else rows)
        one = generation_kind(
            context.writer,
            config.models[context.writer],
            config.price,
            stage="personas",
            what=f"{name} {strategy}",
            requests=contexts * config.price.attempts,
            prompt=asked(lengths, name, config.price),
            response=context.max_tokens * config.price.context_share,
        )
        yield replace(one, jobs=jobs)


def _similarities(config: Config, plan: Plan, lengths: Lengths) -> Iterator[Kind]:
    """Yield the jobs that compare personas with questions, of each set."""
    counts = Counter(undrawn(text.split("/")[0]) for text in personas(config, plan))
    for name, jobs in counts.items():
        work = 2 * _questions(config, name, lengths) / config.price.embedded
        yield Kind("similarity", "", name, jobs, 0, 1, config.price.small, work)


def _questions(config: Config, name: str, lengths: Lengths) -> int:
    """Return how many questions a sample or a benchmark has."""
    if name not in config.benchmarks:
        return _rows(config, name, lengths)
    return config.benchmarks[name].problems.count


def _trainings(config: Config, plan: Plan, lengths: Lengths) -> Iterator[Kind]:
    counts = Counter(
        (one.model, undrawn(one.sample), one.recipe) for one in trainings(config, plan)
    )
    for (model, sample, name), jobs in counts.items():
        recipe = config.recipes[name]
        one = training_kind(
            model,
            config.models[model],
            recipe,
            config.price,
            what=f"{sample} {name}",
            rows=_rows(config, sample, lengths),
            tokens=lengths.texts.get(sample, recipe.max_length * config.price.row_share),
        )
        yield replace(one, jobs=jobs)
    if kept := sum(1 for one in learners(config, plan) if is_earlier(one)):
        yield Kind("train", "", "earlier epochs", kept, 0, 1, config.price.small, 0)


def _asked(config: Config, plan: Plan) -> Counter[tuple[str, str]]:
    """Count the cells of each model and benchmark."""
    parts = (cell.split("/") for cell in cells(config, plan))
    return Counter((model, benchmark) for model, _, benchmark, _ in parts)


def _generations(config: Config, plan: Plan, lengths: Lengths) -> Iterator[Kind]:
    for (model, name), jobs in _asked(config, plan).items():
        benchmark = config.benchmarks[name]
        share = benchmark.sampling.max_tokens * config.price.response_share
        one = generation_kind(
            model,
            config.models[model],
            config.price,
            stage="generate",
            what=name,
            requests=responses_of(benchmark),
            prompt=asked(lengths, name, config.price),
            response=lengths.texts.get(name, share),
        )
        yield replace(one, jobs=jobs)


def _verdicts(config: Config, plan: Plan) -> Iterator[Kind]:
    counts = Counter()
    for (_, name), jobs in _asked(config, plan).items():
        counts[name] += jobs
    for name, jobs in counts.items():
        work = responses_of(config.benchmarks[name]) / config.price.judged
        yield Kind("judge", "", name, jobs, 0, 1, config.price.small, work)
    summaries = len(plan.cells(config.drawn))
    yield Kind("judge", "", "summaries", summaries, 0, 1, config.price.small, 0)
    if ballots := plan.ballots(config.drawn):
        yield Kind("judge", "", "votes", len(ballots), 0, 1, config.price.small, 0)


def at_hand(kinds: Sequence[Kind], price: Price) -> tuple[int, int]:
    """Return how many GPUs and cores there are at once: as declared, or for the largest job.

    Raises
    ------
    InputError
        If fewer are declared than one job asks for.
    """
    gpus = _at_least(max(one.gpus for one in kinds), price.gpus, "gpus")
    cores = max((one.cores for one in kinds if not one.gpus), default=1)
    return gpus, _at_least(cores, price.cores, "cores")


def _at_least(most: int, declared: int | None, key: str) -> int:
    if declared and declared < most:
        refuse([f"price.{key} is {declared}, and one job asks for {most}; declare more, or none"])
    return declared or most
