"""A player of a pitched instrument: micro-timing, strums, ties and the shape of a phrase.

In: a track on the grid, the plan, the band's `Feel`, a random generator. Out: notes off the grid. A
bass follows the drums (drums first, piano next, bass last: Rose 1989, in Friberg & Sundstroem,
TMH-QPSR 4/1997), by less than people hear as apart (19 ms: Hofmann, Wesolowski & Goebl, JNMR 46,
2017); its unevenness is jjswing's. A piano's loudness is POP909's. A jazz soloist's downbeats lie
behind the cymbal and the off-beats with it (Nelias et al., Communications Physics 5, 2022). Strums,
ties and arcs are rules: notes/rendering.md section 10.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from random import Random

from models.performing.feel import ROOM, Feel, rooms
from models.performing.kit import place_of
from models.performing.noise import Hold
from models.performing.tables import tables
from models.planner.plan import Plan
from models.score import Note, Score, Track
from models.vocabulary import Style

GRAND_PIANOS = range(0, 6)
_PLUCKED = frozenset((*range(24, 32), 15, 46, 105, 106, 107))  # strummed from string to string
#: Bows, winds, voices, synth leads and pads: they hold a note, swell on it and tie it to the next.
SUSTAINED = frozenset((*range(16, 24), *range(40, 45), *range(48, 55), *range(56, 104), 109, 110))
_PHRASE_GAP = 0.9  # beats of rest that end a phrase
_LONGEST_SLIP = 0.015  # seconds that a player may stray from the pulse, strums aside
_BEHIND = 0.03  # seconds that a jazz soloist's downbeat lies behind the cymbal
_CURIOUS = 0.008  # seconds of a melodic player's unevenness in the loosest style
_UP_STROKE = -5  # velocity: the hand is lighter on its way up
#: Share of its length that a bass note sounds, by the style's beat or bass line.
_SHORT = {"funk": 0.6, "disco": 0.8}
#: Loudness by place and unevenness of a piano include what the arranger has already written.
_UNWRITTEN = 0.5
_WRITTEN_OFF_BEAT = -4  # velocity that the arranger takes from a bass note off the beat


class Hand:
    """One player in one piece."""

    def __init__(self, score: Score, plan: Plan, style: Style, feel: Feel, rng: Random) -> None:
        self.score, self.plan, self.style, self.feel, self.rng = score, plan, style, feel, rng
        self.sigma = _CURIOUS * style.looseness
        self.rate = feel.beats_per_second

    def play(self, track: Track) -> list[Note]:
        """The track's notes as this player plays them, unsorted."""
        shaped = self._shaped(track)
        swung = [self._swung(n) for n in shaped]
        space = dict(zip(track.notes, rooms(swung), strict=True))
        groups: defaultdict[float, list[tuple[Note, Note]]] = defaultdict(list)
        for written, note in zip(track.notes, swung, strict=True):
            groups[written.onset].append((written, note))
        error = Hold(self.rng, tables().bass["hold"])
        grid = _stroke_grid(track)
        found: list[Note] = []
        for onset, group in sorted(groups.items()):
            slip = self.feel.pulse(onset) + self._slip(track, onset, error.next())
            spread, up = self._spread(track, [n for _, n in group]), _is_up(onset, grid)
            ordered = sorted(group, key=lambda pair: pair[1].pitch, reverse=bool(spread) and up)
            for i, (written, note) in enumerate(ordered):
                limit = ROOM * space[written]
                moved = max(-limit, min(limit, slip * self.rate)) + i * spread * self.rate
                found.append(self._moved(note, moved))
        if track.program in SUSTAINED and track.role in ("melody", "counter"):
            found = self._legato(found)
        if track.role == "bass":
            share = _SHORT.get(self.style.beat, 1.0)
            found = [replace(n, duration=n.duration * share) for n in found]
        return found

    def _swung(self, note: Note) -> Note:
        onset = self.feel.place(note.onset)
        return replace(note, onset=onset, duration=self.feel.place(note.end) - onset)

    def _slip(self, track: Track, onset: float, error: float) -> float:
        """Seconds by which this player alone is late."""
        if track.role == "bass":
            # Spread of which the half before the beat is folded behind it.
            own = abs(error) * tables().bass["spread"] / 2000 * self.feel.human
        else:
            own = error * self.sigma
        own = max(-_LONGEST_SLIP, min(_LONGEST_SLIP, own))
        solo = track.role == "melody" and self.style.family == "jazz" and self.feel.swung
        return own + (_BEHIND * self.feel.human if solo and onset % 1 < 0.1 else 0.0)

    def _spread(self, track: Track, chord: Sequence[Note]) -> float:
        """Seconds between the strings or keys of a chord."""
        if len(chord) < 3:
            return 0.0
        if track.program in _PLUCKED:
            return 0.008 + 0.012 * self.style.looseness * self.rng.random()
        if track.program in GRAND_PIANOS:
            final = chord[0].onset >= self.score.beats - self.score.meter.bar_beats
            return 0.03 if final and not self.plan.loop and self.style.looseness > 0.3 else 0.002
        return 0.0

    def _moved(self, note: Note, beats: float) -> Note:
        """A note whose attack moves; its end stays, because the next one is waiting."""
        onset = max(0.0, note.onset + beats)
        return replace(note, onset=onset, duration=max(0.02, note.end - onset))

    def _shaped(self, track: Track) -> list[Note]:
        """Velocities with the weight of places, a hand's unevenness and the arc of a phrase."""
        if track.role == "bass":
            changes = self._bass_touch(track)
        elif track.role in ("melody", "counter"):
            changes = self._line_touch(track)
        else:
            changes = self._chord_touch(track)
        return [
            replace(note, velocity=max(1, min(127, round(note.velocity + change))))
            for note, change in zip(track.notes, changes, strict=True)
        ]

    def _bass_touch(self, track: Track) -> list[float]:
        """Notes off the beat are lighter where the bass walks; the touch drifts along."""
        measured, human = tables().bass, self.feel.human
        lighter = measured["off"] - _WRITTEN_OFF_BEAT if self.feel.swung else 0.0
        touch = Hold(self.rng, measured["touch_hold"])
        return [
            human * (touch.next() * measured["touch"] + (lighter if n.onset % 1 > 0.1 else 0.0))
            for n in track.notes
        ]

    def _line_touch(self, track: Track) -> list[float]:
        measured, human = tables().piano, self.feel.human
        arcs = _arcs(track.notes)
        # The arc stands for the height that the measured spread holds: half of it is left.
        touch = Hold(self.rng, measured["melody_hold"])
        return [
            arcs[n]
            + human * measured["melody_places"][place_of(n.onset, self.score.meter)]
            + (1.0 + human) / 2 * touch.next() * measured["melody_touch"] * _UNWRITTEN
            for n in track.notes
        ]

    def _chord_touch(self, track: Track) -> list[float]:
        """One weight for the hand that strikes a chord, one for each finger in it."""
        measured, human = tables().piano, self.feel.human
        hands: dict[float, float] = {}
        grid, found = _stroke_grid(track), []
        for note in track.notes:
            if note.onset not in hands:
                place = place_of(note.onset, self.score.meter)
                weight = measured["places"][place] + self.rng.gauss(0, measured["touch"])
                hands[note.onset] = _UNWRITTEN * weight
            change = hands[note.onset] + self.rng.gauss(0, measured["inside"])
            if track.program in _PLUCKED and _is_up(note.onset, grid):
                change += _UP_STROKE
            found.append(human * change)
        return found

    def _legato(self, notes: Sequence[Note]) -> list[Note]:
        """Neighbouring notes overlap by 20 ms; repeated ones part by as much to speak again."""
        overlap = 0.02 * self.rate
        line = sorted(notes)
        found = []
        for note, following in pairwise(line):
            gap = following.onset - note.end
            if note.pitch != following.pitch and abs(gap) < 4 * overlap:
                note = replace(note, duration=following.onset + overlap - note.onset)
            found.append(note)
        return [*found, *line[-1:]]


