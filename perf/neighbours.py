r"""Judge responses with somebody else's grader, one after the other, as its own project does.

Runs in whatever Python that grader needs, so it imports nothing that is not there. Responses are
JSON lines with `text` and `gold`; verdicts a JSON list of true and false, in their order.
"""

import argparse
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path

Grader = Callable[[str, str], bool]
"""Tells from a response and a gold whether it is right."""


def hendrycks(file: Path) -> Grader:
    """Return the grader of `lm_eval/tasks/hendrycks_math/utils.py`: equal after normalisation."""
    spec = importlib.util.spec_from_file_location("hendrycks", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    def right(text: str, gold: str) -> bool:
        box = module.last_boxed_only_string(text)
        try:
            return box is not None and module.is_equiv(module.remove_boxed(box), gold)
        except AssertionError:  # a box of a kind that it does not open, as `\boxed {5}`
            return False

    return right


def limo(folder: Path) -> Grader:
    """Return the grader of LIMO's folder `eval`, with its own limit of seconds."""
    sys.path.insert(0, str(folder))
    from utils.grader import check_is_correct
    from utils.parser import extract_answer

    return lambda text, gold: bool(check_is_correct(extract_answer(text), gold))


def main() -> None:
    """Read responses, judge them, write verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("grader", choices=["hendrycks", "limo"])
    parser.add_argument("place", type=Path, help="of the grader: a file or a folder")
    parser.add_argument("responses", type=Path)
    parser.add_argument("verdicts", type=Path)
    args = parser.parse_args()

    right = {"hendrycks": hendrycks, "limo": limo}[args.grader](args.place)
    with args.responses.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    found = [right(row["text"], row["gold"]) for row in rows]
    args.verdicts.write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
