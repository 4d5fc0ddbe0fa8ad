"""How near a harmoniser comes to people's chords, next to simpler ways of finding chords.

In: a harmoniser and lead sheets with chords that it has not seen. Out: measures by way. The hidden
Markov model is that of MySong (Simon, Morris and Basu, "MySong: automatic accompaniment generation
for vocal melodies", CHI 2008): pitch-class durations given the chord, bigram of chords, Viterbi.
A melody bears more than one harmony, so agreement with one person's chords is a floor, not a mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.composer.harmony.harmoniser import Harmoniser, harmonise, labels_of, melody_of
from models.composer.harmony.path import (
    CHORDS,
    QUALITIES,
    SLOT_STEPS,
    Floats,
    Ints,
    Melody,
    clashes,
    tones,
)
from models.composer.sheets import TEMPLATES, LeadSheet
from models.theory import QUALITY_CLASSES

#: Interval of the third in a quality class: 3, 4, or none (5) in "sus".
_THIRDS = np.array([TEMPLATES[name][1] for name in QUALITY_CLASSES])
#: How much the melody counts against the bigram; the best on validation of 1, 2, 3, 4, 6.
_HEARD = 2.0
_MEASURES = ("root", "majmin", "tones", "grates", "changes")
Way = Callable[[LeadSheet], Ints]


@dataclass(frozen=True)
class MarkovHarmoniser:
    """Log probabilities by mode.

    `heard` (2, 120, 12): a pitch class given the chord; `moves` (2, 120, 120): the next chord given
    the last, from beat to beat; `begins` (2, 120): the first chord.
    """

    heard: Floats
    moves: Floats
    begins: Floats

    @classmethod
    def of(cls, sheets: Sequence[LeadSheet]) -> MarkovHarmoniser:
        """Count the sheets that have chords."""
        heard = np.full((2, CHORDS, 12), 0.5)
        moves, begins = np.full((2, CHORDS, CHORDS), 0.01), np.full((2, CHORDS), 0.01)
        for sheet in sheets:
            labels, mode = labels_of(sheet), int(sheet.minor)
            known = labels >= 0
            np.add.at(heard[mode], labels[known], melody_of(sheet).durations()[known])
            own = labels[known]
            np.add.at(moves[mode], (own[:-1], own[1:]), 1)
            begins[mode, own[:1]] += 1
        return cls(*(np.log(a / a.sum(-1, keepdims=True)) for a in (heard, moves, begins)))

    def path(self, melody: Melody, weight: float = _HEARD) -> Ints:
        """The likeliest chord in every slot, (T,)."""
        mode = int(melody.minor)
        score = weight * melody.durations() / melody.slot @ self.heard[mode].T
        total = self.begins[mode] + score[0]
        back = np.zeros(score.shape, dtype=np.int64)
        for t in range(1, len(score)):
            moved = total[:, None] + self.moves[mode]
            back[t] = moved.argmax(0)
            total = moved.max(0) + score[t]
        path = [int(total.argmax())]
        for t in range(len(score) - 1, 0, -1):
            path.append(int(back[t, path[-1]]))
        return np.array(path[::-1])


def measure(sheet: LeadSheet, guess: Ints) -> dict[str, tuple[float, float]]:
    """Sums and counts for a sheet's guessed chord in each slot.

    `root` and `majmin` (root and kind of third) against the sheet's own, by beat; `tones`: strong
    notes (struck on a beat, half a beat or longer) in the chord's triad or seventh; `grates`: beats
    of melody at odds with the chord; `changes` of chord, by bar.
    """
    truth, melody = labels_of(sheet), melody_of(sheet)
    known = truth >= 0
    there, told = truth[known], guess[known]
    root = there // QUALITIES == told // QUALITIES
    third = _THIRDS[there % QUALITIES] == _THIRDS[told % QUALITIES]
    strong = [(on // melody.slot, p % 12) for on, d, p in sheet.notes if _strong(melody, on, d)]
    fits = [bool(tones()[guess[t], pc]) for t, pc in strong if t < len(truth) and known[t]]
    held = melody.durations(longest_only=True)[known] / melody.slot
    grating = (held * (clashes().T[told] == 1)).sum()
    beats = float(known.sum())
    return {
        "root": (float(root.sum()), beats),
        "majmin": (float((root & third).sum()), beats),
        "tones": (float(sum(fits)), float(len(fits))),
        "grates": (float(grating), float(held.sum())),
        "changes": (float((np.diff(told) != 0).sum()), beats / melody.per_bar),
    }


def _strong(melody: Melody, onset: int, duration: int) -> bool:
    return onset % melody.slot == 0 and 2 * duration >= melody.slot


def ways(harmoniser: Harmoniser, train: Sequence[LeadSheet]) -> dict[str, Way]:
    """Each way of finding chords: the sheet's own, always the tonic, MySong's, ours."""
    markov = MarkovHarmoniser.of([s for s in train if s.chords])

    def ours(sheet: LeadSheet) -> Ints:
        chords = harmonise(
            sheet.notes, sheet.meter, sheet.minor, sheet.bars, sheet.style, harmoniser
        )
        return path_of(sheet, chords)

    return {
        "human": labels_of,
        "tonic": lambda s: np.full(melody_of(s).slots, int(s.minor)),
        "markov": lambda s: markov.path(melody_of(s)),
        "harmoniser": ours,
    }


def path_of(sheet: LeadSheet, chords: Sequence[tuple[int, int, int]]) -> Ints:
    """Chords that begin on slots, as one in each slot of a sheet; before the first, the first."""
    out = np.full(melody_of(sheet).slots, 10 * chords[0][1] + chords[0][2])
    for onset, root, quality in chords:
        out[onset // SLOT_STEPS[sheet.meter] :] = QUALITIES * root + quality
    return out


def evaluate(
    harmoniser: Harmoniser, sheets: Sequence[LeadSheet], train: Sequence[LeadSheet]
) -> dict[str, dict[str, float]]:
    """Means of `measure` by way over the sheets that have chords; `train` teaches the baseline."""
    out: dict[str, dict[str, float]] = {}
    for name, way in ways(harmoniser, train).items():
        sums: Mapping[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for sheet in sheets:
            if sheet.chords:
                for what, (value, count) in measure(sheet, way(sheet)).items():
                    sums[what][0] += value
                    sums[what][1] += count
        out[name] = {what: sums[what][0] / max(sums[what][1], 1e-9) for what in _MEASURES}
    return out
