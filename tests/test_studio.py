"""What a stopped job leaves behind is not taken for a piece."""

import time

import pytest

from bot.domain import Request
from bot.jobs.housekeeping import ABANDONED_AFTER, unfinished
from bot.studio import Studio, sketch_of
from models.planner.brief import Brief


class Stopped(Exception):
    pass


def test_variations_that_were_stopped_halfway_are_unfinished(tmp_path):
    def stop_at_the_second(progress):
        if (progress.step, progress.label) == (2, "recording the variations"):
            raise Stopped

    request = Request("takes", brief=Brief(bars=4, tempo=160), takes=2)
    with pytest.raises(Stopped):
        Studio.open().make(request, 1, tmp_path, stop_at_the_second)
    (folder,) = tmp_path.iterdir()
    assert (folder / "piece.mp3").exists()
    later = time.time() + 2 * ABANDONED_AFTER
    assert unfinished(tmp_path, later) == [folder]


def test_a_piece_that_was_stopped_is_not_taken_for_the_one_before_it_in_its_folder(tmp_path):
    def stop_at_the_recording(progress):
        if progress.label == "recording":
            raise Stopped

    (tmp_path / "piece.json").write_text("{}")
    (tmp_path / "loop.flac").write_bytes(b"of the piece before")
    (tmp_path / "notes.txt").write_text("somebody's own")
    sketch = sketch_of(Brief(bars=4, tempo=160), 1)
    with pytest.raises(Stopped):
        Studio.open().record(sketch, tmp_path, stop_at_the_recording)
    assert {file.name for file in tmp_path.iterdir()} == {
        "notes.txt", "piece.mid", "piece.musicxml"
    }  # fmt: skip
