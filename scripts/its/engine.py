"""Start vLLM in one way, on CPUs and GPUs alike, and let it answer prompts given as tokens."""

import atexit
import io
import json
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from its.console import say
from its.devices import share_gpus
from its.errors import InputError
from its.offline import stay_offline
from its.processes import cores, heeded, set_threads
from its.words import amount

if TYPE_CHECKING:
    from vllm import LLM

GIB = 2**30
BLOCK = 32
"""Tokens of a block of the KV cache on the CPU, the fewest it takes: prompts that begin alike
share whole blocks, and those of one strategy begin with little more than this."""
CACHE = 2 * GIB
"""Bytes of the KV cache on the CPU at most, unless one request alone needs more. Fixed, and not
what the machine has: which requests fit decides the batches, and so the rounding."""
BATCH = 8192
"""Tokens of one step on the CPU at most, unless one prompt alone has more."""
APART = "VLLM_ENABLE_V1_MULTIPROCESSING"
"""The variable that says whether an engine has processes of its own: vLLM's default."""
ENGINE = "EngineCore"
"""What vLLM calls those processes."""
GRACE = 10
"""Seconds that a job has to end by itself once its engine did."""
WIDTHS = {"float32": 4, "bfloat16": 2}


@dataclass(frozen=True, slots=True)
class Request:
    """What the engine is asked."""

    prompt: list[int]
    """Tokens."""
    seed: int


@dataclass(frozen=True, slots=True)
class Response:
    """What the engine wrote for one prompt."""

    text: str
    """Without special tokens, so without the end mark."""
    tokens: list[int]
    """All that were written, the end mark included."""
    finish: str
    """`stop` at the end mark, `length` where a limit cut it."""


