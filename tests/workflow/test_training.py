"""A training is the same interrupted or not, on one process or two; its loss is what it says."""

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import psutil
import pytest
from conftest import ROOT, environment
from tiny import write_tiny_model

from its.chat import load_tokenizer
from its.config.model import Chat
from its.examples import ROWS, read_examples
from its.files import sha256_of, umask
from its.weights import identity, weights_of

pytestmark = pytest.mark.slow

CHAT = Chat(system="Add.")
RECIPE = {"learning_rate": 1e-2, "epochs": 3, "batch": 8, "micro_batch": 2, "packing": False}
ZERO3 = {"deepspeed": "config/deepspeed/zero3.json"}
LONGEST = 300


@dataclass(frozen=True)
class Trained:
    """The outputs of one training, there or not."""

    folder: Path

    @property
    def manifest(self) -> Path:
        """What is written last."""
        return self.folder / "weights/manifest.json"

    @property
    def record(self) -> dict:
        """What is kept of it."""
        return json.loads((self.folder / "training.json").read_text())

    def losses(self) -> list[float]:
        """List the loss of every step."""
        return [entry["loss"] for entry in self.record["log"]]

    def states(self) -> list[int]:
        """List the steps of its whole states."""
        marks = self.folder.glob("progress/*/checkpoint-*/whole.json")
        return sorted(int(mark.parent.name.rpartition("-")[2]) for mark in marks)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 40 refined rows, of 60 to 100 tokens each."""
    sums = [(a, b) for a in range(3, 99, 12) for b in range(1, 10, 2)]
    columns = {
        "id": [f"{a}-{b}" for a, b in sums],
        "variant": [0] * len(sums),
        "messages": [[{"role": "user", "content": f"{a} + {b}?"}] for a, b in sums],
        "response": [f"{a} + {b} = {a + b}. " * (1 + a % 2) for a, b in sums],
    }
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pl.DataFrame(columns, schema=ROWS).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def start(base: Path, rows: Path) -> Iterator[Callable[..., subprocess.Popen]]:
    """Return a function that starts a training as the rule does."""
    running = []

    def call(
        folder: Path,
        *,
        nodes: int = 1,
        processes: int = 1,
        recipe: dict = RECIPE,
        around: dict[str, str] | None = None,
        **saving: int | str,
    ) -> subprocess.Popen:
        trained = Trained(folder)
        folder.mkdir(parents=True, exist_ok=True)
        torchrun = ["python", "scripts/launch.py", "--nnodes", nodes, "--nproc-per-node", processes]
        files = [base, rows, trained.manifest, folder / "training.json"]
        settings = {"recipe": json.dumps(recipe), "chat": CHAT.settings(), "dtype": "float32"}
        settings |= {"seed": 0, "saving": json.dumps(saving)}
        named = [word for name, value in settings.items() for word in (f"--{name}", value)]
        command = [*torchrun, "scripts/train.py", *files, *named]
        with (folder / "log").open("w") as log:
            running.append(
                subprocess.Popen(
                    [str(word) for word in command],
                    cwd=ROOT,
                    env=environment() | {"OMP_NUM_THREADS": "2"} | (around or {}),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
            )
        return running[-1]

    yield call
    for process in running:
        if process.poll() is None:
            kill(process)


@pytest.fixture(scope="module")
def train(start: Callable) -> Callable[..., Trained]:
    """Return a function that trains to the end."""

    def call(folder: Path, **options: object) -> Trained:
        status = start(folder, **options).wait(LONGEST)
        assert status == 0, (folder / "log").read_text()
        return Trained(folder)

    return call


@pytest.fixture(scope="module")
def unbroken(train: Callable, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return train(tmp_path_factory.mktemp("unbroken"))


def kill(process: subprocess.Popen) -> None:
    """Kill torchrun and what it started, without a chance to do anything."""
    for one in [*psutil.Process(process.pid).children(recursive=True), process]:
        one.kill()
    process.wait()


def wait_for_state(trained: Trained, step: int, process: subprocess.Popen) -> None:
    """Wait until the state of a step or a later one is whole."""
    end = time.monotonic() + LONGEST
    while not any(state >= step for state in trained.states()):
        assert process.poll() is None, (trained.folder / "log").read_text()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_killed_then_stopped_then_finished_it_is_the_same_training(
    start: Callable, unbroken: Trained, tmp_path: Path
) -> None:
    trained = Trained(tmp_path)
    process = start(tmp_path, save_steps=2)
    wait_for_state(trained, 2, process)
    kill(process)
    (killed,) = trained.states()
    assert not trained.manifest.exists()

    process = start(tmp_path, save_steps=2)
    wait_for_state(trained, killed + 2, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(LONGEST) == 128 + signal.SIGTERM
    (stopped,) = trained.states()
    log = (tmp_path / "log").read_text()
    assert f"going on after step {killed}" in log
    assert f"step {stopped} saved on SIGTERM; a retry, or a new start, goes on from there" in log

    process = start(tmp_path)
    assert process.wait(LONGEST) == 0
    assert f"going on after step {stopped}" in (tmp_path / "log").read_text()
    assert sha256_of(trained.manifest) == sha256_of(unbroken.manifest)
    assert trained.losses() == unbroken.losses()
    assert not (tmp_path / "progress").exists()


def test_weights_and_states_on_scratch_leave_results_small(
    start: Callable, unbroken: Trained, tmp_path: Path
) -> None:
    home, scratch = tmp_path / "results/tiny/a-N-sft-s0", tmp_path / "scratch"
    trained, place = Trained(home), scratch / "tiny/a-N-sft-s0"
    process = start(home, save_steps=2, scratch=str(scratch))
    wait_for_state(Trained(place), 2, process)
    kill(process)
    assert trained.states() == []
    assert [path.name for path in (home / "progress").iterdir()] == ["lease.json"]

    assert start(home, scratch=str(scratch)).wait(LONGEST) == 0
    assert "going on after step" in (home / "log").read_text()
    assert trained.losses() == unbroken.losses()
    assert json.loads(trained.manifest.read_text())["folder"] == str(place / "weights")
    assert identity(trained.manifest) == identity(unbroken.manifest)
    assert weights_of(trained.manifest, hashes=True) == place / "weights"
    assert sorted(path.name for path in place.iterdir()) == ["owner.txt", "weights"]
    left = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert left == {".finished.json", "log", "training.json", "weights/manifest.json"}


def test_what_another_job_has_finished_is_left_alone(start: Callable, unbroken: Trained) -> None:
    before = unbroken.manifest.stat().st_mtime_ns
    assert start(unbroken.folder).wait(LONGEST) == 0
    assert "nothing to do" in (unbroken.folder / "log").read_text()
    assert unbroken.manifest.stat().st_mtime_ns == before
    assert not (unbroken.folder / "progress").exists()


@pytest.fixture(scope="module")
def sharded(train: Callable, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Return what two processes on one node train, each with its part of the weights."""
    return train(tmp_path_factory.mktemp("sharded"), processes=2, recipe=RECIPE | ZERO3)


