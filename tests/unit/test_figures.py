"""Figures show every cell of their table, mark holes, and name colours alike."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
from PIL import Image
from test_matrix import LABELS, PLAN, averaged, score

from its.changes import CHANGES, change_rows
from its.charts import (
    changes,
    codesign,
    comparisons,
    lengths,
    losses,
    pass_at_k,
    power,
    samples,
    variance,
)
from its.comparisons import BEST, BOTH, SAME_TEST, TEST_ONLY, TRAIN_ONLY, comparison_rows
from its.errors import InputError
from its.figures import HOLE, STRATEGY_COLOURS, UNTRAINED_COLOUR, names_of, save, strategy_colours
from its.losses import LOSSES, losses_of
from its.matrix import codesign_rows, pass_rows
from its.power import DETECTABLE
from its.report.sections import SECTIONS
from its.variances import variance_rows

SCRIPTS = Path(__file__).parents[2] / "scripts"
NAMES = names_of(PLAN.strategies(), LABELS)


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Return the scores of the untrained model and of one trained cell."""
    score(tmp_path, "tiny/base/easy/N", "0101010000")
    score(tmp_path, "tiny/base/easy/U", "0001000000")
    score(tmp_path, "tiny/ot1k-U-sft-s0/easy/U", "1111110100")
    return tmp_path


def svg(chart: object, folder: Path) -> str:
    save(chart, [folder / "figure.svg"])
    return (folder / "figure.svg").read_text()


def test_the_matrix_shows_numbers_sizes_and_holes(scores: Path) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    image = svg(codesign.draw(table, NAMES), scores)
    for text in ["30%", "10%", "70%", "[", "10 x 1 of 2", "untrained", "no persona", "Easy sums"]:
        assert text in image
    assert image.count(">missing<") == 3


def test_the_forest_shows_what_was_compared(scores: Path) -> None:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(scores))
    image = svg(comparisons.draw(table, NAMES), scores)
    assert "Easy sums" in image
    assert "U-U minus base-U" in image
    assert "U-U minus best untrained" in image
    assert "+60" in image
    assert "N-N" not in image


def test_thinking_is_left_out_where_there_is_none(scores: Path) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    assert "tokens of thinking" in svg(lengths.draw(table, NAMES), scores)
    without = table.with_columns(thinking_tokens=pl.lit(0.0))
    image = svg(lengths.draw(without, NAMES), scores)
    assert "tokens of thinking" not in image
    assert "tokens of the answer" in image


def test_pass_at_k_is_a_line_for_each_training(scores: Path) -> None:
    ones = pass_rows(PLAN, ["U"], scores)
    assert "no cell has two responses" in svg(pass_at_k.draw(ones, NAMES), scores)
    several = pl.concat([ones.with_columns(k=pl.lit(k, pl.Int64)) for k in [1, 2, 4]])
    image = svg(pass_at_k.draw(several, NAMES), scores)
    assert image.count('aria-roledescription="line mark"') == 2  # untrained, and trained with U
    for text in ["tiny, Easy sums", "untrained", "U: =unrelated"]:
        assert text in image


def test_problems_gained_and_lost_stand_on_both_sides(scores: Path) -> None:
    image = svg(changes.draw(change_rows(PLAN, ["U"], ["N"], averaged(scores)), NAMES), scores)
    for text in ["U-U minus base-U", "Easy sums", ">6<", ">4<", "better by half and more"]:
        assert text in image
    assert "N-N" not in image


def test_the_smallest_counts_of_changes_are_written(tmp_path: Path) -> None:
    names = ["easy", "tiny", "ot1k", "sft", SAME_TEST, "U-U", "base-U"]
    table = pl.DataFrame([[*names, 500, 1, 2, 450, 44, 3]], schema=CHANGES, orient="row")
    image = svg(changes.draw(table, NAMES), tmp_path)
    for text in [">1 + 2<", ">44 + 3<", ">450<", ">the same<"]:
        assert text in image


def test_several_matrices_are_blocks_of_one_figure(scores: Path) -> None:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(scores))
    other = table.with_columns(sample=pl.lit("limo"))
    image = svg(comparisons.draw(pl.concat([table, other]), NAMES), scores)
    assert "asked the same way: ot1k" in image
    assert "asked the same way: limo" in image
    assert "limo" not in svg(comparisons.draw(table, NAMES), scores)


def of_samples(table: pl.DataFrame, count: int) -> pl.DataFrame:
    """Return a table as often as asked, each time of another sample."""
    return pl.concat(table.with_columns(sample=pl.lit(f"ot{one}k")) for one in range(count))


