"""Chords as the harmony statistics see them: a root above the tonic and one of ten classes.

In: `Chord`s or struck pitches. Out: tokens 0..119, `10 * root + index in QUALITY_CLASSES`; the root
is in semitones above the tonic (or above C for absolute tokens). The inverse needs a key to spell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from models.theory import QUALITIES, QUALITY_CLASSES, Chord, Key, quality_class

TOKENS = 12 * len(QUALITY_CLASSES)
MAJ, MIN, DIM, AUG, SUS, DOM7, MAJ7, MIN7, HDIM7, DIM7 = range(len(QUALITY_CLASSES))
#: The plainest chord symbol of each class.
PLAIN = ("", "m", "dim", "aug", "sus4", "7", "maj7", "m7", "m7b5", "dim7")


def from_chord(chord: Chord) -> int:
    """Absolute token of a chord (root as pitch class)."""
    return chord.root_pc * 10 + QUALITY_CLASSES.index(chord.quality_class)


def relative(token: int, tonic: int) -> int:
    """An absolute token seen from a tonic (pitch class)."""
    return (token // 10 - tonic) % 12 * 10 + token % 10


def to_chord(token: int, key: Key, quality: str | None = None) -> Chord:
    """The chord of a relative token, spelled by the key; `quality` replaces the plain symbol."""
    root = key.spell(token // 10 + key.tonic_pc)
    return Chord(root, PLAIN[token % 10] if quality is None else quality)


@lru_cache(maxsize=4096)
def _match(pcs: frozenset[int], bass: int) -> int | None:
    best, best_score = None, 0.6
    for quality, tones in QUALITIES.items():
        for root in range(12):
            chord = {(root + t) % 12 for t in tones}
            overlap = len(chord & pcs) / len(chord | pcs)
            # The bass is the root more often than not; plain names win ties.
            score = overlap + (0.1 if root == bass else 0.0) - 0.01 * len(tones)
            if score > best_score:
                best = root * 10 + QUALITY_CLASSES.index(quality_class(quality))
                best_score = score
    return best


def from_pitch_classes(pitches: Sequence[int]) -> int | None:
    """Absolute token of the chord that best explains struck pitches (lowest first), or None."""
    pcs = frozenset(p % 12 for p in pitches)
    return _match(pcs, pitches[0] % 12) if len(pcs) >= 3 else None
