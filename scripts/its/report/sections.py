"""What the reports of a plan show, in order: its tables, and the figures that are drawn of them."""

from collections.abc import Callable
from dataclasses import dataclass

from its.config.plan import Plan


@dataclass(frozen=True, slots=True)
class Section:
    """A table, a figure, or both of one name.

    A figure of the name is drawn by `its.charts.NAME`; `report/NAME.rst` is the caption of both in
    Snakemake's report, where it is there.
    """

    title: str
    words: str
    """What stands under the title."""
    category: str
    """Where it stands in Snakemake's report."""
    table: bool = True
    """Whether there is a table of the name."""
    figure_of: tuple[str, ...] = ()
    """The tables that its figure is drawn from, below `results/`, in the order of its chart."""
    only: Callable[[Plan], object] = lambda plan: True
    """Which plans have it."""


_MATRIX = "tables/{plan}/codesign.csv"

SECTIONS = {
    "codesign": Section(
        "The train x test matrix",
        "Right answers by how a model was trained and how it was asked.",
        "Co-design",
        figure_of=(_MATRIX,),
    ),
    "claims": Section(
        "Claims",
        "What the paper says, each as a contrast of cells with an interval and a verdict: "
        "supported, contradicted, or undecided at this size; unfinished while replicates are "
        "missing.",
        "Claims",
        figure_of=("tables/{plan}/claims.csv",),
        only=lambda plan: plan.claims,
    ),
    "comparisons": Section(
        "Differences",
        "Cells against cells, always paired by problem, corrected for how many they are. Whether "
        "two cells differ is answered here, not by two intervals that overlap or do not.",
        "Co-design",
        figure_of=("tables/{plan}/comparisons.csv",),
    ),
    "changes": Section(
        "Problem by problem",
        "On how many problems one cell does better than another, and on how many worse.",
        "Co-design",
        figure_of=("tables/{plan}/changes.csv",),
    ),
    "samples": Section(
        "Size and quality of the data",
        "The same strategies learnt from other rows.",
        "Co-design",
        table=False,
        figure_of=(_MATRIX,),
        only=lambda plan: len(plan.samples) > 1,
    ),
    "selection": Section(
        "The best pair",
        "Chosen on one benchmark and reported on another, and the maximum with its optimism.",
        "Claims",
    ),
    "variance": Section(
        "Where the spread comes from",
        "Problems, replicates and samples apart.",
        "Claims",
        figure_of=("tables/{plan}/variance.csv",),
    ),
    "power": Section(
        "What this size can show",
        "The smallest difference that the plan would detect.",
        "Claims",
        table=False,
        figure_of=("power/{plan}.csv",),
        only=lambda plan: plan.claims,
    ),
    "published": Section(
        "Published numbers",
        "What others report, with the interval that so few problems allow. None of it counts as a "
        "result of ours.",
        "Co-design",
        only=lambda plan: plan.published,
    ),
    "lengths": Section(
        "Lengths and truncation",
        "Tokens of thinking and of the answer, and how many responses were cut off.",
        "Co-design",
        table=False,
        figure_of=(_MATRIX,),
    ),
    "pass_at_k": Section(
        "One of k responses",
        "How often at least one of k responses is right, for every k that was sampled, with "
        "intervals over problems: it shows whether a training made right answers likelier, or "
        "answers alike.",
        "Co-design",
        figure_of=("tables/{plan}/pass_at_k.csv",),
    ),
    "votes": Section(
        "Votes",
        "The majority of several learners.",
        "Co-design",
        only=lambda plan: plan.votes,
    ),
    "losses": Section(
        "Training",
        "The loss of each training, on the tokens of the response.",
        "Training",
        figure_of=("tables/{plan}/losses.csv",),
    ),
    "personas": Section(
        "Personas",
        "How near contexts are to their questions, how near to each other, and how they were "
        "written.",
        "Data",
        figure_of=("tables/{plan}/personas.csv",),
    ),
    "contamination": Section(
        "Contamination",
        "How many problems of each benchmark stand in what is learnt from, after its filters, word "
        "for word, and by 8 or 13 words in a row that are the same (open-r1 filters by 8, s1 by "
        "13). Problems made from one template, as sums that all begin alike, share their words "
        "without being the same, so nearly all of them may count by 8: only the first count is of "
        "equal problems.",
        "Data",
    ),
    "questions": Section(
        "Refined questions",
        "A few questions of each set, in each strategy.",
        "Data",
        table=False,
    ),
    "cost": Section(
        "Cost",
        "What the plan was said to take (snakemake price), and what finished jobs took here.",
        "Cost",
        table=False,
    ),
    "cells": Section("All files of scores", "A row for each replicate of each cell.", "Co-design"),
}


def tables_of(plan: Plan) -> list[str]:
    """Return the names of the tables that a plan has."""
    return [name for name, one in SECTIONS.items() if one.table and one.only(plan)]


def figures_of(plan: Plan) -> list[str]:
    """Return the names of the figures that a plan has."""
    return [name for name, one in SECTIONS.items() if one.figure_of and one.only(plan)]
