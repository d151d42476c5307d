"""TRL's trainer: its arguments, what it reads, and who watches it.

Heavy to import, and only to be imported once the environment is set (`scripts/train.py`).
"""

import json
import math
import os
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import datasets
import torch
import transformers
import trl.trainer.utils
from accelerate import PartialState
from transformers import (
    AutoModelForCausalLM,
    PreTrainedModel,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)
from trl import SFTConfig, pack_dataset

from its.checkpoints import due, mark
from its.console import Progress, say
from its.errors import InputError
from its.examples import IGNORED, Fitted, accumulation, order, sequences, shuffled
from its.job import Job
from its.processes import count, heeded, meet, most
from its.progress import Work
from its.universal import mend, redivided
from its.weights import weights_of

SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
"""How the trainer calls them."""
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGURG]
"""What asks a training to save and stop: a time limit, Ctrl-C, a terminal that is closed, a warning
before a time limit (URG in slurm/profile.yaml, USR1 elsewhere)."""

SAVE, STOP = 1, 2
"""What may be due after a step; the larger one holds for all processes."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a training runs through its sequences."""

    sequences: int
    """Rows, or packs of rows."""
    steps_per_epoch: int
    last_step: int


def be_quiet() -> None:
    """Keep what libraries tell at every start out of the log."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    # DeepSpeed calls functions of torch by the names they had before.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.distributed")


def score_what_is_learnt() -> None:
    """Let TRL leave the scores of prompts out on the CPU too, as it does on GPUs.

    They are a third of the time of a small model. TRL computes and ignores them wherever it has
    no Triton, for the sake of devices that compile anew for every shape; should it call this
    otherwise one day, trainings are slower and the same.
    """
    original = trl.trainer.utils._use_triton
    trl.trainer.utils._use_triton = lambda device: device.type == "cpu" or original(device)


def arguments_of(job: Job, folder: Path, state: Path | None) -> SFTConfig:
    """Return the trainer's arguments: the recipe, and that nothing is left to the defaults.

    Parameters
    ----------
    folder
        Where states are saved.
    state
        The one to go on from.
    """
    recipe = job.recipe
    gpu = torch.cuda.is_available()
    # On the CPU the trainer would start DeepSpeed without telling it of the other processes.
    configured = bool(recipe.deepspeed) and not gpu
    if configured:
        os.environ["ACCELERATE_USE_DEEPSPEED"] = "true"
        PartialState(backend="gloo")
    return SFTConfig(
        output_dir=str(folder),
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=SCHEDULES[recipe.schedule],
        warmup_steps=recipe.warmup,
        num_train_epochs=1,  # the order of the sequences holds all of them
        train_sampling_strategy="sequential",
        per_device_train_batch_size=recipe.micro_batch,
        gradient_accumulation_steps=accumulation(recipe, count()),
        max_length=recipe.max_length,
        packing=recipe.packing,
        packing_strategy="bfd",
        dataset_kwargs={"skip_prepare_dataset": True},  # tokens, labels and packs are ours
        optim="adamw_torch_fused",
        weight_decay=recipe.weight_decay,
        adam_beta1=recipe.beta1,
        adam_beta2=recipe.beta2,
        max_grad_norm=recipe.max_grad_norm,
        gradient_checkpointing=recipe.gradient_checkpointing,
        bf16=job.dtype == "bfloat16",
        seed=job.seed,
        deepspeed=_deepspeed(recipe.deepspeed, state),
        accelerator_config={"use_configured_state": configured},
        use_cpu=not gpu,
        ddp_backend="nccl" if gpu else "gloo",
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=gpu,
        save_strategy="no",  # `Watch` says when
        logging_steps=1,
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        report_to="none",
    )


def _deepspeed(file: str | None, state: Path | None) -> str | dict | None:
    """Return DeepSpeed's settings, and with them whether the state is of other processes."""
    if not redivided(state, file):
        return file
    return json.loads(Path(file).read_text()) | {"checkpoint": {"load_universal": True}}


def data_of(job: Job, fitted: Fitted, filler: int) -> tuple[datasets.Dataset, Course]:
    """Return all sequences of all epochs in the order in which they are read."""
    rows = datasets.Dataset.from_polars(sequences(shuffled(fitted.examples, job.seed)))
    empty = {"input_ids": [filler] * 2, "labels": [IGNORED] * 2}
    if job.recipe.packing:
        rows = pack_dataset(rows, job.recipe.max_length, "bfd")
        empty["seq_lengths"] = [2]
    recipe = job.recipe
    indices = order(len(rows), recipe.batch, recipe.epochs, job.seed)
    steps = len(indices) // recipe.batch // recipe.epochs
    last = datasets.Dataset.from_dict({key: [value] for key, value in empty.items()}, rows.features)
    course = Course(len(rows), steps, steps * recipe.epochs)
    return datasets.concatenate_datasets([rows, last]).select(indices), course


