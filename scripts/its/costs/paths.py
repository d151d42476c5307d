"""Everything that a plan makes, as the workflow names it: its votes' learners too."""

from dataclasses import dataclass

from its.config.experiment import Config
from its.config.plan import UNTRAINED, Plan
from its.epochs import training_of


@dataclass(frozen=True, slots=True)
class Trained:
    """What a learner was made of, draws written out."""

    model: str
    sample: str
    strategy: str
    recipe: str


def cells(config: Config, plan: Plan) -> list[str]:
    """List `model/learner/benchmark/strategy` of all that is asked."""
    votes = [
        f"{member}/{asked}"
        for ballot in plan.ballots(config.drawn)
        for vote, asked in [ballot.split("/", 1)]
        for member in config.votes[vote].members
    ]
    return list(dict.fromkeys([*plan.cells(config.drawn), *votes]))


def learners(config: Config, plan: Plan) -> list[str]:
    """List `model/learner` of all that answers, untrained ones and earlier epochs too."""
    return list(dict.fromkeys(cell.rsplit("/", 2)[0] for cell in cells(config, plan)))


def trainings(config: Config, plan: Plan) -> list[Trained]:
    """List what is trained."""
    names = [training_of(one) for one in learners(config, plan)]
    return [trained(one) for one in dict.fromkeys(names) if not one.endswith(f"/{UNTRAINED}")]


def trained(learner: str) -> Trained:
    """Return what a trained learner was made of.

    >>> trained("tiny/ot1k.1-U.2-sft-s0")
    Trained(model='tiny', sample='ot1k.1', strategy='U.2', recipe='sft')
    """
    model, name = learner.split("/")
    return Trained(model, *name.split("-")[:3])


def texts(config: Config, plan: Plan) -> list[str]:
    """List `set/strategy` of the refined sets."""
    learnt = [f"{one.sample}/{one.strategy}" for one in trainings(config, plan)]
    return list(dict.fromkeys([*plan.refined(config.drawn), *learnt]))


def personas(config: Config, plan: Plan) -> list[str]:
    """List `set/strategy` of what models write, for the strategies that others are made of."""
    found = [
        f"{name}/{part}{strategy.removeprefix(undrawn(strategy))}"
        for name, strategy in (text.split("/") for text in texts(config, plan))
        for part in config.written([undrawn(strategy)])
    ]
    return list(dict.fromkeys(found))


def undrawn(name: str) -> str:
    """Return the name in the config of a sample or strategy, without its draw.

    >>> undrawn("ot1k.1")
    'ot1k'
    """
    return name.partition(".")[0]
