"""What a writer wraps around a context goes; what cannot be used is asked for again."""

import pytest

from its.config.model import Chat
from its.leaks import copies, gives_away
from its.personas import clean, foreign, rejection, whole_sentences

CHAT = Chat()
REQUEST = "Write one sentence about a person who asks this."


def harmless(context: str) -> bool:
    """Find no answer in any context."""
    return False


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
        " \nHere is a persona for this question:\nI am a baker.",
        "**Here is a persona for this question:**\nI am a baker.",
        "Sure! Here's a persona: I am a baker.",
        "Certainly! Here is the sentence you asked for:\n\nI am a baker.",
        "Persona for the question:\nI am a baker.",
        "Sure!\n\nI am a baker.",
        "Here you go:\n\nI am a baker.",
        "Sure, I can help with that:\n\nI am a baker.",
        "Here is the job and hobbies of the person:\n\nI am a baker.",
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
        '"Flour" and "Bread"',
        "I am an answer to a prayer: a baker.",
        "Here is what I love: bread.",
        "Sure, I am a baker.",
    ],
)
def test_what_belongs_to_the_context_stays(text: str) -> None:
    assert clean(text, "stop", CHAT) == text


@pytest.mark.parametrize(
    "text",
    [
        "I am a baker who loves three things:\nbread, cakes and pies.",
        "I am a character of three parts:\na baker, a father, a poet.",
        "Find all x such that:\n2x = 4",
    ],
)
def test_a_first_line_that_ends_in_a_colon_stays_if_it_belongs_there(text: str) -> None:
    assert clean(text, "stop", CHAT) == text.replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("What is the remainder of 2**10 by 7?", None),
        ("Here are three numbers:\n1, 2 and 3. What is their sum?", None),
        ("Determine the answer to the equation:\nx = 4", None),
        ("Sentence: I bake. How many words has it?", None),
        ('"I have 3 apples," says Ann. How many has she?', None),
        ('"What is 2 + 2?"', "What is 2 + 2?"),
        ("Here is the rephrased question: What is 2 + 2?", "What is 2 + 2?"),
        ("Sure!\n\nWhat is 2 + 2?", "What is 2 + 2?"),
    ],
)
def test_a_paraphrase_is_a_question_and_stays_whole(text: str, kept: str | None) -> None:
    assert clean(text, "stop", CHAT, question=True) == (kept or text.replace("\n", " "))


def test_a_paraphrase_that_a_limit_cut_is_asked_for_again() -> None:
    text = clean("Ann owns 3 apples. How many do the two", "length", CHAT, question=True)
    assert text == "Ann owns 3 apples. How many do the two"
    given = {"request": REQUEST, "finish": "length"}
    assert rejection(text, harmless, harmless, **given, question=True) == "long"
    assert rejection("I am a baker. I", harmless, harmless, **given) is None


def test_a_model_without_marks_only_answers() -> None:
    assert clean("I bake.", "stop", Chat(thinking_start="", thinking_end="")) == "I bake."


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
        ("我是一名面包师。我每天", "我是一名面包师。"),
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
        ("I'm sorry, but I can't help with that.", "4", "refusal"),
        ("As an AI language model, I have no life.", "4", "refusal"),
        ("I cannot provide a persona.", "4", "refusal"),
        ("As an AI researcher, I read a lot.", "4", None),
        ("I'm an AI assistant designed to help with mathematics.", "4", "refusal"),
        ("I design AI systems for bakers.", "4", None),
        ("I am a helpful AI named Ada, trained to be concise.", "4", "refusal"),
        ("I'm a chatbot who loves to help.", "4", "refusal"),
        ("I am an AI, and here to help.", "4", "refusal"),
        ("I am a chatbot designed to assist.", "4", "refusal"),
        ("I am a brilliant AI detective who bakes.", "4", None),
        ("I am a chatbot developer who bakes.", "4", None),
        ("I am a baker who talks to a chatbot.", "4", None),
        ("To solve this problem, I add 5 and 9.", "4", "solution"),
        ("The final answer to this arithmetic problem is 3.", "4", "solution"),
        ("I ask myself: What is 12 + 30 of 7? I bake.", "4", "copy"),
        ("I bake 12 + 30 of 7 breads.", "4", None),
        ("I like to solve puzzles and always have an answer.", "4", None),
        ("I cannot bake without my mother's help.", "4", None),
    ],
)
def test_what_cannot_be_used_says_why(context: str, answer: str | None, reason: str | None) -> None:
    found = rejection(
        context,
        lambda text: gives_away(text, answer),
        lambda text: copies(text, "What is 12 + 30 of 7?"),
        request=REQUEST,
        finish="stop",
    )
    assert found == reason


@pytest.mark.parametrize(
    ("context", "asked", "reason"),
    [
        ("我是一名面包师。", REQUEST, "language"),
        ("我是一名面包师。", "写一句话,介绍一个人。", None),
        ("私はパン屋です。", "一文で人を紹介しなさい。", None),
        ("私はパン屋です。", "写一句话,介绍一个人。", None),  # they share a script
        ("Я пекарь.", REQUEST, "language"),
        ("I am a 面包师 who bakes bread.", REQUEST, "language"),
        ("I am a guide in Beijing (北京), who walks all day.", REQUEST, None),
        ("I am a physicist who measures α-decay and β-decay in ℝ.", REQUEST, None),
        ("I am a baker who loves 𝑥 and 𝐲 and ｆｕｌｌ width.", REQUEST, None),
        ("Soy panadero en Café Müller.", REQUEST, None),  # not told apart
        ("Je suis boulanger.", "«Сколько будет 1 + 1?» Qui pose cette question ?", None),
        ("Я пекарь.", "«Сколько будет 1 + 1?» Who asks this?", None),
    ],
)
def test_a_context_in_a_script_that_was_not_asked_in_is_asked_again(
    context: str, asked: str, reason: str | None
) -> None:
    assert rejection(context, harmless, harmless, request=asked, finish="stop") == reason


def test_a_text_without_letters_is_in_no_foreign_script() -> None:
    assert foreign("1 + 1", REQUEST) == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("I am a baker. I rise at", None),  # what is left is whole
        ("I am a Rent-a-Suit-a-Suit-a-Suit", "long"),
        ("I am Dr. Li and I", "long"),
        ("", "empty"),
    ],
)
def test_what_a_limit_cut_is_asked_again_if_no_sentence_is_left(
    text: str, reason: str | None
) -> None:
    context = clean(text, "length", CHAT)
    assert rejection(context, harmless, harmless, request=REQUEST, finish="length") == reason
    assert rejection(text, harmless, harmless, request=REQUEST, finish="stop") in {None, "empty"}
