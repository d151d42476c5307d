"""What strangers write into a config or a model runs nothing; what is secret is told to nobody."""

import json
import re
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import polars as pl
import psutil
import pytest
from conftest import ROOT, Checkout, environment
from tiny import write_tiny_model

from its.examples import ROWS

HOSTILE = """it's "$(touch owned)" `touch owned`; touch owned & | > owned
touch owned \\ $PATH {input} # *"""
"""A text that does something wherever a shell reads it."""
LEARNER = "stranger/strange4-N-quick-s0"
LINE = HOSTILE.partition("\n")[0]
FILE = "config/prompts/it's $(touch owned); touch owned.txt"
SECRETS = {
    "HF_TOKEN": "hf_plantedPlantedPlantedPlanted",
    "WANDB_API_KEY": "0123456789abcdefplanted0123456789",
}
SET = "config/hostile.yaml"
CONFIG = {
    "models": {
        "stranger": {
            "source": f"path:{LINE}",
            "dtype": "float32",
            "chat": {"system": HOSTILE, "thinking_start": HOSTILE, "template": FILE},
            "train": {"gpus": 0, "threads": 1, "memory": "3GB", "runtime": "10m"},
            "generate": {"gpus": 0, "threads": 1, "memory": "3GB", "runtime": "10m"},
        }
    },
    "pools": {
        "strange": {
            "sources": ["few"],
            "filters": [
                {"filter": "contains", "words": [HOSTILE]},
                {"filter": "verified", "thinking_end": HOSTILE},
            ],
        }
    },
    "samples": {"strange4": {"pool": "strange", "size": 4}},
    "strategies": {
        "Said": {"label": HOSTILE, "context": {"text": HOSTILE}},
        "Banked": {"label": HOSTILE, "context": {"bank": FILE}},
        "Wrote": {"label": HOSTILE, "context": {"writer": "stranger", "prompt": FILE}},
    },
    "benchmarks": {
        "strange_test": {
            "label": HOSTILE,
            "problems": {"source": "few_held_out", "rows": 6},
            "sampling": {"n": 1, "max_tokens": 8, "stop": [HOSTILE]},
        }
    },
    "votes": {"strangers": {"label": HOSTILE, "members": ["stranger/base", LEARNER]}},
    "claims": {
        "strange": {
            "label": HOSTILE,
            "sentence": HOSTILE,
            "plus": [{"train": "Said", "test": "Said"}],
            "minus": [{"train": "N", "test": "N"}],
            "above": 0,
        }
    },
    "plans": {
        "hostile": {
            "models": ["stranger"],
            "samples": ["strange4"],
            "recipes": ["quick"],
            "train": ["N", "Said"],
            "test": ["N", "Said", "Banked", "Wrote"],
            "benchmarks": ["strange_test"],
            "votes": ["strangers"],
            "claims": ["strange"],
            "published": [
                {
                    "model": "stranger",
                    "benchmark": "strange_test",
                    "what": HOSTILE,
                    "right": 1,
                    "problems": 6,
                    "source": HOSTILE,
                }
            ],
        }
    },
    "plan": "hostile",
}


@pytest.fixture
def hostile(checkout: Checkout) -> Checkout:
    """Return a copy with a config whose every text is hostile."""
    (checkout.folder / FILE).write_text("{question}\n" + HOSTILE.replace("{input}", ""))
    (checkout.folder / SET).write_text(json.dumps(CONFIG))
    return checkout


def test_every_word_of_a_command_is_quoted() -> None:
    bare = [
        f"{path.name}: {found}"
        for path in sorted((ROOT / "rules").glob("*.smk"))
        for command in re.findall(r"^    shell:\n(.*?)(?:\n\n|\Z)", path.read_text(), re.M | re.S)
        for line in command.splitlines()
        if not line.strip().startswith("#")
        for found in re.findall(r"(?<!\{)\{([^{}]+)\}(?!\})", line)
        if not found.endswith(":q")
    ]
    assert bare == []


def test_no_text_of_a_config_is_run_by_a_shell(hostile: Checkout) -> None:
    run = hostile.snakemake(
        "-n", "-p", "--configfile", "config/small.yaml", SET, "--", "all", "export", "price"
    )
    assert run.status == 0, run.out
    commands = re.findall(r"^Shell command: (.*?)\n\n", run.out, re.M | re.S)
    rules = {script for command in commands for script in re.findall(r"scripts/\w+\.py", command)}
    assert len(rules) > 25

    texts = set()
    for command in [one for one in commands if "scripts/" in one]:
        # Snakemake's own shell, with a Python that only notes its words.
        noted = hostile.folder / "noted"
        note = f'python() {{ printf "%s\\0" "$@" > {noted}; }}\n'
        words = command.rpartition(" &> ")[0] or command
        subprocess.run(["bash", "-euc", note + words], cwd=hostile.folder, check=True)
        texts |= set(noted.read_text().split("\0"))

    assert not list(hostile.folder.rglob("owned"))
    assert f"path:{LINE}" in texts
    assert any(json.dumps(FILE) in text for text in texts)
    whole = json.dumps(HOSTILE)
    missed = [
        key
        for key in ["system", "thinking_start", "words", "text", "stop", "sentence"]
        if not any(re.search(rf'"{key}": \[?{re.escape(whole)}', text) for text in texts)
    ]
    assert missed == []


