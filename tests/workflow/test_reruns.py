"""What changed is made again, and nothing else: edits of a finished plan, and its dry runs."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Checkout

SMALL = ["--configfile", "config/small.yaml"]

# Rules below another one, in the small plan.
SHOWN = {
    "tabulate_cells",
    "tabulate_codesign",
    "compare",
    "draw_codesign",
    "draw_comparisons",
    "draw_lengths",
}
SHOWN |= {"draw_pass_at_k", "tabulate_selection", "tabulate_variance", "draw_variance"}
SHOWN |= {"tabulate_changes", "draw_changes", "write_report"}
SCORED = {"judge", "summarize"} | SHOWN
ANSWERED = {"generate"} | SCORED
TRAINED = {"train", "tabulate_losses", "draw_losses"} | ANSWERED
REFINED = {"refine", "show_questions"} | TRAINED
SHOWN_PERSONAS = {"tabulate_personas", "draw_personas"}
MEASURED = {"measure_personas"} | SHOWN_PERSONAS
WRITTEN = {"write_personas"} | MEASURED | REFINED
SAMPLED = {"sample_pool"} | WRITTEN
POOLED = {"filter_pool", "compare_pool", "tabulate_contamination"} | SAMPLED


def edit(file: str, old: str, new: str) -> Callable[[Checkout], None]:
    return lambda checkout: checkout.edit(file, old, new)


def append(file: str, text: str) -> Callable[[Checkout], None]:
    def add(checkout: Checkout) -> None:
        with (checkout.folder / file).open("a") as handle:
            handle.write(text)

    return add


CHANGES = {
    "sampler": (edit("config/small.yaml", "max_tokens: 24", "max_tokens: 25"), ANSWERED),
    "prompt": (
        append("config/prompts/unrelated.md", "\nBe brief.\n"),
        WRITTEN,
    ),
    "prompt with an older date": (
        lambda checkout: replace_by_older(checkout.folder / "config/prompts/unrelated.md"),
        WRITTEN,
    ),
    "package that judges": (
        edit("envs/data.lock", "\nmath-verify==", "\nmath-verify==1"),
        SCORED,
    ),
    "how a persona joins": (
        edit("config/config.yaml", "  U:\n", '  U:\n    join: "{context} {question}"\n'),
        REFINED,
    ),
    "filter": (edit("config/small.yaml", '"boxed{"', '"boxed{", "="'), POOLED),
    "rows of a sample": (edit("config/small.yaml", "size: 16", "size: 12"), SAMPLED),
    "grader": (
        edit("scripts/its/grading.py", "LONGEST = ", "LONGEST = 1 + "),
        SCORED,
    ),
    "statistics": (append("scripts/its/intervals.py", "\nNEW = 1\n"), {"summarize"} | SHOWN),
    "recipe": (
        edit("config/small.yaml", "learning_rate: 1.0e-4", "learning_rate: 2.0e-4"),
        TRAINED,
    ),
    "system prompt": (
        edit("config/config.yaml", "Solve the problem.", "Solve it."),
        {"render_chat"} | TRAINED,
    ),
    "raised version": (
        lambda checkout: raise_version(checkout, "train"),
        TRAINED,
    ),
    "refinement code": (append("scripts/its/refinement.py", "\nNEW = 1\n"), REFINED),
}


def replace_by_older(path: Path) -> None:
    path.write_text(path.read_text() + "\nBe brief.\n")
    os.utime(path, (0, 0))


def raise_version(checkout: Checkout, stage: str) -> None:
    path = checkout.folder / "scripts/its/versions.toml"
    before, after = path.read_text().split(f"[{stage}]")
    path.write_text(f"{before}[{stage}]{after.replace('version = 1', 'version = 2', 1)}")


def touch_everything(checkout: Checkout) -> None:
    for path in checkout.folder.rglob("*"):
        if path.is_file() and "results" not in path.parts and ".snakemake" not in path.parts:
            path.touch()


def comment_everywhere(checkout: Checkout) -> None:
    files = [*(checkout.folder / "scripts").rglob("*.py"), *(checkout.folder / "rules").glob("*")]
    for path in [*files, *(checkout.folder / "config").glob("*.yaml")]:
        if path.is_file():
            path.write_text(path.read_text() + "\n# A remark.\n")


def new_key_with_default(checkout: Checkout) -> None:
    checkout.edit(
        "scripts/its/config/sampling.py",
        "    max_tokens: int",
        "    min_p: float = 0.0\n    max_tokens: int",
    )


NOTHING = {
    "nothing": lambda checkout: None,
    "touched files": touch_everything,
    "comments": comment_everywhere,
    "new key with a default": new_key_with_default,
    "GPUs, threads, memory, time": edit(
        "config/config.yaml",
        "generate: {threads: 1, memory: 4GB, runtime: 30m}",
        "generate: {gpus: 1, threads: 2, memory: 5GB, runtime: 40m}",
    ),
    "room of the engine": edit("config/config.yaml", "      context: 2048", "      context: 4096"),
    "drafts of a persona": edit("config/config.yaml", "attempts: 20}\n  R:", "attempts: 21}\n  R:"),
    "steps between saves": edit("config/config.yaml", "save_steps: 10", "save_steps: 7"),
    "keys in another order": edit(
        "config/small.yaml", "{n: 2, temperature: 1.0,", "{temperature: 1.0, n: 2,"
    ),
    "a default written out": edit("config/small.yaml", "{n: 2,", "{n: 2, top_p: 0.95,"),
    "code of an expensive stage": append("scripts/train.py", "\nNEW = 1\n"),
    "a model in the catalogue": edit(
        "config/config.yaml",
        "models:\n",
        "models:\n  other:\n    source: path:models/other\n"
        "    train: {threads: 2, memory: 6GB, runtime: 30m}\n"
        "    generate: {threads: 2, memory: 6GB, runtime: 30m}\n",
    ),
    "a benchmark in the catalogue": edit(
        "config/config.yaml",
        "benchmarks:\n",
        "benchmarks:\n  other:\n    problems: {source: sums_held_out, rows: 64}\n",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGES)
def test_an_edit_remakes_what_depends_on_it(restored: Checkout, name: str) -> None:
    change, expected = CHANGES[name]
    change(restored)
    run = restored.snakemake("-n", *SMALL)

    assert run.status == 0, run.out
    assert set(run.jobs) == expected, run.out


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTHING)
def test_this_remakes_nothing(restored: Checkout, name: str) -> None:
    NOTHING[name](restored)
    run = restored.snakemake("-n", *SMALL)

    assert run.status == 0, run.out
    assert "Nothing to be done" in run.out, run.out


@pytest.mark.slow
def test_a_label_remakes_what_shows_it(restored: Checkout) -> None:
    restored.edit("config/config.yaml", "label: no persona", "label: bare question")
    run = restored.snakemake("-n", *SMALL)

    assert set(run.jobs) <= SHOWN | SHOWN_PERSONAS | {"show_questions", "draw_losses"}, run.out
    assert "tabulate_codesign" in run.jobs


@pytest.mark.slow
def test_a_moved_checkout_remakes_nothing(finished: Checkout, tmp_path: Path) -> None:
    moved = Checkout(finished.folder.rename(tmp_path / "moved"))
    try:
        run = moved.snakemake("-n", *SMALL)
    finally:
        moved.folder.rename(finished.folder)

    assert "Nothing to be done" in run.out, run.out


@pytest.mark.slow
def test_another_plan_and_back_remakes_no_cell(restored: Checkout) -> None:
    restored.edit("config/small.yaml", "plan: small", "plan: demo")
    other = restored.snakemake("-n", *SMALL)
    assert other.jobs["train"] == 4

    restored.edit("config/small.yaml", "plan: demo", "plan: small")
    run = restored.snakemake("-n", *SMALL)
    assert "Nothing to be done" in run.out, run.out


@pytest.mark.slow
def test_raising_a_version_is_one_edit_of_one_file(restored: Checkout) -> None:
    raise_version(restored, "generate")
    run = restored.snakemake("-n", *SMALL)

    assert set(run.jobs) == ANSWERED, run.out
    assert run.jobs["generate"] == 4
