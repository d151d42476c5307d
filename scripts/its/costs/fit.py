"""Which jobs of a plan cannot fit into memory, and what would."""

from collections.abc import Iterator

from its.config.experiment import Config
from its.config.model import Model
from its.config.price import Price
from its.config.recipe import Recipe
from its.config.shape import Shape
from its.costs.device import GIB
from its.costs.generation import GenerationMemory, generation_memory
from its.costs.paths import trainings
from its.costs.sharding import Sharding, offloaded, read_sharding
from its.costs.training import TrainingMemory, training_memory
from its.costs.used import used

MOST_GPUS = 1024
"""Up to which larger numbers of GPUs are tried, doubling."""
NODE_GPUS = 8
"""What a node has at most, as far as is proposed; more GPUs are on more nodes."""
STEP = 1024
"""Tokens by which shorter limits are tried."""

Training = tuple[Model, Recipe, Sharding]
Change = tuple[str, Training]


def misfits(config: Config, name: str) -> list[str]:
    """List, a line each, the jobs of a plan that cannot fit: what they take, and what would fit.

    Models without a shape are passed over, for nothing is known of them, and so are jobs without
    a GPU: a processor has no limit that the config knows.
    """
    plan = config.plans[name]
    made = dict.fromkeys((one.model, one.recipe) for one in trainings(config, plan))
    return [
        *(line for model, recipe in made for line in _training(config, model, recipe)),
        *(line for model in used(config, name).models for line in _generation(config, model)),
    ]


def _training(config: Config, name: str, one: str) -> Iterator[str]:
    model, recipe, price = config.models[name], config.recipes[one], config.price
    if model.shape is None or not model.train.gpus:
        return
    training = model, recipe, read_sharding(recipe.deepspeed)
    memory = _memory(training, model.shape, price)
    if not memory.fits:
        yield (
            f"training models.{name} with recipes.{one} takes {_taken(memory)} on "
            f"each of {model.train.all_processes} {price.gpu}, where {_gib(memory.available)} GiB"
            f"{_host(memory)} are there; {_or(_fitting(training, model.shape, price))}"
        )


def _generation(config: Config, name: str) -> Iterator[str]:
    model, price = config.models[name], config.price
    if model.shape is None or not model.generate.gpus:
        return
    memory = generation_memory(model, model.shape, price)
    if not memory.fits:
        yield (
            f"generating with models.{name} takes {_gib(memory.total)} GiB (weights "
            f"{_gib(memory.weights)}, one sequence of chat.context {_gib(memory.sequence)}, "
            f"the engine {_gib(memory.other)}) on each of {model.generate.gpus} {price.gpu}, where "
            f"{_gib(memory.available)} GiB are there; "
            f"{_or(_fitting_generation(model, model.shape, price))}"
        )


def _memory(training: Training, shape: Shape, price: Price) -> TrainingMemory:
    model, recipe, sharding = training
    return training_memory(model, shape, recipe, sharding, price)


def _fitting(training: Training, shape: Shape, price: Price) -> list[str]:
    """List changes that would each make it fit; if none does, those that together would."""

    def fits(one: Training) -> bool:
        return _memory(one, shape, price).fits

    alone = [change for change in _changes(training, shape, price) if fits(change[1])]
    if alone:
        return [words for words, _ in alone]
    said = []
    for kind in range(len(_KINDS)):
        for words, changed in _KINDS[kind](training, shape, price):
            said.append(words)
            training = changed
            if fits(training):
                return [" with ".join(said)]
    return []


