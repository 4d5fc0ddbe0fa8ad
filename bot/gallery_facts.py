"""What can be measured of a tune: the numbers beside the words of the listening sheet.

In: a plan and the score read back from its MIDI file. Out: one line in words; bars count from 1.
"""

from __future__ import annotations

from itertools import groupby, pairwise

from models.composer.reading import has_notes, onsets, read
from models.composer.source import Source
from models.composer.structure import returning_share
from models.planner.plan import Plan
from models.score import Note, Score

_LEAP = 8  # semitones: a sixth, which a singer prepares
_NEAR = (1, 11, 13)  # semitones between two notes that rub
_LONG = 0.5  # beats that a rub must last to be heard as one
_SHOWN = 6  # bar numbers named before "and more"


def facts_in_words(plan: Plan, score: Score) -> str:
    """Range, density, chord tones, returns, leaps, repetitions, closes, clashes, the last note."""
    track = score.track("melody")
    if track is None or not track.notes:
        return "no melody"
    tune, bar = track.notes, plan.meter.bar_beats
    reading = read(Source(plan, tune))
    sung = [b for b in reading.bars if has_notes(b)]
    back = returning_share(reading.bars, reading.sheet.bar_steps)
    counts = [onsets(b) for b in sung]
    closes = [b for b, ends in enumerate(reading.ends) if ends]
    leaps = [_bar(b, bar) for a, b in pairwise(tune) if abs(b.pitch - a.pitch) >= _LEAP]
    return "; ".join(
        (
            f"{len(tune)} notes, MIDI {min(n.pitch for n in tune)}-{max(n.pitch for n in tune)}",
            f"{len(tune) / len(sung):.1f} notes a bar ({min(counts)}-{max(counts)})",
            f"{_share_in_chord(score, tune):.0%} of the notes on strong beats in the chord",
            f"{back['notes']:.0%} of the bars return, {back['rhythm']:.0%} in rhythm",
            f"leaps of a sixth or more: {_places(leaps)}",
            f"longest run of one pitch: {_longest_run(tune)}",
            f"bars that close: {_places([b + 1 for b in closes])}",
            f"rubs of a semitone with the band: {_places(_rubs(score, tune))}",
            f"last note: {_last(plan, tune)}",
        )
    )


def _bar(note: Note, bar: float) -> int:
    return int(note.onset / bar + 1e-9) + 1


def _places(bars: list[int]) -> str:
    """A count and where: "3 (bars 4, 7, 12)"."""
    if not bars:
        return "0"
    shown = ", ".join(str(b) for b in dict.fromkeys(bars[:_SHOWN]))
    return f"{len(bars)} (bars {shown}{' ...' if len(bars) > _SHOWN else ''})"


def _share_in_chord(score: Score, tune: tuple[Note, ...]) -> float:
    """Share of the notes on a bar line, or half-way in an even meter, that are in the chord."""
    bar = score.meter.bar_beats
    strong = [n for n in tune if n.onset % (bar if score.meter.numerator == 3 else bar / 2) < 1e-6]
    tones = [
        n.pitch % 12 in c.chord.pcs
        for n in strong
        for c in score.chords
        if c.onset <= n.onset + 1e-6 < c.onset + c.duration
    ]
    return sum(tones) / max(1, len(tones))


def _longest_run(tune: tuple[Note, ...]) -> int:
    return max(len(list(run)) for _, run in groupby(n.pitch for n in tune))


def _rubs(score: Score, tune: tuple[Note, ...]) -> list[int]:
    """Bars in which a note of the tune lasts against one a semitone (or its octave) away."""
    band = [n for t in score.tracks if t.role != "melody" and not t.is_drum for n in t.notes]
    return [
        _bar(note, score.meter.bar_beats)
        for note in tune
        if any(
            abs(note.pitch - other.pitch) in _NEAR
            and min(note.end, other.end) - max(note.onset, other.onset) >= _LONG - 1e-6
            for other in band
        )
    ]


def _last(plan: Plan, tune: tuple[Note, ...]) -> str:
    """The last note as a degree above the tonic, and how long it is."""
    steps = (tune[-1].pitch - plan.key.tonic_pc) % 12
    names = ("tonic", "b2", "2", "b3", "3", "4", "#4", "5", "b6", "6", "b7", "7")
    return f"{names[steps]}, {tune[-1].duration:g} beats"
