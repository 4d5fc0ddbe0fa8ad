"""Other pitches: a piece, a part or some bars moved up or down, or into another mode.

In: a `Work` and semitones, or a key. Out: the work with everything pitched moved: notes, chord
symbols, key. What an instrument cannot reach moves by octaves (a whole part first, then single
notes). In another mode a chord tone becomes the same tone of the new chord and every other note the
same degree of the new scale, so that nothing that was consonant clashes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from models import vocabulary
from models.arranger.playable import mend, violations
from models.planner.plan import Part, Plan
from models.planner.rework import parallel
from models.reshape.work import Span, Work, holding, mapped, split_chords, within
from models.score import Note, PlacedChord, Track
from models.theory import QUALITIES, Chord, Key

_EPSILON = 1e-6
_OCTAVES = tuple(range(-4, 5))
_FAR = 7  # semitones


def transposed(work: Work, semitones: int, span: Span | None = None) -> Work:
    """Everything with a pitch moved, the key with it; in a span the key of the piece stays."""
    start, end = work.beats(span or work.whole)
    tracks = [
        t if t.is_drum else _shifted(t, semitones, start, end, _reach(work.plan, t))
        for t in work.score.tracks
    ]
    key = work.plan.key.transposed(semitones)
    chords = tuple(
        replace(c, chord=c.chord.transposed(semitones, key)) if start <= c.onset < end else c
        for c in split_chords(work.plan.chords, (start, end))
    )
    plan = replace(work.plan, chords=chords, key=work.plan.key if span else key)
    # A step down is no reason to go an octave up.
    far = abs(semitones) >= _FAR
    return playable(work.planned(plan, tracks), work, span, exact=True, eased=far)


def octaves(work: Work, names: frozenset[str], number: int, span: Span | None = None) -> Work:
    """Some parts moved by whole octaves as far as their instruments reach."""
    start, end = work.beats(span or work.whole)
    tracks = [
        _shifted(t, 12 * number, start, end, _reach(work.plan, t)) if t.name in names else t
        for t in work.score.tracks
    ]
    return playable(work.with_tracks(tracks), work, span, exact=True)


def in_key(work: Work, key: Key, span: Span | None = None) -> Work:
    """The piece (or some bars of it) in another key: moved the nearer way, its mode changed."""
    old = work.plan.key
    steps = (key.tonic_pc - old.tonic_pc + 6) % 12 - 6
    moved = transposed(work, steps, span) if steps else work
    local = Key(key.tonic, old.mode)
    moved = _in_mode(moved, local, key, span) if key.mode != old.mode else moved
    if span is not None:
        return playable(moved, work, span, exact=True, eased=False)
    spelled = tuple(replace(c, chord=c.chord.transposed(0, key)) for c in moved.plan.chords)
    whole = moved.planned(replace(moved.plan, key=key, chords=spelled))
    return playable(whole, work, exact=True, eased=False)


def playable(
    work: Work,
    before: Work,
    span: Span | None = None,
    *,
    exact: bool = False,
    eased: bool = True,
) -> Work:
    """The work with parts mended that have become harder to play than they were.

    Where a part as a whole (in the span) is easier an octave away it goes there if it may be
    `eased`; what is left is mended note by note, where it is to be `exact` only as far as no pitch
    class is lost.
    """
    work = holding(work)
    known = Counter(v.part for v in violations(before.score, before.plan))
    for name in sorted(_worse(work, known)) if eased else ():
        work = _eased(work, name, known, span or work.whole)
    worse = _worse(work, known)
    if not worse:
        return work
    stays = frozenset(t.name for t in work.score.tracks if t.name not in worse)
    mended = mend(work.score, work.plan, keep=stays).tracks
    if not exact:
        return holding(work.with_tracks(mended))
    pairs = zip(work.score.tracks, mended, strict=True)
    return holding(work.with_tracks(b if _sounded(a) == _sounded(b) else a for a, b in pairs))


def _sounded(track: Track) -> set[tuple[float, int]]:
    return {(n.onset, n.pitch % 12) for n in track.notes}


def _worse(work: Work, known: Counter[str]) -> set[str]:
    faults = Counter(v.part for v in violations(work.score, work.plan))
    return {name for name, number in faults.items() if number > known[name]}


def _eased(work: Work, name: str, known: Counter[str], span: Span) -> Work:
    """A part an octave up or down in a span, where it is no harder there than it was."""
    start, end = work.beats(span)
    for octave in (12, -12):
        everywhere = (0, 127)
        tracks = [
            _shifted(t, octave, start, end, everywhere) if t.name == name else t
            for t in work.score.tracks
        ]
        moved = holding(work.with_tracks(tracks))
        if name not in _worse(moved, known):
            return moved
    return work


# --- octaves and ranges ---------------------------------------------------------------------------


def _reach(plan: Plan, track: Track) -> tuple[int, int]:
    """What the player of a track can sound, or what the plan has them play where it is more."""
    part = next((p for p in plan.parts if p.name == track.name and not p.is_drum), None)
    if part is None:
        return 0, 127
    low, high = _instrument(part)
    return min(low, part.low), max(high, part.high)


def _instrument(part: Part) -> tuple[int, int]:
    instruments = vocabulary.load().instruments
    if part.instrument not in instruments:
        return part.low, part.high
    known = instruments[part.instrument]
    return known.low, known.high


def _shifted(
    track: Track, semitones: int, start: float, end: float, reach: tuple[int, int]
) -> Track:
    """A track's notes in `start..end` moved, by the octave as one where it reaches better."""
    low, high = reach
    inside = [n.pitch for n in track.notes if within(n, start, end)]

    def outside(octave: int) -> int:
        shift = semitones + 12 * octave
        return sum(not low <= p + shift <= high for p in inside)

    shift = semitones + 12 * min(_OCTAVES, key=lambda k: (outside(k), abs(k)))

    def moved(note: Note) -> Note:
        return replace(note, pitch=folded(note.pitch + shift, low, high))

    return mapped(track, moved, start, end)


