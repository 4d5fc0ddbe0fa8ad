"""What may be written where: the grammar that the network writes inside.

In: a stretch of bars with its chords, scale, range and phrase ends. Out: additive masks over tokens
and durations (0 allowed, negative discouraged, -inf forbidden). Bars, range, leaps, the closing
notes of phrases and the final tonic hold by construction; chord tones on strong beats, long notes
and notes held over a chord change hold as strictly as asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from models.composer.encode import (
    FIRST_ONSET,
    HOLD,
    LOWEST,
    MAX_DURATION,
    REST,
    TOKENS,
    Line,
    anchor,
)
from models.composer.sheets import BAR_STEPS

Floats = npt.NDArray[np.float64]
_NEVER = -np.inf
_FAR = 160  # no two pitches are further apart
_REPEAT = 0.25  # nats against the same note again in 4/4, where the network recites
_STRONG = 4.0  # nats against a non-chord tone on a strong beat at strictness 1


@dataclass(frozen=True)
class Limits:
    """What the player can do: model-space MIDI range, widest leap, shortest note in steps."""

    low: int
    high: int
    leap: int = 12
    shortest: int = 1
    strictness: float = 0.4


@dataclass
class Rules:
    """Masks for one stretch.

    `chord_tones` and `scale_tones` are (steps, 12) booleans over key-relative pitch classes;
    `roots` the anchoring root of each step; `ends` says which bars breathe; `section_ends` in
    which of them no upbeat may follow; no note is held into a step of `starts`; `final` is the
    step at which the last tonic starts, or None; `targets` gives bars an exact number of notes.
    """

    meter: str
    limits: Limits
    roots: Sequence[int]
    chord_tones: npt.NDArray[np.bool_]
    scale_tones: npt.NDArray[np.bool_]
    ends: Sequence[bool]
    section_ends: Sequence[bool]
    starts: frozenset[int] = frozenset()
    final: int | None = None
    targets: Mapping[int, int] = field(default_factory=dict)
    _base: Floats = field(init=False, repr=False)
    _pitches: npt.NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.bar = BAR_STEPS[self.meter]
        self.pulse = 6 if self.meter == "6/8" else 4
        self.half = 4 if self.meter == "3/4" else self.bar // 2
        anchors = np.array([anchor(r) for r in self.roots])
        self._pitches = anchors[:, None] + LOWEST + np.arange(TOKENS - FIRST_ONSET)
        steps = np.arange(len(self.roots))
        classes = self._pitches % 12
        chord = self.chord_tones[steps[:, None], classes]
        allowed = self.scale_tones[steps[:, None], classes] | chord
        inside = (self._pitches >= self.limits.low) & (self._pitches <= self.limits.high)
        weight = np.zeros(len(steps))
        position = steps % self.bar
        weight[position % self.pulse == 0] = 0.5
        weight[(position == 0) | (position == self.bar // 2)] = _STRONG
        if self.meter == "3/4":
            weight[position == self.bar // 2] = 0.0
        strict = self.limits.strictness
        if strict >= 1:
            weight[weight >= _STRONG] = np.inf
        else:
            weight = weight * strict
        self._base = np.where(inside & allowed, 0.0, _NEVER)
        self._base[~chord & inside & allowed] -= np.broadcast_to(weight[:, None], chord.shape)[
            ~chord & inside & allowed
        ]
        self._prepare()

    def _prepare(self) -> None:
        """What every event would ask again: leaps by distance, lengths that fit, chord changes."""
        distance = np.abs(np.arange(-_FAR, _FAR + 1))
        self._far = -0.05 * np.maximum(distance - 9, 0)
        self._near = np.where(distance > self.limits.leap, _NEVER, self._far)
        lengths = np.arange(1, MAX_DURATION + 1)
        fits = lengths <= self.bar - np.arange(self.bar)[:, None]
        self._fits = np.where(fits & (lengths % self.limits.shortest == 0), 0.0, _NEVER)
        self._lowest: list[int] = self._pitches[:, 0].tolist()
        self._chords: list[list[bool]] = self.chord_tones.tolist()
        changes = (self.chord_tones[1:] != self.chord_tones[:-1]).any(axis=1)
        self._changes: list[bool] = [False, *changes.tolist()]

    def pitch(self, step: int, token: int) -> int:
        """MIDI pitch (model space) that an onset token means at a step."""
        return self._lowest[step] + token - FIRST_ONSET

    def is_chord_tone(self, step: int, pitch: int) -> bool:
        """Whether a pitch belongs to the chord at a step."""
        return self._chords[step][pitch % 12]

    def _pickup(self, number: int) -> int:
        """Position in a closing bar from which an upbeat to the next bar may start."""
        if self.section_ends[number]:
            return self.bar
        usual = 2 if self.meter in ("6/8", "2/4") else 4
        return self.bar - max(usual, self.limits.shortest)

    def tokens(self, line: Line) -> Floats:
        """Mask over the next event's token: (TOKENS,)."""
        step, last = line.step, line.last
        number, position = divmod(step, self.bar)
        mask = np.empty(TOKENS)
        mask[FIRST_ONSET:] = self._base[step]
        if self.final is not None and step >= self.final:
            return self._final(line, mask)
        if last is not None:
            self._leaps(line, last, mask[FIRST_ONSET:])
        before = line.events[-1] if line.events else None
        sounding = before is not None and before.kind != REST
        mask[HOLD] = mask[REST] = _NEVER
        holdable = position == 0 and sounding and step not in self.starts
        if holdable and last is not None and self.is_chord_tone(step, last):
            held = sum(e.duration for e in line.events[-2:] if e.kind == HOLD)
            mask[HOLD] = _NEVER if held >= self.bar else 0.0
        if before is None or before.kind != REST:
            mask[REST] = 0.0
        left = self._left(line, number)
        if left is not None:
            if left <= 0:
                mask[FIRST_ONSET:] = _NEVER
                mask[REST] = max(mask[REST], -1.0)
            elif self.bar - position <= left * self.limits.shortest:
                mask[REST] = mask[HOLD] = _NEVER
        if self.ends[number]:
            half = self.half
            if position > half:
                mask[REST] = 0.0
                if position < self._pickup(number):
                    mask[FIRST_ONSET:] = _NEVER
            elif sounding and last is not None and not self.is_chord_tone(step - 1, last):
                mask[REST] = _NEVER
            if position == half:
                outside = ~self.chord_tones[step, self._pitches[step] % 12]
                mask[FIRST_ONSET:][outside] = _NEVER
        return mask if mask.max() > _NEVER else self._fallback(step, mask)

    def pitches(self, line: Line, duration: int) -> Floats:
        """Mask over the next token where an onset of a given duration must come: (TOKENS,)."""
        mask = self.tokens(line)
        mask[:FIRST_ONSET] = _NEVER
        onsets, step = mask[FIRST_ONSET:], line.step
        for place in np.flatnonzero(np.isfinite(onsets)):
            length = np.zeros(MAX_DURATION)
            pitch = int(self._pitches[step, place])
            self._sustained(step, pitch, length)
            onsets[place] += length[duration - 1]
            if duration >= self.half and not self.is_chord_tone(step, pitch):
                onsets[place] -= _STRONG
        return mask if np.isfinite(mask).any() else self._fallback(step, mask)

    def _leaps(self, line: Line, last: int, onsets: Floats) -> None:
        """Wide leaps cost, too wide ones are out; the same note again and again costs."""
        step = line.step
        start = self._lowest[step] - last + _FAR
        apart = slice(start, start + len(onsets))
        np.add(self._base[step], self._near[apart], out=onsets)
        if onsets.max() == _NEVER:
            np.add(self._base[step], self._far[apart], out=onsets)
        same = last - self._lowest[step]
        if 0 <= same < len(onsets):
            usual = _REPEAT if self.meter == "4/4" else 0.0
            onsets[same] -= usual + 1.5 * max(0, _repeats(line) - 2)

    def _left(self, line: Line, number: int) -> int | None:
        """How many notes a bar still lacks; None when it may have any number."""
        if number not in self.targets:
            return None
        return self.targets[number] - sum(e.kind == FIRST_ONSET for e in line.by_bar[number])

    def _final(self, line: Line, mask: Floats) -> Floats:
        """The last note: the tonic if the chord has it, else (or out of range) a chord tone."""
        step = line.step
        classes = self._pitches[step] % 12
        inside = np.isfinite(self._base[step])
        chord = self.chord_tones[step, classes] & inside
        tonic = (classes == 0) & inside & (chord | ~self.chord_tones[step].any())
        good = next((c for c in (tonic, chord, inside) if c.any()), inside)
        distance = np.abs(self._pitches[step] - (64 if line.last is None else line.last))
        mask[:FIRST_ONSET] = _NEVER
        mask[FIRST_ONSET:] = np.where(good, -2.0 * distance, _NEVER)
        return mask if np.isfinite(mask).any() else self._fallback(step, mask)

    def _fallback(self, step: int, mask: Floats) -> Floats:
        """Chord tones of the range when the rules leave nothing; a rest when not even those."""
        pitches = self._pitches[step]
        inside = (pitches >= self.limits.low) & (pitches <= self.limits.high)
        mask[:] = _NEVER
        mask[FIRST_ONSET:] = np.where(inside & self.chord_tones[step, pitches % 12], 0.0, _NEVER)
        if not np.isfinite(mask).any():
            mask[REST] = 0.0
        return mask

    def durations(self, line: Line, token: int) -> Floats:
        """Mask over the duration of the event about to be written: (MAX_DURATION,)."""
        step = line.step
        number, position = divmod(step, self.bar)
        room = self.bar - position
        mask = self._fits[position].copy()
        if self.final is not None:
            if step >= self.final:
                return _only(mask, room)
            mask[self.final - step :] = _NEVER
        half = self.half
        left = self._left(line, number)
        if left is not None:
            left -= token >= FIRST_ONSET
            if left <= 0:  # the last note of a counted bar fills it
                return _only(mask, room)
            even = min(4, self.bar // (2 * self.targets[number]))  # no cramming before the bar line
            pace = max(self.limits.shortest, min(even, (room - self.limits.shortest) // left))
            mask[max(0, room - left * pace) :] = _NEVER
        if token == REST:
            if self.ends[number] and position > half:
                pickup = self._pickup(number)
                return _only(mask, (pickup if position < pickup else self.bar) - position)
            mask[half:] -= 0.5  # a bar of silence is seldom wanted
        elif pitch := (self.pitch(step, token) if token >= FIRST_ONSET else line.last):
            self._sustained(step, pitch, mask)
            if self.ends[number] and not self.is_chord_tone(step, pitch) and position <= half:
                mask[half - position :] = _NEVER
        if self.meter == "6/8" and 0 < position < half:  # a jig does not tie its two beats
            mask[half - position :] -= 2.0
        if mask.max() == _NEVER:
            mask[min(room, MAX_DURATION) - 1] = 0.0
        return mask

    def _sustained(self, step: int, pitch: int, mask: Floats) -> None:
        """What a pitch may be held over: long notes and chord changes want chord tones."""
        strict = self.limits.strictness
        pc = pitch % 12
        if not self._chords[step][pc]:
            mask[self.pulse :] -= 8 * strict
            if self._chords[step][pc - 1]:  # a semitone above a chord tone grates
                mask[2:] -= 6 * strict
        end = min(step + MAX_DURATION, (step // self.bar + 1) * self.bar, len(self.roots))
        for later in range(step + 1, end):
            if self._changes[later] and not self._chords[later][pc]:
                mask[later - step :] -= 6 * strict
                break


def only(length: int) -> Floats:
    """The mask that leaves one duration."""
    return _only(np.empty(MAX_DURATION), length)


def _only(mask: Floats, length: int) -> Floats:
    mask[:] = _NEVER
    mask[length - 1] = 0.0
    return mask


def _repeats(line: Line) -> int:
    """How many onsets in a row, up to now, had the last pitch."""
    count = 0
    for event in reversed(line.events[-10:]):
        if event.kind == FIRST_ONSET:
            if event.pitch != line.last:
                break
            count += 1
    return count
