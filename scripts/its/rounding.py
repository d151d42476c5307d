"""What the device that a model ran on means for the last digits, and so for a second run."""

from collections.abc import Iterable, Mapping


def is_processor(device: str) -> bool:
    """Tell processors from GPUs, by what trainings and engines call theirs: torch names GPUs."""
    return device == "cpu" or device.startswith(("x86_64", "aarch64", "arm64"))


def made_again(machines: Iterable[Mapping[str, object]]) -> list[str]:
    """Say whether a model gives the same again with the same seed, and why not if it does not.

    Parameters
    ----------
    machines
        What was noted of those that it ran on, with a `device` each; without, nothing is said.
    """
    devices = [str(one["device"]) for one in machines if "device" in one]
    if not devices:
        return []
    if all(map(is_processor, devices)):
        return ["made again: the same, with these versions, device and number of threads"]
    return [
        "made again: not the same to the last digit, for a GPU adds in an order that depends on "
        "what it computes side by side, and from there on a token may be another"
    ]
