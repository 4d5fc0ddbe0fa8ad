"""Orchestra: a string choir, wind solos, doublings by register, brass and drums for the tutti.

In: a hall. Out: all seats. The strings carry every passage; in middling ones a wind has the melody
over them; from the level that its seat names (`ensembles.toml`) each wind doubles a string part at
the unison or the octave, horns and trombone hold the harmony, timpani and percussion mark bars and
entries (Rimsky-Korsakov, *Principles of Orchestration*, 1913, ch. II and III; Adler, *The Study of
Orchestration*, ch. 8, 11 and 16).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.arranger.ensembles.hall import Hall, Passage, cut, folded
from models.arranger.ensembles.voices import Desk, Lines, add, passage_for, slots_of
from models.arranger.ensembles.voicing import lead
from models.arranger.stage import nearest
from models.score import Note

_SOLOISTS = ("Oboe", "Flute", "Clarinet")
_SOLO = (0.25, 0.58)  # levels between which a wind may have the melody alone
_ROLL = 0.6  # level from which the timpani roll
_HELD = ("Horn I", "Horn II", "Trombone")
_BASS_DRUM, _SNARE, _CYMBALS = 36, 38, 49


def orchestra(hall: Hall) -> Lines:
    """The whole orchestra; strings that are missing leave their place to the next."""
    lines: Lines = {name: [] for name in hall.parts}
    strings = [n for n in hall.parts if hall.seats[n].family == "strings"]
    core = [n for n in strings if not hall.seats[n].doubles] or list(hall.parts)[:1]
    solos = 0
    for passage in hall.passages:
        desk = _desk(hall, passage, core, solos)
        solos += desk.top is not None and desk.top not in core
        found = passage_for(hall, passage, desk)
        add(found, _doubled(hall, passage, found))
        add(found, _held(hall, passage))
        add(found, _drums(hall, passage))
        add(lines, found)
    return lines


def _desk(hall: Hall, passage: Passage, core: Sequence[str], solos: int) -> Desk:
    """Who has the melody, and in which texture the strings go with it."""
    bass = core[-1] if len(core) > 1 else None
    rest = tuple(core[:-1]) if bass else tuple(core)
    sung = bool(cut(hall.stage.melody, passage.start, passage.end))
    winds = [n for n in _SOLOISTS if n in hall.parts]
    texture = "hold" if passage.level < 0.4 or passage.contrasts else "figure"
    if passage.level > 0.8:
        texture = "pulse"
    if not sung:
        return Desk(None, rest, bass, "hold" if passage.level < 0.6 else texture)
    if winds and not passage.peak and _SOLO[0] <= passage.level < _SOLO[1]:
        return Desk(winds[solos % len(winds)], rest, bass, texture)
    return Desk(rest[0], rest[1:], bass, texture)


def _doubled(hall: Hall, passage: Passage, found: Lines) -> Lines:
    """What the seats that double others add."""
    more: Lines = {}
    for name, seat in hall.seats.items():
        source = found.get(seat.doubles)
        if not source or name in found or not hall.present(name, passage):
            continue
        if (
            source
            and seat.role == "melody"
            and not cut(hall.stage.melody, passage.start, passage.end)
        ):
            continue  # the winds keep the melody fresh
        low, high = seat.low, seat.high
        line = [
            replace(n, pitch=pitch, velocity=max(1, n.velocity - 4))
            for n in source
            if low <= (pitch := folded(n.pitch + 12 * seat.octave, low, high)) <= high
        ]
        # What strings repeat, a wind holds.
        more[name] = hall.joined(line, 1) if seat.role == "counter" else line
    return more


def _held(hall: Hall, passage: Passage) -> Lines:
    """Horns and trombone: the harmony in long notes, under the melody, led on their own."""
    seated = [n for n in _HELD if n in hall.parts and hall.present(n, passage)]
    melody = cut(hall.tune(next(iter(hall.parts))), passage.start, passage.end)
    slots = slots_of(hall, passage, melody, (), by_pulse=False)
    ranges = [(hall.parts[n].low, hall.parts[n].high) for n in seated]
    lines: Lines = {name: [] for name in seated}
    for slot, chord in zip(slots, lead(slots, ranges), strict=True):
        for name, pitch in zip(seated, chord, strict=True):
            lines[name].append(hall.sound("pad", slot.start, pitch, slot.end - slot.start))
    return {name: hall.joined(notes, 2) for name, notes in lines.items()}


def _drums(hall: Hall, passage: Passage) -> Lines:
    """Timpani on tonic and dominant where bars begin; cymbals and bass drum on the entry."""
    found: Lines = {}
    for name, part in hall.parts.items():
        if not hall.present(name, passage):
            continue
        if part.is_drum:
            found[name] = _percussion(hall, passage)
        elif part.instrument == "timpani":
            found[name] = _timpani(hall, passage, part.low, part.high)
    return found


def _timpani(hall: Hall, passage: Passage, low: int, high: int) -> list[Note]:
    """A stroke on the bars whose chord has the tonic or the dominant, a roll into what comes."""
    tonic = hall.plan.key.tonic_pc
    drums = (tonic, (tonic + 7) % 12)  # what the two kettles are tuned to
    found = []
    for bar in hall.stage.bars:
        if not passage.holds(bar.start):
            continue
        chord = hall.stage.chord_at(bar.start).chord
        fitting = [pc for pc in (chord.bass_pc, *chord.pcs) if pc in drums]
        pitch = nearest(fitting[:1], low + 4, low, high)
        if pitch is None:
            continue
        beats = hall.stage.bar_beats
        found.append(hall.sound("drums", bar.start, pitch, beats if bar.is_final else 1.0))
        if bar.is_last and not bar.is_final and passage.level > _ROLL:
            start = bar.start + beats - 1
            found += [hall.sound("drums", start + i / 4, pitch, 0.25, 2 * i - 12) for i in range(4)]
    return found


def _percussion(hall: Hall, passage: Passage) -> list[Note]:
    found = []
    for bar in hall.stage.bars:
        if not passage.holds(bar.start):
            continue
        length = hall.stage.bar_beats if bar.is_final else 0.5
        found.append(hall.sound("drums", bar.start, _BASS_DRUM, length, -10))
        if bar.is_first or bar.is_final:
            found.append(hall.sound("drums", bar.start, _CYMBALS, length))
        rises = bar.following is not None and bar.is_last
        if rises and not bar.is_final:
            half = hall.stage.bar_beats / 2
            count = round(half / 0.25)
            found += [
                hall.sound("drums", bar.start + half + i / 4, _SNARE, 0.25, i - 16)
                for i in range(count)
            ]
    return found
