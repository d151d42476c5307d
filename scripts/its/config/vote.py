"""Settings of `vote`."""

from typing import Annotated, Literal

from pydantic import Field

from its.config.section import Section, Shown


class Vote(Section):
    """Several learners answer a problem, and the answer given most often counts."""

    label: Shown = ""
    """How tables call it; its name, if empty."""
    members: list[
        Annotated[
            str,
            Field(pattern=r"^\w+/[\w.-]+$", examples=["smollm2/base", "smollm2/demo192-N-sft-s0"]),
        ]
    ] = Field(min_length=2)
    """Learners, each as `model/learner`, where learner is `base` or
    `{sample}-{strategy}-{recipe}-s{seed}`. The paper votes among three models, and does not say
    which."""
    ties: Literal["share", "first"] = "share"
    """Answers with equally many votes: `share` the point, as a draw by lot would on average, or
    that of the `first` member among them. The paper does not say."""
