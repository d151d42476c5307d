"""Filter, decontaminate and sample at the size of OpenThoughts, against what one would use instead.

The rows are made up, from a seed: as many and as long as those of OpenThoughts-114k, in parquet
files as the hub has them. Both sides keep and draw the same rows, or it fails.

Pools are against the library datasets, from a cold cache and then from a warm one (with its Arrow
files; filters run again): filter by words in the response, drop what shares 13 words in a row with
a benchmark, draw 1,000 and 15,000 rows by hash (of fewer rows, as large a part). Ours are the
scripts of the rules, each a process of its own; the samples are drawn side by side, as `snakemake
--cores 2` does. What is shown of memory is the most that one process held. With `--open-r1
scripts/decontaminate.py`, of a checkout of open-r1, decontamination is compared instead, with that
script run as it is but for two functions of datasets: what it would get from the hub and push there
are files. Its second row leaves out starts and imports on both sides: read, decontaminate, write,
in one process.
"""

import argparse
import json
import random
import runpy
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import polars as pl
from measure import HEADING, Cost, cost, in_turns, show

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

WORDS = ["final answer", "boxed{"]
SHARES = [1_000 / 114_000, 15_000 / 114_000]
"""Of the rows, that samples have: the paper's sizes."""
FILES = 6
GROUP = 1_000
"""Rows of a row group, as `push_to_hub` writes them."""

BENCHMARKS = {"aime24": 30, "aime25": 30, "math500": 500, "gpqa": 198, "lcb": 268}
HUB = {
    "HuggingFaceH4/aime_2024": ("aime24", "problem"),
    "yentinglin/aime_2025": ("aime25", "problem"),
    "HuggingFaceH4/MATH-500": ("math500", "problem"),
    "Idavidrein/gpqa": ("gpqa", "Question"),
    "livecodebench/code_generation_lite": ("lcb", "question_content"),
}
"""What open-r1's script asks the hub for, and in which column it looks."""


def made_up(folder: Path, rows: int) -> None:
    """Write the published rows, without and with responses, and the benchmarks."""
    draw = random.Random(0)
    syllables = [a + b for a in "bdfgklmnprst" for b in ["a", "e", "i", "o", "u", "an", "er", "is"]]
    words = ["".join(draw.choices(syllables, k=draw.randint(1, 4))) for _ in range(6_000)]
    # A few words are most of a text.
    weights = list(accumulate(1 / (place + 10) for place in range(len(words))))

    def sentence(least: int, most: int) -> str:
        several = draw.choices(words, cum_weights=weights, k=draw.randint(least, most))
        several[draw.randrange(len(several))] = str(draw.randint(2, 9_999))
        return " ".join(several).capitalize() + "."

    problems = [f"{sentence(8, 16)} {sentence(8, 16)} {sentence(8, 14)}" for _ in range(rows)]
    asked = {
        name: [f"{sentence(10, 20)} {sentence(10, 20)}" for _ in range(count)]
        for name, count in BENCHMARKS.items()
    }
    everything = [problem for several in asked.values() for problem in several]
    for place in range(0, rows, 22):  # one row in 22 holds a part of a benchmark's problem
        part = draw.choice(everything).split()
        start = draw.randrange(len(part) - 8)
        problems[place] += " " + " ".join(part[start : start + draw.randint(8, 16)])
    steps = [sentence(8, 30) for _ in range(200_000)]
    for name, several in asked.items():
        pl.DataFrame({"problem": several, "answer": "1"}).write_parquet(folder / f"{name}.parquet")
    for number in range(FILES):
        here = problems[number::FILES]
        texts = [
            " ".join(draw.choices(steps, k=max(5, int(draw.lognormvariate(3.9, 0.75)))))
            + (" The final answer is" if draw.random() < 0.45 else " So it is")
            + (" \\boxed{1}." if draw.random() < 0.65 else " 1.")
            for _ in here
        ]
        table = pl.DataFrame({"problem": here, "response": texts, "answer": "1"})
        table.write_parquet(folder / f"rows-{number}.parquet", row_group_size=GROUP)
        table.drop("response").write_parquet(
            folder / f"problems-{number}.parquet", row_group_size=GROUP
        )


