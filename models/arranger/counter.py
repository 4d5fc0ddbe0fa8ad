"""The counter-line: guide tones in long notes that answer when the melody rests.

In: the stage and a part. Out: one voice. Thirds and sevenths carry the harmony (Levine, *The Jazz
Theory Book*, 1995, ch. 2, "guide tones"); between chords the line steps towards the next tone.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.arranger.comp import struck
from models.arranger.patterns import Hit
from models.arranger.stage import Bar, Stage, clashes, plays
from models.planner.plan import Part
from models.score import Note
from models.theory import QUALITIES, Chord

_PREFERRED = ((3, 4, 10, 11), (7, 6, 8, 9), (0, 2, 5))  # guide tones, then fifths, then the rest
_BUSY = 0.5  # density from which the line moves inside a chord


def counter(stage: Stage, part: Part, order: int, everywhere: bool) -> list[Note]:
    """The line; further ones (`order` > 0) prefer other tones and keep apart from the first."""
    last = (part.low + part.high) / 2 - 4 * order
    found: list[Note] = []
    for bar in stage.bars:
        if not plays(bar, part, everywhere):
            continue
        for hit in struck(stage, bar, ()):
            chord = stage.chord_at(hit.onset).chord
            pitch = _tone(stage, part, chord, hit, last, order)
            if pitch is None:
                continue
            last = pitch
            found.extend(_phrase(stage, part, bar, hit, pitch))
    return found


def _tone(stage: Stage, part: Part, chord: Chord, hit: Hit, last: float, order: int) -> int | None:
    """The chord tone that leads best from the last pitch and leaves the melody alone."""
    melody = stage.over(hit.onset, hit.onset + hit.duration)
    ranks = {
        (chord.root_pc + tone) % 12: (rank - order) % len(_PREFERRED)
        for rank, tones in enumerate(_PREFERRED)
        for tone in tones
        if tone in {t % 12 for t in QUALITIES[chord.quality]}
    }
    options = [p for p in range(part.low, part.high + 1) if p % 12 in ranks]
    free = [p for p in options if not clashes(p, melody)]

    def cost(p: int) -> tuple[float, int]:
        same = 6 if p in melody else 0
        crossing = sum(abs(p - m) < 3 for m in melody)
        edge = max(0, part.low + 3 - p, p - part.high + 3)
        return abs(p - last) + 3 * ranks[p % 12] + same + crossing + edge, p

    return min(free, key=cost, default=None)


def _phrase(stage: Stage, part: Part, bar: Bar, hit: Hit, pitch: int) -> list[Note]:
    """One long note, or in busy sections a long note and a step that leads on."""
    velocity = stage.velocity(part.role, bar, hit.onset)
    pulse = stage.plan.meter.pulse
    whole = [Note(hit.onset, pitch, hit.duration, velocity)]
    if bar.planned.density < _BUSY or hit.duration < 2 * pulse or bar.is_final:
        return whole
    steps = _answer(stage, part, hit, pitch)
    if not steps:
        return whole
    length = pulse / len(steps)
    start = hit.onset + hit.duration - pulse
    found = [Note(hit.onset, pitch, hit.duration - pulse, velocity)]
    for i, step in enumerate(steps):
        onset = start + i * length
        if clashes(step, stage.over(onset, onset + length)):
            return whole
        found.append(Note(onset, step, length, max(1, velocity - 4)))
    return found


def _answer(stage: Stage, part: Part, hit: Hit, pitch: int) -> Sequence[int]:
    """Steps of the scale from a pitch towards the next chord; two of them where nobody sings."""
    coming = stage.next_chord(hit.onset)
    if coming is None:
        return ()
    tones = [
        p
        for p in range(part.low, part.high + 1)
        if p % 12 in coming.chord.pcs and 2 < abs(p - pitch) <= 7
    ]
    if not tones:
        return ()
    goal = min(tones, key=lambda p: (abs(p - pitch), p))
    low, high = sorted((pitch, goal))
    line = [p for p in range(low + 1, high) if p % 12 in stage.plan.key.scale]
    line = line if goal > pitch else line[::-1]
    end = hit.onset + hit.duration
    alone = not stage.over(end - stage.plan.meter.pulse, end)
    return line[:2] if alone else line[:1]
