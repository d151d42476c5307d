"""What rules share: their settings, and where an input comes from."""

import fcntl
import gc
import inspect
import json
import os
import re
import shutil
import socket
import sys
from functools import cache, wraps
from itertools import chain
from pathlib import Path

sys.path.insert(0, f"{workflow.basedir}/scripts")

from its.config.experiment import read_config
from its.config.model import Saving
from its.config.plan import UNTRAINED, suffixed
from its.config.weights import Storing
from its.costs import paths
from its.costs.disk import lacking
from its.costs.fit import misfits
from its.costs.found import with_shapes
from its.costs.jobs import Lengths
from its.costs.timings import finished_files
from its.costs.used import used
from its.epochs import is_earlier, training_of
from its.errors import InputError, refuse
from its.files import sha256_of
from its.hashing import digest
from its.lineage import model_lineage, set_lineage
from its.origins import local_files, was_read
from its.pins import missing_revisions
from its.released import releases, why_gone
from its.report.sections import SECTIONS, figures_of, tables_of
from its.retries import at_attempt, most_of
from its.runs import note_run
from its.versions import code_version, locked, version_of
from its.weights import came_from, looks_changed, own_folder

# Plans make many objects, nearly all of which stay: to look through them for garbage again and again
# takes a quarter of a dry run.
gc.freeze()
gc.set_threshold(50_000, 20, 100)

try:
    experiment = read_config(config, workflow.configfiles)
except InputError as error:
    # Raised, it would stand among lines of Snakemake's and ours.
    sys.exit(f"error: {error}")
if workflow.is_main_process:
    files = [str(file).removeprefix(f"{os.getcwd()}/") for file in workflow.configfiles]
    for line in missing_revisions(used(experiment, experiment.plan), files):
        print(f"warning: {line}", file=sys.stderr)
# For captions: with defaults.
config |= experiment.model_dump(mode="json", exclude_none=True)

# Where the terminal is a file, neither jobs nor Snakemake write over the other's lines.
for stream in (1, 2):
    fcntl.fcntl(stream, fcntl.F_SETFL, fcntl.fcntl(stream, fcntl.F_GETFL) | os.O_APPEND)

# A job's output goes to its log; lines on how far it is go to the terminal too (its.console).
shell.prefix("exec 3>&2; export ITS_CONSOLE=/proc/$$/fd/3; ")


def final(function):
    """Let an error in an input function end Snakemake.

    Snakemake forgets it, and what the function was for, where a file that depends on it is there.
    """

    @wraps(function)
    def call(wildcards):
        try:
            return function(wildcards)
        except InputError as error:
            sys.exit(f"error: {error}")

    return call


def check_submission():
    """Refuse to submit where there is no SLURM: each job would fail by itself, and be retried."""
    if workflow.executor_plugin.name == "slurm" and shutil.which("sbatch") is None:
        sys.exit(
            f"error: there is no sbatch on the PATH of {socket.gethostname()}, which takes jobs "
            "to SLURM: call Snakemake on a login node of the cluster, or without `--profile "
            "slurm` to run the jobs here"
        )


WILDCARDS = inspect.signature(lambda wildcards: None)


def of_wildcards(function):
    """Let a function carry its signature.

    Snakemake else works it out at each call: a thirtieth of a large dry run.
    """
    function.__signature__ = WILDCARDS
    return function


def setting(path, otherwise=None, **named):
    """Return a function of wildcards: one value of the config, `otherwise` if it is not set.

    Snakemake's `lookup` walks through the whole config for each value: three quarters of a dry
    run of 6,000 jobs.
    """

    @of_wildcards
    def find(wildcards):
        names = {name: value(wildcards) for name, value in named.items()}
        value = experiment.value(path.format(**wildcards, **names))
        return otherwise if value is None else value

    return find


@cache
def section_settings(path, without=()):
    """Return one section as JSON, without defaults and what is only shown."""
    return experiment.section(path).settings(without)