def _changes(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    for kind in _KINDS:
        yield from kind(training, shape, price)


def _checkpointing(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    model, recipe, sharding = training
    if not recipe.gradient_checkpointing:
        changed = recipe.model_copy(update={"gradient_checkpointing": True})
        yield "gradient_checkpointing: true in the recipe", (model, changed, sharding)


def _sharding(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    model, recipe, sharding = training
    if sharding.stage < 3 and model.train.all_processes > 1:
        yield "ZeRO stage 3 in the recipe's deepspeed", (model, recipe, Sharding(True, 3))


def _offload(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    model, recipe, sharding = training
    if sharding.offload_optimizer:
        return
    changed = model, recipe, offloaded(sharding)
    host = _memory(changed, shape, price).host
    words = "offload_optimizer in the recipe's deepspeed"
    if host > _memory(training, shape, price).available_host:
        asked = _asked(host / model.train.nodes)
        words += f" and train.memory: {asked}"
        changed = _with_needs(model, memory=asked), *changed[1:]
    yield words, changed


def _more_gpus(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    """Yield the smallest larger number of GPUs that fits, on more nodes if one has no more."""
    model, recipe, sharding = training
    gpus, nodes = model.train.gpus, model.train.nodes
    while gpus * nodes < MOST_GPUS:
        gpus, nodes = (2 * gpus, nodes) if 2 * gpus <= NODE_GPUS else (gpus, 2 * nodes)
        asked = {"gpus": gpus, "nodes": nodes}
        changed = _with_needs(model, **asked), recipe, sharding
        if _memory(changed, shape, price).fits:
            new = {key: n for key, n in asked.items() if n != getattr(model.train, key)}
            yield " and ".join(f"train.{key}: {n}" for key, n in new.items()), changed
            return


def _shorter(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    """Yield the largest shorter limit that fits, or none."""
    model, recipe, sharding = training
    for length in range((recipe.max_length - 1) // STEP * STEP, 0, -STEP):
        changed = model, recipe.model_copy(update={"max_length": length}), sharding
        if _memory(changed, shape, price).fits:
            yield f"max_length: {length} in the recipe", changed
            return


def _more_memory(training: Training, shape: Shape, price: Price) -> Iterator[Change]:
    """Yield what the machine's memory must be where what is offloaded is more."""
    memory = _memory(training, shape, price)
    if memory.host > memory.available_host:
        model, *rest = training
        asked = _asked(memory.host / model.train.nodes)
        yield f"train.memory: {asked}", (_with_needs(model, memory=asked), *rest)


_KINDS = [_checkpointing, _sharding, _offload, _more_gpus, _shorter, _more_memory]


def _fitting_generation(model: Model, shape: Shape, price: Price) -> list[str]:
    """List changes that would each make room for one sequence of full length."""

    def memory(one: Model) -> GenerationMemory:
        return generation_memory(one, shape, price)

    found = []
    gpus = model.generate.gpus * 2
    while gpus <= shape.heads and not found:
        if shape.heads % gpus == 0:  # or the engine cannot divide it
            needs = model.generate.model_copy(update={"gpus": gpus})
            if memory(model.model_copy(update={"generate": needs})).fits:
                found.append(f"generate.gpus: {gpus}")
        gpus *= 2
    for context in range((model.chat.context - 1) // STEP * STEP, 0, -STEP):
        chat = model.chat.model_copy(update={"context": context})
        if memory(model.model_copy(update={"chat": chat})).fits:
            found.append(f"chat.context: {context}")
            break
    return found


def _with_needs(model: Model, **needs: object) -> Model:
    return model.model_copy(update={"train": model.train.model_copy(update=needs)})


def _asked(host: float) -> str:
    """Return what a job asks for that offloads so many bytes: a tenth more, for all else."""
    return f"{int(host * 1.1 / 1e9) + 1}GB"


def _taken(memory: TrainingMemory) -> str:
    host = f" and {_gib(memory.host)} GiB of the machine's memory" if memory.host else ""
    return (
        f"{_gib(memory.total)} GiB (model states {_gib(memory.states)}, activations "
        f"{_gib(memory.activations)}, scores {_gib(memory.head)}){host}"
    )


def _host(memory: TrainingMemory) -> str:
    return f" and {_gib(memory.available_host)} GiB" if memory.host else ""


def _or(fitting: list[str]) -> str:
    """Say what would fit, and how to do it nevertheless."""
    ways = f"what would fit: {', or '.join(fitting)}" if fitting else "nothing near it would fit"
    return f"{ways}; `price: {{refuse: false}}` runs it all the same"


def _gib(size: float) -> str:
    return f"{size / GIB:.1f}"
