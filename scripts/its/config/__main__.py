"""Write `config/schema.json`, for editors: `python -m its.config` with scripts/ on the path."""

import json
from pathlib import Path

from its.config.experiment import Config

Path("config/schema.json").write_text(json.dumps(Config.model_json_schema(), indent=2) + "\n")
