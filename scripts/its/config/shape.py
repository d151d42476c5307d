"""The sizes of a model's layers: what its price is computed from before it is fetched."""

from pydantic import Field, model_validator

from its.config.section import Section


class Shape(Section):
    """A decoder with gated feed-forward layers, as Llama, Qwen, Mistral and SmolLM.

    All of it stands in the model's `config.json`; the names there are given with each key.
    """

    layers: int = Field(ge=1)
    """`num_hidden_layers`."""
    hidden: int = Field(ge=1)
    """`hidden_size`."""
    intermediate: int = Field(ge=1)
    """`intermediate_size`: the width of the feed-forward layers."""
    heads: int = Field(ge=1)
    """`num_attention_heads`."""
    kv_heads: int = Field(ge=1)
    """`num_key_value_heads`; as many as heads where the model does not share them."""
    head_dim: int | None = Field(None, ge=1)
    """`head_dim`; `hidden` divided by `heads`, if it is not set."""
    vocabulary: int = Field(ge=1)
    """`vocab_size`: rows of the embedding, padding included."""
    tied: bool = False
    """`tie_word_embeddings`: one matrix reads tokens and scores them."""
    attention_bias: bool = False
    """Whether query, key and value have a bias: true for Qwen2 and Qwen2.5."""
    attention_norm: bool = False
    """Whether query and key are normalised, head by head: true for Qwen3."""

    @model_validator(mode="after")
    def _heads_share(self) -> "Shape":
        if self.heads % self.kv_heads:
            raise ValueError(f"heads {self.heads} is no multiple of kv_heads {self.kv_heads}")
        if self.head_dim is None and self.hidden % self.heads:
            raise ValueError(
                f"hidden {self.hidden} is no multiple of heads {self.heads}; set head_dim"
            )
        return self
