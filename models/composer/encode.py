"""Events and conditions: the one representation that training, decoding and evaluation share.

In: a `LeadSheet`, or a plan's bars. Out: integer arrays. An event is a note, a rest or a held note
with a duration; none crosses a bar line, so every bar is whole. This is the grid of sixteenths
run-length coded: same information, 2.9 times fewer positions than one token a step.

Pitch is said relative to the root of the chord that sounds (octave kept), which harmony-wise beat
absolute pitch by a fifth in nats per note (notes, section 4). Conditions are summed into the input
of every event ("in-attention", Wu and Yang, *MuseMorphose*, 2021). Bar attributes (density,
register, close, echo) describe the bar that is to be written; any may be left open.
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

ECHO_LAGS = (1, 2, 4, 8)
ECHO_OPEN, ECHO_NEW = 0, 1  # then rhythm at each lag, then the same notes at each lag
DENSITY_OPEN, REGISTER_OPEN, CLOSE_OPEN, INDEX_OPEN, LEFT_OPEN = 8, 7, 2, 17, 9

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
    "index": 18,
    "left": 10,
    "density": 9,
    "register": 8,
    "close": 3,
    "echo": 2 + 2 * len(ECHO_LAGS),
    "echo_token": TOKENS + 1,
    "echo_left": 18,
    "last_relative": TOKENS + 1,
    "last_kind": 4,
    "last_duration": MAX_DURATION + 1,
    "last_pitch": PITCH_HIGH - PITCH_LOW + 2,
    "last_move": 27,
}
FIELD = {name: i for i, name in enumerate(FIELDS)}
#: Inputs that depend on the place alone; the rest depend on what was written.
PLACE_FIELDS = 15
BAR_FIELDS = ("index", "left", "density", "register", "close", "echo")


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
    is each event's bar, (N,).
    """

    inputs: Ints
    tokens: Ints
    durations: Ints
    bars: Ints


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


def density_class(onsets: int, beats: float) -> int:
    """0 (silent) to 7 (more than 3.25 notes a beat)."""
    return int(np.searchsorted([0.01, 0.51, 1.01, 1.51, 2.01, 2.51, 3.26], onsets / beats))


