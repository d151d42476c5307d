"""What a training keeps between forward and backward pass, and while it scores tokens."""

from its.config.shape import Shape
from its.costs.sizes import WIDTHS, embedding, key_width, query_width

TILE = 4096 * 32768
"""Scores that TRL holds at once: it never has those of a whole sequence."""


def layer_bytes(shape: Shape, dtype: str, *, mixed: bool, mask: int) -> float:
    """Return what one layer keeps for each token until its backward pass.

    Of each of two norms, its input in float32, what it is normalised to, and what comes out; the
    queries, keys, values and what attention makes of them; of the feed-forward layer, both
    halves, the gate after its function, and their product. A mask is turned into numbers in each
    layer, and shared keys are repeated where there is one.

    Parameters
    ----------
    dtype
        Of the arithmetic.
    mixed
        Whether weights are float32 where the arithmetic is bfloat16: then each product keeps
        its own copy of its input.
    mask
        Tokens that each token's row of the attention mask spans; 0 without a mask, that is where
        no rows are packed.

    References
    ----------
    After Korthikanti et al., arXiv:2205.05198, section 4.1, for the layers of Llama and Qwen2 as
    transformers writes them. A test compares it with what they really keep.
    """
    width = WIDTHS[dtype]
    # Per norm 4 bytes for its input and twice the width, or 8 bytes; 2 for each of five copies.
    norms = (26 if mixed else 2 * (4 + 2 * width)) * shape.hidden
    statistics = 2 * 4 + 4 * shape.heads
    query, key = query_width(shape), key_width(shape)
    if shape.attention_norm:
        norms += (4 + width) * (query + key)
        statistics += 4 * (shape.heads + shape.kv_heads)
    heads = 2 * query + 2 * (query if mask else key)
    return norms + statistics + width * (heads + 4 * shape.intermediate + mask)


def kept_bytes(shape: Shape, dtype: str, *, checkpointing: bool, mixed: bool, mask: int) -> float:
    """Return the bytes that stay of each token until the backward pass comes to it.

    All that layers keep, or with gradient checkpointing the input of each; and the mask itself,
    a byte for each pair of tokens.
    """
    if checkpointing:
        inputs = shape.layers * shape.hidden * (4 if mixed else WIDTHS[dtype])
        return inputs + mask
    return shape.layers * layer_bytes(shape, dtype, mixed=mixed, mask=mask) + mask


def working_bytes(
    shape: Shape, dtype: str, *, checkpointing: bool, mixed: bool, mask: int
) -> float:
    """Return the bytes that the backward pass of one layer takes a token, beside what was kept.

    Gradients on their way through the feed-forward layer, three times its width; with gradient
    checkpointing, all that the layer keeps, made again.
    """
    moving = 3 * WIDTHS[dtype] * shape.intermediate
    again = layer_bytes(shape, dtype, mixed=mixed, mask=mask) if checkpointing else 0
    return moving + again


def head_bytes(shape: Shape, dtype: str, tokens: int) -> float:
    """Return what scoring tokens takes: the matrix, its gradient twice, a tile of scores.

    TRL sums the gradient in float32 and then rounds it; it scores a tile of tokens and words at
    a time.
    """
    width = WIDTHS[dtype]
    return embedding(shape) * (4 + 2 * width) + TILE * width + tokens * shape.hidden * 4
