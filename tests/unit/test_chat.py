"""One template for both sides, and none that would spoil a training."""

from pathlib import Path

import pytest
from tiny import CHATML, tiny_tokenizer

from its.chat import completion_tokens, load_tokenizer, prompt_text, prompt_tokens
from its.config.model import Chat
from its.errors import InputError

QUESTION = [{"role": "user", "content": "What is 1 + 2?"}]
PERSONA = [{"role": "system", "content": "Maria counts seals."}, *QUESTION]
RESPONSE = "<think>\n1 + 2 = 3.\n</think>\nThe final answer is \\boxed{3}."
# What DeepSeek-R1-Distill's template does with the thinking, before and after its revision.
FORGETFUL = CHATML.replace(
    "{{ message['content'] }}", "{{ message['content'].split('</think>')[-1] }}"
)
PROMPTING = FORGETFUL.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")


@pytest.mark.parametrize("system", ["", "Think step by step."])
@pytest.mark.parametrize("messages", [QUESTION, PERSONA], ids=["question", "persona"])
def test_both_sides_read_the_same_tokens(messages: list, system: str) -> None:
    tokenizer, chat = tiny_tokenizer(), Chat(system=system)
    asked = prompt_tokens(tokenizer, messages, chat)
    learnt = completion_tokens(tokenizer, messages, RESPONSE, chat)

    texts = [system, *[m["content"] for m in messages if m["role"] == "system"]]
    joined = "\n\n".join(text for text in texts if text)
    conversation = [*QUESTION, {"role": "assistant", "content": RESPONSE}]
    if joined:
        conversation.insert(0, {"role": "system", "content": joined})
    whole = tokenizer.apply_chat_template(conversation, return_dict=True)["input_ids"]
    assert asked + learnt == whole[: len(asked) + len(learnt)]
    assert tokenizer.decode(whole[len(asked) + len(learnt) :]) == "\n"


def test_a_model_learns_all_of_a_response_and_to_stop() -> None:
    tokenizer = tiny_tokenizer()
    learnt = completion_tokens(tokenizer, QUESTION, RESPONSE, Chat())
    assert tokenizer.decode(learnt) == RESPONSE + "<|im_end|>"
    assert learnt.count(tokenizer.eos_token_id) == 1


def test_thinking_that_the_prompt_begins_is_learnt_from_there() -> None:
    tokenizer = tiny_tokenizer(
        CHATML.replace("assistant\n{% endif", "assistant\n<think>\n{% endif")
    )
    learnt = completion_tokens(tokenizer, QUESTION, RESPONSE, Chat())
    assert tokenizer.decode(learnt) == RESPONSE.removeprefix("<think>\n") + "<|im_end|>"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (FORGETFUL, "loses a part of the response"),
        (PROMPTING, "another prompt when a response follows"),
        (CHATML.replace("<|im_end|>", ""), "writes no end mark '<|im_end|>'"),
        (CHATML.replace("assistant\n{% endif", "model\n{% endif"), "another prompt"),
        ("{{ raise_exception('no system role') }}", r"refuses the messages \(no system role\)"),
    ],
    ids=["forgets-thinking", "prompts-thinking", "no-end", "other-prompt", "refuses"],
)
def test_a_template_that_would_spoil_a_training_is_refused(template: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        completion_tokens(tiny_tokenizer(template), QUESTION, RESPONSE, Chat())


def test_a_response_with_an_end_mark_inside_is_refused() -> None:
    with pytest.raises(InputError, match="stands within the response"):
        completion_tokens(tiny_tokenizer(), QUESTION, "3<|im_end|> or 4", Chat())


def test_a_file_takes_the_place_of_the_template(tmp_path: Path) -> None:
    tiny_tokenizer().save_pretrained(tmp_path / "model")
    (tmp_path / "mine.jinja").write_text("Q: {{ messages[0]['content'] }}\nA: ")
    chat = Chat(template=str(tmp_path / "mine.jinja"))
    tokenizer = load_tokenizer(tmp_path / "model", chat)
    assert prompt_text(tokenizer, QUESTION, chat) == "Q: What is 1 + 2?\nA: "


def test_a_tokenizer_without_a_template_or_an_end_mark_is_refused(tmp_path: Path) -> None:
    tokenizer = tiny_tokenizer("")
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no chat template; set chat.template"):
        load_tokenizer(tmp_path, Chat())
    tokenizer.chat_template, tokenizer.eos_token = CHATML, None
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no end mark"):
        load_tokenizer(tmp_path, Chat())
