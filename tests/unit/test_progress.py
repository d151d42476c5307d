"""Unfinished work is taken up by those who would do the same, and by nobody else."""

from pathlib import Path

import polars as pl
import pytest

from its.progress import read_shard, shard_facts, unfinished, write_shard

ROWS = pl.DataFrame({"id": ["a"], "text": ["x"]})


def stopped_after_one_shard(place: Path, setting: str, source: Path) -> None:
    with pytest.raises(KeyboardInterrupt), unfinished(place, setting, inputs=[source]) as work:
        write_shard(work, "0000", ROWS)
        raise KeyboardInterrupt


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "input").write_text("rows")
    return tmp_path / "input"


def test_a_stopped_job_leaves_its_whole_shards(tmp_path: Path, source: Path) -> None:
    stopped_after_one_shard(tmp_path / "progress", "a", source)
    with unfinished(tmp_path / "progress", "a", inputs=[source]) as work:
        assert read_shard(work, "0000").equals(ROWS)
        assert read_shard(work, "0001") is None
    assert not (tmp_path / "progress").exists()  # done


def test_other_settings_and_other_inputs_do_not_see_them(tmp_path: Path, source: Path) -> None:
    stopped_after_one_shard(tmp_path / "progress", "a", source)
    with unfinished(tmp_path / "progress", "b", inputs=[source]) as work:
        assert read_shard(work, "0000") is None
    stopped_after_one_shard(tmp_path / "progress", "a", source)
    source.write_text("other rows")
    with unfinished(tmp_path / "progress", "a", inputs=[source]) as work:
        assert read_shard(work, "0000") is None


def test_a_shard_that_cannot_be_read_is_made_again_and_it_is_said(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture
) -> None:
    stopped_after_one_shard(tmp_path / "progress", "a", source)
    shard = next((tmp_path / "progress").rglob("0000.parquet"))
    shard.write_bytes(shard.read_bytes()[:40])
    with unfinished(tmp_path / "progress", "a", inputs=[source]) as work:
        assert read_shard(work, "0000") is None
        assert not shard.exists()
    assert f"{shard}: cannot be read" in capsys.readouterr().err


def test_a_shard_that_lost_the_hash_of_its_rows_is_made_again(tmp_path: Path, source: Path) -> None:
    stopped_after_one_shard(tmp_path / "progress", "a", source)
    shard = next((tmp_path / "progress").rglob("0000.parquet"))
    ROWS.write_parquet(shard)
    with unfinished(tmp_path / "progress", "a", inputs=[source]) as work:
        assert read_shard(work, "0000") is None


def test_finished_work_stays_where_a_larger_one_may_take_it_up(
    tmp_path: Path, source: Path
) -> None:
    place = tmp_path / "progress"
    stopped_after_one_shard(place, "other", source)
    for _ in range(2):
        with unfinished(place, "a", inputs=[source], keep=True) as work:
            write_shard(work, "0000", ROWS, device="cpu")
    with unfinished(place, "a", inputs=[source], keep=True) as work:
        assert read_shard(work, "0000").equals(ROWS)
        assert shard_facts(work, "0000") == {"device": "cpu"}
        assert [path for path in place.iterdir() if path.is_dir()] == [work.folder]


def test_half_written_shards_of_a_killed_process_are_swept(tmp_path: Path, source: Path) -> None:
    place = tmp_path / "progress"
    stopped_after_one_shard(place, "a", source)
    folder = next(path for path in place.iterdir() if path.is_dir())
    (folder / ".0001.parquet.123.part").write_bytes(b"half")
    with unfinished(place, "a", inputs=[source]) as work:
        assert [path.name for path in work.folder.iterdir()] == ["0000.parquet"]


def test_large_work_lies_apart_and_its_lease_where_it_is_looked_for(
    tmp_path: Path, source: Path
) -> None:
    place, large = tmp_path / "progress", tmp_path / "scratch/learner/progress"
    for _ in range(2):
        with (
            pytest.raises(KeyboardInterrupt),
            unfinished(place, "a", inputs=[source], large=large) as work,
        ):
            write_shard(work, "0000", ROWS)
            assert [path.name for path in place.iterdir()] == ["lease.json"]
            assert work.folder.parent == large
            raise KeyboardInterrupt
    with unfinished(place, "a", inputs=[source], large=large) as work:
        assert read_shard(work, "0000").equals(ROWS)
    assert not place.exists()
    assert not large.exists()
    assert large.parent.exists()
