"""JJazzLab's JJSwing library as bands: walking and two-feel bass over chords, and swing drums.

In: the folder `jjswing` of the data directory (LGPL-2.1): four MIDI files, each a row of phrases
on one time axis. Markers give their names ("_Downes-P17-1"), tags ("#fast") and chord symbols.
Out: one `Band` for each phrase, bass alone or drums alone. A phrase that is played in the walking
and the two-feel files is one tune; which split it has follows from its name, since the books
number variants of one chorus ("P17-1", "P17-2").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import symusic

from models.arranger.band import Band, Rows, rows
from models.arranger.corpora import grid
from models.composer.sheets import STEPS_PER_BEAT, TEMPLATES
from models.errors import Refusal
from models.key_finder import find_key, weights
from models.score import Note
from models.theory import QUALITY_CLASSES, Chord

_BASS = ("WalkingBassMidiDB", "WalkingBass2feelAMidiDB", "WalkingBass2feelBMidiDB")
_DRUMS = "drums44DB"
_BAR = 16  # steps; all of it is in 4/4 (a 3/4 sign in the bass files lasts no time)
_EARLY = 0.12  # beats that a phrase may begin before its bar line
_LEAST = 4  # notes
#: Spellings of this library that `Chord.parse` does not know.
_SPELLING = (
    (r"7M", "maj7"),
    (r"maj7#11", "maj7"),
    (r"(?<![m-])7b5$", "7"),
    (r"-7b5", "m7b5"),
    (r"-", "m"),
)


@dataclass(frozen=True)
class Phrase:
    """A stretch of one file between two names, in beats, with the texts of its markers."""

    name: str
    start: float
    end: float
    marks: tuple[tuple[float, str], ...]
    notes: tuple[Note, ...]
    bpm: float


def swing_bass(data: Path) -> Iterator[Band]:
    """Every phrase of bass and of drums, in windows."""
    folder = data / "jjswing"
    for stem in _BASS:
        phrases = _phrases(folder / f"{stem}.mid")
        swing = grid.swing_of(n.onset for p in phrases for n in p.notes)
        for phrase in phrases:
            yield from grid.cut(_band(phrase, stem, "bass", swing))
    phrases = _phrases(folder / f"{_DRUMS}.mid")
    for phrase in phrases:
        # The recordings alternate with variations ("#alt") and fills: all of one player's beat.
        swing = grid.swing_of(n.onset for n in phrase.notes)
        yield from grid.cut(_band(phrase, _DRUMS, "drums", swing))


def _phrases(path: Path) -> list[Phrase]:
    score = symusic.Score(str(path))
    unit = score.ticks_per_quarter
    marks = [(m.time / unit, m.text.strip()) for m in score.markers]
    names = [(at, text) for at, text in marks if text.startswith("_")]
    notes = [
        Note(n.time / unit, n.pitch, n.duration / unit, n.velocity)
        for t in score.tracks
        for n in t.notes
    ]
    found = []
    for (start, name), (end, _) in pairwise(names):
        inside = tuple(
            Note(max(0.0, n.onset - start), n.pitch, n.duration, n.velocity)
            for n in notes
            if start - _EARLY <= n.onset < end - _EARLY
        )
        texts = tuple((at - start, text) for at, text in marks if start <= at < end)
        if len(inside) >= _LEAST:
            found.append(Phrase(name[1:], start, end, texts, inside, score.tempos[0].qpm))
    return found


def _band(phrase: Phrase, stem: str, slot: str, swing: float) -> Band:
    bars = -(-round((phrase.end - phrase.start) * STEPS_PER_BEAT) // _BAR)
    kit = grid.gm_drums(phrase.notes, "yamaha") if slot == "drums" else phrase.notes
    chords = _chords(phrase)
    tonic, minor = _key(phrase, chords)
    tune = f"jjswing/{re.sub(r'-[0-9]+$', '', phrase.name)}"
    return Band(
        id=f"jjswing/{stem}/{phrase.name}@{phrase.start:g}",
        tune=tune,
        source="jjswing",
        split=grid.split_of(tune),
        style="swing",
        family="jazz",
        meter="4/4",
        tonic=tonic,
        minor=minor,
        bpm=round(phrase.bpm, 2),
        swing=swing,
        bars=bars,
        melody=rows((), 3),
        chords=chords,
        sections=rows((), 3),
        notes=rows(grid.slot_rows(slot, kit, swing, bars * _BAR), 5),
    )


def parse(symbol: str) -> Chord | None:
    """A chord symbol of the library, None for other texts."""
    for old, new in _SPELLING:
        symbol = re.sub(old, new, symbol)
    try:
        return Chord.parse(symbol)
    except Refusal:
        return None


def _chords(phrase: Phrase) -> Rows:
    found: dict[int, tuple[int, int, int]] = {}
    for at, text in phrase.marks:
        chord = None if text.startswith(("_", "#")) else parse(text)
        if chord:
            quality = QUALITY_CLASSES.index(chord.quality_class)
            found[round(at * STEPS_PER_BEAT)] = (chord.root_pc, quality, chord.bass_pc)
    return rows([(on, *rest) for on, rest in found.items()], 4)


def _key(phrase: Phrase, chords: Rows) -> tuple[int, bool]:
    """A blues is in the key of its first chord; else the key that the chord tones speak for."""
    if not len(chords):
        return 0, False
    first = chords[0]
    tags = {text for _, text in phrase.marks if text.startswith("#")}
    if tags & {"#blues", "#bluesminor"}:
        return int(first[1]), QUALITY_CLASSES[first[2]].startswith("min")
    ends = [*chords[1:, 0].tolist(), round((phrase.end - phrase.start) * STEPS_PER_BEAT)]
    return find_key(weights(_tones(chords, ends)))[:2]


def _tones(chords: Rows, ends: Sequence[int]) -> Iterator[tuple[float, int]]:
    for (on, root, quality, _), end in zip(chords.tolist(), ends, strict=True):
        for interval in TEMPLATES[QUALITY_CLASSES[quality]]:
            yield float(end - on), root + interval
