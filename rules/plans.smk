"""What a plan is made of: the files behind its targets, its tables and its figures."""


def existing(paths):
    """Return the paths; with `partial`, those that exist.

    Absolute then, as no output is: so a partial table never starts a job further up.
    """
    if config["partial"]:
        return [Path(path).resolve() for path in paths if exists(path)]
    return paths


def planned_deepspeed(wildcards):
    """Return the files that say how the trainings of the plan are divided among GPUs."""
    recipes = used(experiment, wildcards.plan).recipes.values()
    return sorted({recipe.deepspeed for recipe in recipes if recipe.deepspeed})


def writers_of(plan):
    """Return the models that write the personas of a plan."""
    return [
        experiment.strategies[name].context.writer
        for name in experiment.written(plan.strategies())
    ]


def sets_of(name):
    """Return what the personas of a plan are written from: sets, models as published."""
    plan = experiment.plans[name]
    models = sorted({*plan.models, *writers_of(plan)})
    return [
        *collect("<results>/sets/{set}.parquet", set=plan.sets()),
        *collect("<results>/models/{model}/manifest.json", model=models),
        *collect("<results>/chats/{model}.txt", model=plan.models),
        f"results/tables/{name}/contamination.csv",
    ]


def planned_sets(wildcards):
    """Return what personas are written from, for the plan at hand."""
    return sets_of(config["plan"])


def data_of(name):
    """Return what training and testing of a plan start from: personas joined to questions."""
    texts = experiment.plans[name].refined(experiment.drawn)
    return collect("<results>/refined/{text}.parquet", text=texts)


def planned_data(wildcards):
    """Return what training and testing start from, for the plan at hand."""
    return data_of(config["plan"])


def planned_preflight(wildcards):
    """Return one look at each kind of job with a model: environment, devices, way to share them."""
    plan = experiment.plans[config["plan"]]
    kinds = {}
    for name in dict.fromkeys([*plan.models, *writers_of(plan)]):
        model = experiment.models[name]
        kinds.setdefault((model.generate.gpus, model.dtype), f"generate/{name}")
    for name in plan.models:
        model = experiment.models[name]
        for recipe in plan.recipes:
            shape = model.train.model_dump(exclude=NO_SHAPE)
            how = experiment.recipes[recipe].deepspeed, model.dtype
            kinds.setdefault((*shape.items(), *how), f"train/{name}-{recipe}")
    return collect("results/preflight/{kind}.json", kind=kinds.values())


NO_SHAPE = {"threads", "memory", "runtime", *Saving.model_fields}
"""What two trainings may ask for in different amounts, and be of one kind."""


def training_processes(wildcards):
    """Return how many processes a training of a model has, on all of its nodes."""
    return experiment.models[wildcards.model].train.all_processes


def two_steps(wildcards):
    """Return a recipe that makes two steps of one row for each process, as JSON."""
    short = {
        "epochs": 2,
        "keep": [],
        "batch": training_processes(wildcards),
        "micro_batch": 1,
        "max_length": 512,
        "packing": False,
    }
    return experiment.recipes[wildcards.recipe].model_copy(update=short).settings()


def shown(name, kind):
    """Return how Snakemake's report shows a table or a figure."""
    section = SECTIONS[name]
    caption = f"../report/{name}.rst"
    return {
        "caption": (
            caption if Path(workflow.current_basedir, caption).exists() else None
        ),
        "category": section.category,
        "labels": {"what": section.title, "as": kind},
    }


def looked_at(name):
    """Return what a reader of a plan looks at first."""
    plan = experiment.plans[name]
    return collect(
        [
            *(f"<results>/tables/{{plan}}/{table}.csv" for table in tables_of(plan)),
            "<results>/tables/{plan}/questions.html",
            *(f"<results>/figures/{{plan}}/{one}.svg" for one in figures_of(plan)),
        ],
        plan=name,
    )


def planned_tables(wildcards):
    """Return what a reader looks at first, for the plan at hand."""
    return looked_at(config["plan"])


def planned_report(wildcards):
    """Return the tables and figures that the report of a plan shows."""
    plan = experiment.plans[wildcards.plan]
    return [
        *collect(
            "<results>/tables/{plan}/{table}.csv", table=tables_of(plan), **wildcards
        ),
        *collect(
            "<results>/figures/{plan}/{figure}.{kind}",
            figure=figures_of(plan),
            kind=["svg", "png", "pdf"],
            **wildcards,
        ),
        f"<results>/tables/{wildcards.plan}/questions.html",
    ]


