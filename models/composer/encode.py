"""Events and conditions: the one representation that training, decoding and evaluation share.

In: a `LeadSheet`, or a plan's bars. Out: integer arrays. An event is a note, a rest or a held note
with a duration; none crosses a bar line, so every bar is whole. This is the grid of sixteenths
run-length coded: same information, 2.9 times fewer positions than one token a step.

Pitch is said relative to the root of the chord that sounds (octave kept), which harmony-wise beat
absolute pitch by a fifth in nats per note (notes, section 4). Conditions are summed into the input
of every event ("in-attention", Wu and Yang, *MuseMorphose*, 2021). Bar attributes (density,
register, contour, what it repeats ...) describe the bar that is to be written; any may be left
open. A gap is filled in by reading what follows it first (Bavarian et al., *Efficient Training of
Language Models to Fill in the Middle*, 2022): `segment` says which part an event belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from models.composer.sheets import BAR_STEPS, METERS, STYLES, LeadSheet

Ints = npt.NDArray[np.int64]

HOLD, REST, FIRST_ONSET = 0, 1, 2
LOWEST, HIGHEST = -24, 36  # intervals to the chord root that have a token
TOKENS = FIRST_ONSET + HIGHEST - LOWEST + 1
BLANK = TOKENS  # "no token" in an input
MAX_DURATION = 16  # tokens 0..15 stand for 1..16 steps
NO_ROOT, NO_QUALITY = 12, 10
#: The lowest and highest key-relative pitch with an input of its own.
PITCH_LOW, PITCH_HIGH = 36, 100

#: What a bar repeats: nothing said, nothing, a rhythm, a rhythm moved elsewhere, the same notes.
ECHO_OPEN, ECHO_NEW, ECHO_RHYTHM, ECHO_SEQUENCE, ECHO_NOTES = range(5)
_LAGS = (1, 2, 4, 8, 16, 32)
PLAIN, AFTER_GAP, IN_GAP = range(3)  # segments
MOST_GAP = 8  # bars

#: The attributes of a bar with their number of values; the last value of each means "open".
BAR_FIELDS: dict[str, int] = {
    "index": 18,
    "left": 10,
    "density": 9,
    "register": 8,
    "motion": 6,
    "syncopation": 4,
    "contour": 6,
    "close": 3,
}
#: Name and number of values of each input, in the order of the arrays' last axis.
FIELDS: dict[str, int] = {
    "position": 16,
    "meter": len(METERS),
    "mode": 2,
    "style": len(STYLES),
    "root": 13,
    "quality": 11,
    "next_root": 13,
    "next_quality": 11,
    "until_change": 17,
    **BAR_FIELDS,
    "echo": 5,
    "lag": 9,
    "segment": 3,
    "gap": MOST_GAP + 1,
    "echo_token": TOKENS + 1,
    "echo_left": 18,
    "last_relative": TOKENS + 1,
    "last_kind": 4,
    "last_duration": MAX_DURATION + 1,
    "last_pitch": PITCH_HIGH - PITCH_LOW + 2,
    "last_move": 27,
    "goal": 27,
}
FIELD = {name: i for i, name in enumerate(FIELDS)}
#: Inputs that depend on the place alone; the rest depend on what was written.
PLACE_FIELDS = FIELD["echo_token"]
OPEN = {name: size - 1 for name, size in BAR_FIELDS.items()} | {"echo": ECHO_OPEN, "lag": 0}
COLUMN = {name: i for i, name in enumerate(BAR_FIELDS)}
NO_MOVE = 26


class Event(NamedTuple):
    """`kind` HOLD, REST or FIRST_ONSET; `pitch` key-relative MIDI (of the held note too)."""

    step: int
    kind: int
    pitch: int
    duration: int


@dataclass(frozen=True)
class Encoded:
    """A piece ready for a model: N events.

    `inputs` is (N, len(FIELDS)); `tokens` and `durations` are what is to be predicted, (N,); `bars`
    is each event's bar and `sources` the bar that this one repeats (-1 for none), (N,).
    """

    inputs: Ints
    tokens: Ints
    durations: Ints
    bars: Ints
    sources: Ints

    def rows(self, chosen: slice | Ints) -> Encoded:
        """Some of its events."""
        return Encoded(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Wishes:
    """What each of B bars should be like: (B, len(BAR_FIELDS)) attributes, and what it repeats.

    `echo` holds the ECHO_ kinds and `source` the bar looked back at (-1 for none), both (B,).
    """

    attributes: Ints
    echo: Ints
    source: Ints

    @classmethod
    def open(cls, bars: int) -> Wishes:
        """Nothing said about any bar."""
        row = [OPEN[name] for name in BAR_FIELDS]
        return cls(
            np.tile(np.array(row, np.int64), (bars, 1)),
            np.full(bars, ECHO_OPEN),
            np.full(bars, -1),
        )

    def column(self, name: str) -> Ints:
        """A view of one attribute, (B,)."""
        return self.attributes[:, COLUMN[name]]

    def copy(self) -> Wishes:
        """The same, to be changed."""
        return Wishes(self.attributes.copy(), self.echo.copy(), self.source.copy())

    @classmethod
    def joined(cls, parts: Sequence[Wishes]) -> Wishes:
        """Parts laid end to end; sources move along."""
        starts = np.cumsum([0, *(len(p.echo) for p in parts)])
        sources = [
            np.where(p.source >= 0, p.source + at, -1) for p, at in zip(parts, starts, strict=False)
        ]
        return cls(
            np.concatenate([p.attributes for p in parts]),
            np.concatenate([p.echo for p in parts]),
            np.concatenate(sources),
        )

    def lags(self) -> Ints:
        """Class of the distance to the source: 0 none, then `_LAGS`, other near, other far."""
        distance = np.arange(len(self.source)) - self.source
        other = np.where(distance < 8, 7, 8)
        known = [np.full(len(distance), k + 1) for k in range(len(_LAGS))]
        found = np.select([distance == lag for lag in _LAGS], known, other)
        return np.where((self.source < 0) | (self.echo < ECHO_RHYTHM), 0, found)


def anchor(root: int) -> int:
    """The MIDI pitch that a chord root stands for: 55..66, tonic 60; no chord is the tonic."""
    return 60 if root == NO_ROOT else 60 + (root + 5) % 12 - 5


def relative_token(pitch: int, root: int) -> int:
    """Onset token of a key-relative pitch over a root, clipped to the vocabulary."""
    return FIRST_ONSET + min(max(pitch - anchor(root), LOWEST), HIGHEST) - LOWEST


def pitch_of(token: int, root: int) -> int:
    """The inverse of `relative_token`."""
    return token - FIRST_ONSET + LOWEST + anchor(root)


def events_of(sheet: LeadSheet) -> list[Event]:
    """The melody as events that tile all bars without a gap."""
    events: list[Event] = []

    def put(start: int, end: int, kind: int, pitch: int) -> None:
        while start < end:
            stop = min(end, (start // bar + 1) * bar)
            events.append(Event(start, kind, pitch, stop - start))
            start, kind = stop, HOLD if kind == FIRST_ONSET else kind

    bar, now, last = sheet.bar_steps, 0, 60
    for onset, duration, pitch in sheet.notes:
        put(now, onset, REST, last)
        put(onset, onset + duration, FIRST_ONSET, pitch)
        now, last = onset + duration, pitch
    put(now, sheet.bars * bar, REST, last)
    return events


def chord_track(
    chords: Sequence[tuple[int, int, int]], steps: int
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Per step: root, quality, next root relative to this one, next quality, steps until then."""
    root = np.full(steps, NO_ROOT)
    quality = np.full(steps, NO_QUALITY)
    next_root, next_quality = np.full(steps, 12), np.full(steps, NO_QUALITY)
    until = np.full(steps, 16)
    for i, (start, pc, kind) in enumerate(chords):
        end = chords[i + 1][0] if i + 1 < len(chords) else steps
        root[start:end], quality[start:end] = pc, kind
        if i + 1 < len(chords):
            next_root[start:end] = (chords[i + 1][1] - pc) % 12
            next_quality[start:end] = chords[i + 1][2]
            until[start:end] = np.minimum(end - np.arange(start, min(end, steps)), 16)
    return root, quality, next_root, next_quality, until


