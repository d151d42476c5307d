"""What docs/recipes.md tells to do can be done, and prints what it says."""

import re
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT, copy_to, environment

PAGE = (ROOT / "docs/recipes.md").read_text()
RECIPES = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE, flags=re.DOTALL | re.MULTILINE))


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_does_what_it_says(name: str, tmp_path: Path) -> None:
    folder = copy_to(tmp_path).folder
    for kind, text in re.findall(r"^```(\w+)\n(.*?)^```", RECIPES[name], re.DOTALL | re.MULTILINE):
        match kind:
            case "console":
                _type(text, folder)
            case "diff":
                patch = ["patch", "--strip=1", "--fuzz=0"]
                subprocess.run(patch, input=text, text=True, cwd=folder, check=True)
            case _:
                file = folder / re.match(r"# (\S+)\n", text)[1]
                file.write_text(text)


def _type(text: str, folder: Path) -> None:
    """Run each command, and find each line that it prints by the page."""
    for command, *expected in (one.splitlines() for one in text.split("$ ")[1:]):
        done = subprocess.run(
            ["bash", "-c", command], cwd=folder, env=environment(), capture_output=True, text=True
        )
        printed = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}\n{printed}"
        for line in expected:
            assert _words(line) in _words(printed), f"{command}\nhas not printed: {line}\n{printed}"


def _words(text: str) -> str:
    """Return a text with single spaces: how wide a table is has no say."""
    return " ".join(text.split())
