"""How a line of so many characters falls into clauses, and a song's rhymes into classes.

In: metrical weights of a line's syllables; a scheme's letters. Out: clause lengths; a rhyme class
a letter. Ci lines are strings of clauses of three to seven characters; the forms below are the
common ones of the training poems with their counts (lines that end on a full stop).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from models.lyricist.asks import SongAsk
from models.lyricist.chinese.rhyme import CLASSES

FORMS: dict[int, dict[tuple[int, ...], int]] = {
    6: {(6,): 6381, (3, 3): 4161},
    7: {(7,): 26792, (3, 4): 3393},
    8: {(4, 4): 1876, (3, 5): 1117, (5, 3): 516},
    9: {(4, 5): 3963, (5, 4): 2503, (3, 3, 3): 894, (6, 3): 873, (3, 6): 567},
    10: {(5, 5): 4894, (4, 6): 2520, (6, 4): 572, (3, 7): 249},
    11: {(3, 4, 4): 2076, (6, 5): 1847, (4, 7): 1552, (4, 3, 4): 1181, (5, 6): 751},
    12: {(4, 4, 4): 3574, (6, 6): 2629, (7, 5): 1358, (3, 5, 4): 980, (3, 4, 5): 874},
    13: {(7, 6): 2960, (4, 4, 5): 2024, (6, 3, 4): 1166, (5, 4, 4): 1005, (3, 4, 6): 782},
    14: {(7, 7): 4574, (4, 4, 6): 2249, (7, 3, 4): 940, (5, 4, 5): 375},
    15: {(4, 4, 7): 769, (7, 3, 5): 679, (6, 5, 4): 559, (6, 4, 5): 435},
    16: {(4, 4, 4, 4): 195, (5, 4, 7): 158, (3, 4, 5, 4): 75},
}
#: What a metrical level under the last syllable of a clause is worth, in nats of the counts: a
#: breath wants a held or heavy syllable before it.
_HELD = 0.4


def clauses_of(weights: Sequence[float]) -> tuple[int, ...]:
    """The form of a line, by how common it is and whether clauses end on heavy syllables."""
    count = len(weights)
    if count < min(FORMS):
        return (count,)
    if count > max(FORMS):
        first = clauses_of(weights[: count // 2])
        return first + clauses_of(weights[count // 2 :])

    def worth(form: tuple[int, ...]) -> float:
        ends = np.cumsum(form)[:-1] - 1
        held = [weights[i] - sum(weights) / count for i in ends]
        return math.log(FORMS[count][form]) + _HELD * sum(held)

    return max(FORMS[count], key=worth)


def rhymes_of(
    ask: SongAsk, given: Mapping[str, int], common: np.ndarray, rng: np.random.Generator
) -> dict[str, int]:
    """A rhyme class for each letter of the song's schemes; letters never share one.

    `given` holds the classes that a person's own lines set; `common` (15,) how often the text
    ends on each class. A Chinese song keeps its rhyme through all stanzas, so letters do too.
    """
    letters = dict.fromkeys("".join(s.scheme for s in ask.stanzas).replace("X", ""))
    chosen = {letter: given[letter] for letter in letters if letter in given}
    for letter in letters:
        if letter in chosen:
            continue
        free = [k for k in range(1, len(CLASSES) + 1) if k not in chosen.values()]
        free = free or list(range(1, len(CLASSES) + 1))
        share = common[free] / common[free].sum()
        chosen[letter] = int(rng.choice(free, p=share))
    return chosen