def test_no_secret_of_the_environment_is_written_down(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    run = checkout.snakemake(
        "--cores",
        "2",
        "--configfile",
        "config/small.yaml",
        "--",
        "results/pools/few.parquet",
        "price",
    )
    assert run.status == 0, run.out
    assert tellers(checkout.folder) == []
    assert not any(value in run.out for value in SECRETS.values())


def tellers(folder: Path) -> list[Path]:
    """List the files that tell a planted secret."""
    told = [value.encode() for value in SECRETS.values()]
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and any(one in path.read_bytes() for one in told)
    ]


EVIL = """from pathlib import Path
Path("owned").touch()
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
class EvilConfig(LlamaConfig): model_type = "evil"
class EvilModel(LlamaForCausalLM): config_class = EvilConfig
class EvilTokenizer(PreTrainedTokenizerFast): pass
"""


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """Return the manifest of a model that brings code of its own."""
    manifest = write_tiny_model(tmp_path / "evil", head_size=64)
    folder = manifest.parent
    (folder / "evil.py").write_text(EVIL)
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoConfig": "evil.EvilConfig", "AutoModelForCausalLM": "evil.EvilModel"}
    (folder / "config.json").write_text(json.dumps(config))
    tokens = json.loads((folder / "tokenizer_config.json").read_text())
    tokens["auto_map"] = {"AutoTokenizer": [None, "evil.EvilTokenizer"]}
    (folder / "tokenizer_config.json").write_text(json.dumps(tokens))
    manifest.unlink()
    script = ROOT / "scripts/fetch_model.py"
    subprocess.run([sys.executable, script, manifest, "--source", f"path:{folder}"], check=True)
    return manifest


def test_code_that_a_model_brings_is_not_run(evil: Path, tmp_path: Path) -> None:
    script = ROOT / "scripts/render_chat.py"
    # A person who would say yes: nobody may ask.
    subprocess.run(
        [sys.executable, script, evil, "chat.txt", "--chat", '{"context": 512}'],
        cwd=tmp_path,
        input="y\n" * 5,
        text=True,
    )
    assert not list(tmp_path.rglob("owned"))


@pytest.mark.slow
def test_trainer_and_engine_run_no_code_of_a_model_and_listen_to_this_machine_alone(
    evil: Path, tmp_path: Path
) -> None:
    rows = {
        "id": ["a", "b"],
        "variant": [0, 0],
        "messages": [[{"role": "user", "content": "1 + 1?"}]] * 2,
        "response": ["2", "2"],
    }
    pl.DataFrame(rows, schema=ROWS).write_parquet(tmp_path / "rows.parquet")
    chat = ["--chat", '{"context": 512}', "--dtype", "float32"]
    recipe = '{"learning_rate": 0.01, "epochs": 1, "batch": 2, "micro_batch": 1, "packing": false}'
    sampling = '{"n": 1, "max_tokens": 4}'
    trained = ["weights/manifest.json", "training.json"]
    train = ["launch.py", "--nproc-per-node", "2", ROOT / "scripts/train.py", evil, "rows.parquet"]
    train += [*trained, *chat, "--recipe", recipe, "--seed", "0"]
    generate = ["generate.py", evil, "rows.parquet", "made.parquet", *chat, "--sampling", sampling]
    for words, made in [(train, trained[0]), (generate, "made.parquet")]:
        heard = heard_from([str(word) for word in words], tmp_path)
        assert (tmp_path / made).exists(), (tmp_path / "log").read_text()
        assert heard <= {"127.0.0.1", "::1"}
        assert not list(tmp_path.rglob("owned"))
    assert tellers(tmp_path) == []


def heard_from(words: list[str], folder: Path) -> set[str]:
    """Run a script to its end, secrets in its environment; return where it listened."""
    heard = set()
    with (folder / "log").open("w") as log:
        process = psutil.Popen(
            [sys.executable, ROOT / "scripts" / words[0], *words[1:]],
            cwd=folder,
            env=environment() | SECRETS | {"OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    while process.poll() is None:
        with suppress(psutil.Error):  # a child is gone
            for one in [process, *process.children(recursive=True)]:
                sockets = one.net_connections("inet")
                heard |= {it.laddr.ip for it in sockets if it.status == psutil.CONN_LISTEN}
        time.sleep(0.1)
    return heard
