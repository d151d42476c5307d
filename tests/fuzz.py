"""Look for input that breaks a parser, guided by which lines of ours it reaches: `make fuzz`.

The properties are those of tests/unit/test_fuzzed.py. What breaks one is kept in .hypothesis, so
that `ITS_EXAMPLES=new make unit` tries it again, and ends this with status 1.
"""

import argparse
import contextlib
import io
import multiprocessing
import sys
import tempfile
from pathlib import Path

import atheris
from hypothesis import given
from hypothesis import strategies as st

with atheris.instrument_imports(include=["its"]):
    import test_fuzzed as properties

SHARD = "test_a_damaged_shard_is_whole_or_none"
LONGEST = 4096
"""Bytes that a case is made of at most."""


def named() -> list[str]:
    """List the properties."""
    return [name for name, one in vars(properties).items() if hasattr(one, "hypothesis")]


def fuzz(name: str, seconds: int) -> None:
    """Try one property for some seconds; ends the process."""
    test = getattr(properties, name)
    if name == SHARD:
        with tempfile.TemporaryDirectory() as folder:
            work = properties.work_in(Path(folder))
            _fuzz(given(st.data())(lambda data: quietly(work, data)), seconds)
    _fuzz(test, seconds)


def quietly(work: properties.Work, data: st.DataObject) -> None:
    """Damage a shard; that it is made again need not be said each time."""
    with contextlib.redirect_stderr(io.StringIO()):
        properties.damage(work, data)


def _fuzz(test: object, seconds: int) -> None:
    limits = [f"-max_total_time={seconds}", f"-max_len={LONGEST}", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], *limits], test.hypothesis.fuzz_one_input)
    atheris.Fuzz()


def main() -> None:
    """Try each property in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=300, help="for each property")
    parser.add_argument("--only", nargs="*", default=named(), help="names of properties")
    args = parser.parse_args()

    broken = []
    for name in args.only:
        print(f"{name}, {args.seconds} s", flush=True)
        child = multiprocessing.get_context("fork").Process(target=fuzz, args=(name, args.seconds))
        child.start()
        child.join()
        broken += [name] if child.exitcode else []
    again = "`ITS_EXAMPLES=new make unit` shows by what"
    sys.exit(f"error: broken: {', '.join(broken)}; {again}" if broken else 0)


if __name__ == "__main__":
    main()
