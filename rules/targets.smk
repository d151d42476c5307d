"""A target that nothing makes is refused with what is like it: Snakemake names the target alone.

Included last: only then it is known what there is.
"""

from its.targets import unknown_targets


def makes(target):
    """Tell whether a rule has that name or makes that file, or it is a file that people write."""
    rules = list(workflow.rules)
    return any(target == rule.name or rule.is_producer(target) for rule in rules) or (
        Path(target).is_file() and Path(target).parts[0] != "results"
    )


def there_is():
    """Return targets, and files of all plans, of the one at hand first, and of the catalogue."""
    plans = sorted(experiment.plans, key=lambda name: name != config["plan"])
    files = [path for name in plans for path in files_of(name)]
    files += files_of_the_catalogue()
    targets = [rule.name for rule in workflow.rules if not rule.has_wildcards()]
    return [
        *targets,
        *dict.fromkeys(path.replace("<results>", "results") for path in files),
    ]


def files_of(name):
    """Return what somebody may want of a plan."""
    plan = experiment.plans[name]
    cells, trained = plan.cells(experiment.drawn), plan.trainings(experiment.drawn)
    return [
        f"results/report/{name}/index.html",
        *sets_of(name),
        *data_of(name),
        *looked_at(name),
        *collect("results/generations/{cell}.parquet", cell=cells),
        *collect(
            "results/scores/{cell}.{suffix}", cell=cells, suffix=["parquet", "json"]
        ),
        *collect(
            "results/checkpoints/{learner}/weights/manifest.json", learner=trained
        ),
    ]


def files_of_the_catalogue():
    """Return what somebody may want of sources, pools, sets and models, in whichever plan or none."""
    sets = [*experiment.samples, *experiment.benchmarks]
    return [
        *collect("results/sources/{source}/manifest.json", source=experiment.sources),
        *collect("results/verified/{pool}.parquet", pool=VERIFIED),
        *collect(
            "results/pools/{pool}.{suffix}",
            pool=experiment.pools,
            suffix=["parquet", "json"],
        ),
        *collect("results/sets/{set}.parquet", set=sets),
        *collect(
            "results/refined/{set}/{strategy}.parquet",
            set=sets,
            strategy=experiment.strategies,
        ),
        *collect("results/models/{model}/manifest.json", model=experiment.models),
        *collect("results/chats/{model}.txt", model=experiment.models),
    ]


if unknown := unknown_targets(sys.argv[1:], makes, there_is):
    sys.exit(f"error: {unknown}")
