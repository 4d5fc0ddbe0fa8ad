"""The best path of chords under a melody: what a network expects, bent by the rules of a cadence.

In: for each slot (the felt beat, see `SLOT_STEPS`) the log probability of every chord and of a
change, how chords follow each other, and the melody. Out: chord tokens (10 * root + quality), one
a slot. Viterbi over the 120 chords and one more state, the closing tonic, that is reached only
through a chord that leads home and never left. Alternatives are found by perturbing the scores
and taking the best path again (Papandreou and Yuille, "Perturb-and-MAP random fields", ICCV 2011);
the noise is keyed by what a bar's melody is, so that bars that return keep their chords.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from models.composer.sheets import BAR_STEPS, TEMPLATES
from models.theory import QUALITY_CLASSES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Note = tuple[int, int, int]

QUALITIES = len(QUALITY_CLASSES)
CHORDS = 12 * QUALITIES
#: Steps from one place where a chord may change to the next: the felt beat.
SLOT_STEPS = {"4/4": 4, "3/4": 4, "6/8": 6, "2/4": 4}
#: Slots in a bar on which chords change when harmony is not busy: bars and half-bars.
_USUAL = {"4/4": (0, 2), "3/4": (0,), "6/8": (0, 1), "2/4": (0, 1)}

_MAJ, _MIN, _DIM, _SUS, _DOM7, _DIM7 = (
    QUALITY_CLASSES.index(name) for name in ("maj", "min", "dim", "sus", "dom7", "dim7")
)
#: A piece may begin on these: I, vi, IV in major; i, VI, iv, III in minor.
_STABLE = {
    False: (_MAJ, 90 + _MIN, 50 + _MAJ),
    True: (_MIN, 80 + _MAJ, 50 + _MIN, 30 + _MAJ),
}
#: Chords that lead home: V, V7, Vsus, viio, IV; in minor also v, iv and bVII.
_LEADS = {
    False: (70 + _MAJ, 70 + _DOM7, 70 + _SUS, 110 + _DIM, 50 + _MAJ, 50 + _MIN),
    True: (
        *(70 + _MAJ, 70 + _DOM7, 70 + _SUS, 110 + _DIM, 110 + _DIM7),
        *(70 + _MIN, 50 + _MIN, 100 + _MAJ, 100 + _DOM7),
    ),
}


@dataclass(frozen=True)
class Weights:
    """How much each voice counts; tuned on validation sheets (see the recipe).

    `emission` and `change` scale the network's log probabilities, `prior` the bigram of changes;
    `move` is earned by every change, since a best path rests longer than people do; `clash` is
    charged for a beat of melody that grates, `away` for not beginning on the tonic.
    """

    emission: float = 1.0
    change: float = 1.0
    prior: float = 0.5
    move: float = 0.0
    clash: float = 2.0
    away: float = 1.0


@dataclass(frozen=True)
class Melody:
    """A melody as the harmoniser sees it: relative to the tonic, on a grid of slots.

    `notes` are (onset, duration, pitch) in steps, one voice, sorted.
    """

    notes: Sequence[Note]
    meter: str
    minor: bool
    bars: int

    @property
    def slot(self) -> int:
        """Steps in a slot."""
        return SLOT_STEPS[self.meter]

    @property
    def per_bar(self) -> int:
        """Slots in a bar."""
        return BAR_STEPS[self.meter] // self.slot

    @property
    def slots(self) -> int:
        """Slots in the melody."""
        return self.bars * self.per_bar

    @property
    def upbeat(self) -> int:
        """1 when the first bar is only an upbeat (its first half is silent), else 0."""
        silent = not self.notes or self.notes[0][0] >= BAR_STEPS[self.meter] // 2
        return int(silent and self.bars > 1)

    def durations(self, longest_only: bool = False) -> Floats:
        """Steps that each pitch class sounds in each slot, (T, 12).

        With `longest_only` just the strong notes: those of a slot or more, or struck on one and at
        least half as long. What passes between the beats may clash.
        """
        out = np.zeros((self.slots, 12))
        for onset, duration, pitch in self.notes:
            weak = duration < self.slot and (onset % self.slot or 2 * duration < self.slot)
            if longest_only and weak:
                continue
            for t in range(
                onset // self.slot, min(self.slots, -(-(onset + duration) // self.slot))
            ):
                begin, end = max(onset, t * self.slot), min(onset + duration, (t + 1) * self.slot)
                out[t, pitch % 12] += end - begin
        return out


@cache
def tones() -> Bools:
    """Which pitch classes belong to a chord, (120, 12)."""
    out = np.zeros((CHORDS, 12), dtype=bool)
    for chord in range(CHORDS):
        root, quality = divmod(chord, QUALITIES)
        out[chord, [(root + i) % 12 for i in TEMPLATES[QUALITY_CLASSES[quality]]]] = True
    return out


@cache
def clashes() -> Floats:
    """How much a held pitch class grates over a chord, (12, 120): 0 for a tone of the chord.

    1 for a semitone above a chord tone, and for a minor third over a major one; 0.35 for the rest
    (ninths, elevenths and thirteenths, the major seventh).
    """
    inside = tones().T  # (12, 120)
    out = np.where(np.roll(inside, 1, axis=0), 1.0, 0.35)
    for chord in range(CHORDS):
        root, quality = divmod(chord, QUALITIES)
        if TEMPLATES[QUALITY_CLASSES[quality]][1] == 4:
            out[(root + 3) % 12, chord] = 1.0
    return np.where(inside, 0.0, out)


def changeable(melody: Melody, rate: str) -> Bools:
    """Slots where the chord may change, (T,).

    Raises
    ------
    ValueError
        When `rate` is not "slow" (bars), "normal" (bars and half-bars) or "busy" (beats).
    """
    places = {"slow": (0,), "normal": _USUAL[melody.meter], "busy": range(melody.per_bar)}
    if rate not in places:
        raise ValueError(f"rate {rate!r} is none of slow, normal, busy")
    return np.isin(np.arange(melody.slots) % melody.per_bar, list(places[rate]))


def noise(melody: Melody, seed: int) -> Floats:
    """Gumbel noise of a bar and chord spread over its slots, (T, 120); equal bars draw the same."""
    out = np.zeros((melody.slots, CHORDS))
    length = BAR_STEPS[melody.meter]
    for bar in range(melody.bars):
        own = [(on % length, d, p) for on, d, p in melody.notes if on // length == bar]
        key = zlib.crc32(repr(own).encode()) if own else bar
        drawn = np.random.default_rng((seed, key)).gumbel(size=CHORDS)
        out[bar * melody.per_bar : (bar + 1) * melody.per_bar] = drawn / melody.per_bar
    return out


def _closing(melody: Melody, first: int, open_slots: Bools) -> Bools:
    """Slots where the closing tonic may be reached, (T,).

    It comes with the last note or up to two bars before; when nothing may change there, anywhere
    after `first`.
    """
    slots = np.arange(melody.slots)
    last = melody.notes[-1][0] // melody.slot if melody.notes else melody.slots - 1
    near = open_slots & (slots > first) & (slots <= last) & (slots >= last - 2 * melody.per_bar)
    if not near.any():
        near = open_slots & (slots > first)
    return near


def best_path(
    melody: Melody,
    chords: Floats,
    change: Floats,
    prior: Floats,
    weights: Weights,
    rate: str = "normal",
    extra: Floats | None = None,
) -> list[int]:
    """Chord tokens, one a slot; -1 in an upbeat, which has no chord.

    `chords` (T, 120) and `change` (T, 2: stays, changes) are log probabilities, `prior` (120, 120)
    is log P(next | chord) of changes, `extra` (T, 120) is added to the scores.
    """
    first = melody.upbeat * melody.per_bar
    strong = melody.durations(longest_only=True) / melody.slot
    score = weights.emission * chords - weights.clash * strong @ clashes()
    if extra is not None:
        score = score + extra
    open_slots = changeable(melody, rate)
    closing = _closing(melody, first, open_slots)
    tonic = _MIN if melody.minor else _MAJ
    if not closing.any():  # one slot: nothing but the tonic
        return [-1] * first + [tonic] * (melody.slots - first)
    move = weights.prior * prior + np.where(np.eye(CHORDS, dtype=bool), -np.inf, 0.0)
    home = np.full(CHORDS, -np.inf)
    leads = list(_LEADS[melody.minor])
    home[leads] = move[leads, tonic]
    heard = np.concatenate([score, score[:, [tonic]]], axis=1)  # the closing tonic's own column
    total = np.full(CHORDS + 1, -np.inf)
    start = np.array(_STABLE[melody.minor])
    total[start] = score[first, start] - weights.away * (start // QUALITIES != 0)
    back = np.tile(np.arange(CHORDS + 1), (melody.slots, 1))
    for t in range(first + 1, melody.slots):
        if open_slots[t]:
            stay, go = weights.change * change[t] + np.array([0.0, weights.move])
            ends = home if closing[t] else np.full(CHORDS, -np.inf)
            options = total[:CHORDS, None] + go + np.column_stack([move, ends])  # (120, 121)
            best = options.argmax(0)
            value = options[best, back[t]]
            back[t] = np.where(value > total + stay, best, back[t])
            total = np.maximum(value, total + stay)
        total = total + heard[t]
    path = [CHORDS]
    for t in range(melody.slots - 1, first, -1):
        path.append(int(back[t, path[-1]]))
    return [-1] * first + [tonic if c == CHORDS else c for c in reversed(path)]
