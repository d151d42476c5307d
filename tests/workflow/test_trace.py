"""A number is followed down to its sources, and what changed on the way is seen."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, Checkout, copy_to

SET = "results/sets/few_test.parquet"
SOURCE = "results/sources/few_held_out/manifest.json"
ROWS = "results/sources/few_held_out/rows.jsonl"


def trace(checkout: Checkout, path: str) -> tuple[int, str]:
    """Return the status of a trace, and all that it printed."""
    command = [sys.executable, "scripts/trace_file.py", path]
    done = subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout under git with one set."""
    checkout = copy_to(tmp_path_factory.mktemp("traced") / "checkout")
    git = ["git", "-c", "user.name=n", "-c", "user.email=e@example.org"]
    shutil.copy(ROOT / ".gitignore", checkout.folder)
    for command in [["init", "-q"], ["add", "."], ["commit", "-qm", "one"]]:
        subprocess.run([*git, *command], cwd=checkout.folder, check=True)
    for untracked in ["config/mine.yaml", "notes.txt"]:
        (checkout.folder / untracked).touch()
    checkout.edit("rules/sets.smk", "rule fetch_source:", "rule fetch_source:  # seen")
    run = checkout.snakemake("--cores", "1", "--configfile", "config/small.yaml", "--", SET)
    assert run.status == 0, run.out
    return checkout


def test_a_chain_ends_at_its_sources_and_names_settings_and_commit(made: Checkout) -> None:
    status, out = trace(made, SET)
    assert status == 0, out
    for told in [SET, SOURCE, ROWS, "chain_sum", "the rule read_benchmark", "math-verify"]:
        assert told in out
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=made.folder, capture_output=True, text=True
    ).stdout.strip()
    assert f"commit {commit}, uncommitted: rules/sets.smk, config/mine.yaml\n" in out
    assert "2 files, every hash as it was recorded" in out


def test_a_path_may_be_written_in_any_way(made: Checkout) -> None:
    assert trace(made, f"./{SET}") == trace(made, str(made.folder / SET)) == trace(made, SET)


def test_a_file_that_is_not_there_is_told_from_one_that_nobody_made(made: Checkout) -> None:
    assert trace(made, "results/no.json") == (
        2,
        "error: results/no.json: there is no such file; call this in the workflow's folder, with a "
        "path below results/. `snakemake -n results/no.json` says whether it can be made\n",
    )
    status, out = trace(made, "Snakefile")
    assert status == 2
    assert "error: Snakefile: Snakemake has no record of making it; " in out


def test_a_changed_file_of_a_chain_is_named(made: Checkout) -> None:
    faults = {
        ROWS: f"CHANGED: {SOURCE} lists {ROWS}, which has changed",
        SOURCE: f"CHANGED: {SET} was made from another {SOURCE}",
    }
    for name, fault in faults.items():
        file = made.folder / name
        before = file.read_text()
        file.write_text(before + "\n")
        status, out = trace(made, SET)
        file.write_text(before)
        assert status == 1
        assert fault in out
        assert out.count("CHANGED: ") == 1


def test_a_run_is_noted_once(made: Checkout) -> None:
    runs = made.folder / "results/logs/runs.jsonl"
    assert len(runs.read_text().splitlines()) == 1
    assert made.snakemake("-n", "--configfile", "config/small.yaml").status == 0
    assert len(runs.read_text().splitlines()) == 1


@pytest.mark.slow
def test_the_report_holds_the_chain_of_every_score(finished: Checkout) -> None:
    text = (finished.folder / "results/report/small/data/made/few_test.js").read_text()
    links = json.loads(text.removeprefix('part("made/few_test",').removesuffix(");\n"))
    waiting = ["results/scores/smollm2/few16-U-quick-s0/few_test/U.json"]
    for path in waiting:
        waiting += [one for one in links[path][1] if one not in waiting]
    facts = "\n".join(fact for path in waiting for fact in links[path][0])
    for told in ["chain_sum", '"trl": "', "the rule train", "learning_rate", ", sha256 "]:
        assert told in facts
    assert not [fault for path in waiting for fault in links[path][2]]
