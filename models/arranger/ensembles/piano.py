"""Solo piano: the melody with inner notes in one hand, bass and figures in the other.

In: a hall. Out: the two hands. The right hand thickens long melody notes with chord tones inside
its span where the section is loud (Adler, *The Study of Orchestration*, ch. 15); the left hand
plays the band's bass and, between, the chord close to it: stride where the band strikes its chords,
broken chords where it holds them (Levine, *The Jazz Piano Book*, 1989, ch. 17: stride, tenths).
"""

from __future__ import annotations

from models.arranger.ensembles.hall import Hall, Passage, Strike, cut, folded
from models.arranger.ensembles.voices import Lines, slots_of
from models.arranger.ensembles.voicing import Slot, lead
from models.arranger.stage import clashes, nearest
from models.score import Note
from models.theory import QUALITIES

_EPSILON = 1e-6
_REACH = 12  # semitones that a hand holds with ease
_THICK = 0.45  # level from which the right hand adds notes
_FULL = 0.7  # level from which both hands are full
_MIDDLE = (48, 62)  # where the left hand plays chords


def piano(hall: Hall) -> Lines:
    """Both hands; a single part plays what the right hand would."""
    right, *rest = hall.parts
    lines: Lines = {name: [] for name in hall.parts}
    for passage in hall.passages:
        melody = cut(hall.tune(right), passage.start, passage.end)
        lines[right] += [*melody, *_inner(hall, passage, right, melody)]
        if not melody:
            lines[right] += _alone(hall, passage, right)
        if rest:
            lines[rest[0]] += _left(hall, passage, rest[0], melody)
    return lines


def _inner(hall: Hall, passage: Passage, right: str, melody: list[Note]) -> list[Note]:
    """Chord tones under the melody's long notes and first beats: one, in loud passages two."""
    if passage.level < _THICK:
        return []
    found = []
    count = 2 if passage.level > _FULL else 1
    for note in melody:
        strong = note.onset % hall.plan.meter.pulse < _EPSILON and note.duration >= 1
        if not strong:
            continue
        chord = hall.stage.chord_at(note.onset).chord
        length = min(note.duration, hall.stage.ends_at(note.onset) - note.onset)
        low = max(hall.parts[right].low - 5, note.pitch - _REACH)
        tones = [p for p in range(note.pitch - 3, low - 1, -1) if p % 12 in chord.pcs]
        tones = [p for p in tones if p % 12 != note.pitch % 12 and not clashes(p, [note.pitch])]
        for pitch in tones[:count]:
            if pitch >= hall.parts[right].low:
                found.append(hall.sound("counter", note.onset, pitch, length, -10))
    return found


def _alone(hall: Hall, passage: Passage, right: str) -> list[Note]:
    """Before the melody comes in: two voices of the harmony, held."""
    slots = slots_of(hall, passage, (), (), by_pulse=False)
    low = hall.parts[right].low
    found: list[list[Note]] = [[], []]
    for slot, chord in zip(slots, lead(slots, [(low + 4, low + 16), (low, low + 11)]), strict=True):
        for line, pitch in zip(found, chord, strict=True):
            line.append(hall.sound("pad", slot.start, pitch, slot.end - slot.start))
    return [n for line in found for n in hall.joined(line, 1)]


def _left(hall: Hall, passage: Passage, left: str, melody: list[Note]) -> list[Note]:
    """The left hand of a passage."""
    slots = slots_of(hall, passage, melody, (), by_pulse=False)
    ceiling = [max(_MIDDLE[0] + 9, min([_MIDDLE[1], *(m - 1 for m in s.melody)])) for s in slots]
    low_slots = [
        Slot(s.start, s.end, s.chord, melody=(top,)) for s, top in zip(slots, ceiling, strict=True)
    ]
    ranges = [(52, _MIDDLE[1]), (_MIDDLE[0], 57)]
    if passage.level > _FULL:
        ranges = [(55, _MIDDLE[1]), (50, 59), (_MIDDLE[0], 55)]
    chords = lead(low_slots, ranges)
    found: list[Note] = []
    for slot, chord in zip(slots, chords, strict=True):
        found += _figure(hall, passage, left, slot, chord)
    return found


