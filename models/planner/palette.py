"""What a style, a key and a mood make of the harmony statistics: weights and chord colours.

In: a `Style`, a `Key`, valence and an optional grade. Out: a `Palette`: how much each token is
wanted, which tokens count as home and as leading home, and how a token is written as a symbol.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

import numpy as np

from models.planner import harmony
from models.planner.grades import limits
from models.planner.harmony import Array, Sampler
from models.planner.tokens import (
    AUG,
    DIM,
    DIM7,
    DOM7,
    HDIM7,
    MAJ,
    MAJ7,
    MIN,
    MIN7,
    PLAIN,
    SUS,
    TOKENS,
    to_chord,
)
from models.theory import MODES, QUALITIES, Chord, Key
from models.vocabulary import Style

#: How much a chord outside the scale is wanted, by table: jazz lives of them, dances do not.
_OUTSIDE = {"jazz": 1.0, "latin": 0.8, "blues": 1.0, "classical": 0.7, "cinematic": 0.6}
_OUTSIDE |= {"pop": 0.4, "rock": 0.5, "folk": 0.4, "electronic": 0.15, "modal": 0.1}

#: How likely a section is a short loop of chords, by family of styles.
_LOOPS = {"pop": 0.65, "rock": 0.65, "electronic": 1.0, "hiphop": 1.0, "rnb": 0.6, "world": 0.4}
_LOOPS |= {"cinematic": 0.35, "latin": 0.3}

#: What leads home in modes without a leading note, strongest first.
_MODAL_LEADS: dict[str, tuple[int, ...]] = {
    "dorian": (100 + MAJ, 50 + MAJ, 70 + MIN),
    "mixolydian": (100 + MAJ, 70 + MIN),
    "phrygian": (10 + MAJ, 100 + MIN),
    "lydian": (70 + MAJ, 20 + MAJ),
    "locrian": (10 + MAJ, 100 + MIN),
}
_MODAL_POWER = 0.5
_LEADS: tuple[int, ...] = (70 + MAJ, 70 + DOM7, 70 + SUS)

_POWER = {"metal", "punk", "hard_rock"}
_TRIADS = {"reggaeton", "mariachi", "cumbia", "tango", "calypso"}


def leads_home(key: Key) -> tuple[int, ...]:
    """Tokens that may stand before the last tonic, and end a loop: V, or the mode's own."""
    return _MODAL_LEADS.get(key.mode, _LEADS)


def home(key: Key) -> tuple[int, ...]:
    """Tokens that are the tonic chord."""
    if key.mode == "locrian":
        return (DIM, MIN)
    return (MIN, MIN7) if key.is_minor else (MAJ, MAJ7, DOM7)


@dataclass(frozen=True)
class Palette:
    """Everything the progression writer needs; arrays run over `table.tokens`.

    `base` (V,) wants tokens anywhere, `tonic` (V,) at starts and ends, `lead` (V,) before the last
    tonic. `rhythms`: pulses per bar -> masks with
    counts. `colours`: token -> chord quality. `loops`: probability of a looped section.
    """

    key: Key
    table: Sampler
    base: Array
    tonic: Array
    lead: Array
    rhythms: Mapping[int, Mapping[int, float]]
    colours: Mapping[int, str]
    loops: float
    is_blues: bool

    def chord(self, token: int) -> Chord:
        """A token as a chord of the piece."""
        return to_chord(token, self.key, self.colours[token])


def palette(style: Style, key: Key, valence: float, grade: int | None, rng: Random) -> Palette:
    """The palette of a piece; `rng` chooses chord colours once, so that they stay the same."""
    mode = "minor" if key.is_minor else "major"
    table = harmony.sampler(style.harmony, mode)
    if key.mode in _MODAL_LEADS:
        table = _flattened(table)
    tokens = np.array(table.tokens)
    base = _wanted(table.tokens, style, key, valence, grade)
    tonic = np.where(np.isin(tokens, home(key)), table.usual * base, 0.0)
    # What leads home is drawn as the corpus' sections close; the prior keeps rare leads possible.
    closing = table.cadences[:, np.isin(tokens, home(key))].sum(1) + 10 * table.usual
    lead = np.where(np.isin(tokens, leads_home(key)), closing, 0.0)
    if grade is not None:
        plain = np.isin(tokens % 10, (MAJ, MIN, DIM))
        tonic, lead = tonic * plain, lead * plain
    if style.harmony != "blues":
        tonic = np.where(tokens == DOM7, 0.0, tonic)  # a piece ends on I7 in the blues only
    if key.mode not in _MODAL_LEADS and style.family in ("jazz", "classical", "folk", "latin"):
        lead = lead * np.where(tokens == 70 + SUS, 0.1, 1.0)
    is_blues = style.family == "blues" or style.id == "rock_and_roll"
    return Palette(
        key=key,
        table=table,
        base=base,
        tonic=tonic,
        lead=lead,
        rhythms=_rhythms(table.rhythms),
        colours=_colours(style, key, grade, rng),
        loops=_LOOPS.get(style.family, 0.5 if style.harmony == "modal" else 0.0),
        is_blues=is_blues,
    )


def _flattened(table: Sampler) -> Sampler:
    """Evener odds between different roots.

    With most of the usual chords outside a mode, what is left would swing to and fro between two.
    """
    roots = np.array(table.tokens) // 10
    other = np.where(roots[:, None] == roots[None, :], 0.2, 1.0)  # (V, V)
    before = np.vstack([other, np.ones(len(roots))])  # START has no root
    return replace(table, transition=table.transition**_MODAL_POWER * before)


