"""Settings of `price_plan`: what is assumed about machines, and about texts not yet written.

Nothing here decides a result. What each number rests on stands under it; `calibrate` replaces
the most uncertain ones by what finished jobs took.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from its.config.section import Name, Section


class Card(Section):
    """One kind of GPU, by its data sheet."""

    memory: float = Field(gt=0)
    """GiB that it reports."""
    bfloat16: float = Field(gt=0)
    """TFLOP/s at its best, dense (data sheets like to print twice of that, for sparse matrices)."""
    float32: float = Field(gt=0)
    """TFLOP/s at its best, without TF32."""
    bandwidth: float = Field(gt=0)
    """TB/s from its memory."""


class Core(Section):
    """One core of a processor."""

    bfloat16: float = Field(0.0004, gt=0)
    """TFLOP/s. Measured without AVX-512, where it is emulated; a hundred times that with AMX."""
    float32: float = Field(0.05, gt=0)
    """TFLOP/s. Measured with AVX2: 100 GFLOP/s of matrix products on two cores."""
    bandwidth: float = Field(0.01, gt=0)
    """TB/s: 20 GB/s for two cores, as a share of a server with many of them."""


CARDS = {
    # NVIDIA's data sheets for the SXM boards, and for the cards with one form.
    "h100": Card(memory=79.6, bfloat16=989, float32=67, bandwidth=3.35),
    "h200": Card(memory=140.4, bfloat16=989, float32=67, bandwidth=4.8),
    "h20": Card(memory=95.6, bfloat16=148, float32=44, bandwidth=4.0),
    "b200": Card(memory=178.3, bfloat16=2250, float32=75, bandwidth=7.7),
    "a100": Card(memory=79.3, bfloat16=312, float32=19.5, bandwidth=2.04),
    "a100_40": Card(memory=39.6, bfloat16=312, float32=19.5, bandwidth=1.56),
    "l40s": Card(memory=45.0, bfloat16=362, float32=91.6, bandwidth=0.86),
    "a6000": Card(memory=47.5, bfloat16=155, float32=38.7, bandwidth=0.77),
    "rtx4090": Card(memory=24.0, bfloat16=165, float32=82.6, bandwidth=1.01),
}


def _beside_known(cards: object) -> object:
    return {**CARDS, **cards} if isinstance(cards, dict) else cards


class Price(Section):
    """What the price of a plan is computed with, beside the plan itself."""

    gpu: str = "h100"
    """The kind of GPU, one of `cards`."""
    cards: Annotated[dict[Name, Card], BeforeValidator(_beside_known)] = CARDS
    """Kinds of GPUs; more of them stand beside the known ones."""
    core: Core = Core()
    """What a model without GPUs runs on."""
    gpus: int | None = Field(None, ge=1)
    """GPUs at hand at once, for the wall time; as many as the largest job asks for, if not set."""
    cores: int | None = Field(None, ge=1)
    """Cores at hand at once for models without GPUs, for the wall time; likewise."""
    refuse: bool = True
    """Stop a plan that cannot fit into memory, or a run for which the disk is too small, before
    its first job with a model. An estimate may err: `false` lets it run."""
    calibrate: bool = False
    """Correct speeds and lengths by the jobs that are finished under `results/`."""

    mfu: float = Field(0.3, gt=0, le=1)
    """Part of the best FLOP/s that a training reaches on a GPU. s1's published run comes to 0.2 to
    0.3, OpenThinker's, which pad, to less than 0.1; a table of DeepSpeed on 8 A800 to 0.35, Llama
    3's authors report 0.4."""
    core_share: float = Field(0.8, gt=0, le=1)
    """The same on a processor, for generation too: 65 to 85 of 100 GFLOP/s were measured for a
    model of 135M weights."""
    offloading: float = Field(0.6, gt=0)
    """Billion weights a second that the machine's processor updates where the optimizer is
    offloaded, gradients' way there and back included. 0.4 was measured on 64 cores with 8 GPUs,
    more than 1.3 on 128 cores with 2."""
    decoding: float = Field(0.5, gt=0, le=1)
    """Part of bandwidth and FLOP/s that generation reaches. Long responses that end last leave
    most of a batch idle, which is half of the loss."""
    step: float = Field(0.01, ge=0)
    """Seconds of one step of the engine that no GPU is busy for."""
    batch: int = Field(256, ge=1)
    """Responses that the engine writes at once, if they fit; vLLM's default on most GPUs (1024 on
    those with 70 GiB and more, which seldom fit)."""
    start: float = Field(20, ge=0)
    """Seconds from a job's start until its model is read: mostly imports. Measured."""
    capture: float = Field(60, ge=0)
    """Seconds that an engine on GPUs compiles and records its graphs."""
    reading: float = Field(1.0, gt=0)
    """GB/s at which weights come from the disk; a shared file system may be slower."""
    writing: float = Field(2.0, gt=0)
    """GB/s at which all processes of a training together write states and weights to the disk, and
    wait. Not measured; a parallel file system takes more, a single stream to a shared one less."""
    judged: float = Field(100, gt=0)
    """Responses a second that a core judges. Between 120 and 950 were measured, the fewest where
    many give no answer."""
    embedded: float = Field(40, gt=0)
    """Texts a second of which a core tells the meaning, to compare personas with questions: a
    small model, 1 GFLOP a text."""
    small: float = Field(4, ge=0)
    """Core-seconds of a job that reads and writes tables: mostly Python's imports."""

    row_share: float = Field(0.25, gt=0, le=1)
    """Mean tokens of a row to learn from, as part of the recipe's `max_length`, where the sample's
    `tokens` does not say it. Worked solutions by R1 have about 8,000 at a limit of 32,768."""
    response_share: float = Field(0.4, gt=0, le=1)
    """Mean tokens of a response, as part of `max_tokens`, where the benchmark's `tokens` does not
    say it: on AIME, reasoning models write about 12,000 at a limit of 32,768."""
    context_share: float = Field(0.7, gt=0, le=1)
    """Mean tokens of a persona, as part of its `max_tokens`."""
    question_tokens: int = Field(200, ge=1)
    """Mean tokens of what is asked: a problem of AIME has about 100, system prompt and persona
    another 100."""
    attempts: float = Field(1.1, ge=1)
    """Mean times that a persona is asked for until it can be used."""

    gpu_share: float = Field(0.94, gt=0, le=1)
    """Part of a GPU's memory that a training can use: the rest goes to CUDA's context, NCCL, and
    gaps between tensors."""
    engine_share: float = Field(0.92, gt=0, le=1)
    """Part of a GPU's memory that the engine takes: vLLM's default."""
    engine_memory: float = Field(3, ge=0)
    """GiB of it, on each GPU, for activations and recorded graphs."""
    process_memory: float = Field(1, ge=0)
    """GiB of a process on the CPU before it reads a model: Python and libraries."""

    @model_validator(mode="after")
    def _knows_the_gpu(self) -> "Price":
        if self.gpu not in self.cards:
            raise ValueError(f"cards has no {self.gpu!r}, known are {', '.join(self.cards)}")
        return self

    @property
    def card(self) -> Card:
        """The kind of GPU that is priced."""
        return self.cards[self.gpu]
