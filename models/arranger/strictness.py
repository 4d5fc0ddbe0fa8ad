"""What the harmony and the melody ask of each step, as numbers added to the network's logits.

In: the plan's chords and melody on the grid, the codebook. Out: (T, 5, words) and the pitch classes
that may sound on. Strong beats want chord tones, a new chord wants its bass, nothing wants to rub a
semitone against the melody; weak beats may pass through anything the style would.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arranger.context import Situation
from models.arranger.decode import Bools, Floats
from models.arranger.encode import PITCHED, STRUCK, Shapes
from models.composer.sheets import BAR_STEPS, STEPS_PER_BEAT
from models.score import Meter, PlacedChord

#: What a tone outside the chord costs, in nats, on strong and on weak steps; bass apart.
_STRONG, _WEAK, _BASS_STRONG, _BASS_WEAK = 1.5, 0.5, 2.5, 0.0
#: What a wrong bass under a new chord costs.
_WRONG_BASS = 15.0
#: What a semitone against a sounding melody note costs, on strong and on weak steps.
_CLASH_STRONG, _CLASH_WEAK = 4.0, 2.5


def tone_table(shapes: Shapes) -> Floats:
    """Pitch classes of each word above the root, (words, 12); REST and HOLD have none."""
    table = np.zeros((STRUCK + len(shapes.rows), 12), np.float32)
    for number, tones in enumerate(shapes.tones):
        table[STRUCK + number, sorted(tones)] = 1
    return table


def wanted(s: Situation, chords: Sequence[PlacedChord], table: Floats) -> Floats:
    """What is added to the logits of the pitched slots, (T, 5, words)."""
    bar = BAR_STEPS[s.meter]
    total = s.bars * bar
    pulse = round(Meter.parse(s.meter).pulse * STEPS_PER_BEAT)
    found = np.zeros((total, len(PITCHED), len(table)), np.float32)
    bass = PITCHED.index("bass")
    upper = [i for i in range(len(PITCHED)) if i != bass]
    for placed in chords:
        start = round(placed.onset * STEPS_PER_BEAT)
        end = min(total, round((placed.onset + placed.duration) * STEPS_PER_BEAT))
        root = placed.chord.root_pc
        tones = np.zeros(12, np.float32)
        tones[[(pc - root) % 12 for pc in placed.chord.pcs]] = 1
        foreign = table @ (1 - tones)  # (words,) tones outside the chord
        strong = np.arange(start, end) % pulse == 0
        strong[:1] = True
        cost = np.where(strong[:, None], _STRONG, _WEAK) * foreign
        found[start:end, upper] -= cost[:, None]
        low = np.where(strong[:, None], _BASS_STRONG, _BASS_WEAK) * foreign
        found[start:end, bass] -= low
        if start < end:
            under = (placed.chord.bass_pc - root) % 12
            wrong = table.sum(1) > 0
            wrong &= table[:, under] == 0
            found[start, bass, wrong] -= _WRONG_BASS
    _apart(found, s, table, chords, pulse)
    return found


def _apart(
    found: Floats,
    s: Situation,
    table: Floats,
    chords: Sequence[PlacedChord],
    pulse: int,
) -> None:
    """Keep off the semitones beside each melody note, from its onset to its end."""
    roots = np.zeros(len(found), np.int64)
    for placed in chords:
        roots[round(placed.onset * STEPS_PER_BEAT) :] = placed.chord.root_pc
    for onset, length, pitch in s.melody:
        start, end = max(0, int(onset)), min(len(found), int(onset + length))
        for t in range(start, end):
            tone = (pitch - roots[t]) % 12
            rubs = table[:, (tone + 1) % 12] + table[:, (tone - 1) % 12]
            found[t] -= (_CLASH_STRONG if t % pulse == 0 or length >= pulse else _CLASH_WEAK) * rubs


def holdable(chords: Sequence[PlacedChord], total: int) -> Bools:
    """(T, 12): pitch classes that may sound on into a step; at a new chord only its own."""
    free = np.ones((total, 12), bool)
    for placed in chords:
        start = round(placed.onset * STEPS_PER_BEAT)
        if 0 < start < total:
            free[start] = False
            free[start, sorted(placed.chord.pcs)] = True
    return free
