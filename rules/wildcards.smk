"""The names a wildcard may take.

Included after the rules of all stages: what stands earlier misses the wildcards that come out of a
pathvar.
"""

DRAW = r"(\.[1-9]\d*)?"  # draw 0 has no suffix: one artifact, one path
SEED = r"0|[1-9]\d*"
EPOCH = r"-e[1-9]\d*"  # what the same training kept after that epoch


def any_of(names, drawn):
    """Return a pattern for configured names; those that are not drawn refuse a suffix."""
    return "|".join(name if name in drawn else rf"{name}(?!\.\d)" for name in names)


SAMPLE = any_of(experiment.samples, drawn=experiment.samples)
BENCHMARK = any_of(experiment.benchmarks, drawn=[])
STRATEGY = any_of(experiment.strategies, drawn=experiment.drawn)
RECIPE = "|".join(experiment.recipes)


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
    recipe=RECIPE,
    seed=SEED,
    epoch=EPOCH,
    learner=f"base|({SAMPLE}){DRAW}-({STRATEGY}){DRAW}-({RECIPE})-s({SEED})({EPOCH})?",
