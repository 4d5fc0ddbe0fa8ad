"""Notes as a page shows them: bars, voices, tied pieces, dots, triplets, beams.

In: the notes of one track (beats). Out: for each bar a list of voices, each a row of `Piece`s that
fills its part of the bar; everything in ticks of `TICKS_PER_BEAT`, so that nothing is rounded.
Overlapping notes go to voices by first fit (interval colouring); a length that has no note value
is split at beats and then into values (`models.note_values`), and kept as a bare duration when even
that fails.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from models.note_values import PLAIN, TYPES, VALUES, Pulse, split
from models.score import TICKS_PER_BEAT, Meter, Note, without_overlaps


@dataclass(frozen=True, slots=True)
class Piece:
    """One written note, chord or rest (no pitches); `start` and `ticks` within its bar.

    `kind` is the note type ("quarter", ...) or None for a length no note value has. `tied_in` and
    `tied_out` are the pitches that go on from the piece before and into the piece after.
    `beams` holds one word per beam level ("begin", "continue", "end", hooks); `tuplet` is "start"
    or "stop" at the ends of a triplet bracket.
    """

    start: int
    ticks: int
    pitches: tuple[int, ...] = ()
    velocities: tuple[int, ...] = ()
    tied_in: tuple[int, ...] = ()
    tied_out: tuple[int, ...] = ()
    kind: str | None = None
    dots: int = 0
    triplet: bool = False
    beams: tuple[str, ...] = ()
    tuplet: str = ""

    @property
    def end(self) -> int:
        """Tick in the bar at which the piece stops."""
        return self.start + self.ticks


Voice = tuple[Piece, ...]


def bars_of(notes: Iterable[Note], meter: Meter, bars: int) -> list[list[Voice]]:
    """The voices of every bar; a bar without notes has no voices.

    Notes are normalised by `without_overlaps`; what lies beyond the last bar is cut off.
    """
    length = round(meter.bar_beats * TICKS_PER_BEAT)
    pulse = Pulse.of(meter)
    rows: list[list[list[Piece]]] = [[] for _ in range(bars)]
    for segment_bar, segment in _segments(without_overlaps(notes), length, bars):
        voices = rows[segment_bar]
        voice = next((v for v in voices if v[-1].end <= segment.start), None)
        if voice is None:
            voices.append([segment])
        else:
            voice.append(segment)
    return [[_engrave(v, length, pulse) for v in voices] for voices in rows]


def bars_of_two(
    upper: Iterable[Note], lower: Iterable[Note], meter: Meter, bars: int
) -> list[list[Voice]]:
    """The voices of two lines that share a staff, each without overlaps of its own.

    Where they have one rhythm or cross each other they are written as one voice of chords, with
    ties for the tones that go on.
    """
    length, pulse = round(meter.bar_beats * TICKS_PER_BEAT), Pulse.of(meter)
    rows: list[tuple[list[Piece], list[Piece]]] = [([], []) for _ in range(bars)]
    for line, notes in enumerate((upper, lower)):
        for bar, piece in _segments(without_overlaps(notes), length, bars):
            rows[bar][line].append(piece)
    found = []
    for above, below in rows:
        lines = [line for line in (above, below) if line]
        if len(lines) == 2 and (_rhythm(above) == _rhythm(below) or _cross(above, below)):
            lines = [_joined(above, below)]
        found.append([_engrave(line, length, pulse) for line in lines])
    return found


def _rhythm(line: Sequence[Piece]) -> list[tuple[int, int]]:
    return [(p.start, p.ticks) for p in line]


def _cross(above: Sequence[Piece], below: Sequence[Piece]) -> bool:
    return any(
        max(b.pitches) >= min(a.pitches)
        for a in above
        for b in below
        if a.start < b.end and b.start < a.end
    )


def _joined(above: Sequence[Piece], below: Sequence[Piece]) -> list[Piece]:
    """One line of what sounds between any two neighbouring starts and ends."""
    every = [*above, *below]
    places = sorted({p.start for p in every} | {p.end for p in every})
    found = []
    for start, end in pairwise(places):
        sounding = [p for p in every if p.start <= start and p.end >= end]
        tones = {t: v for p in sounding for t, v in zip(p.pitches, p.velocities, strict=True)}
        pitches = tuple(sorted(tones))
        if pitches:
            piece = Piece(
                start,
                end - start,
                pitches,
                tuple(tones[p] for p in pitches),
                tuple(t for p in sounding for t in (p.pitches if p.start < start else p.tied_in)),
                tuple(t for p in sounding for t in (p.pitches if p.end > end else p.tied_out)),
            )
            found.append(piece)
    return found


def _segments(notes: Sequence[Note], length: int, bars: int) -> list[tuple[int, Piece]]:
    """(bar, piece) for each chord between two bar lines, by start, the longest first."""
    chords: dict[tuple[int, int], list[Note]] = {}
    for n in notes:
        start = round(n.onset * TICKS_PER_BEAT)
        end = min(round(n.end * TICKS_PER_BEAT), bars * length)
        chords.setdefault((start, end), []).append(n)
    found = []
    for (start, end), members in chords.items():
        whole = Piece(0, 0, tuple(n.pitch for n in members), tuple(n.velocity for n in members))
        at = start
        while at < end:
            bar = at // length
            stop = min(end, (bar + 1) * length)
            piece = replace(
                whole,
                start=at % length,
                ticks=stop - at,
                tied_in=whole.pitches if at > start else (),
                tied_out=whole.pitches if stop < end else (),
            )
            found.append((bar, piece))
            at = stop
    return sorted(found, key=lambda f: (f[0], f[1].start, -f[1].ticks, f[1].pitches))


def _engrave(segments: Sequence[Piece], length: int, pulse: Pulse) -> Voice:
    """Rests between the segments, note values, beams and brackets."""
    row: list[Piece] = []
    at = 0
    for segment in (*segments, Piece(length, 0)):
        if segment.start > at:
            row.extend(_written(Piece(at, segment.start - at), pulse))
        if segment.ticks:
            row.extend(_written(segment, pulse))
        at = segment.end
    return tuple(_with_brackets(_with_beams(row, pulse)))


def _written(piece: Piece, pulse: Pulse) -> list[Piece]:
    """A segment as tied pieces that each have a note value (or none at all has one)."""
    lengths = split(piece.start, piece.ticks, pulse, rest=not piece.pitches)
    found, at = [], piece.start
    for i, ticks in enumerate(lengths):
        kind, dots, triplet = VALUES.get(ticks, (None, 0, False))
        found.append(
            replace(
                piece,
                start=at,
                ticks=ticks,
                tied_in=piece.pitches if i else piece.tied_in,
                tied_out=piece.pitches if i < len(lengths) - 1 else piece.tied_out,
                kind=kind,
                dots=dots,
                triplet=triplet,
            )
        )
        at += ticks
    return found


def _flags(piece: Piece) -> int:
    if not piece.pitches or piece.kind is None:
        return 0
    return max(0, TYPES.index(piece.kind) - TYPES.index("quarter"))


def _with_beams(row: Sequence[Piece], pulse: Pulse) -> list[Piece]:
    """Beams join neighbouring short notes inside one felt beat, eighths alone inside a group."""
    found = list(row)
    busy = {p.start // pulse.group for p in row if _flags(p) > 1 or p.triplet}

    def reach(piece: Piece) -> int:
        return pulse.beat if piece.start // pulse.group in busy else pulse.group

    at = 0
    while at < len(found):
        stop = at
        span = reach(found[at])
        window = found[at].start // span
        while stop < len(found) and _flags(found[stop]) and found[stop].start // span == window:
            stop += 1
        if stop - at > 1:
            flags = [_flags(p) for p in found[at:stop]]
            for i in range(at, stop):
                found[i] = replace(found[i], beams=_beam_words(flags, i - at))
        at = max(stop, at + 1)
    return found


def _beam_words(flags: Sequence[int], i: int) -> tuple[str, ...]:
    words = []
    for level in range(1, flags[i] + 1):
        before = i > 0 and flags[i - 1] >= level
        after = i + 1 < len(flags) and flags[i + 1] >= level
        if before and after:
            words.append("continue")
        elif before:
            words.append("end")
        elif after:
            words.append("begin")
        else:
            words.append("backward hook" if i > 0 else "forward hook")
    return tuple(words)


def _with_brackets(row: Sequence[Piece]) -> list[Piece]:
    """A bracket around each run of triplet pieces that fills whole note values."""
    found = list(row)
    at = 0
    while at < len(found):
        total, stop = 0, at
        while stop < len(found) and found[stop].triplet:
            total += found[stop].ticks
            stop += 1
            if total in PLAIN and stop - at > 1:
                found[at] = replace(found[at], tuplet="start")
                found[stop - 1] = replace(found[stop - 1], tuplet="stop")
                break
        at = max(stop, at + 1)
    return found