def _wanted(
    tokens: tuple[int, ...], style: Style, key: Key, valence: float, grade: int | None
) -> Array:
    """Weight of each token from scale, mood and grade; the n-gram multiplies it."""
    scale = set(MODES[key.mode])
    if key.mode == "minor":
        scale.add(11)  # the leading note, for V and viio
    outside = _OUTSIDE[style.harmony]
    if key.mode not in ("major", "minor"):
        outside = min(outside, 0.01)  # a mode is its scale: without it, it falls back to minor
    allowed = None if grade is None else set(limits(grade).chords)
    weights = []
    for token in tokens:
        root, kind = divmod(token, 10)
        tones = {(root + t) % 12 for t in QUALITIES[PLAIN[kind]]}
        weight = 1.0 if tones <= scale else outside
        if kind in (MIN, MIN7, DIM, HDIM7, DIM7):
            weight *= math.exp(-0.8 * valence)
        elif kind in (MAJ, MAJ7):
            weight *= math.exp(0.3 * valence)
        if not key.is_minor and valence < -0.2 and token in (50 + MIN, 80 + MAJ, 100 + MAJ):
            weight *= 1 - 6 * valence  # borrowed from minor: the sad chords of a major key
        if style.harmony == "rock":
            # No rock corpus: flat seventh, fourth and bare triads are raised by hand (de Clercq &
            # Temperley, "A corpus analysis of rock harmony", Popular Music 2011: IV before V).
            weight *= {100 + MAJ: 3.0, 50 + MAJ: 1.5}.get(token, 1.0)
            weight *= 0.3 if kind in (DOM7, MAJ7, MIN7, HDIM7, DIM7, AUG) else 1.0
        if allowed is not None and (PLAIN[kind] not in allowed or not tones <= scale):
            weight = 0.0
        weights.append(weight)
    return np.array(weights)


def _rhythms(own: Mapping[int, Mapping[int, float]]) -> Mapping[int, Mapping[int, float]]:
    """Rhythms of the table, with the dances' and the pop songs' where it has too few."""
    dances = harmony.sampler("folk", "major").rhythms
    songs = harmony.sampler("pop", "major").rhythms
    return {
        pulses: own[pulses] if sum(own[pulses].values()) >= 60 else other[pulses]
        for pulses, other in ((2, dances), (3, dances), (4, songs))
    }


def _level(style: Style) -> str:
    if style.id in _POWER:
        return "power"
    if style.harmony == "blues":
        return "blues"
    if style.harmony in ("folk", "classical") or style.id in _TRIADS:
        return "triad"
    if style.harmony == "jazz" and style.family in ("jazz", "hiphop", "rnb"):
        return "extended"
    if style.harmony in ("jazz", "latin"):
        return "seventh"
    if style.id in ("house", "downtempo", "mandopop"):
        return "light"
    return "plain"


def _colours(style: Style, key: Key, grade: int | None, rng: Random) -> dict[int, str]:
    """Chord quality of each token, the same throughout a piece."""
    if grade is None:
        level = _level(style)
        return {token: _colour(token, level, key, rng) for token in range(TOKENS)}
    allowed = limits(grade).chords
    plain = {token: _colour(token, "triad", key, rng) for token in range(TOKENS)}
    # Templates (the blues) use chords that a grade may not know yet: their triads stand in.
    minor = (MIN, MIN7, DIM, HDIM7, DIM7)
    return {
        token: quality if quality in allowed else "m" if token % 10 in minor else ""
        for token, quality in plain.items()
    }


def _colour(token: int, level: str, key: Key, rng: Random) -> str:
    root, kind = divmod(token, 10)
    draw = rng.random()
    if level == "plain":
        return PLAIN[kind]
    if level == "power":
        return "5" if kind not in (DIM, HDIM7, DIM7, AUG) else PLAIN[kind]
    if level == "triad":
        return {MAJ7: "", MIN7: "m", HDIM7: "dim", DIM7: "dim"}.get(kind, PLAIN[kind])
    if level == "blues":
        return {MAJ: "7", MIN: "m7", MAJ7: "7"}.get(kind, PLAIN[kind])
    if level == "light":
        return {MIN: "m7"}.get(kind, "maj7" if kind == MAJ and root in (3, 5, 8) else PLAIN[kind])
    seventh = _seventh(root, kind, key)
    if level == "seventh" or draw < 0.45:
        return seventh
    in_scale = (root + 2) % 12 in MODES[key.mode]  # a ninth outside the key is not colour but noise
    if seventh == "7" and root != 7:
        return "7"
    ninths = {"maj7": "maj9", "m7": "m9", "7": "13" if draw > 0.75 else "9", "7sus4": "9sus4"}
    return ninths.get(seventh, seventh) if in_scale else seventh


def _seventh(root: int, kind: int, key: Key) -> str:
    """The seventh chord that a triad stands for where everything has sevenths."""
    if kind == MAJ:
        diatonic = (root + 11) % 12 in MODES[key.mode] and root != 7
        return "maj7" if diatonic or root in (1, 3, 8) else "7"
    by_kind = {
        MIN: "m7",
        SUS: "7sus4",
        DIM: "m7b5" if (root + 10) % 12 in MODES[key.mode] else "dim7",
    }
    return by_kind.get(kind, PLAIN[kind])
