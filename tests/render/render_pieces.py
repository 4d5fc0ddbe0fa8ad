"""Small real pieces written as MIDI with symusic alone."""

from pathlib import Path

import symusic

CHORDS = ((60, 64, 67), (57, 60, 64), (53, 57, 60), (55, 59, 62))
# name, program, is_drum, volume
BAND = (
    ("lead", 73, False, 100),
    ("piano", 0, False, 90),
    ("bass", 33, False, 100),
    ("strings", 48, False, 78),
    ("guitar", 29, False, 88),
    ("drums", 0, True, 104),
)


def _bar(name: str, chord: tuple[int, int, int], index: int) -> list[tuple[float, float, int, int]]:
    """One bar of one part as (onset, duration, pitch, velocity), in beats."""
    if name == "lead":
        return [(i / 2, 0.5, chord[(i * 2 + index) % 3] + 12, 85 + 2 * i) for i in range(8)]
    if name == "piano":
        return [(float(i), 0.9, p, 70) for i in range(4) for p in chord]
    if name == "bass":
        return [(float(i), 0.95, chord[0] - 24, 90) for i in range(4)]
    if name == "strings":
        return [(0.0, 4.0, p, 60) for p in chord]
    if name == "guitar":
        return [(i / 2, 0.5, chord[i % 3], 70) for i in range(8)]
    hits = [(i / 2, 0.25, 42, 60) for i in range(8)]
    return [*hits, (0, 0.2, 36, 100), (2, 0.2, 36, 100), (1, 0.2, 38, 95), (3, 0.2, 38, 95)]


def write_piece(path: Path, bars: int, bpm: float = 120.0, band=BAND) -> Path:
    """A band piece of `bars` bars of 4/4."""
    score = symusic.Score(480)
    score.tempos.append(symusic.Tempo(0, bpm))
    for name, program, is_drum, volume in band:
        track = symusic.Track(name, program, is_drum)
        track.controls = [symusic.ControlChange(0, 7, volume), symusic.ControlChange(0, 91, 40)]
        for index in range(bars):
            for onset, duration, pitch, velocity in _bar(name, CHORDS[index % 4], index):
                start = round((index * 4 + onset) * 480)
                track.notes.append(symusic.Note(start, round(duration * 480), pitch, velocity))
        score.tracks.append(track)
    path.write_bytes(score.dumps_midi())
    return path