def _stroke_grid(track: Track) -> float:
    """Beats from one stroke of a strumming hand to the next: it never rests, only misses."""
    onsets = {n.onset for n in track.notes}
    fast = sum(abs(o * 2 - round(o * 2)) > 0.1 for o in onsets)
    return 0.25 if fast > 0.1 * len(onsets) else 0.5


def _is_up(onset: float, grid: float) -> bool:
    """Whether a strumming hand comes up here: it goes down on every other stroke."""
    return round(onset / grid) % 2 == 1


def _arcs(notes: Sequence[Note]) -> dict[Note, float]:
    """Note -> change of velocity: up to +8 at the highest note of its phrase, -2 at the ends."""
    found: dict[Note, float] = {}
    phrase: list[Note] = []
    nexts: list[Note | None] = [*notes[1:], None]
    for note, following in zip(notes, nexts, strict=False):
        phrase.append(note)
        if following is None or following.onset - note.end > _PHRASE_GAP:
            peak = max(phrase, key=lambda n: (n.pitch, n.duration)).onset
            start, end = phrase[0].onset, phrase[-1].onset
            for n in phrase:
                far = peak - start if n.onset < peak else end - peak
                near = 1 - abs(n.onset - peak) / far if far else 1.0
                found[n] = 10 * near - 2
            phrase = []
    return found
