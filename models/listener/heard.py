"""What the listener heard: frames with their place in the message and how sure it is of them.

In: nothing. Out: values that travel as JSON between the worker that listens and the agent that
acts; no torch here. `confidence` is calibrated: of the frames heard with .9, nine in ten are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.listener.frames import Frame


@dataclass(frozen=True, slots=True)
class HeardFrame:
    """One thing that a message asks for, as far as the listener understands it.

    `slots` are (name, words) in the order of the message, `span` the half-open characters of the
    text that the frame was read from. `confidence` (0..1) is how likely the whole frame's intent
    and its bounds are right, `second` the intent to offer beside it and `second_confidence` that
    one's chance. `sure` says that one may act without asking.
    """

    intent: str
    slots: tuple[tuple[str, str], ...]
    span: tuple[int, int]
    confidence: float
    second: str
    second_confidence: float
    sure: bool = True

    @property
    def frame(self) -> Frame:
        """Without the doubts."""
        return Frame(self.intent, self.slots)

    def words(self, name: str) -> tuple[str, ...]:
        """The words of every slot of that name, in order."""
        return tuple(words for slot, words in self.slots if slot == name)

    def as_json(self) -> dict[str, Any]:
        """A JSON object; `frame_from_json` reads it."""
        return {
            "intent": self.intent,
            "slots": [list(pair) for pair in self.slots],
            "span": list(self.span),
            "confidence": self.confidence,
            "second": self.second,
            "second_confidence": self.second_confidence,
            "sure": self.sure,
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """A message understood: at least one frame; `language` is "en" or "zh"."""

    text: str
    language: str
    frames: tuple[HeardFrame, ...]

    @property
    def sure(self) -> bool:
        """Whether every frame may be acted on without asking."""
        return all(frame.sure for frame in self.frames)

    def as_json(self) -> dict[str, Any]:
        """A JSON object; `from_json` reads it."""
        frames = [frame.as_json() for frame in self.frames]
        return {"text": self.text, "language": self.language, "frames": frames}


def from_json(value: Mapping[str, Any]) -> Heard:
    """What `Heard.as_json` wrote. KeyError where something is missing."""
    frames = tuple(frame_from_json(frame) for frame in value["frames"])
    return Heard(value["text"], value["language"], frames)


def frame_from_json(value: Mapping[str, Any]) -> HeardFrame:
    """What `HeardFrame.as_json` wrote."""
    return HeardFrame(
        intent=value["intent"],
        slots=tuple((name, words) for name, words in value["slots"]),
        span=(value["span"][0], value["span"][1]),
        confidence=value["confidence"],
        second=value["second"],
        second_confidence=value["second_confidence"],
        sure=value["sure"],
    )
