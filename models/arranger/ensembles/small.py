"""Small bands whose players take over the band's parts: lo-fi, and the voices of a sound chip.

In: a hall. Out: every seat with the band part of its role, moved into its register. On the chip
each voice sounds one note at a time: chords become fast arpeggios and the noise channel one hit at
a time (the Ricoh 2A03's channels: nesdev.org, "APU"; Collins, *Game Sound*, 2008, ch. 2, on
arpeggios in place of chords).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from models.arranger.ensembles.hall import Hall, Passage, cut, within
from models.arranger.ensembles.voices import Lines, slots_of
from models.arranger.ensembles.voicing import lead
from models.planner.plan import Part
from models.score import Note

_STEP = 0.25  # of a chip arpeggio, in beats
_KICKS, _SNARES = frozenset((35, 36, 41, 43)), frozenset((37, 38, 39, 40, 45, 47, 48, 50))
_KICK, _SNARE, _HAT, _OPEN_HAT = 36, 38, 42, 46
_CRASHES = frozenset((46, 49, 52, 55, 57))


def small(hall: Hall) -> Lines:
    """Everybody plays the part of his role; a role that the band lacks holds the chords."""
    return {name: _part(hall, part) for name, part in hall.parts.items()}


def chip(hall: Hall) -> Lines:
    """As `small`, one note at a time for each voice."""
    found = small(hall)
    for name, part in hall.parts.items():
        if part.is_drum:
            found[name] = _noise(found[name])
        elif part.role == "chords":
            found[name] = [n for p in hall.passages for n in _arpeggio(p, found[name], part)]
    return found


def _part(hall: Hall, part: Part) -> list[Note]:
    if part.role == "melody":
        return list(hall.tune(part.name))
    notes = hall.played(part.role)
    if not part.is_drum:
        notes = within(notes, part.low, part.high)
    found = [
        n
        for passage in hall.passages
        if hall.present(part.name, passage)
        for n in cut(notes, passage.start, passage.end)
    ]
    return found or _held(hall, part)


def _held(hall: Hall, part: Part) -> list[Note]:
    """Three voices of every chord in the passages where the seat plays."""
    if part.is_drum:
        return []
    step = (part.high - part.low) // 4
    ranges = [(part.low + k * step, part.low + (k + 2) * step) for k in (2, 1, 0)]
    lines: list[list[Note]] = [[], [], []]
    for passage in hall.passages:
        if not hall.present(part.name, passage):
            continue
        slots = slots_of(hall, passage, (), (), by_pulse=False)
        for slot, chord in zip(slots, lead(slots, ranges), strict=True):
            for line, pitch in zip(lines, chord, strict=True):
                line.append(hall.sound(part.role, slot.start, pitch, slot.end - slot.start))
    return [n for line in lines for n in hall.joined(line, 2)]


def _arpeggio(passage: Passage, notes: Iterable[Note], part: Part) -> list[Note]:
    """Chords as runs through their notes, sixteenths, in soft passages eighths."""
    step = _STEP if passage.level >= 0.4 else 2 * _STEP
    found: list[Note] = []
    inside = sorted(n for n in notes if passage.holds(n.onset))
    for onset, group in groupby(inside, key=lambda n: n.onset):
        chord = list(group)
        if len(chord) == 1:
            found += chord
            continue
        length = max(n.duration for n in chord)
        tones = [n.pitch for n in chord]
        tones += [p + 12 for p in tones[:1] if p + 12 <= part.high]
        for i in range(max(1, round(length / step))):
            rest = min(step, length - i * step)
            if rest > 0:
                pitch = tones[i % len(tones)]
                found.append(Note(onset + i * step, pitch, rest, chord[0].velocity))
    return found


def _noise(notes: Iterable[Note]) -> list[Note]:
    """One hit at a time: the snare before the kick before the hat."""
    found = []
    for onset, group in groupby(sorted(notes), key=lambda n: n.onset):
        hits = list(group)
        keys = {n.pitch for n in hits}
        key = _HAT
        if keys & _SNARES:
            key = _SNARE
        elif keys & _KICKS:
            key = _KICK
        elif keys & _CRASHES:
            key = _OPEN_HAT
        longest = max(n.duration for n in hits)
        found.append(Note(onset, key, longest, max(n.velocity for n in hits)))
    return found
