"""Writing for voices: string quartet, brass quintet, choir, and the strings of an orchestra.

In: a hall and a passage of it. Out: the notes of each seat: the melody on top, the bass below, the
voices between them led as a whole (`voicing.lead`). Textures: a chorale (everybody moves with the
melody's pulses; Piston, *Harmony*, ch. 2), held chords, the band's accompaniment rhythm, and
repeated notes; where the melody rests, the second voice answers with the band's counter-line
(Adler, *The Study of Orchestration*, ch. 5, on foreground, middle ground, background).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.arranger.ensembles.hall import Hall, Passage, Strike, cut, folded, within
from models.arranger.ensembles.voicing import Slot, lead
from models.planner.plan import Part
from models.score import Note

Lines = dict[str, list[Note]]
_EPSILON = 1e-6
_ANSWER = 1.5  # beats of rest in the melody that somebody may answer in


@dataclass(frozen=True, slots=True)
class Desk:
    """Who sits where in a passage: the melody's seat, the seats between, the bass seat."""

    top: str | None
    inner: tuple[str, ...]
    bass: str | None
    texture: str  # "chorale", "hold", "figure" or "pulse"


def voices(hall: Hall) -> Lines:
    """The whole piece for seats that stand from the melody down to the bass."""
    names = list(hall.parts)
    bottom = names[-1] if len(names) > 1 else None
    inner = tuple(names[1:-1])
    lines: Lines = {name: [] for name in names}
    for passage in hall.passages:
        sung = bool(cut(hall.stage.melody, passage.start, passage.end))
        top = names[0] if sung else None
        between = inner if sung or not bottom else (names[0], *inner)
        desk = Desk(top, between, bottom, _texture(hall, passage))
        add(lines, passage_for(hall, passage, desk))
    return lines


def add(lines: Lines, more: Lines) -> None:
    """Append the notes of a passage."""
    for name, notes in more.items():
        lines.setdefault(name, []).extend(notes)


def _texture(hall: Hall, passage: Passage) -> str:
    if hall.ensemble.id == "satb":
        return "hold" if passage.level < 0.3 else "chorale"
    if passage.contrasts or passage.level < 0.25:
        return "chorale"
    if passage.level < 0.45:
        return "hold"
    return "pulse" if passage.level > 0.8 and hall.ensemble.id != "brass_quintet" else "figure"


def passage_for(hall: Hall, passage: Passage, desk: Desk) -> Lines:
    """One passage: melody, voices between, bass."""
    melody = cut(hall.tune(desk.top), passage.start, passage.end) if desk.top else []
    low = _bass(hall, passage, desk, melody)
    slots = slots_of(hall, passage, melody, low, by_pulse=desk.texture == "chorale")
    ranges = [(hall.parts[n].low, hall.parts[n].high) for n in desk.inner]
    pitches = lead(slots, ranges)
    found: Lines = {name: [] for name in desk.inner}
    rhythm = strikes_of(hall, passage, desk.texture)
    for slot, chord in zip(slots, pitches, strict=True):
        for onset, length in _struck(hall, slot, rhythm):
            for name, pitch in zip(desk.inner, chord, strict=True):
                role = hall.parts[name].role
                found[name].append(hall.sound(role, onset, pitch, length, -4))
    if rhythm is None:
        bars = 1 if desk.texture == "chorale" else 2
        found = {name: hall.joined(notes, bars) for name, notes in found.items()}
    if desk.inner and desk.top and desk.texture in ("figure", "pulse"):
        _answer(hall, passage, desk.inner[0], found)
    if desk.top:
        found[desk.top] = melody
    if desk.bass:
        found[desk.bass] = low
    return found


def slots_of(
    hall: Hall, passage: Passage, melody: Sequence[Note], low: Sequence[Note], *, by_pulse: bool
) -> list[Slot]:
    """A passage cut where the chord or the bar changes, `by_pulse` also where the melody moves."""
    stage = hall.stage
    cuts = {passage.start, passage.end}
    cuts |= {c.onset for c in hall.plan.chords if passage.holds(c.onset)}
    cuts |= {b.start for b in stage.bars if passage.holds(b.start)}
    if by_pulse:
        pulse = hall.plan.meter.pulse
        cuts |= {n.onset for n in melody if n.onset % pulse < _EPSILON and not _final(hall, n)}
    edges = sorted(cuts)
    found = []
    for start, end in pairwise(edges):
        above = [n for n in melody if n.onset < end - _EPSILON and n.end > start + _EPSILON]
        below = [n for n in low if n.onset < end - _EPSILON and n.end > start + _EPSILON]
        top = next((n.pitch for n in above if n.onset <= start + _EPSILON), None)
        found.append(
            Slot(
                start,
                end,
                stage.chord_at(start).chord,
                top,
                tuple(n.pitch for n in above),
                next((n.pitch for n in below if n.onset <= start + _EPSILON), None),
                tuple(n.pitch for n in below),
            )
        )
    return found


