"""The page says what the table says, and the table tells of no defect."""

from campaign import recorded
from page import PAGE, page


def test_the_page_is_that_of_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(recorded()), "python tests/faults/page.py"


def test_every_fault_ended_in_equal_data_after_one_repeat_at_most() -> None:
    assert [one for one in recorded() if one.outcome != "equal" or one.again > 1] == []
