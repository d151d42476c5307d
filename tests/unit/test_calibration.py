"""The simulation behind docs/calibration.csv, in short; in full it is `make calibrate`."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from scipy.stats import binom

PERF = Path(__file__).parents[2] / "perf"
sys.path.insert(0, str(PERF))

import calibration  # noqa: E402
from draw_calibration import calibration_chart  # noqa: E402

RUNS = 150
POINT = {"problems": 30, "samples": 16, "mean": 0.5}
"""Of the whole grid these are the points where earlier methods covered least."""


@pytest.mark.parametrize(
    ("replicates", "spread", "luck"), [(1, "U", "none"), (2, "some", "trainings")]
)
def test_intervals_cover_and_tests_reject_as_often_as_they_say(
    replicates: int, spread: str, luck: str
) -> None:
    point = {"replicates": replicates, **POINT, "spread": spread, "luck": luck}
    rates = {row["what"]: row["rate"] for row in calibration.counted(point, RUNS)}
    power = {what: rate for what, rate in rates.items() if what.startswith("power: ")}
    tests = {w: r for w, r in rates.items() if w.startswith("verdict: ") or w == "sign-flip test"}
    intervals = {w: r for w, r in rates.items() if w not in power | tests}
    # 95% and 5%, give or take three standard errors of so many runs.
    assert min(intervals.values()) > 0.95 - 0.053
    assert max(tests.values()) < 0.05 + 0.053
    assert min(power.values()) > 0.02


def test_a_point_that_is_done_is_not_simulated_again(tmp_path: Path) -> None:
    table = tmp_path / "calibration.csv"
    rows = [
        {**point, "what": what, "runs": 5, "rate": 0.125, "width": 0.0, "steps": None}
        for point in calibration.points()
        for what in ["accuracy", "sign-flip test", "power: sign-flip test"]
        if point != FIRST
    ]
    pl.DataFrame(rows, schema=calibration.COLUMNS).write_csv(table)
    call = [sys.executable, PERF / "calibration.py", table, "--runs", "5", "--workers", "1"]
    run = subprocess.run(call, capture_output=True, text=True, check=True)
    assert "1 of 1" in run.stderr
    found = pl.read_csv(table, schema=calibration.COLUMNS)
    assert found.filter(pl.all_horizontal(pl.col(k) == v for k, v in FIRST.items())).height == 8
    assert found.filter(pl.col("rate") == 0.125).height == len(rows)
    calibration_chart(found).to_dict()


def test_what_can_be_counted_exactly_is_what_simulation_tends_to() -> None:
    point = {"problems": 30, "replicates": 1, "samples": 1, "mean": 0.5, "spread": "some"}
    point["luck"] = "none"
    exact = {row["what"]: row for row in calibration.counted(point, 0)}
    assert all(row["runs"] is None for row in exact.values())
    simulated = {row["what"]: row for row in calibration._simulated(point, 2_000)}
    for what, row in exact.items():
        error = (max(row["rate"] * (1 - row["rate"]), 1e-4) / 2_000) ** 0.5
        assert simulated[what]["rate"] == pytest.approx(row["rate"], abs=4 * error)
    accuracy = exact["accuracy"]  # of 30 fair coins, 10 to 20 heads
    assert (
        accuracy["rate"]
        == pytest.approx(accuracy["steps"])
        == pytest.approx(float(binom.pmf(range(10, 21), 30, 0.5).sum()))
    )


FIRST = next(calibration.points())
