"""More voices under a melody: the polyphony slider, exact by construction.

In: a melody of one voice, the plan's chords, and how full it should be. Out: the same melody with
chord tones below it, in thirds and sixths where the chord has them. Voices start and end with the
note they belong to, so the rhythm of the whole stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.planner.plan import Plan
from models.score import Note, PlacedChord
from models.theory import MODES

#: Voices at polyphony 1, the melody's own counted.
MOST = 4
_ROOM = 4.5  # semitones that a voice takes below the last


def thicken(melody: Sequence[Note], plan: Plan, polyphony: float) -> tuple[Note, ...]:
    """The melody with enough voices for a mean of 1 + 3 * `polyphony` sounding notes (0..1).

    The share of time with each number of voices follows from the mean: long notes get a further
    voice as soon as the mean so far falls behind. Other notes that sound with the melody are taken
    for such voices and replaced. Notes stay within the melody part's range: a tune that lies too
    low for the voices it is to carry is played an octave higher, where the part reaches so far.
    """
    part = plan.part("melody")
    low, high = (part.low, part.high) if part else (0, 127)
    top = _top(melody)
    if top and max(n.pitch for n in top) + 12 <= high:
        room = sorted(n.pitch for n in top)[len(top) // 2] - low
        if room < _ROOM * polyphony * (MOST - 1):
            top = [replace(n, pitch=n.pitch + 12) for n in top]
    out: list[Note] = []
    owed = 0.0
    for note in top:
        owed += (MOST - 1) * min(max(polyphony, 0.0), 1.0) * note.duration
        below = _below(note, plan, low)
        voices = 0
        while voices < len(below) and owed >= note.duration / 2:
            pitch = below[voices]
            out.append(Note(note.onset, pitch, note.duration, round(note.velocity * 0.82)))
            owed -= note.duration
            voices += 1
        out.append(note)
    return tuple(sorted(out))


def _top(melody: Sequence[Note]) -> list[Note]:
    """One voice: of notes that start together the highest."""
    highest: dict[float, Note] = {}
    for note in melody:
        if note.onset not in highest or note.pitch > highest[note.onset].pitch:
            highest[note.onset] = note
    return [highest[onset] for onset in sorted(highest)]


def _below(note: Note, plan: Plan, low: int) -> list[int]:
    """Up to three pitches under a note, each a third or more below the last, chord tones first."""
    chord = _chord_at(plan.chords, note.onset)
    scale = {(plan.key.tonic_pc + degree) % 12 for degree in MODES[plan.key.mode]}
    tones = set(chord.chord.pcs) if chord else scale
    pitches: list[int] = []
    last = note.pitch
    while len(pitches) < MOST - 1:
        near = [p for p in range(last - 3, last - 10, -1) if p >= low]
        found = next((p for p in near if p % 12 in tones), None)
        if found is None:
            found = next((p for p in near if p % 12 in scale), None)
        if found is None:
            break
        pitches.append(found)
        last = found
    return pitches


def _chord_at(chords: Sequence[PlacedChord], beat: float) -> PlacedChord | None:
    return next((c for c in chords if c.onset <= beat < c.onset + c.duration), None)
