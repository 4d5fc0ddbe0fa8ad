"""Can people play it? Range, hands, muddy depths, voice crossing: found, and mended.

In: a `Score` and its `Plan`. Out: `Violation`s, or a score without any: the post-pass after every
arranger. It changes as little as it can: octave shifts, doublings left out, held notes let go,
then other notes left out; a melody keeps its top line and its rhythm (octaves aside), and tracks
that were given stay note for note. Rules and sources: `hands.py`, `crossing.py`,
`playability.toml`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from models.arranger import crossing
from models.arranger.crossing import Line, Order
from models.arranger.hands import Hands, can_sound, hands_of, muddy, tables
from models.planner.plan import Part, Plan
from models.score import Note, Score, Track, without_overlaps
from models.vocabulary import load

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that cannot be played, or that crosses: `bar` and `beat` count from 1.

    `rule` is "range", "hands" (too many notes for one player), "low interval", "drums" (too few
    hands), "crossing", "spacing" or "leap".
    """

    part: str
    bar: int
    beat: float
    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class _Desk:
    """A track with what is known of its player; `low..high` is what the instrument can sound."""

    track: Track
    hands: Hands
    low: int
    high: int
    part: Part | None

    @property
    def register(self) -> tuple[int, int]:
        """Where mended notes go: the part's range as far as the instrument has it."""
        if self.part is None:
            return self.low, self.high
        return max(self.low, self.part.low), min(self.high, self.part.high)

    def can_sound(self, pitches: Sequence[int]) -> bool:
        chord = tuple(sorted(set(pitches)))
        return can_sound(self.hands, chord) and muddy(chord) is None


def violations(score: Score, plan: Plan) -> list[Violation]:
    """All violations, in order; tracks are matched with the plan's parts by name and program."""
    found: list[tuple[float, Violation]] = []
    bar_beats = score.meter.bar_beats

    def add(track: Track, beat: float, rule: str, what: str) -> None:
        bar, within = divmod(beat + _EPSILON, bar_beats)
        place = round(within + 1 - _EPSILON, 3)
        found.append((beat, Violation(track.name, int(bar) + 1, place, rule, what)))

    desks = _desks(score, plan)
    for desk in desks:
        for beat, rule, what in _drum_faults(desk) if desk.track.is_drum else _faults(desk):
            add(desk.track, beat, rule, what)
    for members, order in _families(desks, plan):
        lines = [_line(desks[i], frozenset()) for i in members]
        for i, beat, rule, what in crossing.faults(lines, order):
            add(desks[members[i]].track, beat, rule, what)
    return [violation for _, violation in sorted(found, key=lambda row: row[0])]


def parallels(score: Score, plan: Plan) -> int:
    """Parallel fifths and octaves inside the families of an ensemble; 0 for a band.

    Seats that double another are left out: they are one voice.
    """
    if plan.ensemble is None:
        return 0
    desks = _desks(score, plan)
    doubling = {s.name for s in load().ensembles[plan.ensemble].seats if s.doubles}
    return sum(
        crossing.parallels(
            [desks[i].track.notes for i in members if desks[i].track.name not in doubling]
        )
        for members, _ in _families(desks, plan)
    )


def mend(score: Score, plan: Plan, *, keep: frozenset[str] = frozenset()) -> Score:
    """The score as people can play it; tracks named in `keep` come back note for note."""
    desks = _desks(score, plan)
    mended = []
    for desk in desks:
        track = desk.track
        if track.name not in keep:
            track = replace(track, notes=_drummed(desk) if track.is_drum else _played(desk))
        mended.append(replace(desk, track=track))
    onsets = [c.onset for c in plan.chords]

    def tones(beat: float) -> Sequence[int]:
        if not onsets:
            return ()
        return plan.chords[max(0, bisect_right(onsets, beat + _EPSILON) - 1)].chord.pcs

    for members, order in _families(mended, plan):
        lines = [_line(mended[i], keep) for i in members]
        for i, notes in zip(members, crossing.mend(lines, order, tones), strict=True):
            mended[i] = replace(mended[i], track=replace(mended[i].track, notes=notes))
    return score.with_tracks(desk.track for desk in mended)


# --- who plays -----------------------------------------------------------------------------------


