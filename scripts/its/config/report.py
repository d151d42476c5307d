"""Settings of the report: how much of the responses it holds to look at."""

from pydantic import Field

from its.config.section import Section


class Report(Section):
    """How large the report may grow. No number depends on it."""

    rows: int = Field(200_000, ge=1)
    """Responses that are listed. Of a plan with more, the first of each problem and cell are, and
    all on which the strict and the lenient verdict differ."""
    texts: int = Field(1, ge=0)
    """Responses of each problem and cell whose text is shown, the first ones; besides them, every
    listed one on which the strict and the lenient verdict differ."""
    characters: int = Field(20_000, ge=100)
    """Characters of a thinking or an answer that are shown; of a longer one, its beginning and its
    end."""
