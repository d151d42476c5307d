"""Show what a model reads and learns to write, and refuse a template that changes either."""

import argparse
from pathlib import Path

from its.arguments import as_json
from its.chat import completion_tokens, load_tokenizer, prompt_text
from its.config.model import Chat
from its.errors import InputError, run
from its.files import replacing
from its.weights import weights_of

QUESTION = [{"role": "user", "content": "What is 1 + 1?"}]
PAGE = """What the model reads, with the question for an example:
{rule}
{prompt}
{rule}

What it learns to write after that, with a response for an example:
{rule}
{completion}
{rule}
"""


def main() -> None:
    """Render an example through the model's template, check it, write it down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="manifest of the model")
    parser.add_argument("page", type=Path, help="text to write")
    parser.add_argument("--chat", type=as_json(Chat), required=True)
    args = parser.parse_args()

    chat = args.chat
    tokenizer = load_tokenizer(weights_of(args.weights), chat)
    thinking = f"{chat.thinking_start}\nOne and one.\n{chat.thinking_end}\n\n"
    marked = chat.thinking_start and chat.thinking_end
    response = (thinking if marked else "") + "The final answer is \\boxed{2}."
    try:
        learnt = completion_tokens(tokenizer, QUESTION, response, chat)
    except InputError as error:
        raise InputError(f"model {args.weights.parent.name}: {error}") from error
    page = PAGE.format(
        rule="-" * 80,
        prompt=prompt_text(tokenizer, QUESTION, chat),
        completion=tokenizer.decode(learnt),
    )
    with replacing(args.page) as part:
        part.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    run(main)