def settings(path, without=()):
    """Return a params function: one section as JSON, without defaults and what is only shown."""
    return of_wildcards(
        lambda wildcards: section_settings(path.format(**wildcards), without)
    )


# Of `chat`: what decides no text, and what decides none that is learnt.
ROOM = ("context",)
ASKING = (*ROOM, "thinking_start", "thinking_end")


# Of a context that a model writes: what decides whether there is one, and not which.
ATTEMPTS = ("attempts",)


@cache
def content(file):
    """Return a hash of a file; nothing if it is not there, which Snakemake says."""
    return sha256_of(Path(file)) if Path(file).is_file() else ""


def contents(*files):
    """Return a params function: a hash of what small files hold, as functions of wildcards name them.

    Their dates say nothing of one that is older than what it replaces, or changed during the job.
    """

    @of_wildcards
    def find(wildcards):
        named = [function(wildcards) for function in files]
        listed = chain.from_iterable(
            [one] if isinstance(one, str) else one for one in named
        )
        return digest(*map(content, listed))

    return find


def number(name):
    """Return a params function: the number in a wildcard such as `.1` or `-e3`, 0 if it is empty."""
    return lambda wildcards: int(re.sub(r"\D", "", wildcards[name]) or 0)


@of_wildcards
def earlier(wildcards):
    """Return a priority: replicate 0 of everything comes before any other."""
    again = re.search(r"\.\d|-s[1-9]", " ".join(wildcards))
    return 0 if again or wildcards.get("seed", "0") != "0" else 2


def sooner(wildcards):
    """Return a priority: where weights go once they have answered, they answer before more come."""
    return earlier(wildcards) + (experiment.weights.keep != "all")


writer = setting("strategies/{strategy}/context/writer")


def asked(section, what, **named):
    """Return a resource function: the memory or runtime of a model's jobs, more at each retry."""
    first = setting(f"{section}/{what}", **named)
    # A partition's limit is one of all nodes of a job.
    gpus = setting(f"{section}/all_gpus", **named)
    partitions = Path(workflow.basedir, "slurm/partitions.yaml")

    def grown(wildcards, attempt):
        most = most_of(what, gpus(wildcards), partitions) if attempt > 1 else None
        return at_attempt(first(wildcards), attempt, most)

    return grown


def unread(source):
    """Tell whether a source is still to be read, for the first time or from another origin."""
    manifest = Path(f"results/sources/{source}/manifest.json")
    return not was_read(manifest, experiment.sources[source].origin)


@final
def published(wildcards):
    """Return the local files of a source, so that editing one remakes what was read from it.

    Raises if they are not there and nobody has read them, for all sources of the plan at once.
    """
    if unread(wildcards.source):
        asked = {wildcards.source, *used(experiment, experiment.plan).sources}
        refuse(
            [
                f"sources.{name}.origin: there is no {file}; put it there, or mend the origin"
                for name in sorted(filter(unread, asked))
                for file in local_files(experiment.sources[name].origin)
                if not exists(file)
            ]
        )
    return local_files(experiment.sources[wildcards.source].origin)


@final
def own_model(wildcards):
    """Return no file: weights are none of the inputs, touched ones would train everything anew."""
    check_folders(wildcards.model)
    return []


@cache
def check_folders(model):
    """Refuse to run where a model's folder is not there, for all models of the plan at once.

    A plan may be looked at where its models are not, with a warning.
    """
    sources = {
        name: experiment.models[name].source
        for name in {model, *used(experiment, experiment.plan).models}
    }
    missing, changed = [], []
    for name, source in sorted(sources.items()):
        manifest = Path(f"results/models/{name}/manifest.json")
        if folder := own_folder(source):
            if not came_from(manifest, source):
                missing += [] if folder.is_dir() else [(name, folder)]
            elif looks_changed(manifest):
                changed.append((name, folder, manifest))
    wrong = [
        f"models.{name}.source: there is no folder {folder}; put it there, or mend the source"
        for name, folder in missing
    ]
    if not workflow.dryrun:
        refuse(wrong)
    wrong += [
        f"models.{name}.source: {folder} has changed since {manifest} was written, or is away; "
        "what was made with it stands. Remove that file to read the model anew"
        for name, folder, manifest in changed
    ]
    if workflow.is_main_process:
        for line in wrong:
            if line not in warned:
                print(f"warning: {line}", file=sys.stderr)
        warned.update(wrong)