def bar_events(events: Sequence[Event], bar: int, bars: int) -> list[list[Event]]:
    """Events by bar."""
    out: list[list[Event]] = [[] for _ in range(bars)]
    for event in events:
        out[event.step // bar].append(event)
    return out


def closes(events: Sequence[Event], bar: int) -> int:
    """1 when the bar breathes: its last half holds a rest of a beat or a note of half a bar."""
    for event in events:
        end = event.step % bar + event.duration
        if event.kind == REST and event.duration >= 4 and end > bar // 2:
            return 1
        if event.kind != REST and event.duration >= bar // 2 and end == bar:
            return 1
    return 0


def place_inputs(
    meter: str,
    minor: bool,
    style: str,
    chords: Sequence[tuple[int, int, int]],
    wishes: Wishes,
) -> Ints:
    """The inputs that depend on the place: (steps, PLACE_FIELDS)."""
    bar = BAR_STEPS[meter]
    steps = len(wishes.echo) * bar
    out = np.zeros((steps, PLACE_FIELDS), np.int64)
    out[:, FIELD["position"]] = np.arange(steps) % bar
    out[:, FIELD["meter"]] = METERS.index(meter)
    out[:, FIELD["mode"]] = int(minor)
    out[:, FIELD["style"]] = STYLES.index(style)
    first = FIELD["root"]
    for offset, column in enumerate(chord_track(chords, steps)):
        out[:, first + offset] = column
    out[:, FIELD["index"] : FIELD["echo"]] = np.repeat(wishes.attributes, bar, axis=0)
    out[:, FIELD["echo"]] = np.repeat(wishes.echo, bar)
    out[:, FIELD["lag"]] = np.repeat(wishes.lags(), bar)
    return out


def echo_inputs(source: Sequence[Event], position: int, bar: int, root: int) -> tuple[int, int]:
    """The echoed bar at a position: token over the present root, steps to its next event."""
    for event in source:
        offset = position - event.step % bar
        if 0 <= offset < event.duration:
            starts = offset == 0
            token = event.kind
            if event.kind == FIRST_ONSET and starts:
                token = relative_token(event.pitch, root)
            elif event.kind == FIRST_ONSET:
                token = HOLD
            return token, event.duration - offset
    return BLANK, 17


def history_inputs(
    before: Event | None, last_pitch: int | None, move: int | None, root: int
) -> tuple[int, ...]:
    """The five inputs about what was just written, for an event over `root`."""
    relative = BLANK if last_pitch is None else relative_token(last_pitch, root)
    absolute = 0
    if last_pitch is not None:
        absolute = min(max(last_pitch, PITCH_LOW), PITCH_HIGH) - PITCH_LOW + 1
    kind = 3 if before is None else min(before.kind, FIRST_ONSET)
    duration = 0 if before is None else before.duration
    jump = NO_MOVE if move is None else min(max(move, -12), 12) + 13
    return relative, kind, duration, absolute, jump


def move_class(start: int | None, end: int | None) -> int:
    """How far it is from one pitch to another: 1..25 for -12..12 semitones, else `NO_MOVE`."""
    return NO_MOVE if start is None or end is None else min(max(end - start, -12), 12) + 13


class Line:
    """A melody being read or written: knows the inputs of its next event.

    `place` is `place_inputs` of the whole stretch and `source` what each bar looks back at;
    `by_bar` grows with what is pushed. `first` is the bar to begin with: what stands before it is
    not heard, only looked back at. `goal` is the pitch that follows a gap.
    """

    def __init__(
        self, place: Ints, bar: int, source: Ints, first: int = 0, goal: int | None = None
    ) -> None:
        self.place, self.bar, self.source, self.goal = place, bar, source, goal
        self.step = first * bar
        self.events: list[Event] = []
        self.by_bar: list[list[Event]] = [[] for _ in range(len(place) // bar)]
        self.last: int | None = None
        self.move: int | None = None

    def copy(self) -> Line:
        """The same line so far; what is pushed to one is not pushed to the other."""
        other = Line(self.place, self.bar, self.source, 0, self.goal)
        other.step, other.last, other.move = self.step, self.last, self.move
        other.events = list(self.events)
        other.by_bar = [list(events) for events in self.by_bar]
        return other

    def root(self, step: int) -> int:
        """Chord root at a step (`NO_ROOT` without one)."""
        return int(self.place[step, FIELD["root"]])

    def inputs(self) -> list[int]:
        """The next event's inputs, in the order of `FIELDS`."""
        number, position = divmod(self.step, self.bar)
        row: list[int] = self.place[self.step].tolist()
        root = row[FIELD["root"]]
        before = self.events[-1] if self.events else None
        history = history_inputs(before, self.last, self.move, root)
        goal = move_class(self.last, self.goal)
        return [*row, *self._echo(row, number, position), *history, goal]

    def _echo(self, row: Sequence[int], number: int, position: int) -> tuple[int, int]:
        """The bar looked back at: the same notes, else as they stood over their own chord."""
        source = int(self.source[number])
        if source < 0 or row[FIELD["echo"]] < ECHO_RHYTHM:
            return BLANK, 17
        root = row[FIELD["root"]]
        if row[FIELD["echo"]] != ECHO_NOTES:
            root = self.root(source * self.bar + position)
        return echo_inputs(self.by_bar[source], position, self.bar, root)

    def push(self, kind: int, pitch: int, duration: int) -> Event:
        """Write the next event; `pitch` counts for onsets, else the last one is kept."""
        onset = kind == FIRST_ONSET
        sounding = pitch if onset or self.last is None else self.last
        event = Event(self.step, kind, sounding, duration)
        self.by_bar[self.step // self.bar].append(event)
        self.events.append(event)
        self.step += duration
        if onset:
            self.move = None if self.last is None else pitch - self.last
            self.last = pitch
        return event

    def token(self, event: Event) -> int:
        """The token that stands for an event of this line."""
        if event.kind != FIRST_ONSET:
            return event.kind
        return relative_token(event.pitch, self.root(event.step))
