"""Messages become tokens in one way, for training and testing alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from its.config.model import Chat
from its.errors import InputError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase as Tokenizer

Messages = Sequence[Mapping[str, str]]
"""Messages with `role` and `content`, as a refined set holds them."""


def load_tokenizer(folder: Path, chat: Chat) -> "Tokenizer":
    """Return the tokenizer of a model's folder, with the template that the config names.

    Raises
    ------
    InputError
        If it cannot be loaded, or there is no chat template, or no end mark that a model could
        learn to write.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # of every kind, as broken files lead to
        what = f"{type(error).__name__}: {error}"
        raise InputError(
            f"{folder}: its tokenizer cannot be loaded ({what}); fetch it anew"
        ) from error
    if chat.template:
        tokenizer.chat_template = Path(chat.template).read_text(encoding="utf-8")
    if not tokenizer.chat_template:
        raise InputError(f"{folder}: the tokenizer has no chat template; set chat.template")
    if not tokenizer.eos_token:
        raise InputError(f"{folder}: the tokenizer has no end mark (eos_token)")
    return tokenizer


def with_system(messages: Messages, chat: Chat) -> list[Mapping[str, str]]:
    """Return the messages under the model's system prompt; a context in that place follows it."""
    own = [message["content"] for message in messages if message["role"] == "system"]
    system = "\n\n".join(text for text in [chat.system, *own] if text)
    others = [message for message in messages if message["role"] != "system"]
    return [{"role": "system", "content": system}, *others] if system else others


def prompt_text(tokenizer: "Tokenizer", messages: Messages, chat: Chat) -> str:
    """Return what the model reads before it answers: the only place where prompts are rendered.

    Raises `InputError` if the template refuses the messages, such as those of the system.
    """
    return _render(tokenizer, with_system(messages, chat), add_generation_prompt=True)


def prompt_tokens(tokenizer: "Tokenizer", messages: Messages, chat: Chat) -> list[int]:
    """Return the tokens of `prompt_text`."""
    text = prompt_text(tokenizer, messages, chat)
    return tokenizer(text, add_special_tokens=False)["input_ids"]


def completion_tokens(
    tokenizer: "Tokenizer", messages: Messages, response: str, chat: Chat
) -> list[int]:
    """Return the tokens that a model learns to write after `prompt_tokens`, end mark included.

    Raises
    ------
    InputError
        If the template does not keep the prompt as it is when an answer follows, if it loses a
        part of the response (as that of DeepSeek-R1-Distill loses the thinking), or if it writes
        no end mark, or more than the one at the end.
    """
    prompt = prompt_text(tokenizer, messages, chat)
    conversation = [*with_system(messages, chat), {"role": "assistant", "content": response}]
    whole = _render(tokenizer, conversation, add_generation_prompt=False)
    if not whole.startswith(prompt):
        raise InputError(
            "the chat template writes another prompt when a response follows, so the model would "
            f"learn after one and be tested after another; the prompt ends in {prompt[-40:]!r}, "
            f"and with a response there stands {whole[max(0, len(prompt) - 40) :][:80]!r}; set "
            "chat.template to a file with a template that does not"
        )
    completion, end, _ = whole[len(prompt) :].rpartition(tokenizer.eos_token)
    if not end:
        raise InputError(
            f"the chat template writes no end mark {tokenizer.eos_token!r} after a response, so "
            "the model would never learn to stop; set chat.template to a file with one that does"
        )
    if tokenizer.eos_token in completion:
        raise InputError(
            f"the end mark {tokenizer.eos_token!r} stands within the response, so the model would "
            f"learn to stop there; leave such rows out of the pool: {completion[:80]!r}"
        )
    if response.strip() not in prompt[-200:] + completion:
        raise InputError(
            "the chat template loses a part of the response, such as the thinking; it leaves "
            f"{completion[:80]!r} of {response[:80]!r}; set chat.template to a file with a "
            "template that keeps all"
        )
    return tokenizer(completion + end, add_special_tokens=False)["input_ids"]


def _render(tokenizer: "Tokenizer", messages: Messages, *, add_generation_prompt: bool) -> str:
    try:
        return tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=add_generation_prompt
        )
    except Exception as error:  # a template is a program: it can fail in every way
        raise InputError(
            f"the chat template refuses the messages ({error}); set chat.template to a file with "
            "one that takes them"
        ) from error
