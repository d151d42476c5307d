"""Every column of a table that the report shows has words."""

from its.changes import CHANGES
from its.claims import CLAIMS
from its.comparisons import COMPARISONS
from its.contamination import CONTAMINATION
from its.costs.table import PRICES
from its.losses import LOSSES
from its.matrix import CELLS, PASSES
from its.power import DETECTABLE
from its.published import PUBLISHED
from its.quality import QUALITY
from its.report.columns import COLUMNS, ELSEWHERE
from its.report.spent import SPENT
from its.selection import SELECTION
from its.variances import VARIANCES
from tabulate_votes import VOTED

TABLES = {
    "cells": CELLS,
    "changes": CHANGES,
    "claims": CLAIMS,
    "comparisons": COMPARISONS,
    "contamination": CONTAMINATION,
    "cost": PRICES,
    "losses": LOSSES,
    "pass_at_k": PASSES,
    "personas": QUALITY,
    "power": DETECTABLE,
    "published": PUBLISHED,
    "selection": SELECTION,
    "spent": SPENT,
    "variance": VARIANCES,
    "votes": VOTED,
}


def test_no_column_is_shown_by_the_name_of_a_variable() -> None:
    for table, columns in TABLES.items():
        known = COLUMNS | ELSEWHERE.get(table, {})
        assert [name for name in columns if "_" in name and name not in known] == [], table


def test_no_words_stand_for_a_column_that_is_gone() -> None:
    assert set(COLUMNS) <= set().union(*TABLES.values())
    for table, words in ELSEWHERE.items():
        assert set(words) <= set(TABLES[table]), table