def test_more_comparisons_than_have_rows_are_grids(
    scores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(scores))
    monkeypatch.setattr("its.grids.MANY", len(table.filter(~pl.col("missing"))))
    rows = comparisons.draw(table, NAMES)
    assert "U-U minus base-U" in rows.to_json()
    table = table.with_columns(p_holm=pl.when(pl.col("b") == "base-U").then(0.04).otherwise(0.05))
    count = 2
    image = svg(comparisons.draw(of_samples(table, count), NAMES), scores)
    for text in ["Easy sums", "U: =unrelated", "asked the same way", "on none (N-N)", "ot1k"]:
        assert text in image
    assert " minus " not in image
    bold = [line for line in re.findall("<text[^>]*>[^<]*", image) if 'font-weight="bold"' in line]
    assert [text.endswith(">+60") for text in bold].count(True) == image.count(">+60<") == count
    assert image.count(">+40<") == count  # less the best untrained, which is asked otherwise
    assert not any(text.endswith(">+40") for text in bold)
    assert image.count(f'fill="{HOLE}"') == (3 + 3 + 3) * count


def test_a_grid_holds_every_cell_once() -> None:
    rows = [(SAME_TEST, f"{one}-{two}", f"base-{two}") for one in "NU" for two in "NU"]
    rows += [(BEST, "N-U", "base-N"), (BEST, "U-U", "base-N")]
    rows += [(BOTH, "U-U", "N-N"), (TRAIN_ONLY, "U-N", "N-N"), (TEST_ONLY, "N-U", "N-N")]
    table = pl.DataFrame(rows, schema=["what", "a", "b"], orient="row").with_columns(
        benchmark=pl.lit("easy"), model=pl.lit("tiny"), sample=pl.lit("one"), recipe=pl.lit("sft")
    )
    same, best, sides = [block for _, block in comparisons.grids_of(table)]
    assert same["a"].to_list() == ["N-N", "N-U", "U-N", "U-U"]
    assert sorted(best["a"]) == same["a"].to_list()
    assert set(best["b"]) == {"base-N"}
    assert sides["a"].to_list() == ["U-U", "U-N", "N-U"]


