"""From a plan to what the network reads: who plays which slot, the situation, and the notes back.

In: a `Plan`, its melody, tracks that are kept. Out: a `Situation` with every part of the plan that
the network writes in a slot, and a slot's steps as `Note`s in the part's range.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.arranger import kit
from models.arranger.band import ROLE_OF, SECTIONS, SLOTS, Band, Rows, rows
from models.arranger.context import ABSENT, WRITE, Situation
from models.arranger.encode import HOLD, PITCHED, STRUCK, Shapes, Steps
from models.arranger.stage import VELOCITIES, Bar, Stage
from models.composer.sheets import STEPS_PER_BEAT
from models.planner.plan import Part, Plan
from models.score import Note, PlacedChord, Section, Track
from models.theory import QUALITY_CLASSES
from models.vocabulary import load

#: What a planned section is to the network where its name is not one of `SECTIONS`.
_NAMES = {"opening": "intro", "resolution": "outro", "theme": "verse", "build": "pre-chorus"}
#: Styles that no corpus plays, and whose playing is nearest.
_KIN = {
    "christmas": "swing", "corporate": "dance_pop", "post_rock": "indie",
    "dubstep": "drum_and_bass",
    "chiptune": "electro", "mariachi": "polka", "celtic_reel": "bluegrass", "celtic_air": "lullaby",
    "baroque": "classical", "impressionist": "romantic_piano", "horror": "suspense",
    "balkan": "arabic", "flamenco": "arabic", "indian": "arabic", "andean": "folk",
    "chinese_traditional": "folk", "japanese_traditional": "new_age", "guofeng": "ballad",
}  # fmt: skip
_BRUSHES = 40  # General MIDI kit
_MIDDLING = sum(VELOCITIES["drums"]) // 2


def cast(plan: Plan, first: Collection[str] = ()) -> dict[str, Part]:
    """Slot -> the part that plays it; parts beyond the slots are left to the rules.

    Parts named in `first` choose before the others.
    """
    found: dict[str, Part] = {}
    for part in sorted(plan.parts, key=lambda p: p.name not in first):
        for slot in SLOTS:
            if (
                ROLE_OF[slot] == part.role
                and slot not in found
                and part.is_drum == (slot == "drums")
            ):
                found[slot] = part
                break
    return found


def situation(
    plan: Plan, melody: Sequence[Note], source: str, playing: Mapping[str, int]
) -> Situation:
    """The situation of a plan; `playing` maps a slot to WRITE or GIVEN.

    A slot is silent in the sections whose roles leave it out, unless no section lets it in.
    """
    style = load().styles[_KIN.get(plan.style, plan.style)]
    sections = [s.section for s in plan.sections]
    states = []
    for planned in plan.sections:
        states.append(
            [
                playing.get(slot, ABSENT)
                if ROLE_OF[slot] in planned.roles or playing.get(slot, ABSENT) != WRITE
                else ABSENT
                for slot in SLOTS
            ]
        )
    return Situation(
        str(plan.meter), plan.key.tonic_pc, plan.key.is_minor, plan.bpm, plan.swing, plan.bars,
        style.id, style.family, source,
        melody_rows(melody), chord_rows(plan.chords), section_rows(sections),
        [1 + min(4, int(s.density * 5)) for s in plan.sections], states, ends=not plan.loop,
    )  # fmt: skip


def melody_rows(melody: Sequence[Note]) -> Rows:
    """A melody as rows of (onset, duration, pitch) in steps."""
    return rows(
        [(_step(n.onset), max(1, _step(n.end) - _step(n.onset)), n.pitch) for n in melody],
        3,
    )


def chord_rows(chords: Sequence[PlacedChord]) -> Rows:
    """Chords as rows of (onset, root pc, quality class, bass pc)."""
    found = {
        _step(c.onset): (
            c.chord.root_pc,
            QUALITY_CLASSES.index(c.chord.quality_class),
            c.chord.bass_pc,
        )
        for c in chords
    }
    return rows([(onset, *row) for onset, row in found.items()], 4)


def section_rows(sections: Sequence[Section]) -> Rows:
    """Sections as rows of (first bar, bars, index into `SECTIONS`)."""

    def named(name: str) -> int:
        name = _NAMES.get(name, name)
        return SECTIONS.index(name if name in SECTIONS else "verse")

    return rows([(s.start_bar, s.bars, named(s.name)) for s in sections], 3)


def _step(beats: float) -> int:
    return round(beats * STEPS_PER_BEAT)


def slot_rows(track: Track, slot: str) -> list[tuple[int, int, int, int, int]]:
    """A track's notes as `Band` rows of a slot."""
    number = SLOTS.index(slot)
    return [
        (number, _step(n.onset), max(1, _step(n.end) - _step(n.onset)), n.pitch, n.velocity)
        for n in track.notes
    ]


