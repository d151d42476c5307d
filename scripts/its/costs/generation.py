"""What one call for responses takes: memory, and time."""

from dataclasses import dataclass

from its.config.model import Model
from its.config.price import Price
from its.config.shape import Shape
from its.costs.device import GIB, Device, device_of
from its.costs.sizes import WIDTHS, cache_bytes, forward_flops, parameters

MOST_CACHE = 2 * GIB
"""Bytes of the cache without a GPU (`its.engine.CACHE`)."""


@dataclass(frozen=True, slots=True)
class GenerationMemory:
    """Bytes of an engine: of one GPU, or of the job without a GPU."""

    weights: float
    other: float
    """Activations, recorded graphs; Python and libraries without a GPU."""
    sequence: float
    """Keys and values of one sequence of full length."""
    available: float
    """What the engine may take."""

    @property
    def sequences(self) -> int:
        """How many sequences of full length fit at once, on a GPU."""
        return max(0, int(self.room // self.sequence))

    @property
    def room(self) -> float:
        """What is left for keys and values."""
        return self.available - self.weights - self.other

    @property
    def total(self) -> float:
        """What one sequence of full length takes, the least with which an engine starts."""
        return self.weights + self.other + self.sequence

    @property
    def fits(self) -> bool:
        """Whether there is as much."""
        return self.total <= self.available


def generation_memory(model: Model, shape: Shape, price: Price) -> GenerationMemory:
    """Return what an engine takes that makes room for `chat.context` tokens of a sequence.

    Weights are divided among the GPUs; keys and values too, as long as there are as many heads.
    """
    device = device_of(model.generate, price, model.dtype)
    weights = parameters(shape) * WIDTHS[model.dtype]
    sequence = model.chat.context * cache_bytes(shape, model.dtype)
    if not device.gpu:
        other = price.process_memory * GIB
        return GenerationMemory(weights, other, sequence, device.memory)
    return GenerationMemory(
        weights / device.units,
        price.engine_memory * GIB,
        sequence / min(device.units, shape.kv_heads),
        device.memory * price.engine_share,
    )


def start_seconds(shape: Shape, dtype: str, price: Price, *, engine: bool) -> float:
    """Return the seconds before a job computes: for imports, weights, and an engine's graphs."""
    weights = parameters(shape) * WIDTHS[dtype]
    return price.start + weights / (price.reading * 1e9) + (price.capture if engine else 0)


def generation_seconds(
    model: Model, shape: Shape, price: Price, *, requests: float, prompt: float, response: float
) -> float:
    """Return how long an engine computes, without its start.

    Each step reads the weights once, and keys and values of every response that is being
    written; it computes one token of each. Prompts are computed at once.

    Parameters
    ----------
    requests
        Responses to write.
    prompt, response
        Mean tokens of each.

    References
    ----------
    Pope et al., Efficiently Scaling Transformer Inference, arXiv:2211.05102, section 2, for what
    bounds a step.
    """
    device = device_of(model.generate, price, model.dtype)
    batch = _batch(model, shape, price, device, requests, prompt + response)
    keys = prompt + response / 2
    read = parameters(shape) * WIDTHS[model.dtype] / batch
    read += keys * cache_bytes(shape, model.dtype)
    token = read / device.bandwidth + forward_flops(shape, keys) / device.flops
    asked = prompt * forward_flops(shape, prompt / 2) / device.flops
    share = price.decoding if device.gpu else price.core_share
    busy = requests * (asked + response * token) / (device.units * share)
    return busy + requests * response / batch * price.step


def _batch(
    model: Model, shape: Shape, price: Price, device: Device, requests: float, length: float
) -> float:
    """Return how many responses are written at once, which the cache has room for."""
    memory = generation_memory(model, shape, price)
    room = memory.room if device.gpu else MOST_CACHE
    fit = room / (memory.sequence * length / model.chat.context)
    return max(1, min(requests, price.batch, fit))