def register_class(pitches: Sequence[int]) -> int:
    """0..6 by the mean pitch, four semitones each from 54 up; `REGISTER_OPEN` without notes."""
    if not pitches:
        return REGISTER_OPEN
    return min(max(int((np.mean(pitches) - 54) // 4), 0), 6)


def closes(events: Sequence[Event], bar: int) -> int:
    """1 when the bar breathes: its last half holds a rest of a beat or a note of half a bar."""
    for event in events:
        end = event.step % bar + event.duration
        if event.kind == REST and event.duration >= 4 and end > bar // 2:
            return 1
        if event.kind != REST and event.duration >= bar // 2 and end == bar:
            return 1
    return 0


def echo_class(bars: Sequence[Sequence[Event]], at: int, bar: int) -> int:
    """Which earlier bar a bar repeats: its notes (preferred) or its rhythm; else `ECHO_NEW`."""

    def signature(index: int, pitches: bool) -> list[tuple[int, ...]]:
        return [(e.step % bar, e.kind, e.duration, e.pitch * pitches) for e in bars[index]]

    if sum(e.kind == FIRST_ONSET for e in bars[at]) < 2:
        return ECHO_NEW
    for pitches in (True, False):
        mine = signature(at, pitches)
        for i, lag in enumerate(ECHO_LAGS):
            if at >= lag and (pitches or len(mine) > 2) and signature(at - lag, pitches) == mine:
                return 2 + i + (len(ECHO_LAGS) if pitches else 0)
    return ECHO_NEW


def echo_lag(echo: int) -> int:
    """How many bars back an echo looks; 0 for none."""
    return ECHO_LAGS[(echo - 2) % len(ECHO_LAGS)] if echo >= 2 else 0


def place_inputs(
    meter: str,
    minor: bool,
    style: str,
    chords: Sequence[tuple[int, int, int]],
    attributes: Ints,
) -> Ints:
    """The inputs that depend on the place: (steps, PLACE_FIELDS).

    `attributes` is (bars, len(BAR_FIELDS)), in the order of `BAR_FIELDS`.
    """
    bar = BAR_STEPS[meter]
    steps = len(attributes) * bar
    out = np.zeros((steps, PLACE_FIELDS), np.int64)
    out[:, FIELD["position"]] = np.arange(steps) % bar
    out[:, FIELD["meter"]] = METERS.index(meter)
    out[:, FIELD["mode"]] = int(minor)
    out[:, FIELD["style"]] = STYLES.index(style)
    first = FIELD["root"]
    for offset, column in enumerate(chord_track(chords, steps)):
        out[:, first + offset] = column
    out[:, FIELD["index"] : FIELD["echo"] + 1] = np.repeat(attributes, bar, axis=0)
    return out


def open_attributes(bars: int) -> Ints:
    """Bar attributes with nothing said."""
    row = [INDEX_OPEN, LEFT_OPEN, DENSITY_OPEN, REGISTER_OPEN, CLOSE_OPEN, ECHO_OPEN]
    return np.tile(np.array(row, np.int64), (bars, 1))


def describe(bars: Sequence[Sequence[Event]], bar: int) -> Ints:
    """Bar attributes measured on music: (bars, len(BAR_FIELDS))."""
    silent = [all(e.kind == REST for e in events) for events in bars]
    out = open_attributes(len(bars))
    start = 0
    for b, events in enumerate(bars):
        if silent[b]:
            start = b + 1
        end = next((j for j in range(b, len(bars)) if silent[j]), len(bars))
        pitches = [e.pitch for e in events if e.kind == FIRST_ONSET]
        out[b] = (
            min(b - start, 16) if not silent[b] else INDEX_OPEN,
            min(end - b, 8),
            density_class(len(pitches), bar / 4),
            register_class(pitches),
            closes(events, bar),
            echo_class(bars, b, bar),
        )
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
    jump = 26 if move is None else min(max(move, -12), 12) + 13
    return relative, kind, duration, absolute, jump


class Line:
    """A melody being read or written: knows the inputs of its next event.

    `place` is `place_inputs` of the whole stretch; `bars` grows with what is pushed.
    """

    def __init__(self, place: Ints, bar: int) -> None:
        self.place, self.bar = place, bar
        self.events: list[Event] = []
        self.by_bar: list[list[Event]] = [[] for _ in range(len(place) // bar)]
        self.last: int | None = None
        self.move: int | None = None

    @property
    def step(self) -> int:
        """Where the next event starts."""
        return self.events[-1].step + self.events[-1].duration if self.events else 0

    def root(self, step: int) -> int:
        """Chord root at a step (`NO_ROOT` without one)."""
        return int(self.place[step, FIELD["root"]])

    def inputs(self) -> list[int]:
        """The next event's inputs, in the order of `FIELDS`."""
        number, position = divmod(self.step, self.bar)
        row = self.place[self.step].tolist()
        root = row[FIELD["root"]]
        lag = echo_lag(row[FIELD["echo"]])
        echo = (BLANK, 17)
        if lag and number >= lag:
            echo = echo_inputs(self.by_bar[number - lag], position, self.bar, root)
        before = self.events[-1] if self.events else None
        return [*row, *echo, *history_inputs(before, self.last, self.move, root)]

    def push(self, kind: int, pitch: int, duration: int) -> Event:
        """Write the next event; `pitch` counts for onsets, else the last one is kept."""
        onset = kind == FIRST_ONSET
        sounding = pitch if onset or self.last is None else self.last
        event = Event(self.step, kind, sounding, duration)
        self.by_bar[event.step // self.bar].append(event)
        self.events.append(event)
        if onset:
            self.move = None if self.last is None else pitch - self.last
            self.last = pitch
        return event

    def token(self, event: Event) -> int:
        """The token that stands for an event of this line."""
        if event.kind != FIRST_ONSET:
            return event.kind
        return relative_token(event.pitch, self.root(event.step))


def encode(sheet: LeadSheet, with_chords: bool = True) -> Encoded:
    """A sheet as arrays, with its measured bar attributes."""
    chords = sheet.chords if with_chords else ()
    bar, events = sheet.bar_steps, events_of(sheet)
    described = describe(bar_events(events, bar, sheet.bars), bar)
    line = Line(place_inputs(sheet.meter, sheet.minor, sheet.style, chords, described), bar)
    inputs, tokens = [], []
    for event in events:
        inputs.append(line.inputs())
        tokens.append(line.token(line.push(event.kind, event.pitch, event.duration)))
    return Encoded(
        np.array(inputs, np.int64),
        np.array(tokens, np.int64),
        np.array([e.duration - 1 for e in events], np.int64),
        np.array([e.step // bar for e in events], np.int64),
    )
