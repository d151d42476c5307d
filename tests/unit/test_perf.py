"""What is measured is there, is kept as it is shown, and the page says what was kept."""

import csv
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module that lists the parts."""
    monkeypatch.syspath_prepend(ROOT / "perf")
    import run

    return run


def test_every_part_has_its_script_and_the_files_that_it_measures(run: ModuleType) -> None:
    for part in run.parts(Path(), [], None):
        assert (ROOT / part.file).is_file(), part.name
        assert [one for one in part.measures if not list(ROOT.glob(one))] == [], part.name


def test_a_row_is_kept_as_it_is_shown(
    run: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from measure import COLUMNS, KEPT, Cost, show

    monkeypatch.setenv(KEPT, str(tmp_path / "rows.csv"))
    ours = [Cost(seconds, 0, 100) for seconds in [2, 1, 6]]
    show("rows counted", 1234, ours, [Cost(8, 0, 0)] * 3)
    show("rows alone", 5, ours)
    assert capsys.readouterr().out.splitlines() == [
        "| rows counted | 1,234 | 2 s (1-6) | 8 s (8-8) | 4 | 100 MiB |  |",
        "| rows alone | 5 | 2 s (1-6) |  |  | 100 MiB |  |",
    ]
    with (tmp_path / "rows.csv").open(newline="") as file:
        first, second = csv.DictReader(file, COLUMNS)
    assert (first["ours"], first["theirs_most"], first["ratio"], first["rounds"]) == (
        "2",
        "8",
        "4",
        "3",
    )
    assert (second["theirs"], second["ratio"], second["ours_mebibytes"]) == ("", "", "100")


def test_the_page_is_what_was_measured(run: ModuleType) -> None:
    from write_performance import PAGE, measured, page_of

    assert PAGE.read_text() == page_of(measured()), "run perf/write_performance.py"
