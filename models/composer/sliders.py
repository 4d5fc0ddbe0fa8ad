"""Sliders: how many notes, how many voices, how high, how wide the steps, each from 0 to 1.

In: slider values and what a section would be without them. Out: the same with what was asked.
Rhythmic intensity is exact: it becomes a number of notes in each bar. The names and the measures
(share of sixteenths with an onset; mean number of sounding notes) are MuseMorphose's (2021).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.composer.phrases import Manner

#: Notes a beat at intensity 0 and 1.
_SPARSE, _BUSY = 0.4, 3.2


@dataclass(frozen=True)
class Sliders:
    """Each 0..1, or None to leave it as it is.

    `intensity`: notes in a bar; `polyphony`: from one voice to four; `register`: from the bottom to
    the top of the part; `motion`: from repeated notes to leaps.
    """

    intensity: float | None = None
    polyphony: float | None = None
    register: float | None = None
    motion: float | None = None

    def notes(self, usual: float, bar: int, shortest: int = 1) -> float:
        """Notes a bar of `bar` steps: as asked, or as `usual`; never more than fit."""
        if self.intensity is None:
            return usual
        wanted = _SPARSE + self.intensity * (_BUSY - _SPARSE)
        return min(wanted * bar / 4, bar / shortest)

    def applied(self, manner: Manner, bar: int, shortest: int = 1) -> Manner:
        """A section's manner with the sliders set."""
        low, high = manner.within
        exact = manner.exact or self.intensity is not None or self.register is not None
        out = replace(manner, notes=self.notes(manner.notes, bar, shortest), exact=exact)
        if self.register is not None:
            chosen = round(low + self.register * (high - low))
            around = (max(low, chosen - 1), min(high, chosen + 1))
            out = replace(out, register=chosen, within=around)
        if self.motion is not None:
            out = replace(out, motion=round(4 * self.motion))
        return out
