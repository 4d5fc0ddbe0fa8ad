"""Which key a chord progression is in.

In: chords with their durations. Out: the major or minor `Key` that explains them best, by a fit of
chord tones to the scale with bonuses for tonic and dominant at the ends (a chord-level reading of
the key-profile method: Krumhansl, *Cognitive Foundations of Musical Pitch*, 1990, ch. 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from models.theory import Chord, Key, fifths_of, name_at_fifths

# The raised seventh belongs to minor as people play it, so that E7 does not speak against A minor.
_SCALES = {
    "major": frozenset((0, 2, 4, 5, 7, 9, 11)),
    "minor": frozenset((0, 2, 3, 5, 7, 8, 10, 11)),
}


def infer_key(chords: Sequence[tuple[Chord, float]]) -> Key:
    """The key of chords with durations (any unit), spelled as the chords spell their roots."""
    scores = {
        (tonic, mode): _fit(chords, tonic, mode)
        for tonic in range(12)
        for mode in ("major", "minor")
    }
    tonic, mode = max(scores, key=lambda k: (scores[k], k[1] == "major", -k[0]))
    for chord, _ in chords:
        if chord.root_pc == tonic:
            return Key(chord.root, mode)
    # A tonic that never sounds is spelled beside the roots that do.
    centre = sum(fifths_of(c.root) for c, _ in chords) / len(chords)
    places = [p for p in range(-7, 8) if p * 7 % 12 == tonic]
    return Key(name_at_fifths(min(places, key=lambda p: (abs(p - centre), abs(p)))), mode)


def _fit(chords: Sequence[tuple[Chord, float]], tonic: int, mode: str) -> float:
    scale = _SCALES[mode]
    total = sum(length for _, length in chords) or 1.0
    third = 3 if mode == "minor" else 4
    score = 0.0
    for chord, length in chords:
        tones = [(pc - tonic) % 12 for pc in chord.pcs[:4]]
        inside = sum(t in scale for t in tones) / len(tones)
        weight = length / total
        score += weight * inside
        if tones[0] == 0 and third in tones:
            score += 0.25 * weight
        if tones[0] == 7 and 11 in tones:
            score += 0.15 * weight
    first, last = chords[0][0], chords[-1][0]
    for chord, bonus in ((first, 0.10), (last, 0.12)):
        if (chord.root_pc - tonic) % 12 == 0 and (tonic + third) % 12 in chord.pcs:
            score += bonus
    for (a, _), (b, _) in pairwise(chords):
        falls = (a.root_pc - tonic) % 12 == 7 and (b.root_pc - tonic) % 12 == 0
        if falls and (tonic + 11) % 12 in a.pcs:
            score += 0.1 / len(chords)
    return score
