"""Settings of `train`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from its.config.section import File, Section


class Recipe(Section):
    """Full fine-tuning with TRL. Every key decides what is learnt."""

    learning_rate: float = Field(1e-5, gt=0)
    """Peak rate; s1 and OpenThinker use 1e-5, LIMO 5e-6."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """How the rate falls to 0 after the warm-up."""
    warmup: float = Field(0.05, ge=0, lt=1)
    """Part of the steps over which the rate rises from 0; s1 uses 0.05."""
    epochs: int = Field(5, ge=1)
    """Passes over the set. The paper does not say; 5 is what s1 uses for 1k rows."""
    keep: list[Annotated[int, Field(ge=1)]] = []
    """Epochs whose weights are kept beside the last ones, as learners `...-e1`, `...-e2`: each
    takes as much of the disk. Nothing chooses among them; the last one is what is meant."""
    batch: int = Field(16, ge=1)
    """Sequences of one optimizer step, over all processes; with packing, packed ones."""
    micro_batch: int = Field(1, ge=1)
    """Sequences a process holds at once. Only rounding depends on it."""
    max_length: int = Field(32768, ge=8)
    """Tokens of one sequence, prompt and completion together."""
    too_long: Literal["fail", "drop", "cut"] = "fail"
    """What to do with a row above `max_length`: stop, leave it out, or cut its end, which loses
    the answer and the end mark. Dropped and cut rows are counted in the training's record."""
    packing: bool = True
    """Put several rows into one sequence, whole ones (best fit decreasing), kept apart."""
    weight_decay: float = Field(1e-4, ge=0)
    """As s1."""
    beta1: float = Field(0.9, ge=0, lt=1)
    """Of Adam; as s1."""
    beta2: float = Field(0.95, ge=0, lt=1)
    """Of Adam; as s1."""
    max_grad_norm: float = Field(1.0, gt=0)
    """Gradients are scaled down to this norm."""
    attention: Literal["sdpa", "flash_attention_2", "flash_attention_3"] = "sdpa"
    """How attention is computed. `sdpa` is PyTorch's own and runs everywhere; it keeps packed rows
    apart by a mask made of their positions. The others need a GPU and a package that is not
    pinned here: add it to `envs/train.in`. Only rounding, memory and time depend on it."""
    gradient_checkpointing: bool = False
    """Recompute activations instead of keeping them. Only memory and time depend on it."""
    deepspeed: File | None = None
    """JSON file for DeepSpeed, such as `config/deepspeed/zero3.json`; none: plain PyTorch."""

    @model_validator(mode="after")
    def _keeps_what_comes_before_the_last(self) -> "Recipe":
        late = [epoch for epoch in self.keep if epoch >= self.epochs]
        if late:
            raise ValueError(
                f"keep names epoch {late[0]}, and of {self.epochs} epochs the last one is kept "
                "anyway; name earlier ones"
            )
        return self

    @model_validator(mode="after")
    def _batch_is_made_of_micro_batches(self) -> "Recipe":
        if self.batch % self.micro_batch:
            raise ValueError(f"batch {self.batch} is no multiple of micro_batch {self.micro_batch}")
        return self
