"""How well frames were heard: intents, slots, whole messages.

In: gold and heard frames, message by message; a frame is an intent and its slots in any hashable
form. Out: `Scores`. Slots are counted per message as a multiset of (slot, words): F1 is over all
slots of all messages (micro), as in the joint models' papers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass

#: An intent and its slots.
Told = tuple[str, Sequence[Hashable]]


@dataclass(frozen=True)
class Scores:
    """Shares in percent: messages with all intents right, slot F1, messages wholly right."""

    intent: float
    slot_f1: float
    whole: float
    count: int

    def as_json(self) -> dict[str, float]:
        """A JSON object."""
        return {name: round(value, 3) for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return f"intent {self.intent:.2f}, slots {self.slot_f1:.2f}, whole {self.whole:.2f}"


def score(gold: Sequence[Sequence[Told]], heard: Sequence[Sequence[Told]]) -> Scores:
    """The scores of heard frames; both have one row of frames for each message."""
    intent = whole = right = told = found = 0
    for expected, got in zip(gold, heard, strict=True):
        same = [i for i, _ in expected] == [i for i, _ in got]
        wanted = Counter(slot for _, slots in expected for slot in slots)
        had = Counter(slot for _, slots in got for slot in slots)
        right += (wanted & had).total()
        told, found = told + wanted.total(), found + had.total()
        intent += same
        whole += same and all(
            Counter(a) == Counter(b) for (_, a), (_, b) in zip(expected, got, strict=True)
        )
    count = max(1, len(gold))
    f1 = 200 * right / max(1, told + found)
    return Scores(100 * intent / count, f1, 100 * whole / count, len(gold))
