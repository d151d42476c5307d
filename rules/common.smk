"""What rules share: their settings, and where an input comes from."""

import json
import re
import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, f"{workflow.basedir}/scripts")

from its.config.experiment import read_config
from its.costs.fit import misfits
from its.costs.found import with_shapes
from its.costs.timings import finished_files
from its.costs.used import used
from its.errors import refuse
from its.config.plan import suffixed
from its.lineage import model_lineage, set_lineage
from its.origins import local_files
from its.versions import code_version, version_of

experiment = read_config(config, workflow.configfiles)
# For captions: with defaults.
config |= experiment.model_dump(mode="json", exclude_none=True)

# A job's output goes to its log; lines on how far it is go to the terminal too (its.console).
shell.prefix("exec 3>&2; export ITS_CONSOLE=/proc/$$/fd/3; ")


def setting(path, otherwise=None, **named):
    """Return a function of wildcards: one value of the config, `otherwise` if it is not set.

    Snakemake's `lookup` walks through the whole config for each value: three quarters of a dry
    run of 6,000 jobs.
    """

    def find(wildcards):
        names = {name: value(wildcards) for name, value in named.items()}
        value = experiment.value(path.format(**wildcards, **names))
        return otherwise if value is None else value

    return find


@cache
def section_settings(path):
    """Return one section as JSON, without defaults and what is only shown."""
    return experiment.section(path).settings()


def settings(path):
    """Return a params function: one section as JSON, without defaults and what is only shown."""
    return lambda wildcards: section_settings(path.format(**wildcards))


def number(name):
    """Return a params function: the number in a wildcard such as `.1` or `-e3`, 0 if it is empty."""
    return lambda wildcards: int(re.sub(r"\D", "", wildcards[name]) or 0)


def earlier(wildcards):
    """Return a priority: replicate 0 of everything comes before any other."""
    again = re.search(r"\.\d|-s[1-9]", " ".join(wildcards))
    return 0 if again or wildcards.get("seed", "0") != "0" else 1


writer = setting("strategies/{strategy}/context/writer")


def published(wildcards):
    """Return the local files of a source, so that editing one remakes what was read from it."""
    return local_files(experiment.sources[wildcards.source].origin)


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
    model = experiment.models[experiment.strategies[wildcards.strategy].context.writer]
    return model.chat.model_copy(update={"system": ""}).settings()


def priced(plan):
    """Return what a plan uses, with what the models at hand tell of themselves."""
    return with_shapes(used(experiment, plan), Path("results"))


@cache
def check_fit():
    """Refuse a plan that cannot fit into its GPUs.

    Every job with a model asks, and not who reads the config: what needs no model can be made,
    the price above all.
    """
    if experiment.price.refuse:
        refuse(misfits(priced(experiment.plan), experiment.plan))


def published_model(wildcards):
    """Return the model that a training starts from, if the plan at hand fits its GPUs."""
    check_fit()
    return "<results>/models/{model}/manifest.json"


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
    parts = experiment.parts(wildcards.strategy)
    return json.dumps(
        {name: json.loads(experiment.strategies[name].settings()) for name in parts}
    )


def weights(wildcards):
    """Return the manifest of the model that answers: as published, or fine-tuned by us."""
    check_fit()
    if wildcards.learner == "base":
        return "<results>/models/{model}/manifest.json"
    return "<results>/checkpoints/{model}/{learner}/weights/manifest.json"


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


def planned_deepspeed(wildcards):
    """Return the files that say how the trainings of the plan are divided among GPUs."""
    recipes = used(experiment, wildcards.plan).recipes.values()
    return sorted({recipe.deepspeed for recipe in recipes if recipe.deepspeed})


def measured(wildcards):
    """Return what finished jobs left to calibrate with: absolute, so that it starts no job."""
    if not experiment.price.calibrate:
        return []
    return [path.resolve() for path in finished_files(Path("results"))]


def planned_sets(wildcards):
    """Return what personas are written from: samples, benchmarks, models as published."""
    plan = experiment.plans[config["plan"]]
    writers = [
        experiment.strategies[name].context.writer
        for name in experiment.written(plan.strategies())
    ]
    models = sorted({*plan.models, *writers})
    return [
        *collect("<results>/sets/{set}.parquet", set=plan.sets()),
        *collect("<results>/models/{model}/manifest.json", model=models),
        *collect("<results>/chats/{model}.txt", model=plan.models),
        f"results/tables/{config['plan']}/contamination.csv",
    ]


def planned_data(wildcards):
    """Return what training and testing start from: personas joined to questions."""
    texts = experiment.plans[config["plan"]].refined(experiment.drawn)
    return collect("<results>/refined/{text}.parquet", text=texts)