warned = set()


VERIFIED = {
    name: pool.verified for name, pool in experiment.pools.items() if pool.verified
}


def pool_sources(wildcards):
    """Return the manifests of a pool's sources, in order."""
    names = experiment.pools[wildcards.pool].sources
    return collect("<results>/sources/{source}/manifest.json", source=names)


def pool_fields(wildcards):
    """Return how to read each source of a pool, as JSON."""
    names = experiment.pools[wildcards.pool].sources
    return json.dumps(
        {name: json.loads(experiment.sources[name].fields.settings()) for name in names}
    )


def writer_chat(wildcards):
    """Return how a writer is spoken to, as JSON: as ever, but it is not told to solve problems."""
    model = experiment.models[writer(wildcards)]
    return model.chat.settings({*ROOM, "system"})


def writer_template(wildcards):
    """Return the file of a writer's chat template, if it has one of ours."""
    return experiment.models[writer(wildcards)].chat.template or []


def priced(plan):
    """Return what a plan uses, with what the models at hand tell of themselves."""
    return with_shapes(used(experiment, plan), Path("results"))


@cache
def check_fit():
    """Refuse a plan that cannot fit into its GPUs, or onto its disks.

    Every job with a model asks, and not who reads the config: what needs no model can be made,
    the price above all.
    """
    if experiment.price.refuse:
        refuse(misfits(priced(experiment.plan), experiment.plan))
        refuse(short_of_disk())


def short_of_disk():
    """Return what the disks lack, if this call of Snakemake is to start jobs by itself.

    A plan may be looked at where it is not run, and a job of one that runs has its share of the
    disk already.
    """
    own = workflow.is_main_process and workflow.executor_plugin is not None
    if not own or workflow.dryrun or workflow.touch:
        return []
    lengths = Lengths(**json.loads(expected(None)))
    return lacking(priced(experiment.plan), experiment.plan, lengths, Path("results"))


@final
def published_model(wildcards):
    """Return the model that a training starts from, if the plan at hand fits its GPUs."""
    check_fit()
    return "<results>/models/{model}/manifest.json"