def band_of(plan: Plan, melody: Sequence[Note], tracks: Mapping[str, Track], family: str) -> Band:
    """A plan's melody and some of its tracks (by slot) as a `Band`."""
    notes = [row for slot, track in tracks.items() for row in slot_rows(track, slot)]
    return Band(
        plan.title, plan.title, "", "", plan.style, family, str(plan.meter), plan.key.tonic_pc,
        plan.key.is_minor, plan.bpm, plan.swing, plan.bars, melody_rows(melody),
        chord_rows(plan.chords), section_rows([s.section for s in plan.sections]), rows(notes, 5),
    )  # fmt: skip


def drum_notes(stage: Stage, part: Part, drums: NDArray[np.int16]) -> list[Note]:
    """The kit's hits, (T, 12) levels, as notes of the family's percussion keys."""
    found = []
    for step, lane in zip(*np.nonzero(drums), strict=True):
        level = int(drums[step, lane])
        key = kit.key_of(int(lane), level, stage.style.family, part.program == _BRUSHES)
        onset = step / STEPS_PER_BEAT
        bar = _bar_at(stage, onset)
        accent = kit.VELOCITIES[level] - _MIDDLING
        found.append(Note(onset, key, 0.25, stage.velocity("drums", bar, onset, accent)))
    return found


def pitched_notes(
    stage: Stage, part: Part, slot: str, steps: Steps, shapes: Shapes, roots: NDArray[np.int16]
) -> list[Note]:
    """What a pitched slot strikes, moved by octaves into the part's range and off the melody."""
    column = PITCHED.index(slot)
    words, octaves = steps.words[:, column], steps.octaves[:, column]
    found: list[Note] = []
    last: float | None = None
    for step in np.nonzero(words >= STRUCK)[0]:
        end = step + 1
        while end < len(words) and words[end] == HOLD:
            end += 1
        onset, length = step / STEPS_PER_BEAT, (end - step) / STEPS_PER_BEAT
        pitches = shapes.pitches(int(words[step]) - STRUCK, int(roots[step]), int(octaves[step]))
        ceiling = min(stage.over(onset, onset + length), default=127) if slot != "bass" else 127
        moved = _placed(pitches, part, last, ceiling)
        last = sum(moved) / len(moved) if moved else last
        velocity = stage.velocity(part.role, _bar_at(stage, onset), onset)
        found.extend(Note(onset, p, length, velocity) for p in moved)
    return found


def _placed(
    pitches: Sequence[int], part: Part, last: float | None, ceiling: int
) -> tuple[int, ...]:
    """The octave that keeps all tones in range, below the melody, and near what came before."""

    def cost(shift: int) -> float:
        moved = [p + shift for p in pitches]
        outside = sum(not part.low <= p <= part.high for p in moved)
        leap = 0.0 if last is None else abs(sum(moved) / len(moved) - last)
        return 40 * outside + sum(p >= ceiling for p in moved) + 0.25 * leap + abs(shift) / 4

    best = min((0, 12, -12, 24, -24, 36, -36), key=lambda shift: (cost(shift), shift))
    return tuple(p + best for p in pitches if part.low <= p + best <= part.high)


def _bar_at(stage: Stage, onset: float) -> Bar:
    return stage.bars[min(len(stage.bars) - 1, int(onset // stage.bar_beats))]
