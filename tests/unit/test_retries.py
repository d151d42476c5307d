"""A retry asks for more, and never for more than there is."""

from pathlib import Path

import pytest

from its.config.model import TrainingNeeds
from its.retries import at_attempt, most_of

FILE = """
partitions:
  cpu: {max_gpu: 0, max_runtime: 30d, max_mem_mb: 5000}
  short: {max_gpu: 8, max_runtime: 120, max_mem_mb: 900000}
  long: {max_gpu: 4, max_runtime: 2-00:00:00}
"""


@pytest.mark.parametrize(
    ("asked", "attempts"),
    [
        ("10h", ["10h", "900m", "1200m", "1440m"]),
        ("1d", ["1d", "1d", "1d", "1d"]),
        ("3d", ["3d", "3d", "3d", "3d"]),  # refused by SLURM, as it was asked for
    ],
)
def test_time_grows_up_to_what_a_partition_has(asked: str, attempts: list[str]) -> None:
    assert [at_attempt(asked, number, 1440) for number in range(1, 5)] == attempts


def test_memory_grows_in_the_units_of_the_scheduler() -> None:
    assert at_attempt("1TB", 2, 1_900_000) == "1500000MB"
    assert at_attempt("900MB", 3, 1_900_000) == "1800MB"


@pytest.mark.parametrize(
    ("what", "gpus", "most"),
    [
        ("runtime", 8, 120),
        ("runtime", 2, 2880),
        ("runtime", 0, 43200),
        ("memory", 4, 900_000),
        ("memory", 9, None),
    ],
)
def test_the_most_is_that_of_a_partition_with_such_gpus(
    tmp_path: Path, what: str, gpus: int, most: int | None
) -> None:
    (tmp_path / "partitions.yaml").write_text(FILE)

    assert most_of(what, gpus, tmp_path / "partitions.yaml") == most


def test_two_nodes_of_eight_find_the_partition_for_gpus() -> None:
    plugin = pytest.importorskip("snakemake_executor_plugin_slurm.partitions")
    needs = TrainingNeeds(nodes=2, gpus=8, threads=8, memory="9GB", runtime="1d")
    file = Path(__file__).parents[2] / "slurm/partitions.yaml"

    found = [one for one in plugin.read_partition_file(file) if one.limits.max_gpu]
    assert needs.all_gpus == 16
    assert [one.name for one in found if one.limits.max_gpu >= needs.all_gpus] == ["gpu"]
