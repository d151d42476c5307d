"""What the columns of tables are called where they are read; files have their names."""

from its.reasons import REASONS

INTERVALS = {
    "": "",
    "lenient": "lenient",
    "published": "published",
    "ours": "ours",
    "own": "likeness to own question",
    "other": "likeness to other questions",
    "difference": "difference",
    "among": "likeness among personas",
    "words": "words",
    "short_answer": "holds a short answer",
}
"""Numbers that have the ends of a 95% interval beside them."""

COLUMNS = {
    "a": "first cell",
    "above": "said to be above",
    "alone": "smallest difference, tested alone",
    "among": "likeness among personas",
    "answer_tokens": "tokens of the answer",
    "available_gib": "GiB a GPU has",
    "average_there": "average cell there",
    "b": "second cell",
    "below": "said to be below",
    "best_member": "best member",
    "best_there": "best cell there",
    "chosen_on": "chosen on",
    "core_hours": "core-hours",
    "corrected": "smallest difference, corrected for all claims",
    "count_problems": "problems",
    "count_replicates": "replicates",
    "count_samples": "samples",
    "cut": "share cut by the limit",
    "discordant": "problems that differ",
    "disk_gb": "GB of disk",
    "distinct_1": "distinct words, share",
    "distinct_2": "distinct pairs of words, share",
    "draw": "draw of the rows",
    "error": "standard error",
    "exact": "problems that are there word for word",
    "exact_duplicates": "exact duplicates, share",
    "gpu_hours": "GPU-hours",
    "gpus": "GPUs a job",
    "cores": "cores a job",
    "host_gib": "GiB of the machine",
    "hours_each": "hours a job",
    "lenient_difference": "lenient difference",
    "lenient_mean": "lenient accuracy",
    "limit_hours": "hours a job may take",
    "longest_hours": "hours of the longest job",
    "majority": "majority of the samples",
    "mean": "accuracy",
    "mean_member": "average member",
    "memory_gib": "GiB of memory",
    "much_better": "better by half and more",
    "much_worse": "worse by half and more",
    "n_attempts": "drafts",
    "n_contexts": "personas",
    "n_questions": "questions",
    "n_written": "personas written",
    "near_duplicates": "near duplicates, share",
    "ngram13_problems": "problems that share 13 words in a row with a row",
    "ngram13_rows": "rows that share 13 words in a row with a problem",
    "ngram8_problems": "problems that share 8 words in a row with a row",
    "ngram8_rows": "rows that share 8 words in a row with a problem",
    "optimism": "too high by about",
    "other": "likeness to other questions",
    "over": "counted as random",
    "own": "likeness to own question",
    "p_holm": "p, corrected (Holm)",
    "pass_at_k": "one of k is right",
    "persona": "draw of the personas",
    "planned": "replicates planned",
    "problems_needed": "problems that would decide it",
    "q": "false discovery rate",
    "rejected": "drafts rejected",
    "replicates_needed": "replicates that would decide it",
    "reported_on": "reported on",
    "rest": "a replicate's luck with single problems",
    "same": "the same",
    "samples_needed": "samples that would decide it",
    "scratch_gb": "GB of scratch",
    "sequences": "sequences at once",
    "short_answer": "holds a short answer, share",
    "silent": "without a voice, share",
    "test": "asked with",
    "thinking_tokens": "tokens of thinking",
    "tied": "tied, share",
    "timed_out": "timed out in grading, share",
    "answered": "answered, share",
    "truncated": "truncated, share",
    "train": "trained with",
    "wall_hours": "hours on the clock",
    "low_replicates": "from, over replicates too",
    "high_replicates": "to, over replicates too",
    **{
        f"{name}_{end}".removeprefix("_"): f"{words}, {told}".removeprefix(", ")
        for name, words in INTERVALS.items()
        for end, told in [("low", "from"), ("high", "to")]
    },
    **{f"rejected_{reason}": f"rejected: {reason}" for reason in REASONS},
}
"""By name. A name that reads well as it is, such as `benchmark`, is not here."""

ELSEWHERE = {
    "variance": {
        "problems": "from other problems, share",
        "replicates": "from other replicates, share",
        "rest": "from a replicate's luck with single problems, share",
        "samples": "from other responses, share",
    },
    "claims": {"estimate": "difference"},
    "votes": {"mean": "right votes, share"},
    "selection": {"among": "chosen among"},
    "cells": {"pass_at_k": "one of all samples is right"},
}
"""Names that mean something else in one table, by its name."""


def called(table: str, column: str) -> str:
    """Return what a column of a table is called.

    >>> called("claims", "problems_needed"), called("cells", "problems")
    ('problems that would decide it', 'problems')
    >>> called("variance", "problems")
    'from other problems, share'
    """
    words = ELSEWHERE.get(table, {}).get(column) or COLUMNS.get(column) or column
    return words.replace("_", " ")
