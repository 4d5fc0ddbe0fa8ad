"""What the limited process hands back: the music of the file, and no more of it than we wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot import intake
from bot.bench.intake import attack
from bot.bench.intake_seeds import KINDS, packed, seeds
from bot.reading import hearing
from bot.reading.reader import Reader
from models import midi, musicxml
from models.composer.source import read_source, source_of_score
from models.errors import Refusal
from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key
from models.transcriber.hear import corrected

GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture(scope="module")
def reader():
    with Reader() as found:
        yield found


@pytest.mark.parametrize("name", ["02-turning-round", "06-harbour-jig"])
def test_our_own_files_come_through_whole(name, reader, tmp_path):
    path = GALLERY / f"{name}.mid"
    score = midi.read(path)
    assert reader.read(path) == score
    assert source_of_score(reader.read(path)) == read_source(path)
    musicxml.write(score, tmp_path / "a.musicxml")
    assert reader.read(tmp_path / "a.musicxml") == musicxml.read(tmp_path / "a.musicxml")
    (tmp_path / "a.mxl").write_bytes(packed((tmp_path / "a.musicxml").read_bytes()))
    assert reader.read(tmp_path / "a.mxl").tracks == score.tracks


def test_more_tracks_than_channels_come_through(reader, tmp_path):
    notes = tuple(Note(beat, 60, 1) for beat in range(4))
    tracks = [Track(f"T{n}", "other", n, notes, is_drum=n == 4) for n in range(30)]
    score = Score("Big", Key("C"), Meter(), (Tempo(0.0, 120.0),), 1, tuple(tracks))
    musicxml.write(score, tmp_path / "a.musicxml")
    assert reader.read(tmp_path / "a.musicxml").tracks == score.tracks


def test_midi_in_riff_and_abc_are_read(reader, tmp_path):
    made = seeds()
    for kind, index, tracks in ((".mid", 2, 3), (".abc", 0, 2)):
        path = tmp_path / f"a{kind}"
        path.write_bytes(made[kind][index])
        assert len(reader.read(path).tracks) == tracks


def test_an_upload_is_read_once_and_what_was_heard_stays_with_it(tmp_path):
    both = (*intake.SCORES, *intake.AUDIO)
    data = seeds()[".ogg"][1]
    path = tmp_path / intake.store(data, "hum.ogg", 77, tmp_path, 1 << 20, both)
    with Reader() as reader:
        heard = reader.hear(path, keep=True)
        assert [n.pitch % 12 for n in heard.notes] == [0, 2, 4, 5, 7, 9, 7, 5, 4, 0]
        assert hearing.from_json(hearing.to_json(heard)) == heard
        path.write_bytes(b"gone")
        assert reader.hear(path, keep=True) == heard
        assert reader.read(path, keep=True).tracks[0].role == "melody"
        assert reader.read(path, keep=True).key == heard.key
        with pytest.raises(Refusal):
            reader.read(path)
    assert corrected(heard, meter=Meter(3, 4)).meter == Meter(3, 4)
    assert len(intake.kept(tmp_path, 77)) == 1
    assert intake.forget(tmp_path, 77) == 1
    assert not list(path.parent.iterdir())


def test_notes_are_no_recording(reader, tmp_path):
    (tmp_path / "a.mid").write_bytes(seeds()[".mid"][0])
    with pytest.raises(Refusal, match="no recording"):
        reader.hear(tmp_path / "a.mid")


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_never_take_the_process_down(kind):
    files = 60 if kind in intake.SCORES else 4
    found = attack(kind, seeds()[kind], files, seed=1)
    assert found.ends["died"] + found.ends["error"] + found.ends["slow"] == 0, found.errors
    assert sum(found.ends.values()) == files
    assert found.peak < 1536 << 20
