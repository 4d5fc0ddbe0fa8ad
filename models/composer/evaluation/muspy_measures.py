"""The measures that papers on symbolic music report, computed by muspy itself.

In: melodies as events by bar. Out: their mean measures. Dong et al., *MusPy: a toolkit for symbolic
music generation*, 2020. muspy is needed for `bench` only and takes seconds to import, so it is
imported where it is used; it asks nothing of the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from models.composer.encode import FIRST_ONSET, HOLD, Event
from models.composer.sheets import STEPS_PER_BEAT

NAMES = (
    "pitch_class_entropy", "pitch_entropy", "scale_consistency", "groove_consistency",
    "empty_measure_rate", "empty_beat_rate", "pitch_range", "n_pitches_used",
    "n_pitch_classes_used",
)  # fmt: skip


def as_music(bars: Sequence[Sequence[Event]], bar_steps: int) -> Any:
    """A `muspy.Music` of one track at four steps a beat."""
    import muspy

    notes: list[Any] = []
    sounding = False
    for number, events in enumerate(bars):
        for event in events:
            if event.kind == HOLD and sounding:
                notes[-1].duration += event.duration
            elif event.kind == FIRST_ONSET:
                at = number * bar_steps + event.step % bar_steps
                notes.append(muspy.Note(at, event.pitch, event.duration, 64))
            sounding = bool(notes) and event.kind in (HOLD, FIRST_ONSET)
    return muspy.Music(resolution=STEPS_PER_BEAT, tracks=[muspy.Track(notes=notes)])


def measures(bars: Sequence[Sequence[Event]], bar_steps: int) -> dict[str, float]:
    """Values of `NAMES`, NaN without a note."""
    import muspy

    music = as_music(bars, bar_steps)
    if not music.tracks[0].notes:
        return dict.fromkeys(NAMES, float("nan"))
    by_bar = ("groove_consistency", "empty_measure_rate")
    return {
        name: float(getattr(muspy, name)(music, *([bar_steps] if name in by_bar else [])))
        for name in NAMES
    }


def means(melodies: Sequence[tuple[Sequence[Sequence[Event]], int]]) -> dict[str, float]:
    """Means over melodies, (bars, steps of a bar) each; silent ones are left out."""
    rows = [measures(bars, bar_steps) for bars, bar_steps in melodies]
    return {name: float(np.nanmean([row[name] for row in rows])) for name in NAMES}