def ours(folder: Path, files: str, filters: list[dict], sizes: list[int]) -> list[str]:
    """Write the benchmarks as sets; return the command that makes a pool and draws from it."""
    from its.config.source import Fields
    from its.files import write_json
    from its.origins import manifest_of
    from its.sources import read_source

    sets = []
    for name in BENCHMARKS:
        manifest = folder / f"{name}.json"
        write_json(manifest, manifest_of([folder / f"{name}.parquet"], "path:here"))
        sets.append(folder / f"sets/{name}.parquet")
        sets[-1].parent.mkdir(exist_ok=True)
        read_source(manifest, name, Fields()).write_parquet(sets[-1])
    manifest, pool = folder / "rows/manifest.json", folder / "pool.parquet"
    source = json.dumps({"origin": f"path:{folder}/{files}-*.parquet"})
    settings = {"sources": ["rows"], "filters": filters}
    scripts = ROOT / "scripts"
    first = [
        [scripts / "fetch_source.py", manifest, "--source", source],
        [scripts / "filter_pool.py", pool, folder / "pool.json", "--sources", manifest]
        + ["--benchmarks", *sets, "--pool", json.dumps(settings), "--fields", '{"rows": {}}'],
    ]
    samples = [
        [scripts / "sample_pool.py", pool, folder / f"ours-{size}.parquet"]
        + ["--sample", json.dumps({"pool": "pool", "size": size})]
        for size in sizes
    ]
    lines = ["set -e", *map(_line, first)]
    lines += [f"{_line(command)} & started+=($!)" for command in samples]
    lines += ['for one in "${started[@]}"; do wait $one; done']
    return ["bash", "-c", "\n".join(lines)]


def _line(command: list[object]) -> str:
    return shlex.join(map(str, [sys.executable, *command]))


def with_datasets(folder: Path, sizes: list[int], warm: Path | None = None) -> None:
    """Make the same samples with the library datasets, from a cold cache or from a warm one."""
    from datasets import load_dataset

    from its.hashing import digest, problem_id
    from its.overlap import all_ngrams, ngrams

    with tempfile.TemporaryDirectory() as cache:
        files = sorted(map(str, folder.glob("rows-*.parquet")))
        read = load_dataset("parquet", data_files=files, split="train", cache_dir=warm or cache)
        rows = read.filter(
            lambda texts: [all(word in text for word in WORDS) for text in texts],
            input_columns="response",
            batched=True,
        )
        problems = [pl.read_parquet(folder / f"{name}.parquet")["problem"] for name in BENCHMARKS]
        known = all_ngrams(pl.concat(problems), 13)
        rows = rows.filter(
            lambda texts: [known.isdisjoint(ngrams(text, 13)) for text in texts],
            input_columns="problem",
            batched=True,
        )
        order = [digest(0, 0, problem_id(problem)) for problem in rows["problem"]]
        places = sorted(range(len(order)), key=order.__getitem__)
        for size in sizes:
            rows.select(places[:size]).to_parquet(folder / f"theirs-{size}.parquet")
        if warm:
            read.cleanup_cache_files()


def with_open_r1(folder: Path, script: Path) -> None:
    """Run the script of open-r1 on local files."""
    import datasets

    load = datasets.load_dataset

    def load_local(path: str, *_: object, **__: object) -> datasets.Dataset:
        if path not in HUB:
            files = sorted(map(str, folder.glob("problems-*.parquet")))
            return load("parquet", data_files=files, split="train", cache_dir=cache)
        short, column = HUB[path]
        file = str(folder / f"{short}.parquet")
        rows = load("parquet", data_files=file, split="train", cache_dir=cache)
        return rows if column == "problem" else rows.rename_column("problem", column)

    def keep_local(rows: datasets.Dataset, *_: object, **__: object) -> str:
        rows.to_parquet(folder / "theirs.parquet")
        return "local"

    datasets.load_dataset, datasets.Dataset.push_to_hub = load_local, keep_local
    sys.argv = [str(script), "--dataset", "rows", "--ngram_size", "8", "--cleanup"]
    with tempfile.TemporaryDirectory() as cache, noted(folder / "theirs.json"):
        runpy.run_path(str(script), run_name="__main__")