def _figure(
    hall: Hall, passage: Passage, left: str, slot: Slot, chord: tuple[int, ...]
) -> list[Note]:
    part = hall.parts[left]
    root = nearest([slot.chord.bass_pc], part.low + 13, part.low, part.low + 19)
    if root is None:
        return []
    if hall.bar(slot.start).is_final:
        return _ending(hall, slot, root, chord)
    basses = cut(hall.played("bass"), slot.start, slot.end)
    strikes = [
        s for s in hall.strikes("chords", passage) if slot.start <= s[0] < slot.end - _EPSILON
    ]
    if len(strikes) <= 1:
        return _broken(hall, passage, slot, root)
    return _stride(hall, passage, left, slot, root, chord, basses, strikes)


def _ending(hall: Hall, slot: Slot, root: int, chord: tuple[int, ...]) -> list[Note]:
    fifth = [root + t for t in QUALITIES[slot.chord.quality] if t in (6, 7, 8)][:1]
    pitches = [root, *fifth, root + _REACH]
    length = slot.end - slot.start
    return [hall.sound("chords", slot.start, p, length) for p in pitches]


def _broken(hall: Hall, passage: Passage, slot: Slot, root: int) -> list[Note]:
    """Root, fifth, octave, tenth and back, in eighths, or in quarters where it is thin."""
    tones = QUALITIES[slot.chord.quality]
    fifth = next((t for t in (7, 6, 8) if t in tones), 7)
    third = next((t for t in (4, 3, 5, 2) if t in tones), 0)
    while root < 36:
        root += 12
    wheel = (0, fifth, 12, 12 + third, 12, fifth)
    if slot.chord.bass_pc != slot.chord.root_pc:  # over its third or seventh: chord tones above
        above = sorted((pc - slot.chord.bass_pc) % 12 for pc in slot.chord.pcs)
        above = [a for a in above if a]
        wheel = (0, above[-1], 12, 12 + above[0], 12, above[-1])
    step = 0.5 if passage.planned.density >= 0.3 or passage.level >= 0.5 else 1.0
    count = max(1, round((slot.end - slot.start) / step))
    found = []
    for i in range(count):
        onset = slot.start + i * step
        length = min(step, slot.end - onset)
        if length > 0:
            found.append(
                hall.sound(
                    "chords", onset, root + wheel[i % len(wheel)], length, 0 if i == 0 else -6
                )
            )
    return found


def _stride(
    hall: Hall,
    passage: Passage,
    left: str,
    slot: Slot,
    root: int,
    chord: tuple[int, ...],
    basses: list[Note],
    strikes: list[Strike],
) -> list[Note]:
    """The bass on every other beat of the bar, the chord where the band strikes between."""
    part = hall.parts[left]
    bar = hall.stage.bar_beats
    pulse = hall.plan.meter.pulse
    apart = 2 * pulse if bar % (2 * pulse) < _EPSILON else bar
    low: dict[float, int] = {slot.start: root}
    for note in basses:
        if note.onset % apart < _EPSILON:
            low.setdefault(note.onset, folded(note.pitch, part.low, part.low + 24))
    onsets = sorted({*low, *(s[0] for s in strikes)})
    found: list[Note] = []
    for onset, following in zip(onsets, [*onsets[1:], slot.end], strict=True):
        length = following - onset
        if onset in low:
            found.append(hall.sound("bass", onset, low[onset], length))
            if passage.level > _FULL and low[onset] - 12 >= part.low and onset == slot.start:
                found.append(hall.sound("bass", onset, low[onset] - 12, length, -6))
        else:
            found += [
                hall.sound("chords", onset, p, min(length, 1.0), -4) for p in sorted(set(chord))
            ]
    return found
