"""Settings of `generate`."""

from typing import Annotated

from pydantic import Field, model_validator

from its.config.section import Section


class Sampling(Section):
    """How responses are drawn. Every key decides what is generated."""

    n: int = Field(64, ge=1)
    """Responses per problem; 64 is what careful reports use for the 30 problems of AIME."""
    temperature: float = Field(0.6, ge=0, le=2)
    """0 is greedy; then `n` must be 1. The engine takes no more than 2."""
    top_p: float = Field(0.95, gt=0, le=1)
    """As open-r1 and QwQ; 1 is off."""
    top_k: int = Field(0, ge=0)
    """0 is off."""
    max_tokens: int = Field(31744, ge=1)
    """Tokens of one response, thinking included; longer ones are cut and count as truncated. With
    the question they must fit into the model's `chat.context`."""
    stop: list[Annotated[str, Field(min_length=1)]] = []
    """Texts that end a response where they come up, beside the model's end mark. They are left
    out of the text."""
    seed: int = 0
    """Response i of a problem has a seed derived from this one, the problem's id and i."""
    shard_problems: int = Field(512, ge=1)
    """Problems of a shard, which is one call of the engine: what an interrupted job does again at
    most, and what a larger `n` takes up."""
    shard_samples: int = Field(1, ge=1)
    """Responses to each of its problems; `n` is a multiple. A call of few responses leaves an
    engine half idle: where there are few problems, let a shard have some hundreds of responses."""

    @model_validator(mode="after")
    def _greedy_once(self) -> "Sampling":
        if self.temperature == 0 and self.n > 1:
            raise ValueError(f"temperature 0 gives {self.n} equal responses; set n to 1")
        return self

    @model_validator(mode="after")
    def _whole_shards(self) -> "Sampling":
        if self.n % self.shard_samples:
            raise ValueError(f"n {self.n} is no multiple of shard_samples {self.shard_samples}")
        return self
