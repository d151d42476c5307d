"""Settings of `fetch_source` (`Origin`), and of whoever reads what it fetched (`Fields`)."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from its.config.section import Section, Shown


class Generator(Section):
    """Problems drawn from a task of the library reasoning-gym, with worked solutions.

    Its rows have the columns `problem`, `response` and `answer`.
    """

    task: Literal["chain_sum", "gsm_symbolic"]
    """The tasks that come with a worked solution, or whose solution `its.worked` can write."""
    rows: int = Field(ge=1)
    """Problems to draw."""
    seed: int = 0
    """Of the library, which draws the same problems for the same one."""
    distinct: bool = False
    """Pass over a problem that was drawn before: for test sets, in which none may stand twice."""
    options: dict[str, int | float | str | bool] = {}
    """Of the task itself, as `max_terms` of `chain_sum`."""


Location = Annotated[
    str,
    Field(
        pattern=r"^(path:[^\s].*|hub:[\w.-]+/[\w.-]+(@[0-9a-f]{40})?//\S+)$",
        description="`path:` and a file, a folder or a glob; "
        "`hub:owner/name@revision//glob` with a revision of 40 hexadecimal digits, "
        "which `make pin` writes if it is left out",
    ),
]


class Mapped(Section):
    """Where a field of ours stands in a published row."""

    column: str = Field(min_length=1)
    """Name of the column."""
    extract: Literal["all", "hashes", "boxed"] = "all"
    """`all` takes it whole, `hashes` what follows the last `####`, `boxed` the last `\\boxed{}`."""
    optional: bool = False
    """Take a row where it is null or cannot be extracted, instead of refusing it."""


def _shorthand(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Column = Annotated[Mapped, BeforeValidator(_shorthand)]
"""A `Mapped`, or the name of a column taken whole."""


class Fields(Section):
    """The columns to read. A bare name is a column taken whole."""

    problem: Column = Mapped(column="problem")
    """The question."""
    answer: Column = Mapped(column="answer")
    """The gold: numbers are read as text, so that 25 and "25" are the same."""
    response: Column = Mapped(column="response", optional=True)
    """A worked solution to learn from; benchmarks need none."""
    meta: list[str] = []
    """More columns to carry along."""


class Source(Section):
    """Rows as somebody published them."""

    origin: Generator | Location
    """Where they come from."""
    fields: Fields = Fields()
    """How its columns become ours."""
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")
    """Of the file; of several, what `sha256sum FILES | sha256sum` says. Checked when it is set."""
    licence: Shown = ""
    """Shown in the report."""