def test_many_cells_are_small_and_each_matrix_has_its_untrained_model(
    scores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    untrained, trained = table.filter(sample=""), table.filter(pl.col("sample") != "")
    few, many = (pl.concat([untrained, of_samples(trained, count)]) for count in [1, 2])
    monkeypatch.setattr("its.grids.MANY", len(few))
    assert "10 x 2" not in codesign.draw(few, NAMES).to_json()
    image = svg(codesign.draw(many, NAMES), scores)
    for text, count in [("70% x1", 2), ("30% x1", 2), ("10% x1", 2), ("Easy sums: 10 x 2", 1)]:
        assert image.count(f">{text}<") == count
    assert len(re.findall(r">\[\d+, \d+\]<", image)) == 3 * 2
    assert image.count(f'fill="{HOLE}"') == 3 * 2
    for text in ["ot1k", "U: =unrelated", "over problems]"]:
        assert text in image


def test_many_lengths_are_grids(scores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    monkeypatch.setattr("its.grids.MANY", len(table))
    trained = table.filter(pl.col("sample") != "")
    many = pl.concat([table.filter(sample=""), of_samples(trained, 2)])
    image = svg(lengths.draw(many, NAMES), scores)
    assert image.count(">8<") == image.count(">4<") == 3 * 2  # of thinking, of the answer
    assert "tokens of thinking" in image
    without = lengths.draw(many.with_columns(thinking_tokens=pl.lit(0.0)), NAMES)
    assert "tokens of thinking" not in without.to_json()


def test_many_changes_are_grids_of_counts(scores: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = change_rows(PLAN, ["U"], ["N"], averaged(scores))
    monkeypatch.setattr("its.grids.MANY", len(table))
    assert "U-U minus base-U" in changes.draw(table, NAMES).to_json()
    image = svg(changes.draw(of_samples(table, 2), NAMES), scores)
    assert image.count(">0|6<") == 2
    assert image.count('fill="rgb(84, 39, 136)"') == 2  # the best
    assert "asked the same way" in image
    assert " minus " not in image


def test_pictures_say_what_one_replicate_cannot_know(scores: Path) -> None:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(scores))
    words = "nothing is known of other"
    assert words in svg(comparisons.draw(table, NAMES), scores)
    several = table.with_columns(replicates=pl.lit(2, pl.Int64))
    assert words not in svg(comparisons.draw(several, NAMES), scores)


def test_a_picture_in_pixels_is_packed_well(scores: Path) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    save(codesign.draw(table, NAMES), [scores / "figure.png"])
    with Image.open(scores / "figure.png") as picture:
        again = scores / "again.png"
        picture.save(again, optimize=True)
        assert picture.mode == "RGB"  # nothing shines through
    assert (scores / "figure.png").stat().st_size <= again.stat().st_size


def test_the_split_of_variance_says_what_one_replicate_cannot(scores: Path) -> None:
    table = variance_rows(PLAN, ["U"], averaged(scores))
    image = svg(variance.draw(table, NAMES), scores)
    assert "10 problems x 1 replicate x 1 sample (other trainings unknown)" in image
    assert "Easy sums" in image


def test_samples_stand_beside_the_untrained_model(scores: Path) -> None:
    table = codesign_rows(PLAN, ["U"], averaged(scores), LABELS)
    image = svg(samples.draw(table, NAMES), scores)
    assert ">ot1k<" in image
    assert image.count(UNTRAINED_COLOUR) == 1  # the line
    assert "asked as it was trained" not in image


def test_what_a_plan_can_detect_is_drawn_once_a_benchmark(tmp_path: Path) -> None:
    row = dict.fromkeys(DETECTABLE) | {"claim": "c", "label": "both", "benchmark": "easy"}
    row |= {"sample": "one", "alone": 0.1, "corrected": 0.2}
    table = pl.DataFrame([row, row | {"sample": "two"}], schema=DETECTABLE)
    image = svg(power.draw(table, NAMES), tmp_path)
    assert image.count(">both: Easy sums<") == 1
    assert "about lengths" not in image
    lengths = pl.DataFrame([row | {"claim": "d", "alone": None}], schema=DETECTABLE)
    assert "about lengths" in svg(power.draw(pl.concat([table, lengths]), NAMES), tmp_path)
    assert "no claims about shares" in svg(power.draw(table.clear(), NAMES), tmp_path)


@pytest.mark.parametrize("chart", [codesign, lengths, samples])
def test_a_matrix_of_holes_is_drawn(chart: ModuleType, tmp_path: Path) -> None:
    assert "<svg" in svg(
        chart.draw(codesign_rows(PLAN, ["U"], averaged(tmp_path), LABELS), NAMES), tmp_path
    )


def test_nothing_to_compare_and_nothing_trained_is_said(tmp_path: Path) -> None:
    table = comparison_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert "Nothing to compare yet" in svg(comparisons.draw(table, NAMES), tmp_path)
    none = change_rows(PLAN, ["U"], ["N"], averaged(tmp_path))
    assert "Nothing to compare yet" in svg(changes.draw(none, NAMES), tmp_path)
    assert "no cell has scores" in svg(
        variance.draw(variance_rows(PLAN, [], averaged(tmp_path)), NAMES), tmp_path
    )
    nothing = pl.DataFrame(schema=LOSSES)
    assert "nothing has been trained" in svg(losses.draw(nothing, NAMES), tmp_path)


def test_losses_of_a_long_training_are_few_points_with_labels(tmp_path: Path) -> None:
    names = ["tiny", "ot1k", "sft", "U", "ot1k-U-sft-s0"]
    rows = [[*names, step, 1 / step] for step in range(1, 1002)]
    table = pl.DataFrame(rows, schema=LOSSES, orient="row")
    assert len(losses.thinned(table)) == 91  # 11 steps a point
    image = svg(losses.draw(table, NAMES), tmp_path)
    assert ">U: =unrelated<" in image
    assert "means of neighbouring steps" in image


def test_a_strategy_has_one_colour_in_every_figure() -> None:
    with_base = strategy_colours(["base", "N", "U"], ["untrained", "N: none", "U: other"]).range
    without = strategy_colours(["N", "U"], ["N", "U"]).range
    assert with_base == [UNTRAINED_COLOUR, *without] == [UNTRAINED_COLOUR, *STRATEGY_COLOURS[:2]]
    many = [f"S{place}" for place in range(12)]
    assert len(strategy_colours(many, many).range) == 12


def test_strategies_of_one_label_stay_apart() -> None:
    names = names_of(["N", "U"], {"N": "same", "U": "same", "easy": "same"})
    told = {"N": "same (N)", "U": "same (U)", "base": "untrained", "easy": "same"}
    assert dict(names.labels) == told


def test_a_record_without_a_log_is_named() -> None:
    cell = next(iter(PLAN.grid(["U"])))
    with pytest.raises(InputError, match=r"training\.json: expected a list `log`"):
        losses_of(cell, {"loss": 1}, Path("training.json"))


def test_the_scripts_draw_svg_and_png(scores: Path) -> None:
    record = {"log": [{"step": 1, "loss": 1.5}, {"step": 2, "loss": 0.5}]}
    folder = scores / "checkpoints/tiny/ot1k-U-sft-s0"
    folder.mkdir(parents=True)
    (folder / "training.json").write_text(json.dumps(record))
    table, out = scores / "losses.csv", [scores / "losses.svg", scores / "losses.png"]
    asked = ["--checkpoints", scores / "checkpoints", "--plan", PLAN.settings(), "--drawn", "U"]
    called = ["--strategies", *PLAN.strategies(), "--labels", json.dumps(LABELS)]
    for command in [
        ["tabulate_losses.py", table, *asked],
        ["draw.py", "losses", *out, "--tables", table, *called],
    ]:
        command = [sys.executable, SCRIPTS / command[0], *command[1:]]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert "tiny, ot1k, sft" in out[0].read_text()
    assert out[1].read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", [name for name, one in SECTIONS.items() if one.figure_of])
def test_every_figure_has_a_chart_that_takes_its_tables(name: str) -> None:
    assert len(import_module(f"its.charts.{name}").TABLES) == len(SECTIONS[name].figure_of)


def test_every_chart_is_shown() -> None:
    charts = {file.stem for file in (SCRIPTS / "its/charts").glob("[a-z]*.py")}
    assert charts == {name for name, one in SECTIONS.items() if one.figure_of}