def planned_tables(wildcards):
    """Return what a reader looks at first."""
    plan = experiment.plans[config["plan"]]
    some = [
        *(["votes"] if plan.votes else []),
        *(["published"] if plan.published else []),
    ]
    return collect(
        [
            "<results>/tables/{plan}/codesign.csv",
            "<results>/tables/{plan}/comparisons.csv",
            "<results>/tables/{plan}/contamination.csv",
            "<results>/tables/{plan}/personas.csv",
            *(f"<results>/tables/{{plan}}/{table}.csv" for table in some),
            "<results>/tables/{plan}/questions.html",
            "<results>/figures/{plan}/codesign.svg",
            "<results>/figures/{plan}/comparisons.svg",
            "<results>/figures/{plan}/lengths.svg",
            "<results>/figures/{plan}/losses.svg",
            "<results>/figures/{plan}/personas.svg",
        ],
        plan=config["plan"],
    )


def planned_published(wildcards):
    """Return what others published about the plan's cells, as JSON."""
    published = experiment.plans[wildcards.plan].published
    return json.dumps([one.model_dump(mode="json") for one in published])


def planned_draws(wildcards):
    """Return the strategies of the plan whose personas can be drawn again."""
    return [
        name
        for name in experiment.plans[wildcards.plan].strategies()
        if name in experiment.drawn
    ]


def planned_plain(wildcards):
    """Return the strategies of the plan that join nothing to a question."""
    return [
        name
        for name in experiment.plans[wildcards.plan].strategies()
        if experiment.strategies[name].plain
    ]


def planned_labels(wildcards):
    """Return what the strategies of the plan, their parts and its benchmarks are called, as JSON."""
    plan = experiment.plans[wildcards.plan]
    return json.dumps(
        {
            **{
                part: experiment.strategies[part].label or part
                for name in plan.strategies()
                for part in experiment.parts(name)
            },
            **{
                name: experiment.benchmarks[name].label or name
                for name in plan.benchmarks
            },
        }
    )


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


def planned_export(wildcards):
    """Return the card of every refined set and of every trained model in the plan."""
    plan = experiment.plans[config["plan"]]
    return [
        *collect(
            "<results>/export/{plan}/datasets/{text}/README.md",
            plan=config["plan"],
            text=plan.refined(experiment.drawn),
        ),
        *collect(
            "<results>/export/{plan}/models/{learner}/README.md",
            plan=config["plan"],
            learner=plan.learners(experiment.drawn),
        ),
    ]


def existing(paths):
    """Return the paths; with `partial`, those that exist.

    Absolute then, as no output is: so a partial table never starts a job further up.
    """
    if config["partial"]:
        return [Path(path).resolve() for path in paths if exists(path)]
    return paths


def planned_scores(wildcards):
    """Return the summary of every cell in the plan; with `partial`, of those that have one."""
    cells = experiment.plans[wildcards.plan].cells(experiment.drawn)
    return existing(collect("results/scores/{cell}.json", cell=cells))


def planned_verdicts(wildcards):
    """Return the verdicts of every cell in the plan; with `partial`, of those that have them."""
    cells = experiment.plans[wildcards.plan].cells(experiment.drawn)
    return existing(collect("results/scores/{cell}.parquet", cell=cells))


def planned_votes(wildcards):
    """Return what every vote of the plan comes to; with `partial`, those that have been held."""
    ballots = experiment.plans[wildcards.plan].ballots(experiment.drawn)
    return existing(collect("results/votes/{ballot}.json", ballot=ballots))


def planned_trainings(wildcards):
    """Return the record of every training in the plan; with `partial`, of those that have one."""
    learners = experiment.plans[wildcards.plan].learners(experiment.drawn)
    return existing(
        collect("results/checkpoints/{learner}/training.json", learner=learners)
    )


def planned_refined(wildcards):
    """Return the refined sets of the plan, to look at."""
    texts = experiment.plans[wildcards.plan].refined(experiment.drawn)
    return collect("<results>/refined/{text}.parquet", text=texts)


def planned_qualities(wildcards):
    """Return what the plan's personas are like; with `partial`, of those that were measured."""
    texts = [
        f"{name}/{suffixed(part, draw)}"
        for name, draw, strategy in experiment.plans[wildcards.plan].refinements()
        for part in experiment.written([strategy])
    ]
    return existing(collect("results/personas/{text}.json", text=dict.fromkeys(texts)))


def planned_contamination(wildcards):
    """Return how much of each benchmark of the plan stands in each pool it learns from."""
    plan = experiment.plans[wildcards.plan]
    pools = dict.fromkeys(experiment.samples[name].pool for name in plan.samples)
    return collect(
        "<results>/contamination/{pool}/{benchmark}.json",
        pool=pools,
        benchmark=plan.benchmarks,
    )
