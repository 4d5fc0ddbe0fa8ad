"""The human layer: a score on the grid becomes a performance that FluidSynth plays.

In: a `Score` and its `Plan`. Out: a `Performance`: notes off the grid (swing, micro-timing, strums,
legato), shaped velocities, and each player's mix, swells and pedal. The score itself, which people
get as MIDI and MusicXML, stays on the grid. Figures: notes/rendering.md section 10; swing as a warp
of the beat after Friberg & Sundstroem, "Swing Ratios and Ensemble Timing in Jazz Performance"
(Music Perception 19, 2002).
"""

from __future__ import annotations

import math
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import symusic

from models import midi
from models.arranger import patterns
from models.planner.plan import Plan
from models.score import Note, Role, Score, Tempo, Track
from models.vocabulary import Style, load

_TICKS_PER_BEAT = 1920  # 0.3 ms at 100 bpm: finer than the timing it carries
_VOLUME, _PAN, _EXPRESSION, _PEDAL, _REVERB, _CHORUS = 7, 10, 11, 64, 91, 93
_SNARES, _HATS = frozenset((37, 38, 39, 40)), frozenset((42, 44, 46, 51, 53, 59, 70))
_GRAND_PIANOS = range(0, 6)
_PLUCKED = frozenset((*range(24, 32), 15, 46, 105, 106, 107))  # strummed from string to string
# Bows, winds, voices, synth leads and pads: they hold a note, swell on it and tie it to the next.
_SUSTAINED = frozenset((*range(16, 24), *range(40, 45), *range(48, 55), *range(56, 104), 109, 110))
_PHRASE_GAP = 0.9  # beats of rest that end a phrase
_LONGEST_SLIP = 0.015  # seconds any note may stray from its place, strums aside
_SWELL = (86, 118)  # CC11 at the ends and in the middle of a phrase


@dataclass(frozen=True, slots=True)
class Control:
    """A MIDI controller value at a place in beats."""

    onset: float
    number: int
    value: int


@dataclass(frozen=True, slots=True)
class Player:
    """A track as played: its notes lie off the grid; `controls` hold mix, swells and pedal."""

    track: Track
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Performance:
    """A score as played; `score` is the one on the grid, for key, meter and tempo."""

    score: Score
    players: tuple[Player, ...]


def perform(score: Score, plan: Plan, seed: int) -> Performance:
    """Play a score: the same seed plays it the same way.

    Nothing starts before beat 0, so that every pass of a loop is the same.
    """
    style = load().styles[plan.style]
    seen: Counter[Role] = Counter()
    players = []
    for number, track in enumerate(score.tracks):
        hand = _Hand(score, plan, style, Random(f"{seed}/{number}"))
        notes = hand.play(track)
        controls = (
            _mix(track, seen[track.role]) + _swells(score, track) + _pedal(plan, style, track)
        )
        seen[track.role] += 1
        players.append(Player(replace(track, notes=notes), tuple(controls)))
    return Performance(score, tuple(players))


def repeat(performance: Performance, times: int) -> Performance:
    """The same performance `times` in a row; the renderer cuts a loop out of the middle."""
    score, beats = performance.score, performance.score.beats
    shifts = [beats * i for i in range(times)]
    players = tuple(
        Player(
            replace(
                p.track,
                notes=tuple(replace(n, onset=n.onset + s) for s in shifts for n in p.track.notes),
            ),
            tuple(replace(c, onset=c.onset + s) for s in shifts for c in p.controls),
        )
        for p in performance.players
    )
    tempos = tuple(Tempo(t.onset + s, t.bpm) for s in shifts for t in score.tempos)
    return Performance(replace(score, bars=score.bars * times, tempos=tempos), players)


