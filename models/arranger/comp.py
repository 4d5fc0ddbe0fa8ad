"""Chords and pads: voice-led voicings in the comp pattern of the style.

In: the stage and a part. Out: notes. Voicings move as little as they can (`theory.voice_lead`),
stay under the melody where the register allows, and leave out the tone that would rub against a
melody note on a strong beat.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arranger import patterns
from models.arranger.patterns import Hit
from models.arranger.stage import Bar, Stage, clashes, nearest, plays
from models.planner.plan import Part
from models.score import Note, PlacedChord
from models.theory import QUALITIES, Chord, voice_lead

Voicing = tuple[int, ...]

# Semitones a voicing needs; with fewer below the melody it takes as many from the bottom of the
# part, so that it crosses the melody as little as it can. On any root a power chord needs 18.
_ROOM, _POWER_ROOM = 12, 18
_EASY = {1: ("sustain", 2), 2: ("block", 2), 3: ("block", 3), 4: ("alberti", 3)}  # lessons
_BROKEN = ("arpeggio", "alberti")
_LONGEST_PAD = 2  # bars


def comp(stage: Stage, part: Part, order: int, everywhere: bool, polyphonic: bool) -> list[Note]:
    """The chords part; further ones (`order` > 0) hold where the first one moves.

    An instrument that plays one note at a time breaks the chords instead.
    """
    grade = stage.plan.grade
    name, voices = stage.style.comp, 4 if stage.style.density > 0.35 else 3
    if grade is not None and grade in _EASY:
        name, voices = _EASY[grade]
    elif order:
        name = "block"
    if not polyphonic and name not in _BROKEN:
        name = "arpeggio"
    power = bool(patterns.option("comp", name, "power", False))
    chords = voicings(stage, part, voices, power)
    found: list[Note] = []
    for bar in stage.bars:
        if not plays(bar, part, everywhere):
            continue
        row = "" if bar.is_final else _row(stage, name, bar)
        for hit in struck(stage, bar, patterns.hits(row)):
            voicing = chords[stage.place_of(hit.onset)]
            found.extend(
                _sound(stage, part, bar, hit, voicing if polyphonic else _turned(hit, voicing))
            )
    return found


def _turned(hit: Hit, voicing: Voicing) -> Voicing:
    """The voicing for an arpeggio's digit; of a whole chord the top voice, which leads best."""
    return voicing if hit.what.isdigit() else voicing[-1:]


def _row(stage: Stage, name: str, bar: Bar) -> str:
    density = bar.planned.density
    if stage.plan.grade is not None:
        density = min(density, 0.1 * stage.plan.grade)
    return patterns.line("comp", name, stage.plan.meter, bar.of_section, density)


def struck(stage: Stage, bar: Bar, hits: Sequence[Hit]) -> list[Hit]:
    """Hits of a bar with absolute onsets, cut and struck again where the chord changes.

    A chord that no hit would sound gets one; a bar without hits (the final one) holds its chords.
    """
    end = bar.start + stage.bar_beats
    found: list[Hit] = []
    for hit in hits:
        at, stop = bar.start + hit.onset, min(end, bar.start + hit.onset + hit.duration)
        while at < stop:
            cut = min(stop, stage.ends_at(at))
            found.append(Hit(at, cut - at, hit.what))
            at = cut
    for placed in stage.changes(bar.start, end):
        start, stop = max(placed.onset, bar.start), min(end, stage.ends_at(placed.onset))
        if not any(start <= h.onset < stop for h in found):
            length = stop - start if not hits else min(stop - start, stage.plan.meter.pulse)
            found.append(Hit(start, length, "x"))
    return sorted(found, key=lambda h: h.onset)


def _sound(stage: Stage, part: Part, bar: Bar, hit: Hit, voicing: Voicing) -> list[Note]:
    accent = 6 if hit.what == "X" else 0
    velocity = stage.velocity(part.role, bar, hit.onset, accent)
    melody = stage.strong(hit.onset, hit.onset + hit.duration)
    pitches = clear(_chosen(hit.what, voicing, part), melody)
    return [Note(hit.onset, p, hit.duration, velocity) for p in pitches]