def folded(pitch: int, low: int, high: int) -> int:
    """The nearest pitch of the same class in `low..high`; the pitch itself where there is none."""
    if low <= pitch <= high:
        return pitch
    up, down = low + (pitch - low) % 12, high - (high - pitch) % 12
    found = up if pitch < low else down
    return found if low <= found <= high else pitch


# --- modes ----------------------------------------------------------------------------------------


def _in_mode(work: Work, old: Key, new: Key, span: Span | None) -> Work:
    """Notes and chords that are in `old` (in a span, or all) in the mode of `new`."""
    start, end = work.beats(span or work.whole)
    before = split_chords(work.plan.chords, (start, end))
    local = replace(work.plan, key=old, chords=tuple(before))
    after = _chords_in(local, new)
    chords = [a if start <= b.onset < end else b for b, a in zip(before, after, strict=True)]
    onsets = [c.onset for c in before]

    def moved(note: Note) -> Note:
        at = bisect_right(onsets, note.onset + _EPSILON) - 1
        here = (before[at].chord, chords[at].chord) if at >= 0 else None
        return replace(note, pitch=_moved_pitch(note.pitch, here, old, new))

    tracks = [t if t.is_drum else mapped(t, moved, start, end) for t in work.score.tracks]
    key = new if span is None else work.plan.key
    return work.planned(replace(work.plan, key=key, chords=tuple(chords)), tracks)


def _chords_in(plan: Plan, new: Key) -> Sequence[PlacedChord]:
    """The chords of a plan in another mode, one for one; over the parallel where thirds differ."""
    chords, old = plan.chords, plan.key
    if old.is_minor != new.is_minor:
        plain = Key(old.tonic, "minor" if old.is_minor else "major")
        chords = tuple(replace(c, chord=_diatonic(c.chord, old, plain)) for c in chords)
        turned = parallel(replace(plan, key=plain, chords=chords))
        chords, old = turned.chords, turned.key
    return tuple(replace(c, chord=_diatonic(c.chord, old, new)) for c in chords)


def _diatonic(chord: Chord, old: Key, new: Key) -> Chord:
    """A chord of the old scale on the same degrees of the new one; any other as it is."""
    if old.mode == new.mode or not set(chord.pcs) <= set(old.scale):
        return chord
    table = dict(zip(old.scale, new.scale, strict=True))
    root = table[chord.root_pc]
    wanted = {(table[pc] - root) % 12 for pc in chord.pcs}
    if wanted == {(pc - chord.root_pc) % 12 for pc in chord.pcs} and root == chord.root_pc:
        return chord
    quality = next((q for q, steps in QUALITIES.items() if {s % 12 for s in steps} == wanted), None)
    bass = table.get(chord.bass_pc, chord.bass_pc) if chord.bass else None
    if quality is None:
        return chord
    return Chord(new.spell(root), quality, None if bass is None else new.spell(bass))


def _moved_pitch(pitch: int, chords: tuple[Chord, Chord] | None, old: Key, new: Key) -> int:
    pc = pitch % 12
    if chords is not None:
        before, after = chords
        tones = dict(zip(before.pcs, after.pcs, strict=False))
        if pc in tones:
            return pitch + _nearest(pc, tones[pc])
        if pc in after.pcs:
            return pitch
    table = dict(zip(old.scale, new.scale, strict=True))
    return pitch + _nearest(pc, table.get(pc, pc))


def _nearest(old: int, new: int) -> int:
    return (new - old + 6) % 12 - 6
