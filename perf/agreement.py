r"""How often graders agree with the labels of solutions, and how fast they are.

Two kinds of files of real solutions are read. The 5,276 solutions that models wrote for GSM8K,
each labelled right or wrong (`example_model_solutions.jsonl` of OpenAI's grade-school-math): what
follows `A: ` is put into a box. And worked solutions of problems (`solution`, `answer`): all of
them are right. Responses made of real problems, as judging.py makes them, add answers in other
notations. Ours is compared with math-verify called for one after the other, and with what else is
named; all judge the same responses, in turns. What any of them judges otherwise than the label is
listed, to look at: labels err, too.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

import polars as pl
from judging import ROOT, made_up, ours, problems
from measure import in_turns, median, spread

LABELLED = {"id": pl.String, "sample": pl.Int64, "text": pl.String, "label": pl.Boolean}


def read(file: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read labelled solutions: the columns of `LABELLED`, and `id`, `answer` of the problems."""
    from its.hashing import problem_id

    rows, golds = [], {}
    for line in file.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        solutions = [value for value in one.values() if isinstance(value, dict)]
        id = problem_id(one.get("question") or one["problem"])
        if solutions:
            golds[id] = one["ground_truth"].rpartition("\nA: ")[2].replace(",", "")
            rows += [
                (id, sample, boxed(found["solution"]), found["is_correct"])
                for sample, found in enumerate(solutions)
            ]
        elif one.get("solution") and id not in golds:
            golds[id] = str(one["answer"])
            rows.append((id, 0, one["solution"], True))
    return (
        pl.DataFrame(rows, schema=LABELLED, orient="row"),
        pl.DataFrame([*golds.items()], schema={"id": pl.String, "answer": pl.String}, orient="row"),
    )


def boxed(solution: str) -> str:
    """Return a solution with its answer in a box, as models are asked for one now."""
    before, mark, answer = solution.rpartition("\nA: ")
    return f"{before}\nA: \\boxed{{{answer.strip()}}}" if mark else solution


def write(folder: Path, labelled: pl.DataFrame, golds: pl.DataFrame) -> None:
    """Write the responses as each side reads them."""
    folder.mkdir(parents=True, exist_ok=True)
    labelled.drop("label").with_columns(
        tokens=pl.lit(100, pl.Int64),
        thinking_tokens=pl.lit(0, pl.Int64),
        answer_tokens=pl.lit(100, pl.Int64),
        finish=pl.lit("stop"),
    ).write_parquet(folder / "generations.parquet")
    golds.write_parquet(folder / "answers.parquet")
    both = labelled.join(golds, on="id", maintain_order="left")
    both.select("text", gold="answer").write_ndjson(folder / "responses.jsonl")


def judged(folder: Path, graders: Mapping[str, object]) -> pl.DataFrame:
    """Return a column of verdicts for each grader, in the order of the responses."""
    order = pl.read_parquet(folder / "generations.parquet").select("id", "sample")
    found = {}
    for name in graders:
        if name in {"ours", "math-verify"}:
            file, column = {"ours": ("ours", "correct"), "math-verify": ("theirs", "theirs")}[name]
            table = pl.read_parquet(folder / f"{file}.parquet")
            joined = order.join(table, on=["id", "sample"], maintain_order="left")
            found[name] = joined[column]
        else:
            found[name] = pl.Series(json.loads((folder / f"{name}.json").read_text()))
    return pl.DataFrame(found)


def main() -> None:
    """Judge each file on all sides, print a table, write what differs from the labels."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="to write responses and verdicts to")
    parser.add_argument("files", type=Path, nargs="*", help="jsonl of solutions")
    parser.add_argument("--problems", type=Path, nargs="*", default=[], help="jsonl, to make more")
    parser.add_argument("--count", type=int, default=3000, help="of what is made of problems")
    parser.add_argument("--hendrycks", type=Path, help="hendrycks_math/utils.py of lm_eval")
    parser.add_argument("--limo", type=Path, help="the folder eval of LIMO")
    parser.add_argument("--limo-python", default=sys.executable, help="a Python with its packages")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()

    print("| solutions | grader | time | a second | agreement | false right | false wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    sides = {args.folder.resolve() / file.stem: read(file) for file in args.files}
    if args.problems:
        folder = args.folder.resolve() / "made"
        made_up(folder, problems(args.problems), args.count)
        made = pl.read_parquet(folder / "generations.parquet").select(list(LABELLED))
        sides[folder] = made, pl.read_parquet(folder / "answers.parquet")
    for folder, (labelled, golds) in sides.items():
        write(folder, labelled, golds)
        here = str(ROOT / "perf")
        commands = {
            "ours": ours(folder, args.workers),
            "math-verify": [sys.executable, f"{here}/judging.py", str(folder)]
            + ["--side", "math-verify"],
        }
        for name, python, place in [
            ("hendrycks", sys.executable, args.hendrycks),
            ("limo", args.limo_python, args.limo),
        ]:
            if place:
                paths = [place.resolve(), folder / "responses.jsonl", folder / f"{name}.json"]
                commands[name] = [python, f"{here}/neighbours.py", name, *map(str, paths)]
        costs = in_turns({name: (line, folder) for name, line in commands.items()}, args.rounds)
        verdicts = judged(folder, commands)
        truth = labelled["label"]
        for name in commands:
            found, rate = verdicts[name], len(labelled) / median(costs[name]).seconds
            print(
                f"| {folder.name}: {len(labelled)} | {name} | {spread(costs[name])} | {rate:.0f} "
                f"| {(found == truth).mean():.4f} | {(found & ~truth).sum()} "
                f"| {(~found & truth).sum()} |",
                flush=True,
            )
        asked = ["extracted", "gold", "parsed", "gold_parsed", "rule"]
        table = pl.concat(
            [
                labelled.select("id", "sample", "label"),
                verdicts,
                pl.read_parquet(folder / "ours.parquet").select(asked),
                labelled.select("text"),
            ],
            how="horizontal",
        )
        differs = pl.any_horizontal(pl.col(name) != pl.col("label") for name in commands)
        table.filter(differs).write_csv(folder / "disagree.csv")
        print(
            f"{table.filter(differs).height} to look at: {folder / 'disagree.csv'}", file=sys.stderr
        )


if __name__ == "__main__":
    main()
