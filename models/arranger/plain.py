"""The plain accompaniment: rules only, the baseline that the learned arranger must beat.

In: a `Plan` and its melody. Out: a whole `Score` in which every planned part plays, in its range:
chords in the style's comp pattern, bass, pad, counter-line and drums, following the dynamics,
density and roles of each section. The same plan and melody always give the same score.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from models.arranger.bassline import bass
from models.arranger.comp import comp, pad
from models.arranger.counter import counter
from models.arranger.drums import drums
from models.arranger.stage import Stage, nearest
from models.planner.plan import Part, Plan
from models.score import Note, Role, Score, Track, without_overlaps
from models.vocabulary import load

_Maker = Callable[[Stage, Part, int, bool], list[Note]]
_NOTHING: Mapping[str, Sequence[Note]] = MappingProxyType({})


def arrange(
    plan: Plan, melody: tuple[Note, ...], written: Mapping[str, Sequence[Note]] = _NOTHING
) -> Score:
    """Write the accompaniment of a melody by rule.

    Parameters
    ----------
    plan : Plan
        Whose chords, parts, sections and style are obeyed.
    melody : tuple of Note
        In beats, sorted; played by the part with the role "melody" (moved by octaves as one where
        it lies outside that part's range, and note by note where that is not enough).
    written : mapping of str to notes
        What somebody else wrote for some of the parts, by name: taken but for the last bar of a
        piece, which ends by rule.
    """
    style = load().styles[plan.style]
    stage = Stage(plan, style, melody)
    seen: Counter[Role] = Counter()
    tracks = []
    for part in plan.parts:
        notes = _play(stage, part, seen[part.role], written.get(part.name, ()))
        seen[part.role] += 1
        tracks.append(Track(part.name, part.role, part.program, notes, part.is_drum))
    return Score(
        plan.title,
        plan.key,
        plan.meter,
        plan.tempos,
        plan.bars,
        tuple(tracks),
        plan.chords,
        tuple(s.section for s in plan.sections),
    )


def _play(stage: Stage, part: Part, order: int, written: Sequence[Note]) -> tuple[Note, ...]:
    """A part's notes; one that no section lets in plays in the loudest section."""
    maker = _maker(part)
    by_rule = maker(stage, part, order, False)
    if written:
        final = next((bar.start for bar in stage.bars if bar.is_final), stage.beats)
        by_rule = [n for n in by_rule if n.onset >= final]
        by_rule += [
            replace(n, duration=min(n.duration, final - n.onset))
            for n in written
            if n.onset < final
        ]
    notes = _fitted(stage, part, by_rule)
    if notes:
        return notes
    loudest = max(stage.plan.sections, key=lambda s: s.dynamics).section
    start = loudest.start_bar * stage.bar_beats
    end = start + loudest.bars * stage.bar_beats
    anywhere = _fitted(stage, part, maker(stage, part, order, True))
    inside = tuple(n for n in anywhere if start <= n.onset < end)
    return inside or anywhere or _one_note(stage, part)


def _maker(part: Part) -> _Maker:
    makers: dict[Role, _Maker] = {
        "melody": _melody,
        "counter": counter,
        "chords": _chords,
        "pad": _pad,
        "bass": bass,
        "drums": drums,
        "other": _pad,
    }
    return drums if part.is_drum else makers[part.role]


def _polyphonic(part: Part) -> bool:
    instruments = load().instruments
    return part.instrument not in instruments or instruments[part.instrument].polyphonic


def _chords(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    return comp(stage, part, order, everywhere, _polyphonic(part))


def _pad(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    return pad(stage, part, order, everywhere, _polyphonic(part))


def _melody(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    """The melody as given, louder in louder sections; a second player joins in loud ones.

    Without a melody the part gets a counter-line.
    """
    if not stage.melody:
        return counter(stage, part, order, everywhere)
    flat = len({n.velocity for n in stage.melody}) == 1
    found = []
    octaves = _octaves(stage.melody, part)
    for note in stage.melody:
        bar = stage.bars[min(len(stage.bars) - 1, int(note.onset // stage.bar_beats))]
        if order and bar.planned.dynamics < 0.6 and not everywhere:
            continue
        velocity = stage.velocity("melody", bar, note.onset) if flat else note.velocity
        found.append(Note(note.onset, note.pitch + octaves, note.duration, velocity))
    return found


def _octaves(melody: Sequence[Note], part: Part) -> int:
    """By how many semitones a whole tune moves so that most of it lies within the part's range.

    A tune that is moved as one stays itself; notes folded one by one leap where it sinks.
    """

    def outside(shift: int) -> int:
        return sum(not part.low <= n.pitch + shift <= part.high for n in melody)

    return min((12 * k for k in range(-4, 5)), key=lambda shift: (outside(shift), abs(shift)))


def _fitted(stage: Stage, part: Part, notes: Iterable[Note]) -> tuple[Note, ...]:
    """Notes within the piece and, moved by octaves, within the part's range."""
    found = []
    for note in notes:
        pitch: int | None = note.pitch
        if not part.low <= note.pitch <= part.high:
            pitch = None if part.is_drum else nearest([note.pitch], note.pitch, part.low, part.high)
        length = min(note.duration, stage.beats - note.onset)
        if pitch is not None and note.onset >= 0:
            found.append(Note(note.onset, pitch, length, note.velocity))
    return without_overlaps(found)


def _one_note(stage: Stage, part: Part) -> tuple[Note, ...]:
    """A last resort for a part with no room for the harmony: its lowest pitch on the first beat."""
    velocity = stage.velocity(part.role, stage.bars[0], 0.0)
    return (Note(0.0, part.low, min(1.0, stage.beats), velocity),)
