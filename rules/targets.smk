"""A target that nothing makes is refused with what is like it: Snakemake names the target alone.

Included last: only then it is known what there is.
"""

from types import SimpleNamespace

from its.targets import unknown_targets


def makes(target):
    """Tell whether a rule has that name or makes that file, or the file is there."""
    rules = list(workflow.rules)
    return (
        any(target == rule.name or rule.is_producer(target) for rule in rules)
        or Path(target).is_file()
    )


def there_is():
    """Return targets, and files of all plans: of the one at hand first."""
    plans = sorted(experiment.plans, key=lambda plan: plan != config["plan"])
    files = [path for plan in plans for path in files_of(SimpleNamespace(plan=plan))]
    targets = [rule.name for rule in workflow.rules if not rule.has_wildcards()]
    return [
        *targets,
        *dict.fromkeys(path.replace("<results>", "results") for path in files),
    ]


def files_of(plan):
    """Return what somebody may want of a plan."""
    cells = experiment.plans[plan.plan].cells(experiment.drawn)
    learners = experiment.plans[plan.plan].learners(experiment.drawn)
    return [
        f"results/report/{plan.plan}/index.html",
        *planned_sets(plan),
        *planned_data(plan),
        *planned_tables(plan),
        *collect("results/generations/{cell}.parquet", cell=cells),
        *collect(
            "results/scores/{cell}.{suffix}", cell=cells, suffix=["parquet", "json"]
        ),
        *collect(
            "results/checkpoints/{learner}/weights/manifest.json", learner=learners
        ),
    ]


if unknown := unknown_targets(sys.argv[1:], makes, there_is):
    sys.exit(f"error: {unknown}")
