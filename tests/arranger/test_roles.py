from __future__ import annotations

from models.arranger.roles import assign
from models.score import Note, Track, sorted_notes

BEATS = 32.0
TUNE = (67, 69, 71, 72, 74, 72, 71, 67)


def line(pitches: tuple[int, ...], length: float, program: int, name: str = "") -> Track:
    """One voice through the whole piece, its pitches in turn."""
    count = int(BEATS / length)
    notes = (Note(i * length, pitches[i % len(pitches)], length) for i in range(count))
    return Track(name, "other", program, sorted_notes(notes))


def blocks(chord: tuple[int, ...], length: float, program: int) -> Track:
    """The same chord, struck every `length` beats."""
    times = [i * length for i in range(int(BEATS / length))]
    notes = sorted_notes(Note(at, pitch, length) for at in times for pitch in chord)
    return Track("", "other", program, notes)


def melody() -> Track:
    rhythm = (1.0, 0.5, 0.5, 1.0, 1.5, 0.5, 2.0, 1.0)
    notes, at = [], 0.0
    while at < BEATS:
        length = rhythm[len(notes) % 8]
        notes.append(Note(at, TUNE[(3 * len(notes)) % 8] + len(notes) % 3, length))
        at += length
    return Track("", "other", 73, sorted_notes(notes))


def test_a_band_whose_tracks_say_nothing() -> None:
    drums = Track("", "other", 0, sorted_notes(Note(b, 36, 0.2) for b in range(32)), is_drum=True)
    band = [
        blocks((60, 64, 67), 0.5, 0),
        melody(),
        line((36, 43), 1.0, 0),
        blocks((55, 60, 64), 4.0, 49),
        drums,
        line((60, 61), 1.0, 123),
    ]
    assert assign(band, BEATS) == ("chords", "melody", "bass", "pad", "drums", "other")


def test_a_doubling_of_the_melody_is_melody() -> None:
    lead = melody()
    octave = Track("", "other", 40, tuple(Note(n.onset, n.pitch - 12, 0.4) for n in lead.notes))
    assert assign([lead, octave], BEATS) == ("melody", "melody")


def test_names_come_before_the_sound() -> None:
    band = [melody(), line((60, 62), 2.0, 40, "Rhythm guitar"), line((60, 62), 2.0, 40)]
    assert assign(band, BEATS) == ("melody", "chords", "counter")


def test_an_arpeggio_is_chords() -> None:
    assert assign([melody(), line((60, 64, 67, 72), 0.25, 46)], BEATS)[1] == "chords"


def test_without_pitched_tracks_there_is_no_melody() -> None:
    drums = Track("", "other", 0, (Note(0.0, 36, 0.2),), is_drum=True)
    assert assign([drums, Track("", "other", 0)], BEATS) == ("drums", "other")
