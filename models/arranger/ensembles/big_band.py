"""Big band: solo and pads, sax soli with brass answers, tutti.

In: a hall. Out: five saxophones, trumpets, trombones and the rhythm section. Soft passages: a lead
over trombone pads; middle ones: saxes in four-way close, the baritone doubling the lead an octave
below, brass answering in the melody's rests; loud ones: trumpets in close harmony on top, saxes in
four-way close, trombones and baritone in the band's rhythm (Lowell & Pullig, *Arranging for Large
Jazz Ensemble*, 2003, ch. 3-8; Wright, *Inside the Score*, 1982: tones outside the chord replace the
chord tone below them). The guitar strikes every beat after Freddie Green.
"""

from __future__ import annotations

from models.arranger.ensembles.hall import Hall, Passage, Strike, cut, within
from models.arranger.ensembles.voices import Desk, Lines, add, passage_for, slots_of
from models.arranger.ensembles.voicing import lead
from models.arranger.stage import nearest
from models.score import Note
from models.theory import QUALITIES, Chord

_SOLI, _TUTTI = 0.42, 0.68  # levels from which saxes and everybody play in harmony
_GAP = 1.0  # beats of rest in the melody that brass may answer in
_SAXES = ("Alto sax I", "Alto sax II", "Tenor sax I", "Tenor sax II")
_BARITONE, _LEAD_TRUMPET, _GUITAR, _PIANO = "Baritone sax", "Trumpet I", "Guitar", "Piano"
_TRUMPETS = (_LEAD_TRUMPET, "Trumpet II", "Trumpet III")
_TROMBONES = ("Trombone I", "Trombone II", "Trombone III")
_EPSILON = 1e-6


def big_band(hall: Hall) -> Lines:
    """The whole band."""
    lines: Lines = {name: [] for name in hall.parts}
    for passage in hall.passages:
        melody = cut(hall.stage.melody, passage.start, passage.end)
        if not melody:
            add(lines, _brass(hall, passage, hall.strikes("chords", passage)))
        elif passage.level >= _TUTTI or passage.peak:
            add(lines, _tutti(hall, passage))
        elif passage.level >= _SOLI:
            add(lines, _soli(hall, passage))
        else:
            add(lines, _solo(hall, passage))
        add(lines, _rhythm(hall, passage))
    return {name: notes for name, notes in lines.items() if name in hall.parts}


def close(chord: Chord, pitch: int, count: int) -> list[int]:
    """Pitches in close position under a melody note, highest first.

    A melody note outside the chord stands for the chord tone under it; triads get a sixth.
    """
    tones = QUALITIES[chord.quality]
    pool = [t % 12 for t in (tones[1:5] if len(tones) > 4 else tones)]
    if len(pool) == 3 and {9, 10, 11}.isdisjoint(pool) and 8 not in pool:
        pool.append(9)
    pcs = {(chord.root_pc + t) % 12 for t in pool}
    if pitch % 12 not in pcs:
        pcs.discard(min(pcs, key=lambda pc: (pitch - pc) % 12))
    found: list[int] = []
    at = pitch - 2  # a semitone under the lead would blur it
    while len(found) < count:
        if at % 12 in pcs:
            found.append(at)
        at -= 1
    return found


def _close_line(hall: Hall, passage: Passage, names: tuple[str, ...]) -> Lines:
    """The melody on the first of some seats, the others in close harmony under it."""
    seated = [name for name in names if name in hall.parts]
    if not seated:
        return {}
    found: Lines = {name: [] for name in seated}
    room = 7 if seated[0] == _LEAD_TRUMPET else 0  # for those who sit under the lead
    for note in cut(hall.tune(seated[0], room), passage.start, passage.end):
        found[seated[0]].append(note)
        chord = hall.stage.chord_at(note.onset).chord
        for name, pitch in zip(seated[1:], close(chord, note.pitch, len(seated) - 1), strict=True):
            part = hall.parts[name]
            if part.low <= pitch <= part.high:
                found[name].append(
                    Note(note.onset, pitch, note.duration, max(1, note.velocity - 8))
                )
    return found


def _solo(hall: Hall, passage: Passage) -> Lines:
    """One lead over pads: the trumpet first, the alto when the music comes back."""
    leads = [n for n in (_LEAD_TRUMPET, _SAXES[0]) if n in hall.parts] or list(hall.parts)[:1]
    top = leads[passage.round % len(leads)]
    inner = tuple(n for n in _TROMBONES if n in hall.parts)
    return passage_for(hall, passage, Desk(top, inner, None, "hold"))


