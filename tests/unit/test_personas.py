"""What a writer wraps around a context goes; what cannot be used is asked for again."""

import pytest

from its.config.model import Chat
from its.leaks import gives_away
from its.personas import clean, rejection, whole_sentences

CHAT = Chat()


@pytest.mark.parametrize(
    "text",
    [
        "I am a baker.",
        "  I am a baker.\n",
        '"I am a baker."',
        "“I am a baker.”",
        "'I am a baker.'",
        "**I am a baker.**",
        "Persona: I am a baker.",
        'Persona: "I am a baker."',
        '"Persona: I am a baker."',
        "**Persona:** I am a baker.",
        "Persona 1: I am a baker.",
        "The persona is: I am a baker.",
        "Here is a persona for this question:\n\nI am a baker.",
        "I am\na baker.",
        "<think>\nWho asks?\n</think>\n\nI am a baker.",
        '"I am a baker." This sentence introduces a person.',
        '"I am a baker.',
    ],
)
def test_only_the_context_is_left(text: str) -> None:
    assert clean(text, "stop", CHAT) == "I am a baker."


@pytest.mark.parametrize(
    "text",
    [
        "I am a baker who says: bread is life.",
        'I am a baker called "Flour" by my friends.',
        "I'm a baker; it's my life.",
        "'Tis I, the baker's wife.",
        "I am a baker from Lyon",
        "I am an answer to a prayer: a baker.",
    ],
)
def test_what_belongs_to_the_context_stays(text: str) -> None:
    assert clean(text, "stop", CHAT) == text


def test_paragraphs_become_one() -> None:
    assert (
        clean("I am a baker.\n\nI rise at  four.", "stop", CHAT) == "I am a baker. I rise at four."
    )


def test_thinking_that_does_not_end_is_no_context() -> None:
    assert clean("<think>\nWho asks?", "length", CHAT) == ""
    assert clean("Who asks?", "length", CHAT, opened=True) == ""
    assert clean("Who asks?</think>I am a baker.", "stop", CHAT, opened=True) == "I am a baker."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("I am a baker. I rise at", "I am a baker."),
        ("I am a baker! 20 years ago I", "I am a baker!"),
        ('I say "bread." Then I', 'I say "bread."'),
        ("I am Dr. Li and I", "I am Dr. Li and I"),
        ("I met J. Smith, who paid 3.50 for", "I met J. Smith, who paid 3.50 for"),
        ("I am a baker. I pay 3.50 to Mr. Li", "I am a baker."),
        ("I am a baker.", "I am a baker."),
        ("", ""),
    ],
)
def test_an_unfinished_sentence_goes_if_a_whole_one_is_left(text: str, kept: str) -> None:
    assert whole_sentences(text) == kept
    assert clean(text, "length", CHAT) == kept
    assert clean(text, "stop", CHAT) == text  # the writer ended there itself


@pytest.mark.parametrize(
    ("context", "answer", "reason"),
    [
        ("I am a baker.", "4", None),
        ("I sold 4 loaves.", "4", None),  # in half of all golds: counted elsewhere
        ("I sold 104 loaves.", "104", "answer"),
        ("I sold 1040 loaves.", "104", None),
        ("I was born in Paris.", "Paris", "answer"),
        ("I am a baker.", None, None),
        ("", "104", "empty"),
        (" ... ", "104", "empty"),
        ("I am a.", "104", "empty"),
        ("我是一名面包师。", "104", None),
        ("I'm sorry, but I can't help with that.", "4", "refusal"),
        ("As an AI language model, I have no life.", "4", "refusal"),
        ("I cannot provide a persona.", "4", "refusal"),
        ("As an AI researcher, I read a lot.", "4", None),
        ("I'm an AI assistant designed to help with mathematics.", "4", "refusal"),
        ("I design AI systems for bakers.", "4", None),
        ("To solve this problem, I add 5 and 9.", "4", "solution"),
        ("The final answer to this arithmetic problem is 3.", "4", "solution"),
        ("I like to solve puzzles and always have an answer.", "4", None),
        ("I cannot bake without my mother's help.", "4", None),
    ],
)
def test_what_cannot_be_used_says_why(context: str, answer: str | None, reason: str | None) -> None:
    assert rejection(context, lambda text: gives_away(text, answer)) == reason