def write_performance(performance: Performance, path: Path) -> None:
    """Write the MIDI file that FluidSynth renders; nobody else gets to see it.

    Raises
    ------
    Refusal
        When there are more than 15 melodic tracks.
    """
    midi.check_channels([p.track for p in performance.players])
    target = symusic.Score(_TICKS_PER_BEAT)
    midi.write_conductor(target, performance.score)
    for player in sorted(performance.players, key=lambda p: p.track.is_drum):
        track = player.track
        chunk = symusic.Track(track.name, track.program, track.is_drum)
        for n in track.notes:
            start = midi.to_ticks(n.onset, _TICKS_PER_BEAT)
            length = max(1, midi.to_ticks(n.end, _TICKS_PER_BEAT) - start)
            chunk.notes.append(symusic.Note(start, length, n.pitch, n.velocity))
        for c in player.controls:
            tick = midi.to_ticks(c.onset, _TICKS_PER_BEAT)
            chunk.controls.append(symusic.ControlChange(tick, c.number, c.value))
        target.tracks.append(chunk)
    path.write_bytes(target.dumps_midi())


class _Hand:
    """One player's timing and touch."""

    def __init__(self, score: Score, plan: Plan, style: Style, rng: Random) -> None:
        self.score, self.plan, self.style, self.rng = score, plan, style, rng
        self.beats_per_second = plan.bpm / 60
        self.sigma = 0.008 * style.looseness  # seconds

    def play(self, track: Track) -> tuple[Note, ...]:
        """The track's notes as this player plays them, sorted, none overlapping its own pitch."""
        notes = [self._swung(n) for n in track.notes]
        notes = self._shaped(track, notes)
        groups: defaultdict[float, list[Note]] = defaultdict(list)
        for note in notes:
            groups[note.onset].append(note)
        found: list[Note] = []
        for group in groups.values():
            found.extend(self._placed(track, group))
        if track.program in _SUSTAINED and track.role in ("melody", "counter"):
            found = self._legato(found)
        if track.role == "bass" and self.style.beat == "funk":
            found = [replace(n, duration=n.duration * 0.6) for n in found]
        return _released(found, self.score.beats, 0.004 * self.beats_per_second)

    def _swung(self, note: Note) -> Note:
        onset = self._warped(note.onset)
        return replace(note, onset=onset, duration=self._warped(note.end) - onset)

    def _warped(self, beat: float) -> float:
        """A place in the beat with its middle moved to `plan.swing`; triplets stay as they are."""
        swing = self.plan.swing
        if self.score.meter.is_compound or swing == 0.5:
            return beat
        whole, within = divmod(beat, 1.0)
        if abs(within * 4 - round(within * 4)) > 1e-6:
            return beat
        if within < 0.5:
            return whole + within * 2 * swing
        return whole + swing + (within - 0.5) * 2 * (1 - swing)

    def _placed(self, track: Track, group: Sequence[Note]) -> list[Note]:
        """Notes struck together, moved together; plucked chords from string to string."""
        if track.is_drum:
            return [self._moved(n, self._drum_slip(n.pitch)) for n in group]
        slip = self.rng.gauss(0.0, self.sigma)
        if track.role == "bass":
            slip = abs(slip) / 2  # a little behind the kick, never ahead of it
        ordered = sorted(group, key=lambda n: n.pitch)
        spread = self._spread(track, ordered)
        if spread and (ordered[0].onset % 1.0) > 0.3:
            ordered.reverse()  # off the beat the hand comes up
        slip = max(-_LONGEST_SLIP, min(_LONGEST_SLIP, slip))
        return [self._moved(n, slip + i * spread) for i, n in enumerate(ordered)]

    def _spread(self, track: Track, chord: Sequence[Note]) -> float:
        """Seconds between the strings of a chord."""
        if len(chord) < 3:
            return 0.0
        if track.program in _PLUCKED:
            return 0.008 + 0.012 * self.style.looseness * self.rng.random()
        if track.program in _GRAND_PIANOS:
            final = chord[0].onset >= self.score.beats - self.score.meter.bar_beats
            return 0.03 if final and not self.plan.loop and self.style.looseness > 0.3 else 0.002
        return 0.0

    def _drum_slip(self, pitch: int) -> float:
        loose = self.style.looseness
        slip = self.rng.gauss(0.0, self.sigma / (4 if pitch in _HATS else 2))
        if pitch in _SNARES:
            slip += 0.008 * loose
        return max(-_LONGEST_SLIP, min(_LONGEST_SLIP, slip))

    def _moved(self, note: Note, seconds: float) -> Note:
        """A note whose attack moves; its end stays, because the next one is waiting."""
        onset = max(0.0, note.onset + seconds * self.beats_per_second)
        return replace(note, onset=onset, duration=max(0.02, note.end - onset))

    def _shaped(self, track: Track, notes: Sequence[Note]) -> list[Note]:
        """Velocities with a hand's unevenness and, for lines, an arc towards each phrase's peak."""
        width = 5 * (0.3 + 0.7 * self.style.looseness)
        arcs = _arcs(notes) if track.role in ("melody", "counter") else {}
        found = []
        for note in notes:
            change = self.rng.uniform(-width, width) + arcs.get(note, 0.0)
            found.append(replace(note, velocity=max(1, min(127, round(note.velocity + change)))))
        return found

    def _legato(self, notes: Sequence[Note]) -> list[Note]:
        """Neighbouring notes overlap by 20 ms; repeated ones part by as much to speak again."""
        overlap = 0.02 * self.beats_per_second
        line = sorted(notes)
        found = []
        for note, following in pairwise(line):
            gap = following.onset - note.end
            if note.pitch != following.pitch and abs(gap) < 2 * overlap:
                note = replace(note, duration=following.onset + overlap - note.onset)
            found.append(note)
        return [*found, *line[-1:]]


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


