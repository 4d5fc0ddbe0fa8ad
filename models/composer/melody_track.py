"""Which track of a file is the melody: a stated rule, no training.

In: the tracks of a score, their names as the file gives them. Out: the index of one, or None where
nothing pitched plays. The rule, in this order:

1. A track with the role "melody" (our own files), or one whose name says melody, vocal, voice or
   the like, is the melody; of several the one with the highest mark below. Names that are General
   MIDI programs ("Voice Oohs", "Lead 1 (square)") say nothing.
2. Otherwise the highest mark wins; drums are never the melody. A mark is the sum of eleven
   measures, each 0..1 and weighted by `Rule`: *single* (its sounding time has one note at once),
   *top* (its onsets lie above everything else that sounds), *register* (mean pitch, best E4..C6),
   *pace* (notes a beat while it plays, best 0.5..3), *variety* (8 distinct pitches or more), *span*
   (from a fifth to an eleventh between its extremes), *steps* (few leaps of a fifth and more),
   *even* (its onsets are neither mechanical nor scattered), *fresh* (not an ostinato), *coverage*
   (share of the piece in which it plays) and *kind* (of instrument: winds, bowed strings, guitars
   and synth leads before keyboards before ensembles before effects and basses). A name that hints
   ("lead", "solo"; "bass", "chords") adds or takes `Rule.hint`.
3. Of tracks that open with the same pitches (doublings, echoes) the one that begins first.

The measures are those that Rizo et al. ("A Pattern Recognition Approach for Melody Track Selection
in MIDI Files", ISMIR 2006) found to tell melodies from accompaniments. Their weights were fitted
as a conditional logit on 400 songs of POP909 and half of the games' files with named leads (names
hidden), then rounded. On the other 448 songs .984 are right; of the other 23 games' files, where a
name marks one of several leads, .74.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from models.score import Note, Track

_MELODY = re.compile(
    r"melod|vocal|\bvox\b|voice|\bsing|\bvoc\b|canto|gesang|旋律|人声|人聲|主唱", re.IGNORECASE
)
_GENERAL_MIDI = re.compile(r"voice oohs|synth voice|synvox|lead \d|solo vox", re.IGNORECASE)
_BACKING = re.compile(
    r"\bback|bass|\bbase\b|chord|\bpads?\b|drum|perc|rhythm|accomp|harmon(y|ies)|\bcomp\b|"
    r"\bleft\b|\bl\.?h\.?\b|伴奏|和声|和聲|贝斯|低音",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"\blead\b|\bsolo\b|soprano|\btune\b|theme|\bright\b|\br\.?h\.?\b|descant|主", re.IGNORECASE
)
# First program of each group of eight in General MIDI -> how much of a melody instrument it is.
_KINDS = (0.6, 0.6, 0.6, 0.7, 0.0, 0.6, 0.3, 0.8, 1.0, 1.0, 1.0, 0.3, 0.2, 0.7, 0.0, 0.0)
_BOWED = (40, 41, 42)  # violin, viola and cello stand among harps and pizzicato


@dataclass(frozen=True)
class Rule:
    """What each measure is worth, and a name that hints."""

    single: float = 1.0
    top: float = 0.5
    register: float = 2.0
    pace: float = 1.5
    variety: float = 0.5
    span: float = 1.5
    steps: float = 1.0
    even: float = 2.0
    fresh: float = 1.0
    coverage: float = 1.0
    kind: float = 1.5
    hint: float = 1.0


_RULE = Rule()
_LEAST = 4  # notes; fewer are an effect
_TOGETHER = 0.06  # beats: notes this near begin together
_HIDDEN = 0.2  # beats that a higher note must go on to hide a lower one
_OTHER_HAND = 14  # semitones


def find_melody(tracks: Sequence[Track], rule: Rule = _RULE) -> int | None:
    """Index of the melody track, or None when no pitched track plays."""
    pitched = [i for i, t in enumerate(tracks) if t.notes and not t.is_drum]
    if not pitched:
        return None
    enough = [i for i in pitched if len(tracks[i].notes) >= _LEAST] or pitched
    named = [i for i in enough if tracks[i].role == "melody" or _says_melody(tracks[i].name)]
    over = _Skyline([tracks[i] for i in pitched])
    beats = max(n.end for i in pitched for n in tracks[i].notes)
    best = max(named or enough, key=lambda i: (_mark(tracks[i], over, beats, rule), -i))
    echoes = [i for i in enough if _opening(tracks[i]) == _opening(tracks[best])]
    return min(echoes, key=lambda i: (tracks[i].notes[0].onset, i != best))


def _opening(track: Track) -> tuple[int, ...]:
    """Pitches by which a doubling or an echo of another track is known."""
    return tuple(n.pitch for n in track.notes[:24])


def skyline(notes: Sequence[Note]) -> tuple[Note, ...]:
    """One voice out of many: what a listener follows when a track plays several notes at once.

    The highest of the notes that begin together, unless a higher one still sounds (Uitdenbogerd &
    Zobel, "Melodic Matching Techniques for Large Music Databases", ACM Multimedia 1999); notes that
    lie 14 semitones and more below the median of their neighbours belong to the other hand. A note
    ends where the next begins.
    """
    tops: list[Note] = []
    for note in sorted(notes, key=lambda n: (n.onset, -n.pitch)):
        if tops and note.onset < tops[-1].onset + _TOGETHER:
            continue
        # Pedalled notes overlap by a little: only what covers most of the new note hides it.
        hidden = tops and tops[-1].pitch > note.pitch and tops[-1].end > note.onset + _HIDDEN
        if not hidden:
            tops.append(note)
    pitches = np.array([n.pitch for n in tops])
    kept = [
        n
        for i, n in enumerate(tops)
        if n.pitch > np.median(pitches[max(0, i - 12) : i + 13]) - _OTHER_HAND
    ]
    cut = [
        replace(n, duration=min(n.duration, following.onset - n.onset))
        for n, following in pairwise(kept)
    ]
    return (*cut, *kept[-1:])


def measures(track: Track, over: _Skyline, beats: float) -> dict[str, float]:
    """The measures of one pitched track with notes, by name, each 0..1."""
    notes = track.notes
    sounding = _covered(notes)
    total = sum(n.duration for n in notes)
    pitches = [n.pitch for n in notes]
    mean = sum(pitches) / len(pitches)
    onsets = sorted({n.onset for n in notes})
    rate = len(onsets) / max(sounding, 1e-6)
    leaps = sum(abs(a - b) >= 7 for a, b in pairwise(pitches)) / max(1, len(pitches) - 1)
    low, high = np.percentile(pitches, (3, 97))
    span = float(high - low)
    gaps = [b - a for a, b in pairwise(onsets)] or [1.0]
    uneven = float(np.std(np.log(np.asarray(gaps) + 0.05)))
    quarters = {int(n.onset // 4) for n in notes} | {int((n.end - 1e-6) // 4) for n in notes}
    top = sum(n.pitch >= over.at(n.onset) for n in notes) / len(notes)
    return {
        "single": max(0.0, 2 * min(1.0, sounding / total) - 1),
        "top": top,
        "register": _hump(mean, 45, 64, 84, 100),
        "pace": _hump(rate, 0.1, 0.5, 3.0, 6.0),
        "variety": min(1.0, len(set(pitches)) / 8),
        "span": _hump(span, 2, 7, 17, 30),
        "steps": 1 - min(1.0, 4 * leaps),
        "even": _hump(uneven, 0.0, 0.3, 0.6, 1.2),
        "fresh": freshness(notes),
        "coverage": min(1.0, len(quarters) / max(1.0, beats / 4)),
        "kind": 1.0 if track.program in _BOWED else _KINDS[track.program // 8],
    }


def _mark(track: Track, over: _Skyline, beats: float, rule: Rule) -> float:
    mark = sum(getattr(rule, k) * v for k, v in measures(track, over, beats).items())
    if _BACKING.search(track.name):
        return mark - rule.hint
    plain = _GENERAL_MIDI.search(track.name) is None
    return mark + rule.hint * bool(plain and _LEADING.search(track.name))


def _says_melody(name: str) -> bool:
    if _BACKING.search(name) or _GENERAL_MIDI.search(name):
        return False
    return _MELODY.search(name) is not None


class _Skyline:
    """The highest pitch that sounds at any place, over several tracks."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        notes = sorted((n for t in tracks for n in t.notes), key=lambda n: n.onset)
        self._onsets = [n.onset for n in notes]
        self._notes = notes

    def at(self, beat: float) -> int:
        """Highest pitch begun at most four beats ago and still sounding."""
        first = bisect_right(self._onsets, beat - 4.0)
        last = bisect_right(self._onsets, beat + 1e-6)
        ends = beat + 1e-6
        return max((n.pitch for n in self._notes[first:last] if n.end > ends), default=0)


def freshness(notes: Sequence[Note]) -> float:
    """Share (0..1) of stretches of four beats unlike the two before; an ostinato has few."""
    stretches: dict[int, list[tuple[int, int]]] = {}
    for n in notes:
        stretches.setdefault(int(n.onset // 4), []).append((round(n.onset * 4) % 16, n.pitch))
    places = list(stretches.values())
    pairs = [places[i] not in places[max(0, i - 2) : i] for i in range(1, len(places))]
    return sum(pairs) / len(pairs) if pairs else 1.0


def _covered(notes: Sequence[Note]) -> float:
    """Beats in which at least one note sounds."""
    total, until = 0.0, float("-inf")
    for note in notes:  # sorted by onset
        total += max(0.0, note.end - max(note.onset, until))
        until = max(until, note.end)
    return total


def _hump(value: float, low: float, rise: float, fall: float, high: float) -> float:
    """1 between `rise` and `fall`, falling straight to 0 at `low` and `high`."""
    if value < rise:
        return max(0.0, (value - low) / (rise - low))
    return max(0.0, (high - value) / (high - fall)) if value > fall else 1.0