def prepare(gpus: int) -> None:
    """Set what must be set before torch and vLLM are imported; let signals end the process.

    GPUs that no other job here has, no hub, no statistics sent, nothing that listens beyond this
    machine. What a person set before stays.
    """
    share_gpus(gpus)
    set_threads(max(1, cores() // max(1, gpus)))  # of each process: the engine has one a GPU
    stay_offline()
    quiet = {
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_HOST_IP": "127.0.0.1",
        "VLLM_LOGGING_LEVEL": "WARNING" if gpus else "ERROR",
        "TORCH_CPP_LOG_LEVEL": "ERROR",
    }
    alone = {
        # In this process: half the start, and no second one that stays behind.
        APART: "0",
        # Two jobs side by side would be bound to the same cores.
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        # Threads that spin while they wait cost a factor of ten where cores are shared.
        "OMP_WAIT_POLICY": "passive",
    }
    for name, value in (quiet if gpus else quiet | alone).items():
        os.environ.setdefault(name, value)
    warnings.filterwarnings("ignore", module=r"vllm\.")  # what it warns of is not ours to mend
    for one in heeded([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]):
        # An exit and not a sudden end: the lease is given back, the engine's processes end.
        signal.signal(one, lambda number, frame: sys.exit(128 + number))
    os.environ["ITS_JOB"] = str(os.getpid())
    os.register_at_fork(after_in_child=end_with_job)


def end_with_job() -> None:
    """Let this process end soon after the job that started it, however that ends.

    An engine has its own process where there are GPUs. It would wait for work for ever, and keep
    their memory, if the job was killed.
    """
    # A fork has the job's own: an exit, which an engine does not get to from within its loop.
    for one in heeded([signal.SIGHUP]):
        signal.signal(one, signal.SIG_DFL)
    job, parent = Path("/proc", os.environ["ITS_JOB"]), os.getppid()

    def watch() -> None:
        while job.exists() and os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def check_device(gpus: int) -> None:
    """Raise `InputError` unless there are as many GPUs as declared, and a vLLM made for them."""
    import torch

    found = torch.cuda.device_count()
    if gpus > found:
        raise InputError(
            f"the config declares {amount(gpus, 'GPU')} for this model (generate.gpus), this "
            f"job sees {found}: run it where they are, as with --profile slurm, or set gpus to 0 "
            "for the CPU"
        )
    if not gpus and (torch.version.cuda or torch.version.hip):
        raise InputError(
            "the config declares no GPU for this model (generate.gpus: 0), but the torch installed "
            f"here is {torch.__version__}, whose vLLM cannot run without one: declare it, or "
            "install envs/cpu.lock"
        )


def limit_of(folder: Path, context: int) -> int:
    """Return how many tokens prompt and response may have together: `context`, or the model's own.

    The own limit is that of the position embeddings.
    """
    own = _text_config(folder).get("max_position_embeddings", context)
    return min(context, own)


def check_lengths(
    prompts: dict[str, int], *, response: int, limit: int, context: int, setting: str
) -> None:
    """Raise `InputError` if a prompt leaves no room for a response of full length.

    Parameters
    ----------
    prompts
        Tokens of each prompt, by the id of its problem.
    response
        Tokens that a response may have.
    limit
        What `limit_of` says of `context`.
    setting
        The key that says how long a response may be, to be named in the message.
    """
    longest = max(prompts, key=prompts.__getitem__)
    if prompts[longest] + response <= limit:
        return
    over = sum(1 for length in prompts.values() if length + response > limit)
    room = (
        f"raise chat.context to {prompts[longest] + response}"
        if limit == context
        else f"the model itself has no more than {limit}, whatever chat.context says"
    )
    raise InputError(
        f"{over} of {len(prompts)} prompts leave no room for {response} tokens of response: the "
        f"longest, of problem {longest}, has {prompts[longest]}, together "
        f"{prompts[longest] + response}, and the limit is {limit}; {room}, or lower {setting} to "
        f"{max(0, limit - prompts[longest])} at most"
    )


def start(
    folder: Path, *, dtype: str, gpus: int, limit: int, tokens: int, share: str = "auto"
) -> "LLM":
    """Return an engine with the model in a folder.

    Parameters
    ----------
    limit
        Tokens of one prompt and its response together.
    tokens
        What `room_for` says of the largest call: on the CPU, room is made for no more.
    share
        Part of a GPU's memory to take; `auto`: what vLLM chooses.
    """
    from vllm import LLM

    # Not by whether the node has a compiler, which would decide the rounding and stand nowhere.
    passes = {"fuse_allreduce_rms": False}
    options: dict[str, object] = {
        "tensor_parallel_size": gpus,
        "compilation_config": {"pass_config": passes},
    }
    if share != "auto":
        options["gpu_memory_utilization"] = float(share)
    if not gpus:
        least = cache_bytes(folder, dtype, 2 * limit)
        options = {
            "enforce_eager": True,  # compiling takes longer than it saves
            # A seed for each request does not go with prompts in chunks here.
            "enable_chunked_prefill": False,
            "max_num_batched_tokens": max(BATCH, limit),
            "block_size": BLOCK,
            "kv_cache_memory_bytes": max(min(cache_bytes(folder, dtype, tokens), CACHE), least),
        }
    if os.environ.get(APART) != "0":
        end_with_engine()
    return LLM(
        model=str(folder),
        dtype=dtype,
        max_model_len=limit,
        load_format="safetensors",
        use_tqdm_on_load=False,
        **options,
    )


def end_with_engine() -> None:
    """Let this job end, with its lease given back, if a process of its engine ends before it.

    Where one exits in an orderly way, as on SIGINT and SIGTERM, vLLM would wait for it for ever,
    both at the start and later.
    """

    def watch() -> None:
        seen: set[multiprocessing.Process] = set()
        while True:
            there = {one for one in multiprocessing.active_children() if ENGINE in one.name}
            seen |= there
            if seen - there:
                break
            time.sleep(1)
        time.sleep(GRACE)  # what vLLM notices itself, it says; who leaves, leaves
        say("error: the engine's process ended; start snakemake again, whole shards are kept")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def room_for(prompts: Sequence[int], response: int) -> int:
    """Return the tokens that prompts of such lengths and full responses take, in whole blocks."""
    return sum(-(-(prompt + response) // BLOCK) * BLOCK for prompt in prompts)


def cache_bytes(folder: Path, dtype: str, tokens: int) -> int:
    """Return the bytes that keys and values of so many tokens take."""
    config = _text_config(folder)
    heads = config["num_attention_heads"]
    width = config.get("head_dim") or config["hidden_size"] // heads
    each = 2 * config["num_hidden_layers"] * config.get("num_key_value_heads", heads) * width
    return tokens * each * WIDTHS[dtype]


def respond(
    llm: "LLM",
    requests: Sequence[Request],
    report: Callable[[int], None],
    **sampling: float | bool,
) -> list[Response]:
    """Answer requests in one call; tell `report` how many are done.

    What earlier calls left in the cache of prefixes is dropped first, so that a call gives the
    same whether others went before it in this process or, before an interruption, in another.

    Parameters
    ----------
    sampling
        What they have in common, as vLLM's `SamplingParams` calls it.
    """
    from tqdm import tqdm
    from vllm import SamplingParams

    class Bar(tqdm):
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, file=io.StringIO(), **options)

        def display(self, *_: object, **__: object) -> None:
            """Show nothing itself."""

        def update(self, number: int = 1) -> None:
            super().update(number)
            report(self.n)

    llm.reset_prefix_cache()
    outputs = llm.generate(
        [{"prompt_token_ids": request.prompt} for request in requests],
        [SamplingParams(seed=request.seed, **sampling) for request in requests],
        use_tqdm=Bar,
    )
    responses = []
    for output in outputs:
        (one,) = output.outputs
        if one.finish_reason not in {"stop", "length"}:
            raise RuntimeError(f"vLLM ended a response by {one.finish_reason!r}: {one.text!r}")
        responses.append(Response(one.text, list(one.token_ids), one.finish_reason))
    return responses


def leave() -> None:
    """End the process, once all is written, without taking the interpreter apart.

    Engines and leases end as usual; what follows, freeing each object of torch and vLLM, takes
    as long as many a small cell's generation does.
    """
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def made_with(gpus: int) -> dict[str, str]:
    """Return what else decides the rounding: versions, device, how many of it."""
    import platform

    import torch
    import transformers
    import vllm

    if gpus:
        device = torch.cuda.get_device_name(0)
    else:
        device = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    return {
        "vllm": vllm.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "device": device,
        "count": str(gpus or torch.get_num_threads()),
    }


def _text_config(folder: Path) -> dict:
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return config.get("text_config", config)
