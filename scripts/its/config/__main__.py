"""Write what is made from the definition of the config: `PYTHONPATH=scripts python -m its.config`.

That is `config/schema.json`, for editors, and the reference at the end of `config/README.md`.
"""

import json
from pathlib import Path

from its.config.experiment import Config
from its.config.reference import reference
from its.errors import run
from its.files import replacing

START = "<!-- From here on written by `make schema`. -->"


def main() -> None:
    """Write both, each whole or not at all."""
    schema = json.dumps(Config.model_json_schema(), indent=2)
    with replacing(Path("config/schema.json")) as part:
        part.write_text(schema + "\n", encoding="utf-8")
    readme = Path("config/README.md")
    words = readme.read_text(encoding="utf-8").partition(START)[0]
    with replacing(readme) as part:
        part.write_text(f"{words}{START}\n\n{reference()}", encoding="utf-8")


if __name__ == "__main__":
    run(main)
