"""A page shows what a model reads; a template that loses the thinking makes none."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from tiny import write_tiny_model

from its.config.model import Chat

R1 = """{%- for message in messages -%}
{%- if message.role == "assistant" -%}
{{- "<A>" + message.content.split("</think>")[-1] + eos_token -}}
{%- else -%}{{- message.role + ":" + message.content -}}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{- "<A>" -}}{%- endif -%}
"""


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("models") / "tiny")


def render(weights: Path, page: Path, chat: Chat) -> subprocess.CompletedProcess:
    command = [sys.executable, "scripts/render_chat.py", weights, page, "--chat", chat.settings()]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_the_page_shows_prompt_and_completion(weights: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    run = render(weights, page, Chat(system="Add."))
    assert run.returncode == 0, run.stderr
    text = page.read_text()
    assert "Add." in text
    assert text.index("What is 1 + 1?") < text.index("<think>\nOne and one.\n</think>")


def test_a_template_that_loses_the_thinking_is_refused(weights: Path, tmp_path: Path) -> None:
    template = tmp_path / "r1.jinja"
    template.write_text(R1)
    run = render(weights, tmp_path / "page.txt", Chat(template=str(template)))
    assert run.returncode == 2
    assert "error: model tiny: the chat template loses a part of the response" in run.stderr
    assert not (tmp_path / "page.txt").exists()


def test_our_template_for_deepseek_keeps_it(weights: Path, tmp_path: Path) -> None:
    template = tmp_path / "r1.jinja"
    ours = (ROOT / "config/templates/deepseek_r1.jinja").read_text()
    template.write_text(ours.replace('"<｜end▁of▁sentence｜>"', "eos_token"))  # as the tiny one's
    run = render(weights, tmp_path / "page.txt", Chat(template=str(template), system="Add."))
    assert run.returncode == 0, run.stderr
    assert "Add.<｜User｜>What is 1 + 1?<｜Assistant｜>" in (tmp_path / "page.txt").read_text()
