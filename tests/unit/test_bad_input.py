"""Bad input ends in one message that says what to do, and leaves nothing half-written."""

import pytest
from bad_input import CASES, PAGE, Case, answer, row

FAMILIES = {"Config", "Data", "Prompts", "Models", "Environments", "Arguments"}


@pytest.mark.filterwarnings("ignore")  # of libraries that broken files are handed to
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.family}: {case.name}")
def test_it_is_refused_in_words_and_leaves_no_file(case: Case) -> None:
    got = answer(case)
    assert got.status != 0
    assert case.says in got.message
    assert "Traceback" not in got.message
    assert got.new == []
    assert row(case, got) in PAGE.read_text(encoding="utf-8"), "run `make bad-input`"


def test_every_family_has_ten_and_every_case_a_name_and_words_of_its_own() -> None:
    assert {case.family for case in CASES} == FAMILIES
    for family in FAMILIES:
        assert sum(case.family == family for case in CASES) >= 10
    assert len({(case.family, case.name) for case in CASES}) == len(CASES)
    rows = PAGE.read_text(encoding="utf-8").splitlines()
    messages = {line.split(" | ", 1)[1] for line in rows if line.startswith("| ")}
    assert len(messages) >= 150