def _chosen(what: str, voicing: Voicing, part: Part) -> Voicing:
    if what == "b" or len(voicing) == 1:
        return voicing[:1]
    if what == "u":
        return voicing[1:]
    if what.isdigit():
        octave, voice = divmod(int(what), len(voicing))
        pitch = voicing[voice] + 12 * octave
        return (pitch if pitch <= part.high else voicing[voice],)
    return voicing


def clear(pitches: Voicing, melody: Sequence[int]) -> Voicing:
    """The pitches without those that rub against the melody; a hole is better than a wrong note."""
    return tuple(p for p in pitches if not clashes(p, melody))


def voicings(stage: Stage, part: Part, voices: int, power: bool = False) -> list[Voicing]:
    """One voicing for each chord of the plan, each led from the one before."""
    found: list[Voicing] = []
    previous: Voicing | None = None
    for placed in stage.plan.chords:
        low, high = _register(stage, part, placed, _POWER_ROOM if power else _ROOM)
        if power:
            previous = _power(placed.chord, low, high)
        else:
            previous = _led(previous, placed.chord, low, high, voices)
        found.append(previous)
    return found


def _register(stage: Stage, part: Part, placed: PlacedChord, room: int) -> tuple[int, int]:
    """The part's range, its top lowered under the melody as far as a voicing's room allows."""
    sung = stage.over(placed.onset, stage.ends_at(placed.onset))
    high = min([part.high, *(p - 1 for p in sung)])
    return part.low, min(part.high, max(high, part.low + room))


def _led(previous: Voicing | None, chord: Chord, low: int, high: int, voices: int) -> Voicing:
    """Voice leading with as many voices as the chord and the range hold."""
    for count in range(min(voices, max(3, len(chord.pcs))), 0, -1):
        try:
            return voice_lead(previous, chord, low, high, count)
        except ValueError:
            continue
    return ()


def _power(chord: Chord, low: int, high: int) -> Voicing:
    """Root, fifth and octave from the lowest root there is room for."""
    root = nearest([chord.root_pc], low, low, high)
    if root is None:
        return ()
    fifth = next((t for t in QUALITIES[chord.quality] if t in (7, 6, 8)), 7)
    return tuple(p for p in (root, root + fifth, root + 12) if p <= high)


def pad(stage: Stage, part: Part, order: int, everywhere: bool, polyphonic: bool) -> list[Note]:
    """Held chords; repeated ones are joined, up to two bars; one voice for melodic instruments."""
    chords = voicings(stage, part, 3 + order % 2 if polyphonic else 1)
    found: list[Note] = []
    for bar in stage.bars:
        if not plays(bar, part, everywhere):
            continue
        for hit in struck(stage, bar, ()):
            melody = stage.strong(hit.onset, hit.onset + hit.duration)
            voicing = chords[stage.place_of(hit.onset)]
            velocity = stage.velocity(part.role, bar, hit.onset)
            for pitch in clear(voicing, melody):
                found.append(Note(hit.onset, pitch, hit.duration, velocity))
    return _joined(found, _LONGEST_PAD * stage.bar_beats)


def _joined(notes: Sequence[Note], longest: float) -> list[Note]:
    """Notes of one pitch that touch become one, up to a length in beats."""
    found: list[Note] = []
    open_at: dict[int, int] = {}  # pitch -> index of its latest note
    for note in notes:
        at = open_at.get(note.pitch)
        if at is not None:
            held = found[at]
            if held.end == note.onset and held.duration + note.duration <= longest:
                found[at] = Note(
                    held.onset, held.pitch, held.duration + note.duration, held.velocity
                )
                continue
        open_at[note.pitch] = len(found)
        found.append(note)
    return found
