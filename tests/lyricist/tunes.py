"""Small scores for tests of words on melodies."""

from __future__ import annotations

from models.score import Meter, Note, Score, Section, Tempo, Track
from models.theory import Key


def tune(notes, sections=(), meter="4/4", bpm=100.0, bars=None):
    """A score of one melody; `notes` are (onset, duration) or (onset, duration, pitch)."""
    signature = Meter.parse(meter)
    made = tuple(Note(n[0], n[2] if len(n) > 2 else 67, n[1]) for n in notes)
    end = max(n.end for n in made)
    count = bars or -int(-end // signature.bar_beats)
    parts, at = [], 0
    for name, label, size in sections:
        parts.append(Section(name, label, at, size))
        at += size
    track = Track("Melody", "melody", 0, made)
    return Score(
        "A tune", Key("C"), signature, (Tempo(0.0, bpm),), count, (track,), (), tuple(parts)
    )


def line(start, count=8, step=0.5, hold=1.0):
    """A line of `count` notes from `start` on, evenly, the last held."""
    notes = [(start + i * step, step, 60 + (i * 5) % 7) for i in range(count - 1)]
    return [*notes, (start + (count - 1) * step, hold, 67)]


def lines(starts, counts):
    """Several lines after each other."""
    return [note for at, count in zip(starts, counts, strict=True) for note in line(at, count)]
