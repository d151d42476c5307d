"""The names a wildcard may take.

Included after the rules of all stages: what stands earlier misses the wildcards that come out of a
pathvar.
"""

DRAW = r"(\.[1-9]\d*)?"  # draw 0 has no suffix: one artifact, one path
SEED = r"0|[1-9]\d*"


def any_of(names, drawn):
    """Return a pattern for configured names; those that are not drawn refuse a suffix."""
    return "|".join(name if name in drawn else rf"{name}(?!\.\d)" for name in names)


def after(epochs):
    """Return a pattern for what a training kept after some of its epochs."""
    return f"-e({'|'.join(map(str, epochs))})" if epochs else "(?!)"


KEPT = {name: recipe.keep for name, recipe in experiment.recipes.items()}
SAMPLE = any_of(experiment.samples, drawn=experiment.samples)
BENCHMARK = any_of(experiment.benchmarks, drawn=[])
STRATEGY = any_of(experiment.strategies, drawn=experiment.drawn)
TRAINED = "|".join(
    f"{name}-s({SEED})({after(epochs)})?" for name, epochs in KEPT.items()
)


wildcard_constraints:
    plan="|".join(experiment.plans),
    vote="|".join(experiment.votes),
    model="|".join(experiment.models),
    source="|".join(experiment.sources),
    pool="|".join(experiment.pools),
    sample=SAMPLE,
    benchmark=BENCHMARK,
    set=f"{SAMPLE}|{BENCHMARK}",
    draw=DRAW,
    strategy=STRATEGY,
    persona=DRAW,
    recipe="|".join(KEPT),
    seed=SEED,
    epoch=after({epoch: None for one in KEPT.values() for epoch in one}),
    learner=f"base|({SAMPLE}){DRAW}-({STRATEGY}){DRAW}-({TRAINED})",
