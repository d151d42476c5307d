"""Fine-tune a model with TRL: from examples to a folder of weights, interrupted or not.

Heavy to import, and only to be imported once the environment is set (`scripts/train.py`).
"""

import json
import math
import os
import platform
import shutil
import signal
import sys
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import datasets
import polars as pl
import torch
import transformers
from accelerate import PartialState
from transformers import (
    AutoModelForCausalLM,
    PreTrainedModel,
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)
from trl import SFTConfig, SFTTrainer, pack_dataset

from its.chat import load_tokenizer
from its.checkpoints import check_processes, mark, newest
from its.config.model import Chat
from its.config.recipe import Recipe
from its.console import Progress, say
from its.errors import InputError
from its.examples import (
    IGNORED,
    Fitted,
    accumulation,
    fit,
    order,
    read_examples,
    sequences,
    shuffled,
)
from its.files import write_json
from its.processes import agree, any_of, count, meet, rank
from its.progress import Work, read_shard, unfinished, write_shard
from its.versions import version_of
from its.weights import weights_of, write_manifest

ATTENTION = "sdpa"
"""Keeps packed rows apart by a mask made of their positions; a test measures it."""
LIBRARIES = ["torch", "transformers", "trl", "accelerate", "deepspeed"]
SCHEDULES = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}
"""How the trainer calls them."""
SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]
"""What asks a training to save and stop: a time limit, Ctrl-C, `--signal=USR1@300` of SLURM."""


@dataclass(frozen=True, slots=True)
class Job:
    """One training, as its command line gives it."""

    base: Path
    rows: Path
    manifest: Path
    record: Path
    recipe: Recipe
    chat: Chat
    dtype: str
    seed: int
    stop: int
    save_steps: int

    @property
    def name(self) -> str:
        """What it is called at the terminal: `model/learner`."""
        return "/".join(self.manifest.parts[-4:-2])

    @property
    def epochs(self) -> int:
        """How many of the recipe's epochs it trains."""
        return self.stop or self.recipe.epochs

    @property
    def decides(self) -> list[object]:
        """What decides the result, beside the inputs."""
        sections = self.recipe.settings(), self.chat.settings()
        return [version_of("train"), *sections, self.dtype, self.seed, self.stop]

    @property
    def inputs(self) -> list[Path]:
        """The files that decide the result by their content."""
        named = [self.chat.template, self.recipe.deepspeed]
        return [self.base, self.rows, *(Path(name) for name in named if name)]


@dataclass(frozen=True, slots=True)
class Course:
    """How a training runs through its sequences."""

    sequences: int
    """Rows, or packs of rows."""
    steps_per_epoch: int
    last_step: int
    """Where it ends, which is before the schedule's end if it stops after an earlier epoch."""


def train(job: Job) -> None:
    """Fine-tune, or go on with a training that was interrupted, and write weights and record.

    Only the first process holds the lease, reads the rows and writes the outputs; the others
    wait until it has what it needs, and share the steps.

    Raises
    ------
    InputError
        If a setting, a row or the chat template cannot be used: before any step.
    """
    _check(job)
    if rank() > 0:
        said = agree()
        if said["folder"]:
            _follow(job, Path(said["folder"]), said["state"])
        return
    place = job.manifest.parent.parent / "progress"
    with unfinished(place, *job.decides, inputs=job.inputs) as work:
        if stands(job, work.fingerprint):
            say(f"train {job.name}: another job has finished it meanwhile; nothing to do")
            agree({"folder": None, "state": None})
            return
        examples = read_shard(work, "examples")
        if examples is None:
            tokenizer = load_tokenizer(weights_of(job.base), job.chat)
            examples = read_examples(job.rows, tokenizer, job.chat)
            write_shard(work, "examples", examples)
        fitted = fit(examples, job.recipe)
        state = newest(work.folder)
        if state and job.recipe.deepspeed:
            check_processes(state, count())
        agree({"folder": str(work.folder), "state": str(state) if state else None})
        _lead(job, work, fitted, state)


def stands(job: Job, fingerprint: str) -> bool:
    """Tell whether the outputs are there, whole, and made of what decides this training."""
    try:
        record = json.loads(job.record.read_text())
        weights_of(job.manifest)
    except (OSError, ValueError):  # of which an InputError is one
        return False
    return record.get("fingerprint") == fingerprint


