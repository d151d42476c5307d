"""A strategy changes what stands around a question, never the question or its answer."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from its.config.sample import Sample
from its.config.strategy import JOINS, Strategy
from its.errors import InputError
from its.hashing import digest
from its.leaks import gives_away, holds_answer
from its.refinement import halves, message, refine
from its.samples import drawn
from its.schemas import REFINED

WRITTEN = {"writer": "w", "prompt": "p.md"}
TEXT = st.text(st.characters(codec="utf-8"), min_size=1)
POSITIONS = [*JOINS, "system", "turn"]


@pytest.fixture
def bank(tmp_path: Path) -> str:
    path = tmp_path / "bank.txt"
    path.write_text("# none of these\n" + "".join(f"I am persona {n}.\n" for n in range(30)))
    return str(path)


@pytest.fixture
def catalogue(tmp_path: Path, bank: str) -> dict[str, Strategy]:
    """Return a strategy of every kind, `S` and `U` written by a model."""
    (tmp_path / "words.txt").write_text("tree cup lamp river\nmoon 204")
    raw = {
        "N": {},
        "S": {"context": WRITTEN},
        "U": {"context": WRITTEN, "position": "suffix"},
        "Pair": {"context": WRITTEN | {"count": 2}, "separator": " | "},
        "Fixed": {"context": {"text": "Think."}},
        "Listed": {"context": {"bank": bank}},
        "Whole": {"context": {"bank": bank, "per": "dataset"}},
        "Each": {"context": {"bank": bank, "count": 3, "per": "sample"}, "position": "system"},
        "Shuffled": {"context": {"other": "S"}},
        "ShuffledEach": {"context": {"other": "Each"}},
        "Words": {"context": {"words": str(tmp_path / "words.txt"), "like": "S"}},
        "Mixed": {"mixture": {"S": 0.5, "U": 0.25, "N": 0.25}},
        "Paraphrase": {"context": WRITTEN | {"paraphrase": True}},
    }
    return TypeAdapter(dict[str, Strategy]).validate_python(raw)


def questions(*answers: str | None) -> pl.DataFrame:
    """Build a set with a question for each answer."""
    return pl.DataFrame(
        {
            "id": [f"q{i}" for i in range(len(answers))],
            "problem": [f"What is {{context}} {i}?" for i in range(len(answers))],
            "response": [None] * len(answers),
            "answer": answers,
        },
        schema_overrides={"answer": pl.String},
    )


def written(asked: pl.DataFrame, *, each: int = 1) -> dict[str, pl.DataFrame]:
    """Build what models wrote, for every strategy with a writer: of another length each time."""
    rows = [
        (one, number, f"I am {number}" + " very" * place + f" much {one}")
        for place, one in enumerate(asked["id"])
        for number in range(each)
    ]
    table = pl.DataFrame(rows, schema=["id", "number", "context"], orient="row")
    return dict.fromkeys(["S", "U", "Pair", "Paraphrase"], table)


def refined(
    name: str, catalogue: dict, asked: pl.DataFrame, *, draw: int = 0, each: int = 1
) -> pl.DataFrame:
    return refine(asked, name, catalogue, written(asked, each=each), dataset="d", draw=draw)


MANY = questions(*["1"] * 200)


@given(problem=TEXT)
def test_without_a_context_the_question_stays_byte_for_byte(problem: str) -> None:
    assert message(problem, None, Strategy()) == [{"role": "user", "content": problem}]


@given(problem=TEXT, context=TEXT)
@pytest.mark.parametrize("position", POSITIONS)
def test_the_question_can_be_taken_out_of_the_messages_again(
    position: str, problem: str, context: str
) -> None:
    messages = message(problem, context, Strategy(context={"text": "x"}, position=position))
    user = {"role": "user", "content": problem}
    content = messages[-1]["content"]
    match position:
        case "prefix":
            assert content == f"{context}\n\n{problem}"
        case "suffix":
            assert content == f"{problem}\n\n{context}"
        case "wrap":
            assert content == f"{context}\n\n{problem}\n\n{context}"
        case "inside":
            before, after = halves(problem)
            assert before + after == problem
            assert content == f"{before}\n\n{context}\n\n{after}"
        case "system":
            assert messages == [{"role": "system", "content": context}, user]
        case "turn":
            reply = {"role": "assistant", "content": "Understood."}
            assert messages == [{"role": "user", "content": context}, reply, user]


def test_a_join_of_ones_own_says_what_stands_between() -> None:
    strategy = Strategy(context={"text": "x"}, position="suffix", join="{question} ({context})")
    assert message("1?", "Hm.", strategy)[0]["content"] == "1? (Hm.)"


@pytest.mark.parametrize(
    ("problem", "after"),
    [
        ("Ann has 3. Ben has 4. Who has more?", "Who has more?"),
        ("How many are 3 and 4", "are 3 and 4"),
        ("Is $3.5 < 4$. Say why.", "Say why."),
        ("one", ""),
    ],
)
def test_a_question_is_split_where_a_sentence_ends(problem: str, after: str) -> None:
    assert halves(problem)[1] == after


def test_a_refined_set_keeps_order_responses_and_answers(catalogue: dict) -> None:
    asked = questions("1", "2", "3")
    for name in catalogue:
        each = 2 if name == "Pair" else 1
        after = refined(name, catalogue, asked, each=each)
        assert after.schema == pl.Schema(REFINED)
        first = after.filter(pl.col("variant") == 0)
        for column in ["id", "problem", "response", "answer"]:
            assert first[column].to_list() == asked[column].to_list(), name


@pytest.mark.parametrize("name", ["S", "Listed", "Whole", "Each", "Words", "Shuffled", "Mixed"])
def test_a_question_gets_the_same_whatever_the_order_of_the_rows(
    name: str, catalogue: dict
) -> None:
    asked = questions(*["1"] * 20)
    wrote = written(asked)
    one = refine(asked, name, catalogue, wrote, dataset="d")
    other = refine(asked.reverse(), name, catalogue, wrote, dataset="d")
    assert one.sort("id", "variant").equals(other.sort("id", "variant"))


@pytest.mark.parametrize("name", ["Listed", "Whole", "Each", "Words", "Shuffled", "Mixed"])
def test_another_draw_is_another_context(name: str, catalogue: dict) -> None:
    draws = [refined(name, catalogue, MANY, draw=draw)["context"] for draw in range(3)]
    assert not draws[0].equals(draws[1])
    assert not draws[1].equals(draws[2])


def test_several_contexts_of_a_question_are_joined(catalogue: dict) -> None:
    rows = refined("Pair", catalogue, questions("1", "2"), each=2)
    assert rows["context"].to_list() == [
        "I am 0 much q0 | I am 1 much q0",
        "I am 0 very much q1 | I am 1 very much q1",
    ]


def test_each_response_can_have_its_own_context(catalogue: dict) -> None:
    rows = refined("Each", catalogue, MANY)
    assert rows["variant"].to_list() == [0, 1, 2] * 200
    assert rows.group_by("id").agg(pl.col("context").n_unique())["context"].unique().to_list() == [
        3
    ]
    same = refined("ShuffledEach", catalogue, MANY)
    assert same["variant"].to_list() == [0, 1, 2] * 200


def test_a_whole_set_can_have_one_context(catalogue: dict) -> None:
    assert refined("Whole", catalogue, MANY)["context"].n_unique() == 1
    assert refined("Listed", catalogue, MANY)["context"].n_unique() > 20


def test_shuffled_contexts_are_the_same_ones_and_none_at_its_own_question(catalogue: dict) -> None:
    before, after = (refined(name, catalogue, MANY)["context"] for name in ["S", "Shuffled"])
    assert sorted(before) == sorted(after)
    assert (before == after).sum() == 0


def test_random_words_are_as_many_as_the_model_wrote(catalogue: dict) -> None:
    before, after = (refined(name, catalogue, MANY)["context"] for name in ["S", "Words"])
    lengths = [[len(text.split()) for text in texts] for texts in (before, after)]
    assert lengths[0] == lengths[1]
    assert {word for text in after for word in text.split()} == {
        "tree", "cup", "lamp", "river", "moon", "204"
    }  # fmt: skip


def test_a_mixture_gives_each_part_its_weight_and_its_position(catalogue: dict) -> None:
    asked = questions(*["1"] * 4000)
    mixed = refined("Mixed", catalogue, asked)
    share = dict(mixed["strategy"].value_counts(normalize=True).iter_rows())
    assert share == pytest.approx({"S": 0.5, "U": 0.25, "N": 0.25}, abs=0.03)
    for part in share:
        alone = refined(part, catalogue, asked)
        chosen = mixed.filter(pl.col("strategy") == part)
        assert chosen.equals(alone.filter(pl.col("id").is_in(chosen["id"].to_list())))


def test_a_mixture_has_all_its_parts_in_a_sample_of_a_pool(catalogue: dict, tmp_path: Path) -> None:
    pool = questions(*["1"] * 8000).with_columns(response=pl.lit("It is 1."))
    for draw in [0, 1]:
        scratch = tmp_path / f"draw{draw}"
        scratch.mkdir()
        rows = drawn(pool.lazy(), Sample(pool="p", size=500), draw, scratch).collect()
        mixed = refined("Mixed", catalogue, rows, draw=draw)
        share = dict(mixed["strategy"].value_counts(normalize=True).iter_rows())
        assert share == pytest.approx({"S": 0.5, "U": 0.25, "N": 0.25}, abs=0.08)


def test_a_paraphrase_takes_the_place_of_the_question(catalogue: dict) -> None:
    rows = refined("Paraphrase", catalogue, questions("1"))
    assert rows["messages"][0].to_list() == [{"role": "user", "content": "I am 0 much q0"}]
    assert rows["problem"].to_list() == ["What is {context} 0?"]


def test_a_question_without_its_context_is_refused(catalogue: dict) -> None:
    with pytest.raises(InputError) as error:
        refine(questions("1", "2"), "S", catalogue, written(questions("1")), dataset="d")
    assert "1 of 2 questions have no context of S, as q1" in str(error.value)


def test_a_context_that_holds_the_answer_is_refused(catalogue: dict) -> None:
    asked = questions("much")
    with pytest.raises(InputError, match="q0: its context holds the answer 'much'"):
        refined("S", catalogue, asked)


def test_without_a_context_nothing_gives_the_answer_away(catalogue: dict) -> None:
    assert refined("N", catalogue, questions("much"))["context"].to_list() == [None]


def test_what_is_drawn_never_holds_the_answer(catalogue: dict) -> None:
    asked = questions(*["204"] * 12)
    for name in ["Words", "Listed", "Whole"]:
        assert not refined(name, catalogue, asked)["context"].str.contains("204").any()
    told = written(asked)
    told["S"] = told["S"].with_columns(
        context=pl.when(pl.col("id") == "q7").then(pl.lit("I own 204.")).otherwise("context")
    )
    mine = asked.with_columns(
        answer=pl.when(pl.col("id") == "q7").then(pl.lit("1")).otherwise("answer")
    )
    shuffled = refine(mine, "Shuffled", catalogue, told, dataset="d")
    assert not shuffled["context"].str.contains("204").any()


def test_contexts_of_one_question_are_different_lines_of_a_bank(tmp_path: Path) -> None:
    path = tmp_path / "two.txt"
    path.write_text("I bake.\nI sing.\n")
    both = {"B": Strategy(context={"bank": str(path), "count": 2}, separator=" ")}
    found = refine(questions(*["1"] * 20), "B", both, {})["context"]
    assert set(found) == {"I bake. I sing.", "I sing. I bake."}


def test_a_question_without_another_has_none_whose_context_it_could_take(catalogue: dict) -> None:
    assert len(refined("Shuffled", catalogue, questions("1", "2"))) == 2
    with pytest.raises(InputError, match="a set of one question has no other"):
        refined("Shuffled", catalogue, questions("1"))


def test_a_bank_gives_all_of_its_lines_if_so_many_are_wanted(tmp_path: Path) -> None:
    path = tmp_path / "bank.txt"
    path.write_text("".join(f"I am persona {n}.\n" for n in range(150)))
    whole = {"B": Strategy(context={"bank": str(path), "count": 150}, separator="\n")}
    for context in refined("B", whole, questions(*[None] * 20))["context"]:
        assert sorted(context.splitlines()) == sorted(path.read_text().splitlines())


def test_a_bank_without_a_line_that_can_be_used_says_so(catalogue: dict) -> None:
    with pytest.raises(InputError, match="has 0 lines without the answer of q0, and count is 1"):
        refined("Listed", catalogue, questions("persona"))


@pytest.mark.parametrize(
    ("context", "answer", "found"),
    [
        ("it is 204.", "204", True),
        ("it is 1204", "204", False),
        ("it is 2048", "204", False),
        ("it is 20", "20", False),  # too short to be told from chance
        (r"it is \frac{1}{2}", r"\frac{1}{2}", True),
        ("it is -17!", "-17", True),
        ("15-17 of them", "-17", False),
        ("half of 3/14", r"\frac{3}{14}", True),
        ("half of 13/14", r"\frac{3}{14}", False),
        (r"half of \dfrac{3}{14}", r"\frac{3}{14}", True),
        ("I am Evelyn.", r"\text{Evelyn}", True),
        ("I own 1,204 books.", "1204", True),
        ("I own 133 goats", "0133", True),
        (r"12 \sqrt{2} m", r"12\sqrt{2}", True),
        ("at (3, 4) there", "(3,4)", True),
        ("at (3, 45) there", "(3,4)", False),
        ("anything", None, False),
    ],
)
def test_an_answer_is_found_as_a_whole_word(context: str, answer: str, found: bool) -> None:
    assert holds_answer(context, answer) is found
    assert holds_answer(context, f"nothing of it␞{answer}") is found


def test_a_paraphrase_may_say_what_the_question_says() -> None:
    assert gives_away("Ann has 204.", "204")
    assert not gives_away("Ann has 204.", "204", "There are 204 in the hand of Ann.")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"context": {"texts": "x"}}, "a context needs one of the keys writer, text, bank"),
        ({"context": {"text": "x"}, "mixture": {"S": 1}}, "exclude each other"),
        ({"mixture": {"S": 0.5, "U": 0.4}}, "sum to 0.9; they must sum to 1"),
        ({"position": "system", "join": "{context}{question}"}, "leave join out"),
        ({"position": "wrap", "join": "{context}{question}"}, "{context} {question} {context}, in"),
        ({"position": "inside", "join": "{context}{question}"}, "wants {before} {context} {after}"),
        ({"context": WRITTEN | {"paraphrase": True, "count": 2}}, "stands for a question"),
        ({"context": WRITTEN | {"count": 0}}, "greater than or equal to 1"),
    ],
)
def test_a_strategy_that_makes_no_sense_is_refused(raw: dict, words: str) -> None:
    with pytest.raises(ValidationError) as error:
        Strategy.model_validate(raw)
    assert words in str(error.value)


def test_what_was_drawn_once_is_drawn_again(catalogue: dict) -> None:
    contexts = {
        name: refined(name, catalogue, questions(*"12345"), draw=1)["context"] for name in PINNED
    }
    assert {name: digest(*texts)[:8] for name, texts in contexts.items()} == PINNED


PINNED = {
    "Listed": "8d59333c",
    "Each": "c6165f65",
    "Shuffled": "d2ae52ee",
    "Words": "22577544",
    "Mixed": "b4d4f5e7",
}