def node_processes(wildcards, resources):
    """Return how many processes a training has on each of its nodes: one a GPU."""
    return resources.processes or max(1, resources.gpu // resources.nodes)


def between_nodes(wildcards):
    """Return what starts a training on each of several nodes; None where there is one.

    SLURM's executor then leaves that to the job itself.
    """
    return "srun" if experiment.models[wildcards.model].train.nodes > 1 else None


def saving(wildcards, resources):
    """Return how often a training saves what it would lose, and where, as JSON.

    By way of resources, for none of it decides what is learnt.
    """
    asked = {key: resources.get(key) for key in Saving.model_fields}
    return Storing(**asked, scratch=experiment.weights.scratch).settings()


@final
def writing_model(wildcards):
    """Return the model that writes personas, if the plan at hand fits its GPUs."""
    check_fit()
    context = experiment.strategies[wildcards.strategy].context
    return f"<results>/models/{context.writer}/manifest.json"


def personas(wildcards):
    """Return what models wrote for the strategies that a strategy is made of."""
    written = experiment.written([wildcards.strategy])
    return collect(
        "<results>/personas/{set}{draw}/{part}{persona}.parquet",
        part=written,
        **wildcards,
    )


def context_files(wildcards):
    """Return the files that contexts are drawn from, so that editing one makes them again."""
    written = experiment.written([wildcards.strategy])
    parts = [
        name for name in experiment.parts(wildcards.strategy) if name not in written
    ]
    contexts = [experiment.strategies[name].context for name in parts]
    return [file for context in contexts if context for file in context.paths()]


def strategies(wildcards):
    """Return the settings of a strategy and of those that it is made of, as JSON."""
    named = {
        name: experiment.strategies[name]
        for name in experiment.parts(wildcards.strategy)
    }
    without = {"context": set(ATTEMPTS)}
    return json.dumps(
        {name: json.loads(one.settings(without)) for name, one in named.items()}
    )


@final
def weights(wildcards):
    """Return the manifest of the model that answers: as published, or fine-tuned by us."""
    check_fit()
    if wildcards.learner == "base":
        return "<results>/models/{model}/manifest.json"
    refuse_released(wildcards)
    return "<results>/checkpoints/{model}/{learner}/weights/manifest.json"


@cache
def why_released(model, learner):
    """Return why the weights of a learner are gone, empty if they are not: asked for each cell."""
    return why_gone(
        Path("results/checkpoints", model, learner, "weights/manifest.json")
    )


def refuse_released(wildcards):
    """Refuse a cell that nobody made while there were weights, or that is to be made otherwise.

    Training them again by itself would make all their cells again, and nobody asked for that. A
    cell that is there needs none, and one with shards may need none.
    """
    if gone := why_released(wildcards.model, wildcards.learner):
        cell = "results/generations/{model}/{learner}/{benchmark}/{strategy}{persona}"
        made, shards = [
            cell.format(**wildcards) + end for end in [".parquet", ".shards"]
        ]
        sampling = experiment.benchmarks[wildcards.benchmark].sampling
        model = experiment.models[wildcards.model]
        from its.shards import (
            asked_otherwise,
        )  # takes longer to import than all else here

        # Shards of other settings do not help.
        lacks = (
            asked_otherwise(Path(made), sampling, model)
            if exists(made)
            else not exists(shards)
        )
        if lacks:
            raise InputError(
                f"{made} cannot be made. {gone}. `snakemake retrain --forcerun train` does so "
                f"for all that plan {experiment.plan} lacks; or take the cell out of the plan"
            )


@final
def exported(wildcards):
    """Return the manifest of a model to export, if its weights are to stay: links lead to them."""
    if experiment.weights.keep == "none":
        raise InputError(
            "weights.keep is none, and an exported model is links to its weights; export it with "
            '`--config "weights={keep: all}"` while they are there, upload it, and remove '
            "results/export before they are released"
        )
    return "<results>/checkpoints/<trained>/weights/manifest.json"


def template(wildcards):
    """Return the file of the model's chat template, if it has one of ours."""
    return experiment.models[wildcards.model].chat.template or []


def expected(wildcards):
    """Return how many tokens and rows the config expects of sets, as JSON."""
    sets = {**experiment.samples, **experiment.benchmarks}
    return json.dumps(
        {
            "texts": {n: one.tokens for n, one in sets.items() if one.tokens},
            "asked": {n: one.asked for n, one in sets.items() if one.asked},
            "rows": {n: one.rows for n, one in experiment.samples.items() if one.rows},
        }
    )


def measured(wildcards):
    """Return what finished jobs left to calibrate with: absolute, so that it starts no job."""
    if not experiment.price.calibrate:
        return []
    return [path.resolve() for path in finished_files(Path("results"))]


def pool_counts(wildcards):
    """Return what the filters of a sample's pool kept; nothing for a benchmark."""
    if wildcards.set in experiment.samples:
        return f"results/pools/{experiment.samples[wildcards.set].pool}.json"
    return []


def trained_lineage(wildcards):
    """Return what a card says of a trained model's part of the config."""
    return model_lineage(
        experiment,
        wildcards.model,
        wildcards.sample,
        wildcards.strategy,
        wildcards.recipe,
    )
