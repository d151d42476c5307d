"""States that DeepSpeed left in parts, for another number of processes to go on from.

Heavy to import, and only to be imported once the environment is set (`scripts/train.py`).
"""

import shutil
from argparse import Namespace
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import torch

from its.checkpoints import parts_of
from its.console import say
from its.errors import InputError
from its.processes import count
from its.words import amount

LATEST = "latest_universal"
"""Names the folder for DeepSpeed; written last."""


def redivided(state: Path | None, deepspeed: str | None) -> bool:
    """Tell whether DeepSpeed left a state in another number of parts than there are processes."""
    return bool(state and deepspeed and parts_of(state) != count())


def redivide(state: Path, processes: int) -> None:
    """Let another number of processes go on from a sharded state.

    DeepSpeed's universal form of the state is written beside its parts. It takes as much room as
    they do, twice that while it is written, and goes with the state once a newer one is whole.

    Raises
    ------
    InputError
        If DeepSpeed cannot: the state stays as it is.

    References
    ----------
    Lian et al., Universal Checkpointing, arXiv:2406.18820.
    """
    if (state / LATEST).exists():
        return
    parts = parts_of(state)
    left = amount(parts, "process", "processes")
    say(f"{state}: left by {left}, to be gone on from by {processes}; converting it")
    divided = state / (state / "latest").read_text().strip()
    whole = divided.with_name(f"{divided.name}_universal")
    shutil.rmtree(whole, ignore_errors=True)  # of a process that was killed
    try:
        _convert(divided, whole)
    except Exception as error:  # whatever DeepSpeed says, the way out is the same
        shutil.rmtree(whole, ignore_errors=True)
        raise InputError(
            f"{state}: DeepSpeed left this state in {parts} parts, and cannot turn it into one for "
            f"{amount(processes, 'process', 'processes')} ({error}); train with {parts} "
            "again, on as many GPUs, or remove the folder to start anew"
        ) from error


def _convert(divided: Path, whole: Path) -> None:
    from deepspeed.checkpoint.ds_to_universal import main

    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        main(
            Namespace(
                input_folder=str(divided),
                output_folder=str(whole),
                num_extract_workers=1,  # each reads a part into memory
                num_merge_workers=1,
                keep_temp_folder=False,
                strict=True,
                inject_missing_state=True,
            )
        )


def mend(optimizer: torch.optim.Optimizer) -> None:
    """Put right what DeepSpeed 0.19 gets wrong when it loads the universal form with ZeRO-3.

    It hands one counter of steps to all groups of weights, so that each of them counts every step,
    and the decay of the first group, where the trainer's second one (norms and biases) has none.
    """
    inner = optimizer.optimizer.optimizer  # in that of accelerate, in that of DeepSpeed
    for state in inner.state.values():
        if torch.is_tensor(state.get("step")):
            state["step"] = state["step"].clone()
    for group in inner.param_groups[1:]:
        group["weight_decay"] = 0.0
