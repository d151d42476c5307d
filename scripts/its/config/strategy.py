"""Settings of `write_personas` (`Context`) and of `refine` (the rest of `Strategy`)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from its.config.section import Section, Shown, one_of


class Context(Section):
    """What an LLM writes for each question. Every key decides what is written."""

    writer: Annotated[str, one_of("models")]
    """The model that writes. The paper does not say which; machine-written reviews say itself."""
    prompt: str
    """File that asks for it. `{question}` stands for the question, `{domain}` for a domain; one
    of them must be there."""
    domains: str | None = None
    """File with a domain a line; one is drawn for each question, by hash. The paper's R has such
    a list and does not print it."""
    temperature: float = Field(1.0, gt=0)
    """Above 0, so that `U.1` is another draw than `U`."""
    top_p: float = Field(0.95, gt=0, le=1)
    """As for responses."""
    max_tokens: int = Field(256, ge=1)
    """Tokens of a context; a longer one is cut at the end of its last whole sentence."""
    attempts: int = Field(8, ge=1)
    """An empty context, or one that holds the answer, is asked for again so often."""
    seed: int = 0
    """Each question's seed is derived from this one, its id, the draw and the attempt."""
    shard: int = Field(1024, ge=1)
    """Questions of one call of the engine: what an interrupted job does again at most."""


class Strategy(Section):
    """What is joined to a question, and how. Without a context, nothing is."""

    label: Shown = ""
    """How tables and figures call it; its name, if empty."""
    context: Context | None = None
    """What writes it; none: the question stays as it is."""
    position: Literal["prefix", "suffix", "system"] = "prefix"
    """Where the context goes: before or after the question, or into the system prompt. The paper
    says "concatenated"; `prefix` is our choice."""
    join: str = "{context}\n\n{question}"
    """How both become one message, at the positions where they share one."""

    @model_validator(mode="after")
    def _join_fits(self) -> "Strategy":
        context, question = self.join.find("{context}"), self.join.find("{question}")
        if min(context, question) < 0:
            raise ValueError("join must hold {question} and {context}")
        if self.position == "prefix" and context > question:
            raise ValueError("position prefix wants {context} before {question} in join")
        if self.position == "suffix" and context < question:
            raise ValueError("position suffix wants {context} after {question} in join")
        return self