def test_two_nodes_train_what_two_processes_on_one_do_and_nobody_else_can_listen(
    start: Callable, sharded: Trained, tmp_path: Path
) -> None:
    srun = tmp_path / "bin/srun"
    srun.parent.mkdir()
    srun.symlink_to(ROOT / "tests/srun.sh")
    allocation = {"PATH": f"{srun.parent}:{environment()['PATH']}", "SLURM_JOB_ID": "1"}
    process = start(tmp_path, nodes=2, recipe=RECIPE | ZERO3, around=allocation)
    heard = set()
    while process.poll() is None:
        heard |= listening(process)
        time.sleep(0.2)
    assert process.returncode == 0, (tmp_path / "log").read_text()
    assert heard == {"127.0.0.1"}
    trained = Trained(tmp_path)
    assert trained.record["processes"] == 2
    assert trained.losses() == sharded.losses()
    assert sha256_of(trained.manifest) == sha256_of(sharded.manifest)


def listening(process: psutil.Process) -> set[str]:
    """Return the addresses at which a process, or one that it started, listens."""
    heard = set()
    with suppress(psutil.Error):  # it is gone
        for one in [psutil.Process(process.pid), *psutil.Process(process.pid).children(True)]:
            sockets = one.net_connections("inet")
            heard |= {it.laddr.ip for it in sockets if it.status == psutil.CONN_LISTEN}
    return heard


def test_several_nodes_ask_for_slurm(start: Callable, tmp_path: Path) -> None:
    assert start(tmp_path, nodes=2).wait(LONGEST) == 2
    log = (tmp_path / "log").read_text()
    assert log.startswith("error: the config asks for 2 nodes for this training (train.nodes)")
    assert "use --profile slurm" in log


def test_a_sharded_state_is_gone_on_from_by_as_many_processes_and_by_others(
    start: Callable, sharded: Trained, tmp_path: Path
) -> None:
    same, fewer = Trained(tmp_path / "same"), Trained(tmp_path / "fewer")
    process = start(same.folder, processes=2, recipe=RECIPE | ZERO3, save_steps=4)
    wait_for_state(same, 4, process)
    kill(process)
    (state,) = same.states()
    shutil.copytree(same.folder, fewer.folder)

    assert start(same.folder, processes=2, recipe=RECIPE | ZERO3).wait(LONGEST) == 0
    assert f"going on after step {state}" in (same.folder / "log").read_text()
    assert same.losses() == sharded.losses()
    assert sha256_of(same.manifest) == sha256_of(sharded.manifest)

    assert start(fewer.folder, processes=1, recipe=RECIPE | ZERO3).wait(LONGEST) == 0
    log = (fewer.folder / "log").read_text()
    assert "left by 2 processes, to be gone on from by 1; converting it" in log
    assert fewer.record["processes"] == 1
    assert fewer.losses() == pytest.approx(sharded.losses(), abs=1e-4)


