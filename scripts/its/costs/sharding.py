"""What a training keeps of the model itself, and how DeepSpeed divides it among GPUs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from its.errors import InputError

LIVE = 1e9
"""Weights that ZeRO-3 gathers at once at most, by DeepSpeed's default."""


@dataclass(frozen=True, slots=True)
class Sharding:
    """How model states are divided."""

    deepspeed: bool = False
    stage: int = 0
    """Of ZeRO: 1 divides the optimizer's states, 2 the gradients too, 3 the weights too."""
    offload_optimizer: bool = False
    """Optimizer states and gradients to the machine's memory (or its disk)."""
    offload_weights: bool = False
    live: float = LIVE


@dataclass(frozen=True, slots=True)
class States:
    """Bytes of model states."""

    device: float
    """Of each process, where it computes."""
    host: float
    """Of all processes together, in the machine's memory."""


@cache
def read_sharding(file: str | None) -> Sharding:
    """Return what a file of DeepSpeed's settings says; without one, nothing is divided.

    Raises
    ------
    InputError
        If it is no JSON object.
    """
    if not file:
        return Sharding()
    try:
        zero = json.loads(Path(file).read_text(encoding="utf-8")).get("zero_optimization", {})
        stage = int(zero.get("stage", 0))
        live = zero.get("stage3_max_live_parameters", LIVE)
        return Sharding(
            deepspeed=True,
            stage=stage,
            # Each is read by DeepSpeed only where the states it moves are divided.
            offload_optimizer=stage >= 1 and _moved(zero, "offload_optimizer"),
            offload_weights=stage == 3 and _moved(zero, "offload_param"),
            live=float(LIVE if live == "auto" else live),
        )
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"{file}: cannot be read as DeepSpeed's settings: {error}") from error


def offloaded(sharding: Sharding) -> Sharding:
    """Return the same with optimizer and gradients in the machine's memory."""
    return replace(sharding, deepspeed=True, stage=max(sharding.stage, 2), offload_optimizer=True)


def model_states(weights: int, sharding: Sharding, dtype: str, processes: int) -> States:
    """Return what weights, gradients and Adam take.

    With DeepSpeed in bfloat16 a weight takes 2 bytes, its gradient 2, and the optimizer 12: a
    float32 copy of the weight and two moments. Without DeepSpeed weights stay float32: 4 bytes,
    4 for the gradient, 8 for the moments; bfloat16 arithmetic adds a copy of 2, and a second
    process a buffer of 4 in which gradients are summed.

    Parameters
    ----------
    weights
        How many there are.
    dtype
        Of the arithmetic: `float32` or `bfloat16`.
    processes
        That share the training.

    References
    ----------
    Rajbhandari et al., ZeRO, arXiv:1910.02054, section 3.1 and figure 1; Ren et al.,
    ZeRO-Offload, arXiv:2101.06840, for what goes to the machine's memory.

    Examples
    --------
    The largest example of ZeRO's figure 1: 7.5e9 weights on 64 GPUs.

    >>> [model_states(7_500_000_000, Sharding(True, stage), "bfloat16", 64).device / 1e9
    ...     for stage in range(4)]
    [120.0, 31.40625, 16.640625, 1.875]
    """
    half = dtype == "bfloat16"
    if not sharding.deepspeed:
        each = 16 + (2 if half else 0) + (4 if processes > 1 else 0)
        return States(each * weights, 0)
    width = 2 if half else 4
    parts = {
        "weights": (width, sharding.stage >= 3, sharding.offload_weights),
        "gradients": (width, sharding.stage >= 2, sharding.offload_optimizer),
        "optimizer": (12, sharding.stage >= 1, sharding.offload_optimizer),
    }
    device = host = 0.0
    for name, (each, divided, moved) in parts.items():
        if moved:
            # The processor's optimizer wants gradients in float32.
            host += weights * (4 if name == "gradients" else each)
        else:
            device += weights * each / (processes if divided else 1)
    return States(device, host)


def gathered(weights: int, sharding: Sharding, dtype: str) -> float:
    """Return the bytes of weights that each process holds beside its part while it computes."""
    if sharding.stage < 3:
        return 0
    return min(weights, sharding.live) * (2 if dtype == "bfloat16" else 4)


def _moved(zero: Mapping, key: str) -> bool:
    return (zero.get(key) or {}).get("device", "none") != "none"
