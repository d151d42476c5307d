"""Learners that are an earlier epoch of a training, which kept it: `few8-N-quick-s0-e1`."""

import re

_EPOCH = re.compile(r"-e\d+$")


def is_earlier(learner: str) -> bool:
    """Tell whether a learner, or the path of its results, is an earlier epoch."""
    return bool(_EPOCH.search(learner))


def training_of(learner: str) -> str:
    """Return the name, or the path, of the training whose learner or earlier epoch this is."""
    return _EPOCH.sub("", learner)