def _desks(score: Score, plan: Plan) -> list[_Desk]:
    parts = _paired(score, plan)
    shared = Counter(p.instrument for p in parts if p is not None)
    seats = () if plan.ensemble is None else load().ensembles[plan.ensemble].seats
    single = {seat.name for seat in seats if seat.family}  # one voice of several
    desks = [_desk(t, p, shared) for t, p in zip(score.tracks, parts, strict=True)]
    return [
        replace(d, hands=Hands("voices", 1)) if d.part and d.part.name in single else d
        for d in desks
    ]


def _paired(score: Score, plan: Plan) -> list[Part | None]:
    """The plan's part of each track: of its name and program, else of its name; each used once."""
    left = list(plan.parts)
    found: list[Part | None] = []
    for track in score.tracks:
        named = [p for p in left if p.name == track.name and p.is_drum == track.is_drum]
        part = next((p for p in named if p.program == track.program), None) or next(
            iter(named), None
        )
        if part is not None:
            left.remove(part)
        found.append(part)
    return found


def _desk(track: Track, part: Part | None, shared: Counter[str]) -> _Desk:
    if track.is_drum:
        return _Desk(track, Hands("voices", 16), 27, 87, part)
    instruments = load().instruments
    instrument = instruments[part.instrument] if part and part.instrument in instruments else None
    if instrument is None:
        instrument = next((i for i in instruments if i.program == track.program), None)
    low, high = (instrument.low, instrument.high) if instrument else (0, 127)
    # A keyboard with two parts is one player: a hand each.
    alone = part is None or shared[part.instrument] != 2
    return _Desk(track, hands_of(track.program, not alone), low, high, part)


def _families(desks: Sequence[_Desk], plan: Plan) -> Iterator[tuple[list[int], Order]]:
    """(tracks from high to low, rules) of each family of the plan's ensemble."""
    if plan.ensemble is None:
        return
    ensemble = load().ensembles[plan.ensemble]
    places = {desk.track.name: i for i, desk in enumerate(desks) if desk.part is not None}
    for family, seats in groupby(ensemble.seats, key=lambda seat: seat.family):
        members = [places[s.name] for s in seats if s.name in places]
        if family and len(members) > 1:
            yield members, Order(ensemble.spacing, ensemble.leap)


def _line(desk: _Desk, keep: frozenset[str]) -> Line:
    low, high = desk.register
    melody = desk.track.role == "melody"
    fixed = melody or desk.track.name in keep
    return Line(desk.track.notes, low, high, fixed, melody)


# --- one player ----------------------------------------------------------------------------------


def _chords(notes: Sequence[Note]) -> Iterator[tuple[float, list[Note], list[Note]]]:
    """(beat, notes struck there, notes still held from before), in order."""
    held: list[Note] = []
    for beat, group in groupby(notes, key=lambda n: n.onset):
        struck = list(group)
        held = [n for n in held if n.end > beat + _EPSILON]
        yield beat, struck, held
        held = held + struck


def _faults(desk: _Desk) -> Iterator[tuple[float, str, str]]:
    for beat, struck, held in _chords(sorted(desk.track.notes)):
        for note in struck:
            if not desk.low <= note.pitch <= desk.high:
                yield beat, "range", f"{note.pitch} is outside {desk.low}-{desk.high}"
        chord = tuple(sorted({n.pitch for n in (*held, *struck)}))
        if not can_sound(desk.hands, chord):
            yield beat, "hands", " ".join(map(str, chord))
        elif pair := muddy(chord):
            yield beat, "low interval", f"{pair[0]} {pair[1]}"


def _played(desk: _Desk) -> tuple[Note, ...]:
    """The track's notes in range, each chord as its player can sound it."""
    melody = desk.track.role == "melody"
    notes = without_overlaps(_in_range(desk, melody))
    ends: dict[Note, float] = {}  # note -> where it is let go
    held: list[Note] = []
    for beat, group in groupby(notes, key=lambda n: n.onset):
        struck = _thinned(desk, list(group))
        held = [n for n in held if ends[n] > beat + _EPSILON]
        while held and not desk.can_sound([n.pitch for n in (*held, *struck)]):
            ends[held.pop(0)] = beat
        held += struck
        ends |= {n: n.end for n in struck}
    return tuple(
        n if end == n.end else replace(n, duration=end - n.onset) for n, end in ends.items()
    )