def planned_chats(wildcards):
    """Return how each model of the plan is spoken to, as JSON: it tells thinking from answer."""
    models = experiment.plans[wildcards.plan].models
    return json.dumps(
        {
            name: json.loads(experiment.models[name].chat.settings(ROOM))
            for name in models
        }
    )


def planned_claims(wildcards):
    """Return what is said about the plan's cells, by name, as JSON."""
    names = experiment.plans[wildcards.plan].claims
    return json.dumps(
        {name: json.loads(experiment.claims[name].settings()) for name in names}
    )


def planned_sizes(wildcards):
    """Return how many problems and samples the plan's benchmarks have, by name, as JSON."""
    found = {
        name: experiment.benchmarks[name]
        for name in experiment.plans[wildcards.plan].benchmarks
    }
    return json.dumps(
        {name: [one.problems.count, one.sampling.n] for name, one in found.items()}
    )


def votes_table(wildcards):
    """Return the table of the plan's votes, if it has any."""
    held = experiment.plans[wildcards.plan].votes
    return f"<results>/tables/{wildcards.plan}/votes.csv" if held else []


def planned_published(wildcards):
    """Return what others published about the plan's cells, as JSON."""
    published = experiment.plans[wildcards.plan].published
    return json.dumps([one.model_dump(mode="json") for one in published])


def planned_strategies(wildcards):
    """Return the strategies of the plan, in its order."""
    return experiment.plans[wildcards.plan].strategies()


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
            learner=plan.trainings(experiment.drawn),
        ),
    ]


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
    trained = experiment.plans[wildcards.plan].trainings(experiment.drawn)
    return existing(
        collect("results/checkpoints/{learner}/training.json", learner=trained)
    )


def planned_refined(wildcards):
    """Return the refined sets of the plan, to look at; with `partial`, those that exist."""
    texts = experiment.plans[wildcards.plan].refined(experiment.drawn)
    return existing(collect("results/refined/{text}.parquet", text=texts))


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


@cache
def asked_of(plan):
    """Return the cells of a plan by the training that they need, earlier epochs of it as well."""
    found = {}
    for cell in paths.cells(experiment, experiment.plans[plan]):
        learner = training_of(cell.rsplit("/", 2)[0])
        if Path(learner).name != UNTRAINED:
            found.setdefault(learner, []).append(cell)
    return found


def planned_releases(wildcards):
    """Return what stays of each training of the plan, where the policy does not keep all."""
    keep = experiment.weights.keep
    if keep == "all" or config["partial"]:
        return []
    some = [
        learner
        for learner in asked_of(config["plan"])
        if keep == "none" or experiment.recipes[paths.trained(learner).recipe].keep
    ]
    return collect(
        "<results>/kept/{plan}/{learner}.json", plan=config["plan"], learner=some
    )


@final
def answered(wildcards):
    """Return the responses of a plan for which it needs what is to be released of a training."""
    trained = "{model}/{sample}{draw}-{strategy}{persona}-{recipe}-s{seed}"
    made = asked_of(wildcards.plan).get(trained.format(**wildcards), [])
    if experiment.weights.keep == "last":
        made = [cell for cell in made if is_earlier(cell.rsplit("/", 2)[0])]
    else:
        refuse_exported(trained.format(**wildcards))
    return collect("<results>/generations/{cell}.parquet", cell=made)


def refuse_exported(trained):
    """Refuse to release weights that an export leads to."""
    for link in Path("results/export").glob(f"*/models/{trained}/*.safetensors"):
        raise InputError(
            f"{link.parent} links to weights that `weights: {{keep: none}}` releases; upload it, "
            "then remove it, or keep them"
        )


def planned_retrainings(wildcards):
    """Return the trainings of the plan whose weights are gone and that have not answered all."""
    return [
        f"results/checkpoints/{trained}/weights/manifest.json"
        for trained, made in asked_of(config["plan"]).items()
        if releases(Path("results/checkpoints", trained))
        if not all(exists(f"results/generations/{cell}.parquet") for cell in made)
    ]