def only_decontaminate(folder: Path) -> None:
    """Do what the script of open-r1 does, with the function of ours alone."""
    from its.overlap import first_sharing

    with noted(folder / "ours.json"):
        others = {
            name: pl.read_parquet(folder / f"{name}.parquet")["problem"] for name in BENCHMARKS
        }
        rows = pl.read_parquet(sorted(folder.glob("problems-*.parquet")))
        kept = rows.filter(first_sharing(rows["problem"], others, 8).is_null())
        kept.write_parquet(folder / "ours.parquet")


@contextmanager
def noted(file: Path) -> Iterator[None]:
    """Write the seconds that the block took."""
    start = time.monotonic()
    yield
    file.write_text(json.dumps(time.monotonic() - start))


def within(file: Path, whole: Cost) -> Cost:
    """Return the seconds that a command noted, and its memory."""
    return replace(whole, seconds=json.loads(file.read_text()))


def same(folder: Path, one: str, two: str) -> int:
    """Return how many problems two files hold; end if they differ."""
    first, second = (
        set(pl.read_parquet(folder / name, columns=["problem"])["problem"]) for name in (one, two)
    )
    if first != second:
        sys.exit(f"error: {one} and {two} differ in {len(first ^ second)} rows")
    return len(first)


AGAINST = {"filter": "contamination", "against": list(BENCHMARKS)}


def compare_pools(folder: Path, rows: int, here: list[str], rounds: int) -> None:
    """Make pools on both sides in turns, print rows of the table."""
    sizes = [round(rows * share) for share in SHARES]
    filters = [{"filter": "contains", "words": WORDS}, AGAINST]
    cost([*here, "warm"], folder)
    commands = {
        "ours": (ours(folder, "rows", filters, sizes), folder),
        "cold": ([*here, "datasets"], folder),
        "warm": ([*here, "warm"], folder),
    }
    costs = in_turns(commands, rounds)
    for size in sizes:
        same(folder, f"ours-{size}.parquet", f"theirs-{size}.parquet")
    show("rows filtered and sampled", rows, costs["ours"], costs["cold"])
    show("rows filtered and sampled, their cache warm", rows, costs["ours"], costs["warm"])


def compare_decontamination(
    folder: Path, rows: int, here: list[str], rounds: int, script: Path
) -> None:
    """Decontaminate on both sides in turns, print rows of the table."""
    theirs = [*here, "open-r1", "--open-r1", str(script)]
    whole: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    step: dict[str, list[Cost]] = {"ours": [], "theirs": []}
    for _ in range(rounds):
        whole["ours"].append(cost(ours(folder, "problems", [AGAINST | {"ngram": 8}], []), folder))
        whole["theirs"].append(cost(theirs, folder))
        step["ours"].append(within(folder / "ours.json", cost([*here, "alone"], folder)))
        step["theirs"].append(within(folder / "theirs.json", whole["theirs"][-1]))
    same(folder, "pool.parquet", "theirs.parquet")
    same(folder, "ours.parquet", "theirs.parquet")
    show("problems decontaminated", rows, **whole)
    show("problems decontaminated, without starts", rows, **step)


def main() -> None:
    """Compare at each size, or run one side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for 2 GB of rows; used again if they are there")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_140, 11_400, 114_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--open-r1", type=Path, help="its script, to compare decontamination")
    sides = ["rows", "datasets", "warm", "open-r1", "alone"]
    parser.add_argument("--side", choices=sides, help="run it, for this script")
    args = parser.parse_args()

    sizes = [round(args.rows[0] * share) for share in SHARES]
    if args.side == "rows":
        return made_up(args.folder, args.rows[0])
    if args.side == "datasets":
        return with_datasets(args.folder, sizes)
    if args.side == "warm":
        return with_datasets(args.folder, sizes, args.folder / "cache")
    if args.side == "open-r1":
        return with_open_r1(args.folder, args.open_r1)
    if args.side == "alone":
        return only_decontaminate(args.folder)
    print(HEADING)
    for rows in args.rows:
        folder = args.folder.resolve() / str(rows)
        here = [sys.executable, __file__, str(folder), "--rows", str(rows), "--side"]
        if not folder.exists():
            folder.mkdir(parents=True)
            # Not here: what is started has its memory counted from that of who starts it.
            cost([*here, "rows"], folder)
        if args.open_r1:
            script = args.open_r1.resolve()
            compare_decontamination(folder, rows, here, args.rounds, script)
        else:
            compare_pools(folder, rows, here, args.rounds)
    return None


if __name__ == "__main__":
    main()
