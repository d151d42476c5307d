r"""Judging responses, by ours and by math-verify called for one after the other, as open-r1 does.

Responses are made of real problems, golds and solutions: 45 of 100 end on the gold in a box, 8 on
the gold in another notation, 30 on the gold of another problem, 10 on nothing, and 7 think at
length before they are right. Ours extracts and judges twice, strictly and leniently; the strict
verdicts are compared with math-verify's, and where they differ both are listed to look at.
"""

import argparse
import json
import random
import re
import sys
from pathlib import Path

import polars as pl
from measure import HEADING, in_turns, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

KINDS = {"right": 45, "notation": 8, "wrong": 30, "nothing": 10, "long": 7}
"""Of a hundred responses."""


def problems(files: list[Path]) -> list[dict[str, str]]:
    """Read `id`, `answer` and `solution` of problems, each once."""
    from its.fields import after_hashes
    from its.hashing import problem_id

    rows = {}
    for file in files:
        for line in file.read_text().splitlines():
            row = json.loads(line)
            problem = row.get("problem") or row["question"]
            answer, solution = str(row["answer"]), str(row.get("solution") or problem)
            if "####" in answer:
                answer, solution = after_hashes(answer), answer.partition("####")[0]
            if answer:
                rows[problem_id(problem)] = {
                    "id": problem_id(problem),
                    "answer": answer,
                    "solution": without_boxes(solution),
                }
    return list(rows.values())


def without_boxes(text: str) -> str:
    """Return a solution without its boxes: where the answer stands is up to the kind."""
    from its.boxes import last_boxed

    while (inside := last_boxed(text)) is not None:
        shorter = re.sub(r"\\f?box(?:ed)?\s*\{\s*" + re.escape(inside) + r"\s*\}", "it", text)
        if shorter == text:
            break
        text = shorter
    return text


def other_notation(answer: str, draw: random.Random) -> str:
    """Return an answer as somebody else would write it."""
    if re.fullmatch(r"-?\d+", answer):
        forms = ["{}.0", "\\text{{{}}}", "{}.", "{}\\text{{ units}}", "\\frac{{{}}}{{1}}", "${}$"]
        return draw.choice(forms).format(answer)
    return draw.choice(["\\left({}\\right)", "{}.", " {} ", "\\displaystyle {}"]).replace(
        "{}", answer.replace("\\frac", "\\dfrac")
    )


def made_up(folder: Path, rows: list[dict[str, str]], count: int) -> None:
    """Write `generations.parquet` and `answers.parquet`, so many responses in all.

    `label` says of each whether it was made to be right.
    """
    draw = random.Random(0)
    rows = sorted(rows, key=lambda row: row["id"])
    draw.shuffle(rows)
    rows = rows[:count]
    kinds = draw.choices(list(KINDS), list(KINDS.values()), k=count)
    texts, labels = [], []
    for number, kind in enumerate(kinds):
        row = rows[number % len(rows)]
        answer = row["answer"]
        if kind == "wrong":
            answer = draw.choice(rows)["answer"]
        labels.append(kind != "nothing" and answer == row["answer"])
        if kind == "notation":
            answer = other_notation(answer, draw)
        prose = row["solution"]
        if kind == "long":
            prose = " ".join(draw.choice(rows)["solution"] for _ in range(12))
        texts.append(prose if kind == "nothing" else f"{prose}\nSo it is $\\boxed{{{answer}}}$.")
    whole = count // len(rows) * len(rows)  # as many samples of each problem
    table = pl.DataFrame({"text": texts[:whole]}).with_columns(
        id=pl.Series([rows[n % len(rows)]["id"] for n in range(whole)]),
        sample=pl.Series([n // len(rows) for n in range(whole)], dtype=pl.Int64),
        tokens=pl.lit(100, pl.Int64),
        thinking_tokens=pl.lit(0, pl.Int64),
        answer_tokens=pl.lit(100, pl.Int64),
        finish=pl.lit("stop"),
        label=pl.Series(labels[:whole]),
    )
    folder.mkdir(parents=True, exist_ok=True)
    table.write_parquet(folder / "generations.parquet")
    pl.DataFrame(rows).select("id", "answer").write_parquet(folder / "answers.parquet")


def with_math_verify(folder: Path) -> None:
    """Judge one response after the other, with the settings of open-r1's reward."""
    import logging

    from math_verify import LatexExtractionConfig, parse, verify

    logging.disable(logging.CRITICAL)
    rows = pl.read_parquet(folder / "generations.parquet")
    golds = dict(pl.read_parquet(folder / "answers.parquet").iter_rows())
    found = LatexExtractionConfig(boxed_match_priority=0, try_extract_without_anchor=False)
    right = [
        bool(
            verify(
                parse(f"\\boxed{{{golds[id]}}}", extraction_mode="first_match"),
                parse(text, extraction_config=[found], extraction_mode="first_match"),
            )
        )
        for id, text in rows.select("id", "text").iter_rows()
    ]
    rows.select("id", "sample", theirs=pl.Series(right)).write_parquet(folder / "theirs.parquet")


def ours(folder: Path, workers: int) -> list[str]:
    """Return the command that judges a folder."""
    files = [str(folder / f"{name}.parquet") for name in ["generations", "answers", "ours"]]
    script = str(ROOT / "scripts/judge.py")
    return [sys.executable, script, *files, "--chat", "{}", "--workers", str(workers)]


def differing(folder: Path) -> pl.DataFrame:
    """Return the pairs that the two judge differently, with how often and by which rule of ours."""
    both = pl.read_parquet(folder / "ours.parquet").join(
        pl.read_parquet(folder / "theirs.parquet"), on=["id", "sample"]
    )
    differ = both.filter(pl.col("correct") != pl.col("theirs"))
    keys = ["rule", "gold", "extracted", "correct", "theirs"]
    return differ.group_by(keys).len("responses").sort("rule", "responses", "gold", descending=True)


def main() -> None:
    """Make responses, judge them on both sides in turns, print a table and what differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="to write responses and verdicts to")
    parser.add_argument("files", type=Path, nargs="*", help="jsonl of problems with answers")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 5_000, 50_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--side", choices=["math-verify"], help="run it, for this script")
    args = parser.parse_args()

    if args.side:
        return with_math_verify(args.folder)
    rows = problems(args.files)
    print(HEADING)
    for size in args.sizes:
        folder = args.folder.resolve() / str(size)
        made_up(folder, rows, size)
        count = len(pl.read_parquet(folder / "generations.parquet"))
        here = [sys.executable, __file__, str(folder), "--side", "math-verify"]
        costs = in_turns(
            {"ours": (ours(folder, args.workers), folder), "theirs": (here, folder)}, args.rounds
        )
        show("responses judged", count, **costs)
    differ = differing(folder)
    differ.write_csv(folder / "differ.csv")
    print(f"\n{differ['responses'].sum()} of {count} verdicts differ: {folder / 'differ.csv'}")
    with pl.Config(tbl_rows=30, fmt_str_lengths=40, tbl_width_chars=160):
        print(differ.group_by("rule", "correct").agg(pl.col("responses").sum()).sort("rule"))
    return None


if __name__ == "__main__":
    main()