def _in_range(desk: _Desk, melody: bool) -> Iterator[Note]:
    """Notes moved by octaves into the register; a melody first as one, so that it stays itself."""
    low, high = desk.register
    notes = desk.track.notes
    if melody and any(not low <= n.pitch <= high for n in notes):
        shifts = (12 * k for k in range(-6, 7))
        best = min(shifts, key=lambda s: (sum(not low <= n.pitch + s <= high for n in notes), s**2))
        notes = tuple(replace(n, pitch=n.pitch + best) for n in notes)
    for note in notes:
        pitch = _folded(note.pitch, low, high)
        if pitch is None:
            pitch = _folded(note.pitch, desk.low, desk.high)
        if pitch is not None:
            yield note if pitch == note.pitch else replace(note, pitch=pitch)


def _folded(pitch: int, low: int, high: int) -> int | None:
    """The nearest pitch of the same class within `low..high`, or None."""
    if low <= pitch <= high:
        return pitch
    up = low + (pitch - low) % 12
    down = high - (high - pitch) % 12
    moved = up if pitch < low else down
    return moved if low <= moved <= high else None


def _thinned(desk: _Desk, struck: list[Note]) -> list[Note]:
    """What a player can strike of a chord: the top (of a bass the bottom) is the last to go."""
    while len(struck) > 1 and not desk.can_sound([n.pitch for n in struck]):
        struck.sort(key=lambda n: n.pitch)
        if desk.hands.kind == "voices" and desk.hands.number == 1:
            return [struck[0] if desk.track.role == "bass" else struck[-1]]
        struck = _less(desk, struck)
    return sorted(struck)


def _less(desk: _Desk, struck: list[Note]) -> list[Note]:
    """A chord one step nearer to the hand: a doubling or an octave if that does it, or a note."""

    def works(chord: Sequence[Note]) -> bool:
        return desk.can_sound([n.pitch for n in chord])

    bottom = desk.track.role == "bass"
    spare = struck[1:] if bottom else struck[:-1]
    spare = sorted(spare, key=lambda n: n is struck[0] or n is struck[-1])  # inner notes first
    count = Counter(n.pitch % 12 for n in struck)
    doubled = [n for n in spare if count[n.pitch % 12] > 1]
    for note in doubled:
        if works(rest := [n for n in struck if n is not note]):
            return rest
    low, high = desk.register
    taken = {n.pitch for n in struck}
    for note in spare:
        for pitch in (note.pitch + 12, note.pitch - 12):
            inside = low <= pitch <= high and pitch < struck[-1].pitch
            moved = [n if n is not note else replace(n, pitch=pitch) for n in struck]
            if inside and pitch not in taken and works(moved):
                return moved
    out = (doubled or spare)[0]
    return [n for n in struck if n is not out]


# --- drums ---------------------------------------------------------------------------------------


def _too_many(keys: Sequence[int]) -> list[tuple[str, list[int]]]:
    """(players, keys) of the drummer and the percussionists where they lack hands."""
    table = tables()["drums"]
    hands = [k for k in keys if k not in table["feet"]]
    second = [k for k in hands if k in table["percussion"]]
    first = [k for k in hands if k not in table["percussion"]]
    players = (("drummer", first), ("percussionists", second))
    return [(who, held) for who, held in players if len(held) > table[who]]


def _drum_faults(desk: _Desk) -> Iterator[tuple[float, str, str]]:
    for beat, group in groupby(sorted(desk.track.notes), key=lambda n: n.onset):
        keys = sorted({n.pitch for n in group})
        for key in keys:
            if not desk.low <= key <= desk.high:
                yield beat, "range", f"{key} is no drum"
        for who, held in _too_many(keys):
            yield beat, "drums", f"{who}: {' '.join(map(str, held))}"


def _drummed(desk: _Desk) -> tuple[Note, ...]:
    """The hits that two hands (and two percussionists') can do; cymbals on time give way."""
    order: list[int] = tables()["drums"]["yield"]
    rank = {key: place for place, key in enumerate(order)}
    kept: list[Note] = []
    for _, group in groupby(sorted(desk.track.notes), key=lambda n: n.onset):
        hits = [n for n in group if desk.low <= n.pitch <= desk.high]
        while busy := _too_many(sorted({n.pitch for n in hits})):
            out = min(busy[0][1], key=lambda k: (rank.get(k, -1), k))
            hits = [n for n in hits if n.pitch != out]
        kept += hits
    return without_overlaps(kept)
