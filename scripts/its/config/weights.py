"""Settings of trained weights: where they lie, and how long. No result depends on them."""

from typing import Annotated, Literal

from pydantic import Field

from its.config.model import Saving
from its.config.section import Section

Scratch = Annotated[str, Field(pattern=r"^/\S")]
"""A folder that every node sees under the same name."""


class Weights(Section):
    """Where trained weights lie, and how long. Models as published are not touched."""

    scratch: Scratch | None = None
    """Folder for weights and for what an interrupted training goes on from, apart from `results/`:
    absolute, and seen by every node. A change moves nothing: it holds for what is trained then."""
    keep: Literal["all", "last", "none"] = "all"
    """What stays once the plan's responses with it are there: `all`; `last`, without the earlier
    epochs that a recipe keeps; `none`. Manifests and records stay, and nothing runs again; what
    needs released weights later has to train again, and says so."""


class Storing(Saving):
    """How often a training saves what it would lose, and where."""

    scratch: Scratch | None = None
    """As `weights.scratch`."""
