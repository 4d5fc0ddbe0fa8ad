"""Words in MIDI files: as mido reads ours, and as we read ours and other people's."""

from __future__ import annotations

from pathlib import Path

import mido
import pytest
from sung_examples import piece, syllables, words

from models import karaoke, midi
from models.verify import midi_facts


def meta(path: Path, kind: str) -> list[tuple[str, float, str]]:
    """(track, beat, text) of every meta event of a kind, as mido reads the file."""
    file = mido.MidiFile(path, charset="utf-8")
    found = []
    for track in file.tracks:
        at = 0
        for message in track:
            at += message.time
            if message.type == kind:
                found.append((track.name, at / file.ticks_per_beat, message.text))
    return found


def strange(path: Path, texts: list[tuple[int, str]], kind: str = "lyrics", **more: str) -> Path:
    """A stranger's file: a note on every beat, and texts at beats on a track of their own."""
    file = mido.MidiFile(ticks_per_beat=96, charset=more.get("charset", "utf-8"))
    tune, said = mido.MidiTrack(), mido.MidiTrack()
    for i in range(16):
        tune.append(mido.Message("note_on", note=60 + i % 5, velocity=80, time=0))
        tune.append(mido.Message("note_off", note=60 + i % 5, velocity=0, time=96))
    before = 0
    for beat, text in texts:
        said.append(mido.MetaMessage(kind, text=text, time=beat * 96 - before))
        before = beat * 96
    file.tracks.extend([tune, said])
    file.save(path)
    return path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_lyric_events_stand_at_the_notes_of_the_melody(language, tmp_path: Path):
    _, score = piece()
    lyrics = words(score, language)
    midi.write(score, tmp_path / "a.mid", lyrics)
    found = meta(tmp_path / "a.mid", "lyrics")
    assert {track for track, *_ in found} == {"Flute"}
    assert [(text.strip(), at) for _, at, text in found] == [
        (text, at) for text, at, _ in syllables(lyrics)
    ]
    whole = "".join(text for *_, text in found)
    lines = whole.replace("\n", "\r").split("\r")
    assert lines == [*(line.text for line in lyrics.lines), ""]
    stanzas = len({line.section for line in lyrics.lines})
    assert whole.count("\n") == stanzas > 1 and whole.endswith("\n")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", ["mid", "kar"])
def test_words_and_notes_come_back(language, kind: str, tmp_path: Path):
    _, score = piece()
    lyrics = words(score, language)
    path = tmp_path / f"a.{kind}"
    if kind == "kar":
        midi.write_kar(score, path, lyrics)
    else:
        midi.write(score, path, lyrics)
    assert midi.read(path) == score
    read = midi.read_words(path)
    assert read is not None and read.language == language
    assert syllables(read) == syllables(lyrics)
    assert [(x.text, x.section) for x in read.lines] == [(x.text, x.section) for x in lyrics.lines]


def test_the_check_of_a_file_with_words_counts_its_players(tmp_path: Path):
    _, score = piece()
    midi.write(score, tmp_path / "plain.mid")
    midi.write(score, tmp_path / "sung.mid", words(score))
    assert midi_facts(tmp_path / "sung.mid") == midi_facts(tmp_path / "plain.mid")


def test_a_kar_file_is_what_soft_karaoke_reads(tmp_path: Path):
    _, score = piece()
    lyrics = words(score)
    midi.write_kar(score, tmp_path / "a.kar", lyrics)
    file = mido.MidiFile(tmp_path / "a.kar", charset="utf-8")
    names = [track.name for track in file.tracks]
    assert names.index("Soft Karaoke") + 1 == names.index("Words")
    texts = [text for track, _, text in meta(tmp_path / "a.kar", "text") if track == "Words"]
    assert texts[:3] == ["@LENGL", "@TLantern River", "@TAnn"]
    sung = texts[3:]
    assert sung[0].startswith("\\") and sum(t.startswith("\\") for t in sung) == 2
    assert sum(t.startswith("/") for t in sung) == len(lyrics.lines) - 2
    assert meta(tmp_path / "a.kar", "lyrics") == []
    notes = sum(m.type == "note_on" for track in file.tracks for m in track)
    assert notes == sum(len(t.notes) for t in score.tracks)


def test_conventions_of_others_are_read(tmp_path: Path):
    said = [(0, "@TSong"), (0, "\\Win"), (1, "ter "), (2, "comes"), (3, "/and "), (4, "goes "),
            (5, "\\ a"), (6, "gain")]  # fmt: skip
    read = midi.read_words(strange(tmp_path / "a.kar", said, "text"))
    assert read is not None
    assert [x.text for x in read.lines] == ["Winter comes", "and goes", "again"]
    said = [(0, "Win-"), (1, "ter"), (2, " comes"), (3, "\r"), (4, "and "), (5, "goes\n")]
    read = midi.read_words(strange(tmp_path / "b.mid", said))
    assert read is not None
    assert [x.text for x in read.lines] == ["Winter comes", "and goes"]
    said = [(0, "caf\xe9 "), (1, "bleu\r"), (2, "bien")]
    read = midi.read_words(strange(tmp_path / "c.mid", said, charset="latin-1"))
    assert read is not None and read.lines[0].text == "caf\xe9 bleu"


def test_remarks_are_no_words(tmp_path: Path):
    said = [(0, "Composed by me"), (4, "Verse"), (8, "Chorus")]
    assert midi.read_words(strange(tmp_path / "a.mid", said, "text")) is None
    _, score = piece()
    midi.write(score, tmp_path / "b.mid")
    assert midi.read_words(tmp_path / "b.mid") is None


def test_words_far_from_any_note_are_left(tmp_path: Path):
    said = [(40 + i, "la ") for i in range(8)]
    assert midi.read_words(strange(tmp_path / "a.mid", said)) is None


def test_damaged_bytes_give_no_words(tmp_path: Path):
    _, score = piece()
    midi.write(score, tmp_path / "a.mid", words(score))
    data = (tmp_path / "a.mid").read_bytes()
    whole = karaoke.read(data)
    assert len(whole) == len(syllables(words(score)))
    for cut in range(0, len(data), 97):
        assert len(karaoke.read(data[:cut])) <= len(whole)
    assert karaoke.read(b"") == []
