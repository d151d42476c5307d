"""Majority votes: which answers are one candidate, and which candidates win."""

from collections.abc import Sequence

import polars as pl

from its.errors import InputError
from its.grading import SHOWN, cleaned

BALLOTS = {
    "id": pl.String,
    "sample": pl.Int64,
    "correct": pl.Boolean,
    "extracted": pl.String,
    "parsed": pl.String,
    "answered": pl.Boolean,
    "gold": pl.String,
}
"""What is read of verdicts."""

VOTES = {
    "id": pl.String,
    "sample": pl.Int64,
    "correct": pl.Float64,
    "answer": pl.String,
    "votes": pl.Int64,
    "voters": pl.Int64,
    "tied": pl.Int64,
    "gold": pl.String,
}
"""One row per problem and sample: the point (a part of it where candidates share it), the first
answer that won as its voter wrote it, how many voted for it and how many at all, and how many
candidates had so many votes. Where nothing votes, `answer` is null and the point 0."""

VOTED = {
    "vote": pl.String,
    "benchmark": pl.String,
    "test": pl.String,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "best_member": pl.Float64,
    "mean_member": pl.Float64,
    "problems": pl.Int64,
    "votes": pl.Int64,
    "tied": pl.Float64,
    "silent": pl.Float64,
}
"""One row per vote and test set. `tied` and `silent` are parts of the votes: those on which
several answers had the most voices, and those without a voice."""


def winners(ballots: pl.DataFrame, unit: Sequence[str]) -> pl.DataFrame:
    """Return who wins each vote.

    Answers vote if they stand in a box of a response that was not truncated. All right answers
    are one candidate, however they are written; so wrong ones are one if they were read alike, or
    are written alike where nothing could be read whole. By spelling alone, right answers would win
    against wrong ones that had more votes together.

    Parameters
    ----------
    ballots
        `correct`, `answered`, `extracted` and `parsed`, and the columns of `unit`, in the order in
        which ties are broken by the first.
    unit
        What tells votes apart, as `["id"]`.

    Returns
    -------
    DataFrame
        One row per vote with a ballot: the columns of `unit`, and `shared` (the part of the point
        if tied candidates share it), `first` (the point, if the first of them takes it),
        `answer`, `votes`, `voters`, `tied`.
    """
    whole = pl.col("parsed").str.len_chars() < SHOWN
    spelt = pl.col("extracted").map_elements(cleaned, return_dtype=pl.String)
    wrong = pl.when(whole).then(pl.col("parsed")).otherwise(spelt)
    candidates = (
        ballots.with_row_index("place")
        .filter("answered")
        .with_columns(candidate=pl.when(~pl.col("correct")).then(wrong))  # null: the right answer
        .group_by(*unit, "correct", "candidate")
        .agg(pl.len().cast(pl.Int64).alias("votes"), pl.col("place", "extracted").first())
        .with_columns(voters=pl.col("votes").sum().over(unit))
    )
    best = candidates.filter(pl.col("votes") == pl.col("votes").max().over(unit))
    return (
        best.sort("place")
        .group_by(unit, maintain_order=True)
        .agg(
            shared=pl.col("correct").mean(),
            first=pl.col("correct").first().cast(pl.Float64),
            answer=pl.col("extracted").first(),
            votes=pl.col("votes").first(),
            voters=pl.col("voters").first(),
            tied=pl.len().cast(pl.Int64),
        )
    )


def vote(members: Sequence[pl.DataFrame], names: Sequence[str], ties: str) -> pl.DataFrame:
    """Let members vote on each sample of each problem: one of each member is a ballot.

    So n samples a member are n votes, whose mean is what one response of each would give. Of the
    m-th member it is the m-th sample further on: samples of one number have one seed, so members
    that are much alike would make the same mistakes. With one sample they have, unless greedy.

    Parameters
    ----------
    members
        The columns of `BALLOTS`, one table a member.
    names
        What the members are called in a message.
    ties
        `share` or `first`, as `its.config.vote.Vote`.

    Returns
    -------
    DataFrame
        The columns of `VOTES`, by problem and sample.

    Raises
    ------
    InputError
        If the members did not answer the same problems equally often.
    """
    unit = ["id", "sample", "gold"]
    asked = members[0].select(unit).sort(unit)
    for name, member in zip(names, members, strict=True):
        if not member.select(unit).sort(unit).equals(asked):
            raise InputError(
                f"{name}: answered other problems or other numbers of samples than {names[0]}; "
                "a vote needs the same benchmark with one n for all"
            )
    further = [
        member.with_columns(sample=(pl.col("sample") + place) % pl.len().over("id").cast(pl.Int64))
        for place, member in enumerate(members)
    ]
    found = winners(pl.concat(further), unit)
    point = pl.col("shared" if ties == "share" else "first")
    return (
        asked.join(found, on=unit, how="left")
        .with_columns(point.fill_null(0.0).alias("correct"))
        .with_columns(pl.col("votes", "voters", "tied").fill_null(0))
        .sort("id", "sample")
        .select(list(VOTES))
    )
