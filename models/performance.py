"""The human layer: a score on the grid becomes a performance that FluidSynth plays.

In: a `Score` and its `Plan`. Out: a `Performance`: notes off the grid (swing, micro-timing, strums,
legato), shaped velocities, and each player's mix, swells and pedal. The score itself, which people
get as MIDI and MusicXML, stays on the grid. What is known of people is measured:
`models/playing.toml`; `models.performing` holds the drummer, the other hands and the mix.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import symusic

from models import midi
from models.performing.drumming import Drummer
from models.performing.feel import Feel
from models.performing.mixing import Control, mixes, pedal, swells
from models.performing.touch import Hand
from models.planner.plan import Plan
from models.score import Note, Score, Tempo, Track
from models.vocabulary import load

_TICKS_PER_BEAT = 1920  # 0.3 ms at 100 bpm: finer than the timing it carries
_RELEASE = 0.004  # seconds before the same pitch sounds again


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
    feel = Feel(score, plan, seed)
    players = []
    for number, (track, mix) in enumerate(zip(score.tracks, mixes(score.tracks), strict=True)):
        rng = Random(f"{seed}/{number}")
        if track.is_drum:
            played = Drummer(plan, feel, rng).play(track.notes, score.meter)
        else:
            played = Hand(score, plan, style, feel, rng).play(track)
        notes = _released(played, score.beats, _RELEASE * feel.beats_per_second)
        controls = (*mix, *swells(score, track), *pedal(plan, style, track))
        players.append(Player(replace(track, notes=notes), controls))
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