def _check(job: Job) -> None:
    """Refuse settings that do not fit together."""
    accumulation(job.recipe, count())
    if job.stop > job.recipe.epochs:
        raise InputError(
            f"{job.name}: the recipe has {job.recipe.epochs} epochs, so there is nothing after "
            f"epoch {job.stop}; ask for -e{job.recipe.epochs} at most, or leave -e out"
        )
    if job.recipe.deepspeed:
        _check_deepspeed(Path(job.recipe.deepspeed))


def _check_deepspeed(path: Path) -> None:
    """Refuse a file of DeepSpeed's settings from which no weights would come out."""
    try:
        zero = json.loads(path.read_text()).get("zero_optimization", {})
    except (ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no JSON object: {error}") from error
    gather = "stage3_gather_16bit_weights_on_model_save"
    if zero.get("stage") == 3 and not zero.get(gather):
        raise InputError(
            f"{path}: zero_optimization.{gather} must be true, or the weights stay in parts that "
            "no engine reads"
        )


def _lead(job: Job, work: Work, fitted: Fitted, state: Path | None) -> None:
    """Train as the first process, then put the outputs in their place."""
    trainer, course, watch = _run(job, work.folder, fitted, state, work)
    fresh = work.folder / "weights"
    _save(job, trainer, fresh)
    work.lease.check()
    shutil.rmtree(job.manifest.parent, ignore_errors=True)
    fresh.rename(job.manifest.parent)
    record = _record(job, work, fitted, course, watch)
    write_json(job.record, record)
    write_manifest(job.manifest)
    say(
        f"train {job.name}: {course.last_step} steps, loss {record['loss']['first']:.3f} to "
        f"{record['loss']['last']:.3f}, {record['tokens_per_second']:.0f} tokens/s"
    )


def _follow(job: Job, folder: Path, state: str | None) -> None:
    """Train as one of the other processes."""
    fitted = fit(pl.read_parquet(folder / "examples.parquet"), job.recipe)
    trainer, _, _ = _run(job, folder, fitted, Path(state) if state else None, None)
    _save(job, trainer, folder / "weights")


def _run(
    job: Job, folder: Path, fitted: Fitted, state: Path | None, work: Work | None
) -> tuple[SFTTrainer, Course, "Watch"]:
    """Train; leaves the process once a signal has asked for that and the state is saved."""
    _be_quiet()
    arguments = _arguments(job, folder)  # first: DeepSpeed wants to know before a model is loaded
    tokenizer = load_tokenizer(weights_of(job.base), job.chat)
    data, course = _data(job, fitted, tokenizer.eos_token_id)
    watch = Watch(job, course, work)
    trainer = SFTTrainer(
        _model(job), arguments, train_dataset=data, processing_class=tokenizer, callbacks=[watch]
    )
    trainer.remove_callback(PrinterCallback)
    if rank() == 0:
        what = f"{len(fitted.examples)} rows in {course.sequences} sequences"
        where = f"going on after step {state.name.rpartition('-')[2]}" if state else "starting"
        say(f"train {job.name}: {what}, {course.last_step} steps, {where}")
    trainer.train(resume_from_checkpoint=str(state) if state else None)
    if watch.stopped_by:
        sys.exit(128 + watch.stopped_by)
    return trainer, course, watch


def _be_quiet() -> None:
    """Keep what libraries tell at every start out of the log."""
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    datasets.utils.logging.set_verbosity_error()
    datasets.disable_progress_bars()
    # DeepSpeed calls functions of torch by the names they had before.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"torch\.distributed")


def _arguments(job: Job, folder: Path) -> SFTConfig:
    """Return the trainer's arguments: the recipe, and that nothing is left to the defaults."""
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
        deepspeed=recipe.deepspeed,
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


def _data(job: Job, fitted: Fitted, filler: int) -> tuple[datasets.Dataset, Course]:
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
    course = Course(len(rows), steps, steps * job.epochs)
    return datasets.concatenate_datasets([rows, last]).select(indices), course


def _model(job: Job) -> PreTrainedModel:
    """Return the base model.

    Its weights are float32 whatever `dtype` says, and bfloat16 is the arithmetic: a step of 1e-5
    is less than half of the distance between two bfloat16 numbers of the size of a weight, and
    would be lost. DeepSpeed keeps such weights itself, beside those it computes with.
    """
    bfloat16 = job.dtype == "bfloat16" and job.recipe.deepspeed
    return AutoModelForCausalLM.from_pretrained(
        weights_of(job.base),
        dtype=torch.bfloat16 if bfloat16 else torch.float32,
        attn_implementation=ATTENTION,
        local_files_only=True,
    )


class Watch(TrainerCallback):
    """Says how far a training is, when it saves its state, and when it ends."""

    def __init__(self, job: Job, course: Course, work: Work | None) -> None:
        self.job, self.course, self.work = job, course, work
        self.stopped_by = 0
        self.log: list[dict] = []
        self.asked: signal.Signals | None = None
        self.seconds = 0.0

    def on_train_begin(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Take up the log and the clock of an interrupted training; listen to signals."""
        self.log = state.log_history
        self.seconds = self.log[-1]["seconds"] if self.log else 0.0
        self.start = time.monotonic() - self.seconds
        self.progress = Progress(f"train {self.job.name}", self.course.last_step, "steps")
        self.progress.skip(state.global_step)
        for number in SIGNALS:
            signal.signal(number, self._ask)

    def on_step_end(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Decide whether to save, and whether to go on."""
        step, last = state.global_step, self.course.last_step
        asked = any_of(self.asked is not None)
        if step >= last:
            control.should_training_stop = True
        elif asked:
            self.stopped_by = self.asked or signal.SIGTERM
            control.should_training_stop = control.should_save = True
        elif step % self.job.save_steps == 0:
            control.should_save = True
        if control.should_save and self.work:
            self.work.lease.check()

    def on_log(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, logs: dict, **_: object
    ) -> None:
        """Note a step, and show it."""
        if "loss" not in logs:
            return
        state.log_history[-1]["seconds"] = time.monotonic() - self.start
        self.log = state.log_history
        if not math.isfinite(logs["loss"]):
            raise InputError(
                f"train {self.job.name}: the loss is {logs['loss']} after step "
                f"{state.global_step}; lower learning_rate in the recipe"
            )
        if self.work:
            self.progress.show(state.global_step, f"loss {logs['loss']:.3f}")

    def on_save(
        self, args: SFTConfig, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        """Mark a state as whole, once every process has written its part."""
        meet()
        if self.work:
            mark(Path(args.output_dir) / f"checkpoint-{state.global_step}", processes=count())
            if self.stopped_by:
                again = "saved; start it again to go on"
                say(f"train {self.job.name}: step {state.global_step} {again}")
        meet()  # or torchrun, seeing the others leave, stops the first one before its mark

    def _ask(self, number: int, _: object) -> None:
        self.asked = signal.Signals(number)


def _save(job: Job, trainer: SFTTrainer, folder: Path) -> None:
    """Write weights, configuration and tokenizer; every process has a part in it."""
    if rank() == 0:
        shutil.rmtree(folder, ignore_errors=True)
    meet()
    if job.dtype == "bfloat16" and not job.recipe.deepspeed:
        trainer.model.to(torch.bfloat16)
    trainer.model.config.use_cache = True  # off for training only
    trainer.save_model(str(folder))
    if rank() == 0:
        (folder / "training_args.bin").unlink()  # a pickle
        for path in folder.iterdir():
            path.chmod(0o644)  # the library writes weights for the owner's eyes only


def _record(job: Job, work: Work, fitted: Fitted, course: Course, watch: Watch) -> dict:
    """Return what is kept of a training, as JSON."""
    kept = fitted.examples
    read = int(kept["prompt"].list.len().sum() + kept["completion"].list.len().sum())
    log = [
        {
            "step": entry["step"],
            "epoch": entry["step"] / course.steps_per_epoch,
            "loss": entry["loss"],
            "learning_rate": entry["learning_rate"],
            "grad_norm": entry["grad_norm"],
            "seconds": entry["seconds"],
        }
        for entry in watch.log
        if "loss" in entry
    ]
    seconds = log[-1]["seconds"]
    return {
        "fingerprint": work.fingerprint,
        "settings": {
            "recipe": job.recipe.model_dump(mode="json"),
            "chat": job.chat.model_dump(mode="json"),
            "dtype": job.dtype,
            "seed": job.seed,
            "stop": job.stop,
        },
        "versions": _versions(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "processes": count(),
        "threads": torch.get_num_threads(),
        "rows": {"learnt": len(kept), "dropped": fitted.dropped, "cut": fitted.cut},
        "sequences": course.sequences,
        "tokens": {
            "epoch": read,
            "learnt_epoch": int(kept["completion"].list.len().sum()),
        },
        "epochs": job.epochs,
        "steps": course.last_step,
        "loss": {"first": log[0]["loss"], "last": log[-1]["loss"]},
        "log": log,
        "seconds": seconds,
        "tokens_per_second": read * job.epochs / seconds,
    }


def _versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that are installed."""
    versions = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
