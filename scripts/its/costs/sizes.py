"""What follows from a model's shape alone: parameters, cache, arithmetic."""

from its.config.shape import Shape

WIDTHS = {"float32": 4, "bfloat16": 2}
"""Bytes of a number."""


def query_width(shape: Shape) -> int:
    """Return the numbers of all queries of a token."""
    return shape.heads * _head(shape)


def key_width(shape: Shape) -> int:
    """Return the numbers of all keys of a token, or of all values."""
    return shape.kv_heads * _head(shape)


def parameters(shape: Shape) -> int:
    """Count the weights.

    >>> parameters(Shape(layers=64, hidden=5120, intermediate=27648, heads=40, kv_heads=8,
    ...     vocabulary=152064, attention_bias=True))
    32763876352
    """
    query, key = query_width(shape), key_width(shape)
    attention = 2 * shape.hidden * (query + key)
    biases = (query + 2 * key) * shape.attention_bias + 2 * _head(shape) * shape.attention_norm
    feed_forward = 3 * shape.hidden * shape.intermediate
    norms = 2 * shape.hidden
    layer = attention + biases + feed_forward + norms
    return shape.layers * layer + shape.hidden + embedding(shape) * (1 if shape.tied else 2)


def embedding(shape: Shape) -> int:
    """Count the weights of the matrix that reads tokens, or of the one that scores them."""
    return shape.vocabulary * shape.hidden


def cache_bytes(shape: Shape, dtype: str) -> int:
    """Return the bytes that keys and values of one token take in the engine.

    >>> cache_bytes(Shape(layers=64, hidden=5120, intermediate=27648, heads=40, kv_heads=8,
    ...     vocabulary=152064), "bfloat16")
    262144
    """
    return 2 * shape.layers * key_width(shape) * WIDTHS[dtype]


def forward_flops(shape: Shape, keys: float) -> float:
    """Return the floating-point operations that one token takes to be read.

    Two for each weight that it is multiplied with, which reading an embedding is not, and four
    for each number of each key that its queries meet.

    Parameters
    ----------
    keys
        How many tokens it attends to.

    References
    ----------
    Chowdhery et al., PaLM, arXiv:2204.02311, appendix B.
    """
    multiplied = parameters(shape) - (0 if shape.tied else embedding(shape))
    return 2 * multiplied + 4 * shape.layers * query_width(shape) * keys


def _head(shape: Shape) -> int:
    return shape.head_dim or shape.hidden // shape.heads
