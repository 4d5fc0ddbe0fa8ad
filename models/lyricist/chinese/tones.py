"""Whether the tones of Chinese words go with a melody.

In: tones (1-4, 5 neutral) and the MIDI pitches they are sung on. Out: a share between -1 and 1.
A singer cannot sing a tone's own contour on one note, so what can be kept is the direction from
each syllable to the next; that it should not be opposed is the common ground of the literature
(Wee, "Unraveling the relation between Mandarin tones and musical melody", J. of Chinese
Linguistics 2007; Schellenberg, "The realization of tone in singing", 2013, who names opposing and
non-opposing pairs; scored while decoding by Zhang and others, "ReLyMe", ACM Multimedia 2022).

The rule: a tone's height is the mean of Chao's digits, 55, 35, 21 (the third tone before another
syllable) and 51. Two neighbours at least 1.5 apart rise or fall in speech; a melody that moves the
same way is parallel (1), the other way opposed (-1); all else is oblique (0). So first to second
or fourth tone, and the neutral tone, may go anywhere. Breaths between clauses cut the chain.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: Mean of Chao's digits by tone; the neutral tone (5) and "unknown" (0) have none.
HEIGHT = {1: 5.0, 2: 4.0, 3: 1.5, 4: 3.0}
APART = 1.5


def movement(first: int, second: int) -> int:
    """1 when speech rises from one tone to the next, -1 when it falls, 0 when neither."""
    if first not in HEIGHT or second not in HEIGHT:
        return 0
    change = HEIGHT[second] - HEIGHT[first]
    return 0 if abs(change) < APART else 1 if change > 0 else -1


def movements() -> np.ndarray:
    """(6, 6) `movement` of each pair of tones, int8."""
    return np.array([[movement(a, b) for b in range(6)] for a in range(6)], dtype=np.int8)


def fit(tones: Sequence[int], contour: Sequence[int], breaths: Sequence[int] = ()) -> float:
    """Parallel less opposed neighbours, by all neighbours; 0 where there are none.

    `breaths` are the places that begin a clause. An empty contour fits everything equally.
    """
    pairs = [i for i in range(1, min(len(tones), len(contour))) if i not in breaths]
    if not pairs:
        return 0.0
    total = sum(
        movement(tones[i - 1], tones[i]) * int(np.sign(contour[i] - contour[i - 1])) for i in pairs
    )
    return total / len(pairs)


def opposed(tones: Sequence[int], contour: Sequence[int], breaths: Sequence[int] = ()) -> float:
    """The share of neighbours whose melody moves against their tones."""
    pairs = [i for i in range(1, min(len(tones), len(contour))) if i not in breaths]
    wrong = [
        movement(tones[i - 1], tones[i]) * int(np.sign(contour[i] - contour[i - 1])) < 0
        for i in pairs
    ]
    return sum(wrong) / max(1, len(wrong))
