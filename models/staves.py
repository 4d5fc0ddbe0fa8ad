"""Which staves a track is written on: clefs, hands, and the lines of music on each staff.

In: a track (beats), and whether the page is for readers (`tidy`) or must give back every note as it
was. Out: one `Staff` or, where the music spans both hands, two. A drum staff has the hands on one
line and the feet on the other (`models.percussion`). The hands' border moves from bar to bar and is
the cheapest path through the bars, by leger lines, stretches and moves (Viterbi; after Nakamura,
Ono and Saito, "Merged-output HMM for piano fingering", ISMIR 2014, with rules for the costs).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.percussion import drum
from models.score import Meter, Note, Track
from models.tidy import two_lines

_BORDERS = range(53, 69)  # the lowest note of the right hand, F3..G#4
_REACH = 16  # semitones that a hand can hold
_MOVE = 2.0  # cost of moving the border by a semitone between bars, against a leger line of 1
_MIDDLE_C = 60
_WIDE_LOW, _WIDE_HIGH = 52, 67  # music beyond both needs two clefs


@dataclass(frozen=True, slots=True)
class Clef:
    """A MusicXML clef; `octaves` is how much higher it sounds than it is written."""

    sign: str
    line: int = 0
    octaves: int = 0


@dataclass(frozen=True, slots=True)
class Staff:
    """A clef, the number of lines, and groups of notes that are each laid out alone.

    `feet` says that the last group is a drummer's feet: its stems always point down.
    """

    clef: Clef
    groups: tuple[tuple[Note, ...], ...]
    lines: int = 5
    feet: bool = False


TREBLE, ALTO, BASS = Clef("G", 2), Clef("C", 3), Clef("F", 4)
_PERCUSSION = Clef("percussion")
# General MIDI program -> clef, where the instrument decides and not its music.
_CLEFS = {
    9: Clef("G", 2, 2),  # glockenspiel
    **dict.fromkeys((8, 10, 13, 72), Clef("G", 2, 1)),  # celesta, music box, xylophone, piccolo
    **dict.fromkeys(range(24, 32), Clef("G", 2, -1)),  # guitars
    **dict.fromkeys((*range(32, 40), 43), Clef("F", 4, -1)),  # basses
    40: TREBLE,
    41: ALTO,
    **dict.fromkeys((47, 57, 58, 70), BASS),  # timpani, trombone, tuba, bassoon
    **dict.fromkeys((56, 59, 64, 65, 68, 69, 71, 73, 74), TREBLE),  # trumpets, reeds, flutes
}
_ONE_STAFF = frozenset(_CLEFS) - {8, 10}


def staves_of(
    track: Track, meter: Meter, bars: int, tidy: bool, lead: bool = False
) -> tuple[Staff, ...]:
    """The staves of a track, the upper hand first; `tidy` splits hands and leads voices.

    A `lead` sheet has one staff, in the treble wherever that can be read.
    """
    if track.is_drum:
        return (_drums(track.notes, tidy),)
    if lead:
        return (Staff(_lead_clef(track.notes), (track.notes,)),)
    if not tidy:
        return (Staff(clef_of(track.program, track.notes), (track.notes,)),)
    hands = [track.notes]
    if track.program not in _ONE_STAFF and _spans_both(track.notes):
        hands = _hands(track.notes, meter, bars)
        return tuple(
            Staff(clef, two_lines(hand)) for clef, hand in zip((TREBLE, BASS), hands, strict=True)
        )
    return (Staff(clef_of(track.program, track.notes), two_lines(track.notes)),)


def clef_of(program: int, notes: Sequence[Note]) -> Clef:
    """The clef of an instrument, or of its music where it reads several."""
    middle = _middle(notes)
    clef = _CLEFS.get(program)
    if clef == Clef("F", 4, -1) and middle > _MIDDLE_C:
        clef = None  # a bass that plays the tune up high
    if clef is not None:
        return clef
    if middle >= 86:
        return Clef("G", 2, 1)
    return TREBLE if middle >= 57 else BASS if middle >= 38 else Clef("F", 4, -1)


def _lead_clef(notes: Sequence[Note]) -> Clef:
    middle = _middle(notes)
    if middle < 50 or middle >= 86:
        return clef_of(0, notes)
    return TREBLE if middle >= 64 else Clef("G", 2, -1)


def _middle(notes: Sequence[Note]) -> int:
    pitches = sorted(n.pitch for n in notes)
    return pitches[len(pitches) // 2] if pitches else _MIDDLE_C


def _drums(notes: Sequence[Note], tidy: bool) -> Staff:
    hands = tuple(n for n in notes if not drum(n.pitch).foot)
    feet = tuple(n for n in notes if drum(n.pitch).foot)
    lines = 1 if tidy and len({drum(n.pitch).place for n in notes}) == 1 else 5
    return Staff(_PERCUSSION, (hands, feet), lines, feet=True)


def _spans_both(notes: Iterable[Note]) -> bool:
    pitches = sorted(n.pitch for n in notes)
    few = len(pitches) // 20  # one note in twenty beyond the staff is a leger line, no second hand
    return bool(pitches) and pitches[few] < _WIDE_LOW and pitches[-1 - few] > _WIDE_HIGH


def _hands(notes: Sequence[Note], meter: Meter, bars: int) -> list[tuple[Note, ...]]:
    """(right, left): the border between the hands by bar, then the notes on either side of it."""
    by_bar: list[list[Note]] = [[] for _ in range(bars)]
    for n in notes:
        by_bar[min(bars - 1, int(n.onset / meter.bar_beats))].append(n)
    costs = [0.0] * len(_BORDERS)
    ways: list[list[int]] = []
    for inside in by_bar:
        here = [_cost(inside, border) for border in _BORDERS]
        back = [
            min(range(len(costs)), key=lambda j: costs[j] + _MOVE * abs(i - j))
            for i in range(len(costs))
        ]
        costs = [here[i] + costs[j] + _MOVE * abs(i - j) for i, j in enumerate(back)]
        ways.append(back)
    at = min(range(len(costs)), key=costs.__getitem__)
    borders: list[int] = []
    for back in reversed(ways):
        borders.append(_BORDERS[at])
        at = back[at]
    borders.reverse()
    right = tuple(n for bar, ns in enumerate(by_bar) for n in ns if n.pitch >= borders[bar])
    left = tuple(n for bar, ns in enumerate(by_bar) for n in ns if n.pitch < borders[bar])
    return [tuple(sorted(right)), tuple(sorted(left))]


def _cost(notes: Sequence[Note], border: int) -> float:
    """How badly a border suits a bar: leger lines into the other staff, and stretches."""
    cost = 0.1 * abs(border - _MIDDLE_C)
    chords: dict[tuple[float, bool], list[int]] = {}
    for n in notes:
        upper = n.pitch >= border
        beyond = _MIDDLE_C - n.pitch if upper else n.pitch - _MIDDLE_C
        cost += max(0.0, beyond / 3.5)  # two steps of the scale to a leger line
        chords.setdefault((n.onset, upper), []).append(n.pitch)
    stretch = sum(max(0, max(c) - min(c) - _REACH) for c in chords.values())
    return cost + 4.0 * stretch
