"""One training: what it is made of, and whether its settings fit together."""

import json
from dataclasses import dataclass
from pathlib import Path

from its.config.model import Chat
from its.config.recipe import Recipe
from its.config.weights import Storing
from its.errors import InputError
from its.examples import accumulation
from its.versions import version_of


@dataclass(frozen=True, slots=True)
class Job:
    """One training, as its command line gives it."""

    base: Path
    rows: Path
    manifest: Path
    record: Path
    recipe: Recipe
    chat: Chat
    dtype: str
    seed: int
    saving: Storing

    @property
    def name(self) -> str:
        """What it is called at the terminal: `model/learner`."""
        return "/".join(self.manifest.parts[-4:-2])

    @property
    def home(self) -> Path:
        """The folder of its results."""
        return self.manifest.parent.parent

    @property
    def place(self) -> Path:
        """The folder for what is large: the same, or one on scratch."""
        scratch = self.saving.scratch
        return Path(scratch, self.name) if scratch else self.home

    @property
    def weights(self) -> Path:
        """The folder of the weights."""
        return self.place / "weights"

    @property
    def kept(self) -> Path:
        """The folder of the weights of earlier epochs, each in one that is named by its number."""
        return self.place / "epochs"

    @property
    def finished(self) -> Path:
        """A copy of the outputs, which Snakemake does not know."""
        return self.home / ".finished.json"

    @property
    def decides(self) -> list[object]:
        """What decides the result, beside the inputs."""
        sections = self.recipe.settings(), self.chat.settings()
        return [version_of("train"), *sections, self.dtype, self.seed]

    @property
    def inputs(self) -> list[Path]:
        """The files that decide the result by their content."""
        named = [self.chat.template, self.recipe.deepspeed]
        return [self.base, self.rows, *(Path(name) for name in named if name)]


def check_settings(job: Job, processes: int) -> None:
    """Raise `InputError` if settings do not fit together, or to the number of processes."""
    accumulation(job.recipe, processes)
    if job.recipe.deepspeed:
        _check_deepspeed(Path(job.recipe.deepspeed))


def _check_deepspeed(path: Path) -> None:
    """Refuse a file of DeepSpeed's settings from which no weights would come out."""
    try:
        zero = json.loads(path.read_text(encoding="utf-8")).get("zero_optimization", {})
    except (ValueError, AttributeError) as error:
        raise InputError(f"{path}: is no JSON object: {error}") from error
    gather = "stage3_gather_16bit_weights_on_model_save"
    if zero.get("stage") == 3 and not zero.get(gather):
        raise InputError(
            f"{path}: zero_optimization.{gather} must be true, or the weights stay in parts that "
            "no engine reads"
        )
