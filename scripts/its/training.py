"""Fine-tune a model: from refined rows to a folder of weights, interrupted or not.

Heavy to import, and only to be imported once the environment is set (`scripts/train.py`).
"""

import copy
import json
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import polars as pl
import torch
from transformers import AutoConfig, PrinterCallback
from trl import SFTTrainer

from its.chat import load_tokenizer
from its.checkpoints import newest
from its.console import say
from its.errors import InputError
from its.examples import Fitted, fit, read_examples
from its.files import umask, write_json
from its.job import Job, check_settings
from its.processes import agree, count, meet, rank
from its.progress import Work, read_shard, unfinished, write_shard
from its.released import record_of
from its.scratch import claim
from its.trainer import (
    Course,
    Watch,
    arguments_of,
    base_model,
    be_quiet,
    data_of,
    score_what_is_learnt,
)
from its.universal import redivide, redivided
from its.weights import read_manifest, weights_of, write_manifest
from its.words import amount

LIBRARIES = ["torch", "transformers", "trl", "accelerate", "deepspeed"]


def train(job: Job) -> None:
    """Fine-tune, or go on with a training that was interrupted, and write weights and record.

    Only the first process holds the lease, reads the rows and writes the outputs; the others
    wait until it has what it needs, and share the steps.

    Raises
    ------
    InputError
        If a setting, a row or the chat template cannot be used: before any step.
    """
    if rank() > 0:
        said = agree()
        if said["folder"]:
            _follow(job, Path(said["folder"]), said["state"])
        return
    check_settings(job, count())
    if job.place != job.home:
        claim(job.place, job.home)
    place, large = (folder / "progress" for folder in (job.home, job.place))
    with unfinished(place, *job.decides, inputs=job.inputs, large=large) as work:
        put_back(job, work.fingerprint)
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
        _check_room(job, fitted)
        state = newest(work.folder)
        if redivided(state, job.recipe.deepspeed):
            redivide(state, count())
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


def put_back(job: Job, fingerprint: str) -> None:
    """Put back the outputs of such a training that Snakemake deleted, if its weights are there.

    It deletes what a job made whose end it did not see, having been killed before.
    """
    try:
        kept = json.loads(job.finished.read_text())
    except (OSError, ValueError):
        return
    if job.manifest.exists() or kept["record"]["fingerprint"] != fingerprint:
        return
    if record_of(job.home).exists():  # somebody wants again what was released, if only an epoch
        return
    write_json(job.record, kept["record"])
    write_json(job.manifest, kept["manifest"])
    try:
        weights_of(job.manifest, hashes=True)
        say(f"train {job.name}: was finished before; delete {job.finished} to train it anew")
    except InputError as error:
        say(f"train {job.name}: is done again ({error})")
        job.manifest.unlink()
        job.record.unlink()


def _check_room(job: Job, fitted: Fitted) -> None:
    """Refuse rows that reach beyond the positions that the model knows."""
    config = AutoConfig.from_pretrained(weights_of(job.base), local_files_only=True)
    room = getattr(config.get_text_config(), "max_position_embeddings", None)
    if room and fitted.longest > room:
        raise InputError(
            f"{job.rows}: the longest row has {fitted.longest} tokens, and {job.base.parent.name} "
            f"knows {room} positions; set max_length in the recipe to {room} at most"
        )


def _lead(job: Job, work: Work, fitted: Fitted, state: Path | None) -> None:
    """Train as the first process, then put the outputs in their place."""
    trainer, course, watch = _run(job, work.folder, fitted, state, work)
    fresh = work.folder / "weights"
    _save(job, trainer, fresh)
    work.lease.check()
    for place in {job.home, job.place}:
        shutil.rmtree(place / "weights", ignore_errors=True)
    fresh.rename(job.weights)
    _put_epochs(job, work.folder / "epochs")
    record_of(job.home).unlink(missing_ok=True)  # of weights that these replace
    record = _record(job, work, fitted, course, watch)
    write_json(job.record, record)
    write_manifest(job.manifest, job.weights if job.place != job.home else None)
    write_json(job.finished, {"record": record, "manifest": read_manifest(job.manifest)})
    say(
        f"train {job.name}: {amount(course.last_step, 'step')}, loss "
        f"{record['loss']['first']:.3f} to {record['loss']['last']:.3f}, "
        f"{record['tokens_per_second']:.0f} tokens/s"
    )


def _put_epochs(job: Job, made: Path) -> None:
    """Put kept epochs in their place, one by one.

    Those that a start put there which was killed before its end are made by nobody again: states
    from which the next one goes on lie behind them.
    """
    for place in {job.home, job.place}:
        for older in place.glob("epochs/*"):
            if place != job.place or int(older.name) not in job.recipe.keep:
                shutil.rmtree(older)
    for epoch in sorted(made.glob("*")):
        job.kept.mkdir(exist_ok=True)
        shutil.rmtree(job.kept / epoch.name, ignore_errors=True)
        epoch.rename(job.kept / epoch.name)


