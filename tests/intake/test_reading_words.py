"""Words in an upload: they pass through the limited process with the notes they stand under."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.reading import reader
from models import midi, musicxml
from models.lyrics import Line, Lyrics, Sung
from models.score import Meter, Note, Score, Section, Tempo, Track
from models.theory import Key

WORDS = (("Sing", 0.0, False), ("me", 1.0, False), ("a", 2.0, False), ("riv", 4.0, True),
         ("er", 5.0, False), ("song", 6.0, False))  # fmt: skip


def song() -> tuple[Score, Lyrics]:
    tune = tuple(Note(float(i), 60 + i % 5, 1.0) for i in range(8))
    chords = tuple(Note(b * 4.0, p, 4.0) for b in range(2) for p in (48, 52, 55))
    tracks = (Track("Piano", "chords", 0, chords), Track("Voice", "melody", 52, tune))
    score = Score(
        "Song",
        Key("C"),
        Meter(),
        (Tempo(0.0, 100.0),),
        2,
        tracks,
        (),
        (Section("verse", "A", 0, 2),),
    )
    sung = tuple(Sung(text, at, at + 1, 1, joined) for text, at, joined in WORDS)
    lines = (Line("Sing me a", 0, sung[:3]), Line("river song", 0, sung[3:]))
    return score, Lyrics("Song", "en", lines)


@pytest.mark.parametrize("kind", ["mid", "kar", "musicxml"])
def test_words_of_an_upload(kind: str, tmp_path: Path):
    score, lyrics = song()
    path = tmp_path / f"upload.{kind}"
    if kind == "musicxml":
        musicxml.write(score, path, lyrics=lyrics)
    elif kind == "kar":
        midi.write_kar(score, path, lyrics)
    else:
        midi.write(score, path, lyrics)
    with reader.Reader() as process:
        read = process.words(path, keep=True)
        assert process.read(path, keep=True).tracks == score.tracks
    assert read is not None
    assert [(s.text, s.onset, s.joined) for x in read.lines for s in x.sung] == list(WORDS)
    assert [x.text for x in read.lines] == ["Sing me a", "river song"]
    path.write_bytes(b"gone")  # our own copy is read, not the upload again
    again = reader.words(path, keep=True)
    assert again is not None and again.lines == read.lines


def test_an_upload_without_words_has_none(tmp_path: Path):
    score, _ = song()
    midi.write(score, tmp_path / "a.mid")
    assert reader.words(tmp_path / "a.mid") is None