def _released(notes: Iterable[Note], beats: float, gap: float) -> tuple[Note, ...]:
    """Sorted notes; one that its own pitch follows lets go just before, none outlasts the piece."""
    by_pitch: defaultdict[int, list[Note]] = defaultdict(list)
    for note in sorted(notes):
        if note.onset >= beats:
            continue
        line = by_pitch[note.pitch]
        if line and line[-1].end > note.onset - gap:
            before = line[-1]
            length = note.onset - gap - before.onset
            if length <= 0:
                line.pop()  # both struck at once: one of them is enough
            else:
                line[-1] = replace(before, duration=length)
        line.append(replace(note, duration=min(note.duration, beats - note.onset)))
    return tuple(sorted(n for line in by_pitch.values() for n in line))


@lru_cache(maxsize=1)
def _mix_table() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("mix.toml").read_text(encoding="utf-8"))


def _mix(track: Track, order: int) -> list[Control]:
    """Volume, pan and reverb at the start; `order` counts the players of the role before."""
    table = _mix_table()
    settings = dict(table[track.role])
    if track.role in ("chords", "counter", "pad"):
        family = table["family"].get(str(track.program // 8 * 8), {})
        settings |= family if track.role == "chords" else {}
        settings["reverb"] = max(settings["reverb"], family.get("reverb", 0))
    pans = settings["pan"]
    values = (
        (_VOLUME, settings["volume"]),
        (_PAN, pans[order % len(pans)]),
        (_REVERB, settings["reverb"]),
        (_CHORUS, 0),
    )
    return [Control(0.0, number, value) for number, value in values]


def _swells(score: Score, track: Track) -> list[Control]:
    """Expression of held sounds: one arc over every four bars, a value on each beat."""
    if track.is_drum or track.program not in _SUSTAINED or track.role not in ("pad", "counter"):
        return []
    low, high = _SWELL
    phrase = min(4, score.bars) * score.meter.bar_beats
    found = []
    for beat in range(math.ceil(score.beats)):
        height = math.sin(math.pi * (beat % phrase) / phrase)
        found.append(Control(float(beat), _EXPRESSION, round(low + (high - low) * height)))
    return found


def _pedal(plan: Plan, style: Style, track: Track) -> list[Control]:
    """Sustain pedal of a piano that plays chords: down after each change, up before the next."""
    wanted = track.role == "chords" and track.program in _GRAND_PIANOS and not track.is_drum
    if not wanted or plan.grade is not None or not patterns.option("comp", style.comp, "pedal"):
        return []
    found = []
    for placed in plan.chords:
        end = placed.onset + placed.duration
        if any(placed.onset <= n.onset < end for n in track.notes):
            found.append(Control(placed.onset + min(0.1, placed.duration / 4), _PEDAL, 127))
            found.append(Control(end - min(0.03, placed.duration / 8), _PEDAL, 0))
    return found
