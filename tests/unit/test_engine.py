"""What is refused before an engine starts, and how much room it is given."""

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from conftest import ROOT

from its.engine import BLOCK, cache_bytes, check_device, check_lengths, limit_of, room_for
from its.errors import InputError

CONFIG = {
    "hidden_size": 576,
    "num_attention_heads": 9,
    "num_hidden_layers": 30,
    "num_key_value_heads": 3,
    "max_position_embeddings": 8192,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_the_limit_is_the_smaller_of_ours_and_the_models(folder: Path) -> None:
    assert limit_of(folder, 1024) == 1024
    assert limit_of(folder, 32768) == 8192
    (folder / "config.json").write_text(json.dumps({"text_config": CONFIG}))
    assert limit_of(folder, 32768) == 8192


def test_prompts_that_fit_are_no_matter() -> None:
    check_lengths({"a": 24, "b": 10}, response=1000, limit=1024, context=1024, setting="max")


@pytest.mark.parametrize(
    ("context", "way_out"),
    [(1024, "raise chat.context to 1125"), (4096, "the model itself has no more than 1024")],
)
def test_the_longest_prompt_is_named_with_the_way_out(context: int, way_out: str) -> None:
    lengths = {"a": 24, "b": 125, "c": 30}
    with pytest.raises(InputError) as error:
        check_lengths(lengths, response=1000, limit=1024, context=context, setting="max_tokens")
    for part in ["2 of 3 prompts", "problem b, has 125", way_out, "lower max_tokens to 899"]:
        assert part in str(error.value)


def test_gpus_that_are_not_there_are_refused() -> None:
    with pytest.raises(InputError, match="declares 100 GPUs .* this job sees"):
        check_device(100)


def test_room_is_made_in_whole_blocks() -> None:
    assert room_for([1, BLOCK], response=BLOCK) == 2 * BLOCK + 2 * BLOCK
    assert room_for([], response=5) == 0


def test_the_cache_holds_keys_and_values_of_every_layer(folder: Path) -> None:
    assert cache_bytes(folder, "float32", 1) == 2 * 30 * 3 * 64 * 4
    assert cache_bytes(folder, "bfloat16", 10) == 10 * 2 * 30 * 3 * 64 * 2


def lives(process: psutil.Process) -> bool:
    """Tell whether a process is there, and more than what nobody has asked the end of."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_an_engine_that_lost_its_job_ends(tmp_path: Path, method: str) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        "import multiprocessing, sys, time\n"
        "from its.engine import end_with_job, prepare\n"
        "if __name__ == '__mp_main__':\n"
        "    end_with_job()\n"
        "if __name__ == '__main__':\n"
        "    prepare(0)\n"
        "    start = multiprocessing.get_context(sys.argv[1]).Process\n"
        "    engine = start(target=time.sleep, args=(600,))\n"
        "    engine.start()\n"
        "    print(engine.pid, flush=True)\n"
        "    engine.join()\n"
    )
    job = subprocess.Popen(
        [sys.executable, script, method],
        env=os.environ | {"PYTHONPATH": str(ROOT / "scripts")},
        stdout=subprocess.PIPE,
        text=True,
    )
    with job:
        engine = psutil.Process(int(job.stdout.readline()))
        job.kill()
    end = time.monotonic() + 60
    try:
        while lives(engine):
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        with suppress(psutil.NoSuchProcess):
            engine.kill()
