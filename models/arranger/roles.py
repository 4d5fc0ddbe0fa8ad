"""Which role each track of a stranger's file plays: a stated rule, no training.

In: the tracks of a score and its length in beats. Out: one role for each track. In this order:

1. Drum tracks are "drums"; tracks of effect programs (timpani, percussive and sound effects) and
   of fewer than four notes are "other".
2. The melody is what `melody_track.find_melody` finds, with the tracks that double it: of whose
   notes `Rule.doubling` begin with a melody note of the same pitch class.
3. A track whose name says its role (bass, chords, pad, counter-melody...) has that role.
4. Bass: a bass program, or at most `Rule.voices` notes an onset, a median pitch below `Rule.low`
   and the lowest note of all at `Rule.floor` of its onsets.
5. Several voices (`Rule.chordal` notes an onset, or `Rule.layers` sounding at once) are a "pad"
   when the median note lasts `Rule.sustained` beats (`Rule.pad_program` on a pad, string or choir
   program), else "chords".
6. One voice is a "pad" when its median note lasts `Rule.held` beats; "chords" when it is an
   arpeggio: `Rule.broken` of its intervals are thirds and wider and it strikes `Rule.pace` onsets
   a beat while it plays; else a "counter"-line.

The figures were chosen on the validation half of `corpora.role_check`, which prints the table of
the other half.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from models.composer.melody_track import find_melody
from models.score import Note, Role, Track

_TIMPANI, _EFFECTS = 47, 112
_BASSES = (*range(32, 40), 43, 58)
_PADS = (*range(48, 55), *range(88, 96))
_LEAST = 4  # notes
_TOGETHER = 0.06  # beats: notes this near begin together
_NAMES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("bass", re.compile(r"\bbass?\b|\bbase\b|\bbas\b|贝斯", re.IGNORECASE)),
    (
        "counter",
        re.compile(r"counter|descant|obbligato|\bsolo\b|\blead\b|副旋律", re.IGNORECASE),
    ),
    ("chords", re.compile(r"\bchords?\b|\bcomp\b|\brhythm|\barp(eggio)?s?\b|和弦", re.IGNORECASE)),
    ("pad", re.compile(r"\bpads?\b|\bsustain", re.IGNORECASE)),
)


@dataclass(frozen=True)
class Rule:
    """The figures of the rule; see the module."""

    doubling: float = 0.6
    voices: float = 1.3
    low: float = 56.0
    floor: float = 0.8
    chordal: float = 1.6
    layers: float = 2.0
    sustained: float = 1.2
    pad_program: float = 1.4
    held: float = 5.0
    broken: float = 0.9
    pace: float = 1.5


_RULE = Rule()


@dataclass(frozen=True)
class Measures:
    """What the rule looks at in one pitched track."""

    voices: float  # notes an onset
    layers: float  # notes sounding at once while any sounds
    length: float  # beats, the median note
    pitch: float  # the median
    floor: float  # share of onsets with no lower note sounding elsewhere
    broken: float  # share of thirds and wider among the intervals of the lowest voice
    pace: float  # onsets a beat while it plays


def assign(tracks: Sequence[Track], beats: float, rule: Rule = _RULE) -> tuple[Role, ...]:
    """The role of each track; `beats` is the length of the piece.

    Tracks without notes are "other". Roles that the tracks carry already are looked at only by
    `find_melody`.
    """
    found: dict[int, Role] = {}
    for i, track in enumerate(tracks):
        if track.is_drum:
            found[i] = "drums"
        elif _is_effect(track):
            found[i] = "other"
    pitched = [i for i in range(len(tracks)) if i not in found]
    lead = find_melody([tracks[i] for i in pitched])
    if lead is None:
        return tuple(found[i] for i in range(len(tracks)))
    melody = tracks[pitched[lead]]
    struck = {(round(n.onset * 8), n.pitch % 12) for n in melody.notes}
    lows = _lows([tracks[i] for i in pitched])
    for number, i in enumerate(pitched):
        track = tracks[i]
        if number == lead or _doubles(track, struck) >= rule.doubling:
            found[i] = "melody"
        else:
            found[i] = _named(track.name) or _role(track, measures(track, lows, beats), rule)
    return tuple(found[i] for i in range(len(tracks)))


def is_bass(track: Track) -> bool:
    """Whether a track's name or program says that it is a bass, whatever it plays."""
    return _named(track.name) == "bass" or (not track.is_drum and track.program in _BASSES)


def _is_effect(track: Track) -> bool:
    effect = track.program >= _EFFECTS or track.program == _TIMPANI
    return effect or len(track.notes) < _LEAST


def _doubles(track: Track, struck: set[tuple[int, int]]) -> float:
    """Share of notes that begin with a note of the melody, octaves aside."""
    return sum((round(n.onset * 8), n.pitch % 12) in struck for n in track.notes) / len(track.notes)


def _named(name: str) -> Role | None:
    return next((role for role, words in _NAMES if words.search(name)), None)


def _role(track: Track, seen: Measures, rule: Rule) -> Role:
    if track.program in _BASSES and seen.layers < rule.layers:
        return "bass"
    single = seen.voices <= rule.voices
    if single and seen.pitch < rule.low and seen.floor >= rule.floor:
        return "bass"
    if seen.voices >= rule.chordal or seen.layers >= rule.layers:
        limit = rule.pad_program if track.program in _PADS else rule.sustained
        return "pad" if seen.length >= limit else "chords"
    if seen.length >= rule.held:
        return "pad"
    return "chords" if seen.broken >= rule.broken and seen.pace >= rule.pace else "counter"


def measures(track: Track, lows: _Lows, beats: float) -> Measures:
    """What the rule looks at in a pitched track with notes."""
    notes = track.notes
    onsets: list[Note] = []
    for note in notes:  # sorted by onset, then pitch
        if not onsets or note.onset > onsets[-1].onset + _TOGETHER:
            onsets.append(note)
    covered, until = 0.0, float("-inf")
    for note in notes:
        covered += max(0.0, note.end - max(note.onset, until))
        until = max(until, note.end)
    active = len({int(n.onset) for n in notes} | {int(n.end - 1e-6) for n in notes})
    leaps = [abs(a.pitch - b.pitch) for a, b in pairwise(onsets) if a.pitch != b.pitch]
    return Measures(
        voices=len(notes) / len(onsets),
        layers=sum(n.duration for n in notes) / max(covered, 1e-6),
        length=median(n.duration for n in notes),
        pitch=median(n.pitch for n in notes),
        floor=sum(n.pitch <= lows.at(n.onset) for n in onsets) / len(onsets),
        broken=sum(leap >= 3 for leap in leaps) / max(1, len(leaps)),
        pace=len(onsets) / max(1.0, min(active, beats)),
    )


class _Lows:
    """The lowest pitch that sounds at any place, over several tracks."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._notes = sorted(notes, key=lambda n: n.onset)
        self._onsets = [n.onset for n in self._notes]

    def at(self, beat: float) -> int:
        """Lowest pitch begun at most eight beats ago and still sounding, 128 in silence."""
        first = bisect_right(self._onsets, beat - 8.0)
        last = bisect_right(self._onsets, beat + _TOGETHER)
        sounding = (n.pitch for n in self._notes[first:last] if n.end > beat + _TOGETHER)
        return min(sounding, default=128)


def _lows(tracks: Sequence[Track]) -> _Lows:
    return _Lows([n for t in tracks for n in t.notes])