def _final(hall: Hall, note: Note) -> bool:
    return hall.bar(note.onset).is_final


def strikes_of(hall: Hall, passage: Passage, texture: str) -> list[Strike] | None:
    """When the voices between strike; None where they strike with each slot and hold."""
    if texture in ("chorale", "hold"):
        return None
    if texture == "figure":
        rows = hall.strikes("chords", passage)
        if hall.ensemble.id == "brass_quintet":  # lips tire: no chains of repeated eighths
            pulse = hall.plan.meter.pulse
            busy = len(rows) * pulse > 1.5 * (passage.end - passage.start)
            rows = [(on, max(d, pulse / 2)) for on, d in rows if not busy or on % pulse < _EPSILON]
        return rows or None
    half = hall.plan.meter.pulse / (3 if hall.plan.meter.is_compound else 2)
    count = round((passage.end - passage.start) / half)
    return [(passage.start + i * half, half) for i in range(count)]


def _struck(hall: Hall, slot: Slot, rhythm: Sequence[Strike] | None) -> list[Strike]:
    """The strikes within a slot; one that holds it where there are none, or at the very end."""
    if rhythm is not None and not hall.bar(slot.start).is_final:
        inside = [
            (onset, min(length, slot.end - onset))
            for onset, length in rhythm
            if slot.start - _EPSILON <= onset < slot.end - _EPSILON
        ]
        if inside:
            return inside
    return [(slot.start, slot.end - slot.start)]


def _bass(hall: Hall, passage: Passage, desk: Desk, melody: Sequence[Note]) -> list[Note]:
    """The bass: the band's line, or under held chords their roots."""
    if desk.bass is None:
        return []
    part = hall.parts[desk.bass]
    if desk.texture in ("figure", "pulse"):
        line = within(hall.played("bass"), part.low, part.high)
        if played := cut(line, passage.start, passage.end):
            return played
    return _roots(hall, passage, part, melody)


def _roots(hall: Hall, passage: Passage, part: Part, melody: Sequence[Note]) -> list[Note]:
    """Chord basses, each in the octave that moves least without fifths or octaves with the tune."""
    found: list[Note] = []
    home = part.low + (part.high - part.low) * 0.4
    for bar in hall.stage.bars:
        if not passage.holds(bar.start):
            continue
        end = bar.start + hall.stage.bar_beats
        for placed in hall.stage.changes(bar.start, end):
            start, stop = max(placed.onset, bar.start), min(end, hall.stage.ends_at(placed.onset))
            options = [p for p in range(part.low, part.high + 1) if p % 12 == placed.chord.bass_pc]
            if not options or stop <= start:
                continue
            last = found[-1].pitch if found else home
            before, above = _at(melody, start - 0.01), _at(melody, start)

            def cost(
                p: int, last: float = last, x: int | None = before, y: int | None = above
            ) -> float:
                moved = abs(p - last) + 0.5 * abs(p - home)
                if x is None or y is None or (p - last) * (y - x) <= 0:
                    return moved
                return moved + 12 * ((x - last) % 12 == (y - p) % 12 and (y - p) % 12 in (0, 7))

            pitch = min(options, key=lambda p: (cost(p), p))
            found.append(hall.sound("bass", start, pitch, stop - start))
    return hall.joined(found, 2)


def _at(melody: Sequence[Note], beat: float) -> int | None:
    """What the melody sounds at a place, or what it sounded last."""
    return next((n.pitch for n in reversed(melody) if n.onset <= beat + _EPSILON), None)


def _answer(hall: Hall, passage: Passage, name: str, found: Lines) -> None:
    """Where the melody rests, the first voice under it plays the band's counter-line."""
    part = hall.parts[name]
    for start, end in hall.gaps(passage, _ANSWER):
        said = cut(hall.played("counter"), start, end)
        if len(said) < 2:
            continue
        kept = [n for n in found[name] if not start - _EPSILON <= n.onset < end - _EPSILON]
        kept = [
            n if n.end <= start or n.onset >= end else cut([n], n.onset, start)[0] for n in kept
        ]
        said = [
            hall.sound("counter", n.onset, folded(n.pitch, part.low, part.high), n.duration)
            for n in said
        ]
        found[name] = sorted([*kept, *said])