def base_model(job: Job) -> PreTrainedModel:
    """Return the base model.

    Its weights are float32 whatever `dtype` says, and bfloat16 is the arithmetic: a step of 1e-5
    is less than half of the distance between two bfloat16 numbers of the size of a weight, and
    would be lost. DeepSpeed keeps such weights itself, beside those it computes with.

    Raises
    ------
    InputError
        If the recipe's attention is not installed.
    """
    bfloat16 = job.dtype == "bfloat16" and job.recipe.deepspeed
    try:
        return AutoModelForCausalLM.from_pretrained(
            weights_of(job.base),
            dtype=torch.bfloat16 if bfloat16 else torch.float32,
            attn_implementation=job.recipe.attention,
            local_files_only=True,
        )
    except ImportError as error:
        raise InputError(
            f"train {job.name}: the recipe's attention {job.recipe.attention!r} is not installed "
            f"here: {error}; add its package to envs/train.in, or take attention: sdpa"
        ) from error


class Watch(TrainerCallback):
    """Says how far a training is, when it saves its state, and when it ends.

    Parameters
    ----------
    keep
        Saves the weights after an epoch, in every process.
    redivided
        The training goes on from a state of another number of processes.
    """

    def __init__(
        self,
        job: Job,
        course: Course,
        work: Work | None,
        keep: Callable[[int], None],
        *,
        redivided: bool,
    ) -> None:
        self.job, self.course, self.work, self.keep = job, course, work, keep
        self.redivided = redivided
        self.stopped_by = 0
        self.log: list[dict] = []
        self.asked: signal.Signals | None = None

    def on_train_begin(
        self,
        args: SFTConfig,
        state: TrainerState,
        control: TrainerControl,
        optimizer: torch.optim.Optimizer,
        **_: object,
    ) -> None:
        """Take up the log and the clock of an interrupted training; listen to signals."""
        if self.redivided:
            mend(optimizer)
        self.log = state.log_history
        before = self.log[-1]["seconds"] if self.log else 0.0
        self.saved = time.monotonic()
        self.start = self.saved - before
        self.progress = Progress(f"train {self.job.name}", self.course.last_step, "steps")
        self.progress.skip(state.global_step)
        for number in heeded(SIGNALS):
            signal.signal(number, self._ask)

    def on_step_end(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Decide whether to save, and whether to go on."""
        step, last = state.global_step, self.course.last_step
        epoch, rest = divmod(step, self.course.steps_per_epoch)
        if not rest and epoch in self.job.recipe.keep:
            self.keep(epoch)  # before a state that would go on behind it
        now = self.work and due(self.job.saving, step, time.monotonic() - self.saved)
        what = most(STOP if self.asked else SAVE if now else 0)  # the same for all processes
        if step >= last:
            control.should_training_stop = True
        elif what == STOP:
            self.stopped_by = self.asked or signal.SIGTERM
            control.should_training_stop = control.should_save = True
        elif what == SAVE:
            control.should_save = True
        if control.should_save and self.work:
            self.work.lease.check()

    def on_log(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, logs: dict, **_: object
    ) -> None:
        """Note a step, and show it; raise `InputError` at a loss that is no number."""
        if "loss" not in logs:
            return
        state.log_history[-1]["seconds"] = time.monotonic() - self.start
        self.log = state.log_history
        if not self.work:
            return
        if not math.isfinite(logs["loss"]):
            raise InputError(
                f"train {self.job.name}: the loss is {logs['loss']} after step "
                f"{state.global_step}; lower learning_rate in the recipe"
            )
        self.progress.show(state.global_step, f"loss {logs['loss']:.3f}")

    def on_save(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Mark a state as whole, once every process has written its part."""
        meet()
        if self.work:
            mark(
                Path(args.output_dir) / f"checkpoint-{state.global_step}",
                processes=count(),
                keep=self.job.saving.keep_states,
            )
            self.saved = time.monotonic()
            if self.stopped_by:
                name = signal.Signals(self.stopped_by).name
                again = f"saved on {name}; a retry, or a new start, goes on from there"
                say(f"train {self.job.name}: step {state.global_step} {again}")
        meet()  # or torchrun, seeing the others leave, stops the first one before its mark

    def _ask(self, number: int, _: object) -> None:
        self.asked = signal.Signals(number)
