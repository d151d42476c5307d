"""What a job runs on."""

from dataclasses import dataclass
from math import inf

from its.config.model import Needs, TrainingNeeds
from its.config.price import Price

GIB = 2**30
TERA = 1e12
SECONDS = {"m": 60, "h": 3600, "d": 86400}
UNITS = {"M": 1e6, "G": 1e9, "T": 1e12}


@dataclass(frozen=True, slots=True)
class Device:
    """The GPUs of a job, or its cores."""

    gpu: bool
    units: int
    """GPUs, or cores."""
    flops: float
    """Of one of them at its best, a second."""
    bandwidth: float
    """Bytes a second, of one."""
    memory: float
    """Bytes of one GPU; without GPUs infinite, since the config knows of no limit."""
    host: float
    """Bytes of the machines' memory that the job asks for."""
    limit: float
    """Seconds after which the job is ended."""


def device_of(needs: Needs, price: Price, dtype: str) -> Device:
    """Return what a job of such needs runs on, all its nodes together."""
    nodes = needs.nodes if isinstance(needs, TrainingNeeds) else 1
    host = nodes * bytes_of(needs.memory)
    limit = int(needs.runtime[:-1]) * SECONDS[needs.runtime[-1]]
    one = price.card if needs.gpus else price.core
    flops = getattr(one, dtype) * TERA
    bandwidth = one.bandwidth * TERA
    if needs.gpus:
        memory = price.card.memory * GIB
        return Device(True, nodes * needs.gpus, flops, bandwidth, memory, host, limit)
    return Device(False, nodes * needs.threads, flops, bandwidth, inf, host, limit)


def bytes_of(memory: str) -> float:
    """Return how many bytes a setting such as `6GB` asks for."""
    return int(memory[:-2]) * UNITS[memory[-2]]
