"""Cards: the README.md that the hub shows for a data set or a model, written from the records."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import polars as pl
import yaml

from its.golds import MARK
from its.hub import NAME

PAPER = "*Input-Time Scaling*, [arXiv:2508.13654](https://arxiv.org/abs/2508.13654)"
TAGS = ["input-time-scaling"]
LICENCES = {
    *["apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "gpl-3.0", "lgpl-3.0", "agpl-3.0"],
    *["cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0"],
    *["cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "odc-by", "odbl", "pddl"],
    *["cdla-permissive-2.0", "cdla-sharing-1.0", "openrail", "unlicense"],
    *["llama2", "llama3", "llama3.1", "llama3.2", "llama3.3", "gemma"],
}
"""What the hub knows a licence by; another one is `other`."""
SIZES = {1_000: "n<1K", 10_000: "1K<n<10K", 100_000: "10K<n<100K", 1_000_000: "100K<n<1M"}
"""How the hub calls a number of rows below the key."""
COLUMNS = {
    "id": "hash of the normalised problem",
    "problem": "the question as it was published",
    "context": "what was joined to it; null where nothing was",
    "messages": "the prompt, as roles and contents",
    "response": "the worked solution to learn from; null in a test set",
    "answer": f"the gold; of several, with {MARK} between them, any is right",
    "variant": "which context, where each response to a question reads another one",
    "strategy": "the strategy that the question got",
}


def dataset_card(
    name: str, rows: pl.DataFrame, lineage: Mapping, pool: Mapping | None, file: str
) -> str:
    """Return the card of a refined set.

    Parameters
    ----------
    name
        `demo192/U.1`: the set and the strategy, draws written out.
    rows
        The refined set.
    lineage
        As `its.lineage.set_lineage` returns it.
    pool
        Counts of the pool that the rows were drawn from; None for a benchmark.
    file
        Where the rows are, beside the card.
    """
    from huggingface_hub import DatasetCardData

    test, sources = lineage["test"], lineage["sources"]
    front = DatasetCardData(
        license=licences([source["licence"] for source in sources.values()]),
        pretty_name=f"{name.replace('/', ', ')}: input-time scaling",
        size_categories=next((SIZES[n] for n in SIZES if len(rows) < n), "n>1M"),
        source_datasets=_repositories([one["origin"] for one in sources.values()]) or None,
        task_categories=["text-generation"],
        tags=TAGS,
        configs=[
            {
                "config_name": "default",
                "data_files": [{"split": "test" if test else "train", "path": file}],
            }
        ],
    )
    questions = rows["id"].n_unique()
    said = "test problems" if test else "problems with worked solutions"
    label = f" ({lineage['label']})" if lineage["label"] else ""
    parts = [
        f"# {name}",
        f"{questions:,} {said}, refined with the strategy `{name.partition('/')[2]}`{label} as in "
        f"{PAPER}: a context stands beside the question, the same way in training and testing.",
        "These are test problems: a model that learns from them can no longer be tested with them."
        if test
        else "",
        "## Rows",
        _table(
            ["column", "type", "what"],
            [
                [f"`{column}`", f"`{dtype}`", COLUMNS.get(column, "")]
                for column, dtype in rows.schema.items()
            ],
        ),
        _table(["count", "rows"], [["rows", len(rows)], ["questions", questions]]),
        _pool(pool) if pool else "",
        *_made_of(lineage, f"snakemake results/refined/{name}.parquet"),
    ]
    return _card(front.to_yaml(), parts)


def model_card(name: str, record: Mapping, weights: Mapping, lineage: Mapping) -> str:
    """Return the card of a trained model.

    Parameters
    ----------
    name
        `smollm2/demo192-U-sft-s0`: the model and the learner.
    record
        Of the training, as `train` writes it.
    weights
        The manifest of the weights.
    lineage
        As `its.lineage.model_lineage` returns it.
    """
    from huggingface_hub import ModelCardData

    base, model = lineage["base"], name.partition("/")[0]
    repositories = _repositories([base["source"]])
    (licence,) = licences([base["licence"]])
    front = ModelCardData(
        license=licence,
        base_model=repositories[0] if repositories else None,
        base_model_relation="finetune" if repositories else None,
        library_name="transformers",
        pipeline_tag="text-generation",
        tags=TAGS,
    )
    settings, tokens, rows = record["settings"], record["tokens"], record["rows"]
    system = settings["chat"]["system"]
    parts = [
        f"# {name}",
        f"`{model}` (`{_public(base['source'])}`), fine-tuned on questions that a context was "
        f"joined to, as in {PAPER}. Ask it with the same strategy that it learnt from.",
        f"It knows this system prompt:\n\n{_fenced(system)}" if system else "",
        "## Training",
        _table(
            ["what", "value"],
            [
                ["seed", settings["seed"]],
                ["rows read, dropped, cut", f"{rows['read']}, {rows['dropped']}, {rows['cut']}"],
                ["sequences", record["sequences"]],
                ["tokens of an epoch, of them learnt", f"{tokens['epoch']}, {tokens['learnt']}"],
                ["longest row, in tokens", tokens["longest"]],
                ["epochs", record["epochs"]],
                ["optimizer steps", record["steps"]],
                ["loss, first and last", "{first:.3f}, {last:.3f}".format(**record["loss"])],
                ["seconds", f"{record['seconds']:.0f}"],
                ["tokens a second", f"{record['tokens_per_second']:.0f}"],
                ["device, processes", f"{record['device']}, {record['processes']}"],
                ["weights", f"{weights['parameters']:,} of {weights['dtype']}"],
                ["versions", ", ".join(f"{k} {v}" for k, v in sorted(record["versions"].items()))],
            ],
        ),
        "`training.json` has the loss of every step, and all settings with their defaults.",
        *_made_of(lineage, f"snakemake results/checkpoints/{name}/weights/manifest.json"),
    ]
    return _card(front.to_yaml(), parts)


def licences(names: Sequence[str]) -> list[str]:
    """Return how the hub calls licences, each once.

    >>> licences(["Apache-2.0 (reasoning-gym)", "MIT", "MIT", "", "Qwen"])
    ['apache-2.0', 'mit', 'unknown', 'other']
    """
    called = []
    for name in names:
        word = name.split()[0].lower() if name.strip() else "unknown"
        called.append(word if word in LICENCES | {"unknown"} else "other")
    return list(dict.fromkeys(called))


def upload(folder: Path, kind: Literal["model", "dataset"]) -> str:
    """Return the command that would publish a folder.

    >>> upload(Path("results/export/demo/models/smollm2/s-U"), "model")
    'hf upload OWNER/smollm2-s-U results/export/demo/models/smollm2/s-U . --repo-type model'
    """
    name = "-".join(folder.parts[-2:])
    return f"hf upload OWNER/{name} {folder} . --repo-type {kind}"


def _card(front: str, parts: Sequence[str]) -> str:
    return f"---\n{front}\n---\n\n" + "\n\n".join(part for part in parts if part) + "\n"


def _made_of(lineage: Mapping, command: str) -> list[str]:
    """Say where everything came from: sources, what wrote contexts, settings, the command."""
    files = [
        f"<details><summary><code>{_public(file)}</code></summary>\n\n"
        f"{_fenced(Path(file).read_text(encoding='utf-8'))}\n\n</details>"
        for file in lineage["files"]
    ]
    sources = [
        [name, f"`{_where(source['origin'])}`", source["licence"] or "not stated"]
        for name, source in lineage["sources"].items()
    ]
    return [
        "## Sources",
        _table(["source of the rows", "where from", "licence"], sources),
        *(["## Prompts and lists", *files] if files else []),
        "## How it was made",
        f"`{command}`, with a config that says what follows; defaults are left out, and a suffix "
        "such as `.1` in a name counts draws.",
        _fenced(yaml.safe_dump(_public(lineage["config"]), sort_keys=False, width=100), "yaml"),
    ]


def _pool(pool: Mapping) -> str:
    """Return what each filter of the pool kept."""
    lines = [["published", sum(pool["sources"].values()), ""]]
    lines += [[_settings_of(one), one["kept"], one["dropped"]] for one in pool["filters"]]
    return "The pool that they were drawn from:\n\n" + _table(["filter", "kept", "dropped"], lines)


def _settings_of(one: Mapping) -> str:
    """Return a filter in words: its kind and its settings."""
    told = {"filter", "kept", "dropped", "why", "examples"}
    rest = ", ".join(f"{key} {value}" for key, value in one.items() if key not in told)
    return f"{one['filter']} ({rest})" if rest else str(one["filter"])


def _repositories(origins: Sequence[object]) -> list[str]:
    """List the repositories of the hub among origins."""
    found = [NAME.fullmatch(origin) for origin in origins if isinstance(origin, str)]
    return [match[1] for match in found if match]


def _where(origin: object) -> str:
    """Return an origin in one line."""
    shown = _public(origin)
    return shown if isinstance(shown, str) else json.dumps(shown)


def _public(value: object) -> object:
    """Return a value without the folders of this machine: of a path, its last part."""
    match value:
        case str() if value.startswith(("path:/", "path:~")):
            return f"path:{Path(value).name}"
        case str() if Path(value).is_absolute() and Path(value).is_file():
            return Path(value).name
        case dict():
            return {key: _public(one) for key, one in value.items()}
        case list():
            return [_public(one) for one in value]
    return value


def _fenced(text: str, language: str = "text") -> str:
    """Return a text as a block of code, whatever it holds."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def _table(head: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown."""
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    written = [head, ["---"] * len(head), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in written)
