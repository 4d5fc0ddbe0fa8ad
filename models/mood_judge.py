"""How a finished piece feels, judged from its notes alone: valence and arousal, -1..1 each.

In: a score or a MIDI file; only notes, tempo and drums are looked at, never what the file says of
itself. Out: two numbers, and how often they agree with what was asked. No figure of the planner is
used: this is the other side of the test.

Eight cues are measured, set against human-made music (`HUMAN`: mean and deviation over POP909 and
the free games' music, each collection counting half; `tools/mood_norms.py --data DIR` prints them)
and added up, as cues act additively and nearly linearly: Eerola, Friberg & Bresin, "Emotional
expression in music: contribution, linearity, and additivity of primary musical cues", *Frontiers in
Psychology* 4:487, 2013. Directions are those of the review of Gabrielsson & Lindstrom, "The role of
structure in the musical expression of emotions", 2010. Weights are ranks, not fitted:

- Valence. Eerola et al. rank mode, tempo, register, dynamics, articulation, so 4 mode, 3 tempo, 2
  register, 1 articulation; dynamics speak for activity, not valence. Husain, Thompson &
  Schellenberg (*Music Perception* 20, 2002) found mode to move mood and tempo not to: the mean of
  both gives tempo 1.5. Consonant is pleasant, dissonant tense: 2, as register (our choice).
- Arousal. Schubert ("Modeling perceived emotion with continuous musical features", *Music
  Perception* 21, 2004) found loudness and tempo to raise it; 3 dynamics, 3 speed (half tempo, half
  onsets a second, as both are heard as speed), 1 each for register, articulation and percussion
  (van der Zwaag, Westerink & van den Broek, *Musicae Scientiae* 15, 2011).

Not checked against listeners here: the labelled sets are kept back.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np

from models import midi
from models.key_finder import distances, weights
from models.score import Score, Track

_VALENCE = {"mode": 4.0, "tempo": 1.5, "register": 2.0, "detached": 1.0, "consonance": 2.0}
_AROUSAL = {
    "dynamics": 3.0, "tempo": 1.5, "onsets": 1.5, "register": 1.0, "detached": 1.0,
    "percussion": 1.0,
}  # fmt: skip
#: Consonance of interval classes 0..6: Huron, "Interval-class content in equally tempered
#: pitch-class sets", *Music Perception* 11, 1994; a pitch class makes no pair with itself.
_CONSONANCE = (0.0, -1.428, -0.582, 0.594, 0.386, 1.240, -0.453)
_FURTHEST = 2.5  # deviations that one cue may count: one odd cue should not decide


@dataclass(frozen=True)
class Norms:
    """Mean and deviation of each cue: what counts as the middle, and as much."""

    of: Mapping[str, tuple[float, float]]

    def centred_on(self, neutral: Sequence[Score]) -> Norms:
        """The same deviations about the means of pieces that were to feel like nothing special.

        How loud a velocity is and how long a note rings depend on who renders it, so a program's
        middle need not be that of other people's files. The pieces must be made without a mood, and
        not be those that are judged.
        """
        found = [cues(score) for score in neutral]
        return Norms(
            {k: (float(np.mean([f[k] for f in found])), d) for k, (_, d) in self.of.items()}
        )


#: Human-made pieces.
HUMAN = Norms(
    {
        "mode": (0.002, 0.090),
        "tempo": (6.627, 0.501),
        "onsets": (2.168, 0.604),
        "dynamics": (88.580, 14.480),
        "register": (58.486, 4.917),
        "detached": (0.148, 0.093),
        "consonance": (0.549, 0.165),
        "percussion": (1.171, 1.412),
    }
)


def judge(piece: Score | Path, norms: Norms = HUMAN) -> tuple[float, float]:
    """Valence and arousal of a piece, -1..1 each; (0, 0) is like the middle of the norms.

    Raises
    ------
    ValueError
        When no pitched note sounds.
    Refusal
        When a path names no MIDI file that can be read.
    """
    found = cues(midi.read(piece) if isinstance(piece, Path) else piece)
    return _sum(found, _VALENCE, norms), _sum(found, _AROUSAL, norms)


def _sum(found: Mapping[str, float], shares: Mapping[str, float], norms: Norms) -> float:
    """Tanh of the sum of standardised cues, scaled to deviation 1 as if cues were independent."""
    total = 0.0
    for name, share in shares.items():
        mean, deviation = norms.of[name]
        total += share * min(_FURTHEST, max(-_FURTHEST, (found[name] - mean) / deviation))
    return math.tanh(total / math.hypot(*shares.values()))


@dataclass(frozen=True)
class Agreement:
    """Share of judged signs that are as asked, over `counted` pieces, with a 95 % interval."""

    share: float
    low: float
    high: float
    counted: int


def agreement(pairs: Sequence[tuple[float, float]], least: float = 0.25) -> Agreement:
    """Of (asked, judged) values of one dimension, those asked for by at least `least` either way.

    The interval is Wilson's (*JASA* 22, 1927).

    Raises
    ------
    ValueError
        When nothing was asked for clearly enough.
    """
    hits = [asked * judged > 0 for asked, judged in pairs if abs(asked) >= least]
    if not hits:
        raise ValueError("no piece asked for a clear mood")
    n, share, z = len(hits), sum(hits) / len(hits), 1.96
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Agreement(share, max(0.0, centre - half), min(1.0, centre + half), n)


def cues(score: Score) -> dict[str, float]:
    """The eight cues of a piece, in their own units.

    "mode" is how much nearer the best major profile is than the best minor one; "tempo" log2 of
    pulses a minute; "onsets" log2 of places a second where something begins; "dynamics" mean
    velocity; "register" mean MIDI pitch of what sounds; "detached" 0 (legato) to 1; "consonance"
    the mean index of sounding pairs; "percussion" drum onsets a beat.

    Raises
    ------
    ValueError
        When no pitched note sounds.
    """
    pitched = [t for t in score.tracks if not t.is_drum and t.notes]
    drums = [n for t in score.tracks if t.is_drum for n in t.notes]
    notes = [n for t in pitched for n in t.notes]
    if not notes:
        raise ValueError("a mood is judged from pitched notes, and there are none")
    far = distances(weights((n.duration, n.pitch) for n in notes))
    length = np.array([n.duration for n in notes])
    heard = [*notes, *drums]
    first, last = min(n.onset for n in heard), max(n.end for n in heard)
    seconds = max(1e-3, score.seconds_at(last) - score.seconds_at(first))
    pulses = (last - first) / score.meter.pulse
    return {
        "mode": float(far[12:].min() - far[:12].min()),
        "tempo": math.log2(60 * pulses / seconds),
        "onsets": math.log2(len({round(n.onset * 12) for n in heard}) / seconds),
        "dynamics": float(np.mean([n.velocity for n in heard])),
        "register": float(np.average([n.pitch for n in notes], weights=length)),
        "detached": _detached(pitched),
        "consonance": _consonance(pitched, first, last),
        "percussion": len({round(n.onset * 12) for n in drums}) / (last - first),
    }


def _detached(tracks: Sequence[Track]) -> float:
    """Silent share of the time from one onset to the next in a track, gaps of two beats at most.

    Longer gaps are rests, not articulation.
    """
    shares = []
    for track in tracks:
        ends: dict[float, float] = {}
        for note in track.notes:
            ends[note.onset] = max(ends.get(note.onset, 0.0), note.end)
        for (onset, end), (following, _) in pairwise(sorted(ends.items())):
            if following - onset <= 2:
                shares.append(max(0.0, following - end) / (following - onset))
    return float(np.mean(shares)) if shares else 0.0


def _consonance(tracks: Sequence[Track], first: float, last: float) -> float:
    """Mean index of the pairs of pitch classes that sound at each half beat; 0 for one line."""
    step = 0.5
    sounding: list[set[int]] = [set() for _ in range(math.ceil((last - first) / step))]
    for note in (n for t in tracks for n in t.notes):
        start = math.ceil((note.onset - first) / step - 1e-6)
        for slot in range(start, math.ceil((note.end - first) / step - 1e-6)):
            sounding[slot].add(note.pitch % 12)
    values = [
        float(np.mean([_CONSONANCE[min((a - b) % 12, (b - a) % 12)] for a, b in pairs]))
        for pairs in (list(combinations(classes, 2)) for classes in sounding)
        if pairs
    ]
    return float(np.mean(values)) if values else 0.0
