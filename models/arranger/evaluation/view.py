"""One shared view of arrangements, so that a maker's score and a person's band are measured alike.

In: a `Score` that a maker wrote for a `Plan`, or a `Band` of a corpus. Out: a `Band` (sixteenth
grid, pitches as they sound, the melody apart) and the label of the section that each bar is in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.arranger.band import ROLE_OF, SLOTS, Band, Rows, rows
from models.arranger.staging import chord_rows, melody_rows, section_rows
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT, TEMPLATES
from models.planner.plan import Plan
from models.score import Note, Score, Section
from models.theory import QUALITY_CLASSES
from models.vocabulary import load

#: Where a bar is felt to be strong, in sixteenths from its start.
STRONG = {"4/4": (0, 8), "3/4": (0,), "6/8": (0, 6), "2/4": (0,)}
_OTHER = "pad"  # what a track of no known role is measured as


def as_band(score: Score, plan: Plan, melody: Sequence[Note], name: str = "") -> Band:
    """The accompaniment of a score as a band; tracks with the role "melody" are left out.

    The first chordal track is `chords`, further ones are `chords2`. Onsets go to the nearest
    sixteenth, and what would start at or after the last bar line is left out.
    """
    end = score.bars * BAR_STEPS[str(score.meter)]
    seen: Counter[str] = Counter()
    notes: list[tuple[int, int, int, int, int]] = []
    for track in score.tracks:
        role = "drums" if track.is_drum else track.role
        if role == "melody":
            continue
        seen[role] += 1
        slot = "chords2" if role == "chords" and seen[role] > 1 else role
        index = SLOTS.index(slot if slot in ROLE_OF else _OTHER)
        for onset, length, pitch, velocity in steps(track.notes, end):
            notes.append((index, onset, length, pitch, velocity))
    return Band(
        id=name,
        tune=name,
        source="",
        split="test",
        style=plan.style,
        family=load().styles[plan.style].family,
        meter=str(plan.meter),
        tonic=plan.key.tonic_pc,
        minor=plan.key.is_minor,
        bpm=plan.bpm,
        swing=plan.swing,
        bars=score.bars,
        melody=melody_rows(melody),
        chords=chord_rows(plan.chords),
        sections=section_rows([s.section for s in plan.sections]),
        notes=rows(notes, 5),
    )


def steps(notes: Sequence[Note], end: int) -> list[tuple[int, int, int, int]]:
    """Notes as (onset, duration, pitch, velocity) in steps, before the step `end`."""
    found = []
    for note in notes:
        onset = max(0, round(note.onset * STEPS_PER_BEAT))
        stop = min(end, round(note.end * STEPS_PER_BEAT))
        if onset < end:
            found.append((onset, max(1, stop - onset), note.pitch, note.velocity))
    return found


def labels(sections: Sequence[Section]) -> tuple[str, ...]:
    """The label of the section that each bar is in."""
    return tuple(s.label for s in sections for _ in range(s.bars))


def tones(band: Band) -> NDArray[np.bool_]:
    """Which pitch classes belong to the chord at each step, (T, 12); none where there is none.

    Known are the ten quality classes; a suspended chord may have its second or its fourth, and a
    written bass belongs to its chord.
    """
    out = np.zeros((band.bars * band.bar_steps, 12), bool)
    for i, (onset, root, quality, bass) in enumerate(band.chords.tolist()):
        stop = int(band.chords[i + 1, 0]) if i + 1 < len(band.chords) else len(out)
        name = QUALITY_CLASSES[quality]
        shape = (*TEMPLATES[name], 2) if name == "sus" else TEMPLATES[name]
        out[onset:stop, [(root + k) % 12 for k in shape]] = True
        out[onset:stop, bass] = True
    return out


def pitched(band: Band) -> Rows:
    """All notes but the drums': rows (onset, duration, pitch, velocity)."""
    return band.notes[band.notes[:, 0] != SLOTS.index("drums"), 1:]