def test_a_state_that_cannot_be_converted_is_kept_and_both_counts_are_named(
    start: Callable, tmp_path: Path
) -> None:
    process = start(tmp_path, processes=2, recipe=RECIPE | ZERO3, save_steps=1)
    trained = Trained(tmp_path)
    wait_for_state(trained, 1, process)
    kill(process)
    (part, *_) = tmp_path.glob("progress/*/checkpoint-*/global_step*/*_optim_states.pt")
    part.write_bytes(b"\0" * part.stat().st_size)

    assert start(tmp_path, processes=1, recipe=RECIPE | ZERO3).wait(LONGEST) == 2
    log = (tmp_path / "log").read_text()
    assert "left this state in 2 parts, and cannot turn it into one for 1 process" in log
    assert "train with 2 again" in log
    assert trained.states()


def test_attention_that_is_not_installed_is_named_with_what_is(
    start: Callable, tmp_path: Path
) -> None:
    recipe = RECIPE | {"attention": "flash_attention_2"}
    assert start(tmp_path, recipe=recipe).wait(LONGEST) == 2
    log = (tmp_path / "log").read_text()
    assert "attention 'flash_attention_2' is not installed here" in log
    assert "or take attention: sdpa" in log
    assert "Traceback" not in log


def test_a_process_that_the_system_kills_is_told_apart(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text("import os\nos.kill(os.getpid(), 9)\n")
    launched = subprocess.run(
        [sys.executable, "scripts/launch.py", "--nproc-per-node", "1", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert launched.returncode == 128 + signal.SIGKILL
    assert "was killed, as the system does where memory runs out" in launched.stderr
    assert "Traceback" not in launched.stderr


def test_a_training_whose_end_snakemake_did_not_see_is_done_again_only_if_it_is_not_whole(
    train: Callable, unbroken: Trained, tmp_path: Path
) -> None:
    shutil.copytree(unbroken.folder, tmp_path, dirs_exist_ok=True)
    trained = Trained(tmp_path)
    for torn, said in [(False, "nothing to do"), (True, "is done again")]:
        trained.manifest.unlink()  # as Snakemake does with what a lost job has made
        (tmp_path / "training.json").unlink()
        if torn:
            weights = tmp_path / "weights/model.safetensors"
            weights.write_bytes(weights.read_bytes()[:-1] + b"x")
        train(tmp_path)
        log = (tmp_path / "log").read_text()
        assert said in log
        assert ("starting" in log) == torn
        assert sha256_of(trained.manifest) == sha256_of(unbroken.manifest)
        assert (trained.record == unbroken.record) == (not torn)  # its seconds are others
        assert trained.losses() == unbroken.losses()


def test_what_nohup_protects_goes_on_when_its_terminal_is_closed(tmp_path: Path) -> None:
    script, up, go = tmp_path / "waits.py", tmp_path / "up", tmp_path / "go"
    script.write_text(
        "import pathlib, sys, time\n"
        "up, go = map(pathlib.Path, sys.argv[1:])\n"
        "up.touch()\n"
        "while not go.exists():\n"
        "    time.sleep(0.05)\n"
    )
    handled = ["--signals-to-handle", "SIGTERM,SIGHUP"]
    command = [sys.executable, "scripts/launch.py", "--nproc-per-node", "1", *handled]
    launched = subprocess.Popen(["nohup", *command, script, up, go], cwd=ROOT)
    try:
        while not up.exists():
            assert launched.poll() is None
            time.sleep(0.05)
        launched.send_signal(signal.SIGHUP)
        go.touch()
        assert launched.wait(LONGEST) == 0
    finally:
        go.touch()
        launched.wait(LONGEST)


def test_two_processes_with_sharded_weights_train_the_same_model(
    unbroken: Trained, sharded: Trained
) -> None:
    from transformers import AutoModelForCausalLM

    assert sharded.losses() == pytest.approx(unbroken.losses(), abs=1e-3)
    assert sharded.record["processes"] == 2
    folders = [weights_of(trained.manifest) for trained in (unbroken, sharded)]
    assert {path.stat().st_mode & 0o777 for path in folders[0].iterdir()} == {0o666 & ~umask()}
    names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert names[0] == names[1] == WRITTEN
    models = [AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in folders]
    for name, weight in models[0].items():
        assert (weight - models[1][name]).abs().max() < 1e-2, name


MANIFEST = "manifest.json"
WRITTEN = [
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "manifest.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
]


@pytest.mark.parametrize(
    ("processes", "recipe"),
    [(2, {"batch": 48, "packing": False}), (1, {"batch": 12, "packing": True})],
    ids=["two-processes", "packed"],
)
def test_the_loss_is_that_of_each_completion_after_its_own_prompt(
    train: Callable, base: Path, rows: Path, tmp_path: Path, processes: int, recipe: dict
) -> None:
    one_step = RECIPE | {"epochs": 1, "max_length": 512, "micro_batch": 2} | recipe
    record = train(tmp_path, processes=processes, recipe=one_step).record
    assert record["steps"] == 1
    assert (record["sequences"] < 40) == recipe["packing"]
    assert record["loss"]["first"] == pytest.approx(loss_by_hand(base, rows), abs=1e-4)


def loss_by_hand(base: Path, rows: Path) -> float:
    """Return the mean loss of all tokens of all completions, each row read alone."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(base.parent)
    tokenizer = load_tokenizer(base.parent, CHAT)
    losses = []
    for row in read_examples(rows, tokenizer, CHAT).iter_rows(named=True):
        assert row["completion"][-1] == tokenizer.eos_token_id
        with torch.no_grad():
            scores = model(torch.tensor([row["prompt"] + row["completion"]])).logits[0]
        learnt = torch.tensor(row["completion"])
        before = scores[len(row["prompt"]) - 1 : -1]
        losses.append(torch.nn.functional.cross_entropy(before, learnt, reduction="none"))
    return torch.cat(losses).mean().item()


def test_an_epoch_is_kept_as_it_was_and_the_training_goes_on_as_without(
    start: Callable, unbroken: Trained, tmp_path: Path
) -> None:
    trained, recipe = Trained(tmp_path), RECIPE | {"keep": [1]}
    process = start(tmp_path, recipe=recipe, save_steps=5)  # an epoch has five steps
    wait_for_state(trained, 5, process)
    kill(process)
    (state,) = tmp_path.glob("progress/*/checkpoint-*")
    assert state.name == "checkpoint-5"
    before = sha256_of(state / "model.safetensors")

    process = start(tmp_path, recipe=recipe)
    assert process.wait(LONGEST) == 0
    assert trained.losses() == unbroken.losses()
    assert sha256_of(trained.manifest) == sha256_of(unbroken.manifest)
    kept = tmp_path / "epochs/1"
    assert sha256_of(kept / "model.safetensors") == before
    assert sorted(path.name for path in kept.iterdir()) == [n for n in WRITTEN if n != MANIFEST]

    manifest = tmp_path.with_name("kept") / "weights" / MANIFEST
    script = [sys.executable, "scripts/keep_epoch.py", trained.manifest, manifest, "--epoch"]
    subprocess.run([*script, "1"], cwd=ROOT, check=True)
    assert weights_of(manifest, hashes=True) == kept
    missing = subprocess.run([*script, "2"], cwd=ROOT, capture_output=True, text=True)
    assert missing.returncode == 2
    assert "epochs/2: was not kept; add 2 to `keep` of the recipe" in missing.stderr


def test_kept_epochs_outlive_an_end_without_manifest_and_come_back_after_a_release(
    start: Callable, tmp_path: Path
) -> None:
    trained, weights = Trained(tmp_path / "tiny/learner"), tmp_path / "scratch/tiny/learner"
    kept = weights / "epochs/1/model.safetensors"
    how = {"recipe": RECIPE | {"keep": [1]}, "save_steps": 10, "scratch": str(tmp_path / "scratch")}
    trained.folder.mkdir(parents=True)
    (trained.folder / "weights").write_text("where the manifest belongs")
    assert start(trained.folder, **how).wait(LONGEST)
    assert kept.exists()
    assert trained.states() or list(weights.glob("progress/*/checkpoint-10/whole.json"))

    (trained.folder / "weights").unlink()
    before = sha256_of(kept)
    assert start(trained.folder, **how).wait(LONGEST) == 0
    assert "going on after step 10" in (trained.folder / "log").read_text()
    assert sha256_of(kept) == before

    shutil.rmtree(kept.parent)
    trained.manifest.unlink()
    (trained.folder / "released.json").write_text("[]")
    assert start(trained.folder, **how).wait(LONGEST) == 0
    assert sha256_of(kept) == before
    assert not (trained.folder / "released.json").exists()


def test_mistakes_stop_a_training_before_it_begins(start: Callable, tmp_path: Path) -> None:
    process = start(tmp_path, recipe=RECIPE | {"max_length": 32})
    assert process.wait(LONGEST) == 2
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "error: 40 of 40 rows have more than 32 tokens" in log
    assert "starting" not in log
    assert not (tmp_path / "weights").exists()