def _soli(hall: Hall, passage: Passage) -> Lines:
    """Saxes in harmony, the brass in the gaps."""
    found = _close_line(hall, passage, _SAXES)
    if _BARITONE in hall.parts and _SAXES[0] in found:
        part = hall.parts[_BARITONE]
        below = [
            Note(n.onset, n.pitch - 12, n.duration, max(1, n.velocity - 6))
            for n in found[_SAXES[0]]
        ]
        found[_BARITONE] = [n for n in below if part.low <= n.pitch <= part.high]
    strikes = [
        (onset, min(length, end - onset))
        for start, end in hall.gaps(passage, _GAP)
        for onset, length in hall.strikes("chords", passage)
        if start - _EPSILON <= onset < end - _EPSILON
    ]
    add(found, _brass(hall, passage, strikes))
    return found


def _tutti(hall: Hall, passage: Passage) -> Lines:
    """Trumpets and saxes on the melody, trombones and baritone in the band's rhythm."""
    found = _close_line(hall, passage, _TRUMPETS)
    add(found, _close_line(hall, passage, _SAXES))
    strikes = hall.strikes("chords", passage)
    add(found, _trombones(hall, passage, strikes))
    if _BARITONE in hall.parts:
        part = hall.parts[_BARITONE]
        last = part.low + 9.0
        found[_BARITONE] = []
        for onset, length in strikes:
            pc = hall.stage.chord_at(onset).chord.bass_pc
            pitch = nearest([pc], (last + part.low + 9) / 2, part.low, part.low + 16)
            if pitch is not None:
                last = pitch
                found[_BARITONE].append(hall.sound("bass", onset, pitch, length, -6))
    return found


def _brass(hall: Hall, passage: Passage, strikes: list[Strike]) -> Lines:
    """Chords of trumpets and trombones at some places."""
    found = _trombones(hall, passage, strikes)
    seated = [name for name in _TRUMPETS if name in hall.parts]
    if not seated:
        return found
    part, last = hall.parts[seated[0]], 72.0
    add(found, {name: [] for name in seated})
    for onset, length in strikes:
        chord = hall.stage.chord_at(onset).chord
        top = nearest(chord.pcs, (last + 72) / 2, part.low, part.high)
        if top is None:
            continue
        last = top
        for name, pitch in zip(seated, [top, *close(chord, top, len(seated) - 1)], strict=True):
            if hall.parts[name].low <= pitch <= hall.parts[name].high:
                found[name].append(hall.sound("counter", onset, pitch, length))
    return found


def _trombones(hall: Hall, passage: Passage, strikes: list[Strike]) -> Lines:
    """Three led voices under the melody in a rhythm."""
    seated = [name for name in _TROMBONES if name in hall.parts]
    lines: Lines = {name: [] for name in seated}
    slots = slots_of(hall, passage, (), (), by_pulse=False)
    ranges = [(hall.parts[n].low, hall.parts[n].high) for n in seated]
    for slot, chord in zip(slots, lead(slots, ranges), strict=True):
        for onset, length in strikes:
            if slot.start - _EPSILON <= onset < slot.end - _EPSILON:
                for name, pitch in zip(seated, chord, strict=True):
                    length = min(length, slot.end - onset)
                    lines[name].append(hall.sound("counter", onset, pitch, length, -4))
    return lines


def _rhythm(hall: Hall, passage: Passage) -> Lines:
    """Piano and bass as in the band, drums too, the guitar on every beat of a swing."""
    found: Lines = {}
    for name, part in hall.parts.items():
        if part.role in ("bass", "drums") or name == _PIANO:
            notes = hall.played(part.role)
            line = notes if part.is_drum else within(notes, part.low, part.high)
            found[name] = cut(line, passage.start, passage.end)
    if _GUITAR not in hall.parts:
        return found
    part = hall.parts[_GUITAR]
    slots = slots_of(hall, passage, (), (), by_pulse=False)
    ranges = [(part.low + 10, part.high), (part.low + 5, part.high - 7), (part.low, part.low + 12)]
    pulse, swings = hall.plan.meter.pulse, hall.plan.swing > 0.55
    beats = round((passage.end - passage.start) / pulse)
    strikes = [(passage.start + i * pulse, pulse * 0.75) for i in range(beats)]
    found[_GUITAR] = []
    for slot, chord in zip(slots, lead(slots, ranges), strict=True):
        for onset, length in strikes if swings else hall.strikes("chords", passage):
            if slot.start - _EPSILON <= onset < slot.end - _EPSILON:
                length = min(length, slot.end - onset)
                if hall.bar(onset).is_final:
                    onset, length = slot.start, slot.end - slot.start
                found[_GUITAR] += [hall.sound("chords", onset, p, length, -8) for p in set(chord)]
                if hall.bar(onset).is_final:
                    break
    return found
