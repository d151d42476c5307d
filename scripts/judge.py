"""Extract the answer of each response and compare it with the gold; keep all three."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.children import SECONDS
from its.config.model import Chat
from its.console import Progress
from its.errors import InputError, run
from its.scoring import ANSWERS, RESPONSES, score
from its.tables import read_table, write_table


def main() -> None:
    """Read responses and golds, write the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("generations", type=Path, help="parquet, one row per response")
    parser.add_argument("answers", type=Path, help="parquet, the benchmark: a gold per problem")
    parser.add_argument("verdicts", type=Path, help="parquet to write, one row per response")
    parser.add_argument("--chat", type=as_json(Chat), required=True)
    parser.add_argument("--workers", type=int, default=1, help="processes that compare answers")
    parser.add_argument(
        "--seconds", type=int, default=SECONDS, help="processor time for one comparison"
    )
    args = parser.parse_args()

    progress = Progress(f"judge {'/'.join(args.verdicts.with_suffix('').parts[-4:])}", 0, "answers")

    def show(done: int, total: int) -> None:
        progress.total = total
        progress.show(done)

    try:
        verdicts = score(
            read_table(args.generations, RESPONSES),
            read_table(args.answers, ANSWERS),
            args.chat,
            workers=args.workers,
            seconds=args.seconds,
            show=show,
        )
    except InputError as error:
        raise InputError(f"{args.generations}, {args.answers}: {error}") from error
    write_table(args.verdicts, verdicts)


if __name__ == "__main__":
    run(main)
