"""What is run in a child process takes no more than its limits, and costs nothing but itself."""

import os
import time

from its.children import Children, Failure


def fail(how: str) -> str:
    match how:
        case "spin":
            while True:
                pass
        case "sleep":
            time.sleep(60)
        case "die":
            time.sleep(0.3)  # else pebble may not know yet what it was at
            os._exit(1)
        case "hoard":
            return str(len(bytearray(3 * 2**30)))  # never touched: it costs no memory
    return how


def test_a_child_that_fails_costs_one_item() -> None:
    items = ["spin", "die", "hoard", "fine", "also fine"]
    with Children(2, seconds=1) as children:
        outcomes = dict(children.run(fail, items))
        assert dict(children.run(fail, ["fine"])) == {"fine": "fine"}  # they go on
    assert outcomes == {
        "spin": Failure("timed out"),
        "die": Failure("crashed"),
        "hoard": Failure("out of memory"),
        "fine": "fine",
        "also fine": "also fine",
    }
