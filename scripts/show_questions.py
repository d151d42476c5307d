"""Show a few questions of each set as they were refined."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.errors import run
from its.files import replacing
from its.questions import questions_page


def main() -> None:
    """Read refined sets, write a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path, help="HTML to write")
    parser.add_argument("--refined", type=Path, nargs="*", default=[], help="refined sets")
    parser.add_argument(
        "--labels", type=as_json(dict[str, str]), required=True, help="what to call names"
    )
    parser.add_argument("--rows", type=int, default=3, help="questions of each set")
    args = parser.parse_args()

    page = questions_page(args.refined, args.labels, rows=args.rows)
    with replacing(args.page) as part:
        part.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
