"""What comes from the hub comes whole, once, and without the token being told to anybody.

The library that asks is the real one; the hub is one of ours, on the loopback device.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
import yaml
from conftest import ROOT, Checkout
from loopback import REVISION, Fault, Hub, Repository, serving
from tiny import write_tiny_model

from its.weights import weights_of

TOKEN = "hf_PlantedInTheEnvironment"
ROWS = Random(0).randbytes(24 * 2**20)
"""Of a large file: the library goes on after the last whole 10 MiB that it received."""
PARTS = {
    "README.md": b"# Rows\n",
    "data/part-1.jsonl": b'{"problem": "1 + 1?", "answer": 2}\n',
    "data/part-2.jsonl": b'{"problem": "2 + 2?", "answer": 4}\n',
    "data/old/part-1.jsonl": b"{}\n",
    "rows.parquet": ROWS,
    "unasked.parquet": bytes(2**20),
}
FILE = f"hub:me/rows@{REVISION}//rows.parquet"
LINES = f"hub:me/rows@{REVISION}//data/*.jsonl"


@dataclass(frozen=True)
class Node:
    """A machine with a cache of its own, and whoever works there."""

    hub: Hub
    folder: Path

    def run(self, script: str, *args: object, **more: str) -> subprocess.CompletedProcess:
        """Run a script there; whatever happens, the token is told to the hub alone."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith("HF_")}
        environment = clean | {
            "HF_ENDPOINT": self.hub.endpoint,
            "HF_HOME": str(self.folder / "home"),
            "HF_TOKEN": TOKEN,
            "NO_PROXY": "127.0.0.1",
        }
        done = subprocess.run(
            [sys.executable, ROOT / "scripts" / script, *map(str, args)],
            env=environment | more,
            capture_output=True,
            text=True,
            check=False,
        )
        made = [path.read_text() for path in self.folder.glob("results/**/*.json")]
        for text in [done.stdout, done.stderr, *made, *(one.path for one in self.hub.requests)]:
            assert TOKEN not in text
            assert "s3cr3t" not in text, "what signs an address is as good as a token"
        for one in self.hub.requests:
            told = TOKEN in " ".join(one.headers.values())
            assert told == (one.server == "hub" and more.get("HF_TOKEN") != "")
        assert "Traceback" not in done.stderr, done.stderr
        return done

    @property
    def manifest(self) -> Path:
        """Where the source or the model goes."""
        return self.folder / "results/manifest.json"

    def source(self, origin: str, sha256: str | None = None, **more: str) -> list[Path]:
        """Fetch a source, and return its files."""
        done = self.run(*self.command(origin, sha256), **more)
        assert done.returncode == 0, done.stderr
        return [Path(one["path"]) for one in json.loads(self.manifest.read_text())["files"]]

    def refusal(self, origin: str, sha256: str | None = None, **more: str) -> str:
        """Fetch a source that cannot be had, and return the one line that says so."""
        done = self.run(*self.command(origin, sha256), **more)
        assert done.returncode == 2, done.stderr
        assert not self.manifest.exists()
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        return line

    def command(self, origin: str, sha256: str | None) -> list[object]:
        """Return a call of the script."""
        source = {"origin": origin} | ({"sha256": sha256} if sha256 else {})
        return ["fetch_source.py", self.manifest, "--source", json.dumps(source)]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    with serving(Hub(datasets={"me/rows": Repository(dict(PARTS))})) as hub:
        yield Node(hub, tmp_path)


def test_only_the_files_that_match_are_fetched(node: Node) -> None:
    files = node.source(LINES)

    assert [file.name for file in files] == ["part-1.jsonl", "part-2.jsonl"]
    assert [file.read_bytes() for file in files] == [
        PARTS["data/part-1.jsonl"],
        PARTS["data/part-2.jsonl"],
    ]
    assert sorted(one.path.rpartition("/resolve/")[2] for one in node.hub.asked("GET", "l")) == [
        f"{REVISION}/data/part-1.jsonl",
        f"{REVISION}/data/part-2.jsonl",
    ]
    assert sum(one.sent for one in node.hub.requests) == sum(map(len, map(Path.read_bytes, files)))


def test_folders_below_are_fetched_if_that_is_asked_for(node: Node) -> None:
    files = node.source(f"hub:me/rows@{REVISION}//data/**/part-1.jsonl")
    assert {file.read_bytes() for file in files} == {
        PARTS["data/part-1.jsonl"],
        PARTS["data/old/part-1.jsonl"],
    }


def test_a_long_listing_is_read_to_its_end(node: Node) -> None:
    node.hub.page = 2
    assert len(node.source(LINES)) == 2


