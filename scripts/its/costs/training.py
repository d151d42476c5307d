"""What one training takes: memory, and time."""

from dataclasses import dataclass
from math import ceil, inf

from its.config.model import Model, Saving
from its.config.price import Price
from its.config.recipe import Recipe
from its.config.shape import Shape
from its.costs.activations import head_bytes, kept_bytes, working_bytes
from its.costs.device import GIB, device_of
from its.costs.sharding import Sharding, gathered, model_states
from its.costs.sizes import WIDTHS, forward_flops, parameters


@dataclass(frozen=True, slots=True)
class TrainingMemory:
    """Bytes at the peak of a training: of one GPU, or of all processes without a GPU."""

    states: float
    """Weights, gradients, optimizer, and the weights gathered to compute with."""
    activations: float
    """What the backward pass needs."""
    head: float
    """What scoring tokens adds to that."""
    host: float
    """Of the machine's memory, for what is offloaded: of all processes."""
    available: float
    """What there is for states, activations and head."""
    available_host: float

    @property
    def total(self) -> float:
        """All of it, where it computes."""
        return self.states + self.activations + self.head

    @property
    def fits(self) -> bool:
        """Whether there is as much as it takes, there and in the machine's memory."""
        return self.total <= self.available and self.host <= self.available_host


def training_memory(
    model: Model, shape: Shape, recipe: Recipe, sharding: Sharding, price: Price
) -> TrainingMemory:
    """Return the bytes that a training of sequences of full length takes at its peak."""
    device, processes = device_of(model.train, price, model.dtype), model.train.all_processes
    weights = parameters(shape)
    states = model_states(weights, sharding, model.dtype, processes)
    tokens = recipe.micro_batch * recipe.max_length
    how = {
        "checkpointing": recipe.gradient_checkpointing,
        "mixed": model.dtype == "bfloat16" and not sharding.deepspeed,
        "mask": mask_of(recipe),
    }
    working = tokens * working_bytes(shape, model.dtype, **how)
    head = head_bytes(shape, model.dtype, tokens)
    each = [
        states.device + gathered(weights, sharding, model.dtype),
        tokens * kept_bytes(shape, model.dtype, **how) + working,
        # The first layer's backward pass begins when the scores are done: not both at once.
        max(0, head - working),
    ]
    if not device.gpu:  # all processes on one machine, each with its libraries
        each = [processes * one for one in each]
        each[0] += processes * price.process_memory * GIB
    return TrainingMemory(*each, states.host, device.memory * price.gpu_share, device.host)


def mask_of(recipe: Recipe) -> int:
    """Return how many tokens each token's row of the attention mask spans; 0 without a mask.

    Packed rows are kept apart by one over all that a process holds at once, rows of several
    lengths are filled up behind one.
    """
    if recipe.packing:
        return recipe.micro_batch * recipe.max_length
    return recipe.max_length if recipe.micro_batch > 1 else 0


def training_seconds(
    model: Model,
    shape: Shape,
    recipe: Recipe,
    sharding: Sharding,
    price: Price,
    *,
    rows: int,
    tokens: float,
) -> float:
    """Return how long a training computes, without its start.

    Forward and backward pass take three times the forward one, gradient checkpointing a fourth
    time. With a mask, attention computes what it hides. An offloaded optimizer takes its time
    after each step, when the GPUs wait.

    Parameters
    ----------
    rows
        Of the set.
    tokens
        Of one of them, in the mean.
    """
    device = device_of(model.train, price, model.dtype)
    keys = mask_of(recipe) or tokens / 2
    passes = 4 if recipe.gradient_checkpointing else 3
    flops = passes * forward_flops(shape, keys) * rows * tokens * recipe.epochs
    share = price.mfu if device.gpu else price.core_share
    seconds = flops / (device.units * device.flops * share)
    if sharding.offload_optimizer:
        steps = steps_of(recipe, rows=rows, tokens=tokens)
        seconds += steps * parameters(shape) / (price.offloading * 1e9)
    return seconds


def steps_of(recipe: Recipe, *, rows: int, tokens: float) -> int:
    """Return how many optimizer steps a training has; `rows` and `tokens` as `training_seconds`."""
    sequences = rows * tokens / recipe.max_length if recipe.packing else rows
    return recipe.epochs * ceil(sequences / recipe.batch)


def state_bytes(weights: float, dtype: str) -> float:
    """Return the bytes of one state: Adam's, in float32, and weights to go on from."""
    return weights * (12 + WIDTHS[dtype])


def writing_seconds(
    saving: Saving, price: Price, *, seconds: float, steps: int, state: float, weights: float
) -> float:
    """Return how long a training waits for what it writes.

    Parameters
    ----------
    seconds
        That it computes.
    steps
        It has: after the last one no state is saved.
    state, weights
        Bytes of a state, and of all weights that stay.
    """
    minutes = 60 * (saving.save_minutes or inf) * steps / seconds  # in steps
    states = max(0, ceil(steps / max(1, min(minutes, saving.save_steps or inf))) - 1)
    return (states * state + weights) / (price.writing * 1e9)
