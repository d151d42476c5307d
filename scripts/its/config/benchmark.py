"""How a test set is asked."""

from its.config.expected import Expected
from its.config.problems import Problems
from its.config.sampling import Sampling
from its.config.section import Section, Shown


class Benchmark(Section):
    """Problems with known answers, and how they are asked.

    Another sampler is another benchmark with the same source: it needs a name in the path.
    """

    label: Shown = ""
    """How tables and figures call it; its name, if empty."""
    problems: Problems
    """Its rows."""
    sampling: Sampling = Sampling()
    """How it is asked."""
    tokens: Expected = None
    """Mean tokens of a response, for the price; the price's `response_share`, if it is not set."""
    asked: Expected = None
    """Mean tokens of a question with system prompt and persona, for the price; the price's
    `question_tokens`, if it is not set."""