def test_what_the_cache_holds_is_used_where_it_lies_and_nobody_is_asked(node: Node) -> None:
    first = node.source(FILE)
    node.hub.requests.clear()

    assert node.source(FILE) == first
    assert node.source(FILE, HF_HUB_OFFLINE="1") == first
    assert node.hub.requests == []
    assert [path.name for path in node.manifest.parent.iterdir()] == ["manifest.json"]
    node.manifest.unlink()
    line = node.refusal(LINES, HF_HUB_OFFLINE="1")
    assert "HF_HUB_OFFLINE is set, and the cache does not hold all of it" in line


REFUSED = {
    "repository": (f"hub:me/rose@{REVISION}//a", "there is no such data set, or a private one"),
    "revision": (f"hub:me/rows@{REVISION[::-1]}//a", "the data set has no such revision"),
    "file": (f"hub:me/rows@{REVISION}//*.csv", "no file of the repository matches '*.csv'"),
    "no revision": ("hub:me/rows//a", "`make pin CONFIG=config/paper.yaml`"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_is_one_line_with_the_way_out(node: Node, name: str) -> None:
    origin, message = REFUSED[name]
    assert message in node.refusal(origin)


@pytest.mark.parametrize(("token", "status"), [("", 401), (TOKEN, 403)])
def test_access_on_request_is_one_line_with_the_way_out(
    node: Node, token: str, status: int
) -> None:
    node.hub.datasets["me/rows"].gated = True
    line = node.refusal(FILE, HF_TOKEN=token)
    assert f"access is given on request ({status}); ask for it on its page" in line
    assert "hf auth login" in line


def test_a_token_that_is_not_accepted_is_one_line(node: Node) -> None:
    node.hub.faults = [Fault("HEAD", "rows.parquet", status=403, times=9)]
    assert "access is refused (403); log in" in node.refusal(FILE)


@pytest.mark.parametrize(("method", "end"), [("GET", REVISION), ("HEAD", ".parquet"), ("GET", "t")])
def test_a_hub_that_fails_for_a_moment_is_asked_again(node: Node, method: str, end: str) -> None:
    fault = Fault(method, end, status=503)
    node.hub.faults = [fault]
    (file,) = node.source(FILE)
    assert fault.times == 0
    assert file.read_bytes() == ROWS


@pytest.mark.parametrize("reset", [False, True])
def test_a_download_goes_on_where_its_connection_broke(node: Node, reset: bool) -> None:
    node.hub.faults = [Fault("GET", "rows.parquet", after=22 * 2**20, reset=reset)]
    (file,) = node.source(FILE)

    assert file.read_bytes() == ROWS
    first, second = node.hub.asked("GET", "rows.parquet")
    assert first.sent == 22 * 2**20
    # At least one whole 10 MiB of the first answer was kept, two if no reset took it back.
    assert second.sent <= len(ROWS) - (10 if reset else 20) * 2**20


def test_a_file_that_is_not_what_the_hub_says_is_refused_and_fetched_anew(node: Node) -> None:
    node.hub.faults = [Fault("GET", "rows.parquet", content=ROWS[::-1])]
    line = node.refusal(FILE)
    assert f"the hub says {sha256(ROWS).hexdigest()}; it is removed from the cache" in line

    (file,) = node.source(FILE)
    assert file.read_bytes() == ROWS


def test_a_small_file_has_the_hash_of_git(node: Node) -> None:
    node.hub.faults = [Fault("GET", "part-2.jsonl", content=PARTS["data/part-1.jsonl"])]
    assert "part-2.jsonl: git's sha1 is " in node.refusal(LINES)
    assert len(node.source(LINES)) == 2


def test_a_file_that_changed_in_the_cache_is_refused_and_fetched_anew(node: Node) -> None:
    (file,) = node.source(FILE)
    node.manifest.unlink()
    file.write_bytes(ROWS[::-1])
    assert "it is removed from the cache" in node.refusal(FILE, HF_HUB_OFFLINE="1")

    (file,) = node.source(FILE)
    assert file.read_bytes() == ROWS


def test_another_hash_than_the_config_says_is_refused_each_time(node: Node) -> None:
    for _ in range(2):
        assert f"expected {'0' * 64}; the published rows changed" in node.refusal(FILE, "0" * 64)
    assert len(node.hub.asked("GET", "rows.parquet")) == 1  # it is what the hub has: kept
    assert node.source(FILE, sha256(ROWS).hexdigest())


def test_a_long_download_says_how_far_it_is(node: Node) -> None:
    done = node.run(*node.command(FILE, None))
    assert "download me/rows: 100%" in done.stderr
    assert "25/25" in done.stderr  # MB


@pytest.fixture
def model(node: Node) -> Iterator[Repository]:
    """Return a small real model that the hub publishes, with more files than are needed."""
    folder = write_tiny_model(node.folder / "published").parent
    (folder / "manifest.json").unlink()
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files |= {"pytorch_model.bin": b"a pickle", "original/model.safetensors": b"other weights"}
    node.hub.models["me/tiny"] = Repository(files)
    return node.hub.models["me/tiny"]


def fetch_model(node: Node, **more: str) -> subprocess.CompletedProcess:
    return node.run("fetch_model.py", node.manifest, "--source", f"hub:me/tiny@{REVISION}", **more)


def test_a_model_is_fetched_without_what_no_engine_loads(node: Node, model: Repository) -> None:
    done = fetch_model(node)
    assert done.returncode == 0, done.stderr
    folder = weights_of(node.manifest, hashes=True)
    assert (folder / "model.safetensors").read_bytes() == model.files["model.safetensors"]
    assert {path.name for path in folder.iterdir()} == {
        *(set(model.files) - {"pytorch_model.bin", "original/model.safetensors"}),
        "manifest.json",
    }
    assert all(path.is_symlink() for path in folder.iterdir() if path != node.manifest)

    node.hub.requests.clear()
    before = node.manifest.read_bytes()
    assert fetch_model(node, HF_HUB_OFFLINE="1").returncode == 0
    assert node.manifest.read_bytes() == before
    assert node.hub.requests == []


def test_weights_that_are_not_what_the_hub_says_are_refused_and_fetched_anew(
    node: Node, model: Repository
) -> None:
    wrong = bytearray(model.files["model.safetensors"])
    wrong[-1] ^= 1
    node.hub.faults = [Fault("GET", "model.safetensors", content=bytes(wrong))]
    done = fetch_model(node)
    assert done.returncode == 2
    assert "model.safetensors: sha256 is " in done.stderr
    assert not node.manifest.exists()

    assert fetch_model(node).returncode == 0
    weights_of(node.manifest, hashes=True)


CONFIG = """\
# What I compare.
models:
  tiny: {source: hub:me/tiny}  # the newest
sources:
  rows:
    origin: "hub:me/rows//data/*.jsonl"
  fixed: {origin: hub:me/rows@fedcba9876543210fedcba9876543210fedcba98//a.jsonl}
"""


def test_pinning_writes_the_newest_revisions_and_nothing_else(
    node: Node, model: Repository
) -> None:
    config = node.folder / "mine.yaml"
    config.write_text(CONFIG)
    config.chmod(0o640)
    model.revision = "a" * 40
    done = node.run("pin.py", config)

    assert done.returncode == 0, done.stderr
    text = config.read_text()
    assert text.replace(f"@{REVISION}", "").replace(f"@{'a' * 40}", "") == CONFIG
    read = yaml.safe_load(text)
    assert read["models"]["tiny"]["source"] == f"hub:me/tiny@{'a' * 40}"
    assert read["sources"]["rows"]["origin"] == f"hub:me/rows@{REVISION}//data/*.jsonl"
    assert f"models.tiny.source: hub:me/tiny@{'a' * 40}" in done.stdout
    assert config.stat().st_mode & 0o777 == 0o640

    node.hub.requests.clear()
    assert "nothing to pin" in node.run("pin.py", config).stdout
    assert node.hub.requests == []


def test_pinning_writes_all_or_nothing(node: Node) -> None:
    config = node.folder / "mine.yaml"
    config.write_text(CONFIG)
    done = node.run("pin.py", config)

    assert done.returncode == 2
    assert "hub:me/tiny: there is no such model, or a private one (404)" in done.stderr
    assert config.read_text() == CONFIG
    assert sorted(path.name for path in node.folder.glob("*mine*")) == ["mine.yaml"]


def test_a_hub_out_of_reach_is_one_line(node: Node) -> None:
    config = node.folder / "mine.yaml"
    config.write_text("models: {tiny: {source: hub:me/tiny}}\n")
    done = node.run("pin.py", config, HF_ENDPOINT="http://127.0.0.1:9")

    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "hub:me/tiny: cannot be fetched, the hub is out of reach (" in line


def test_a_plan_is_refused_until_it_is_pinned(
    node: Node, checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", node.hub.endpoint)
    monkeypatch.setenv("HF_HOME", str(node.folder / "home"))
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    config = checkout.folder / "config/mine.yaml"
    config.write_text("sources: {rows: {origin: hub:me/rows//data/*.jsonl}}\n")
    target = ["results/sources/rows/manifest.json", "--configfile", "config/mine.yaml"]

    assert checkout.snakemake("-n", *target).jobs == {"fetch_source": 1}
    refused = checkout.snakemake("-c1", *target)
    assert refused.status != 0
    assert "error: hub:me/rows//data/*.jsonl: has no revision" in refused.out
    assert node.hub.requests == []

    assert node.run("pin.py", config).returncode == 0
    fetched = checkout.snakemake("-c1", *target)
    assert fetched.status == 0, fetched.out
    assert "Nothing to be done" in checkout.snakemake("-n", *target).out
    files = [path for path in checkout.folder.rglob("*") if path.is_file()]
    assert any(".snakemake" in path.parts for path in files)
    for text in [refused.out, fetched.out, *(path.read_text(errors="replace") for path in files)]:
        assert TOKEN not in text