def _follow(job: Job, folder: Path, state: str | None) -> None:
    """Train as one of the other processes."""
    fitted = fit(pl.read_parquet(folder / "examples.parquet"), job.recipe)
    trainer, _, _ = _run(job, folder, fitted, Path(state) if state else None, None)
    _save(job, trainer, folder / "weights")


def _run(
    job: Job, folder: Path, fitted: Fitted, state: Path | None, work: Work | None
) -> tuple[SFTTrainer, Course, "Watch"]:
    """Train; leaves the process once a signal has asked for that and the state is saved."""
    be_quiet()
    score_what_is_learnt()
    arguments = arguments_of(
        job, folder, state
    )  # first: DeepSpeed wants to know before a model is loaded
    tokenizer = load_tokenizer(weights_of(job.base), job.chat)
    data, course = data_of(job, fitted, tokenizer.eos_token_id)
    watch = Watch(
        job,
        course,
        work,
        keep=lambda epoch: _save(job, trainer, folder / "epochs" / str(epoch)),
        redivided=redivided(state, job.recipe.deepspeed),
    )
    trainer = SFTTrainer(
        base_model(job),
        arguments,
        train_dataset=data,
        processing_class=tokenizer,
        callbacks=[watch],
    )
    trainer.remove_callback(PrinterCallback)
    if rank() == 0:
        rows, sequences = amount(len(fitted.examples), "row"), amount(course.sequences, "sequence")
        where = f"going on after step {state.name.rpartition('-')[2]}" if state else "starting"
        steps = amount(course.last_step, "step")
        say(f"train {job.name}: {rows} in {sequences}, {steps}, {where}")
    try:
        trainer.train(resume_from_checkpoint=str(state) if state else None)
    except RuntimeError as error:
        if not ran_out(error):
            raise
        raise InputError(
            f"train {job.name}: memory ran out after step {trainer.state.global_step} "
            f"({str(error).splitlines()[0]}); `snakemake price` says what it takes: with more gpus "
            "or nodes it goes on from the last state that was saved; gradient_checkpointing, a "
            "shorter max_length or DeepSpeed's ZeRO make another recipe of it, which begins anew"
        ) from error
    if watch.stopped_by:
        sys.exit(128 + watch.stopped_by)
    return trainer, course, watch


def ran_out(error: RuntimeError) -> bool:
    """Tell whether an error is that memory ran out, of a GPU or of the machine."""
    return isinstance(error, torch.OutOfMemoryError) or "DefaultCPUAllocator" in str(error)


def _save(job: Job, trainer: SFTTrainer, folder: Path) -> None:
    """Write weights, configuration and tokenizer; every process has a part in it."""
    if rank() == 0:
        shutil.rmtree(folder, ignore_errors=True)
    meet()
    cache, trainer.model.config.use_cache = trainer.model.config.use_cache, True  # not to train
    if job.dtype == "bfloat16" and not job.recipe.deepspeed:
        if rank() == 0:
            model = trainer.accelerator.unwrap_model(trainer.model)
            copy.deepcopy(model).to(torch.bfloat16).save_pretrained(folder)
            trainer.processing_class.save_pretrained(folder)
    else:
        trainer.save_model(str(folder))
    trainer.model.config.use_cache = cache
    meet()
    if rank() == 0:
        (folder / "training_args.bin").unlink(missing_ok=True)  # a pickle
        for path in folder.iterdir():  # the library writes weights for the owner's eyes only
            path.chmod(0o666 & ~umask())


def _record(job: Job, work: Work, fitted: Fitted, course: Course, watch: Watch) -> dict:
    """Return what is kept of a training, as JSON."""
    read = int(fitted.lengths.sum())
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
        },
        "versions": _versions(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "gpu_memory": torch.cuda.max_memory_reserved() if torch.cuda.is_available() else None,
        "processes": count(),
        "threads": torch.get_num_threads(),
        "attention": job.recipe.attention,
        "rows": {
            "read": len(fitted.examples) + fitted.dropped,
            "dropped": fitted.dropped,
            "cut": fitted.cut,
        },
        "sequences": course.sequences,
        "batch": {"sequences": job.recipe.batch, "tokens": read / course.steps_per_epoch},
        "tokens": {
            "epoch": read,
            "learnt": int(fitted.examples["completion"].list.len().sum()),
            "longest": fitted.longest,
        },
        "epochs": job.recipe.epochs,
        "steps": course.last_step,
        "loss": {"first": log[0]["loss"], "last": log[-1]["loss"]},
        "log": log,
        "seconds": seconds,
        "tokens_per_second": read * job.recipe.epochs / seconds,
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
