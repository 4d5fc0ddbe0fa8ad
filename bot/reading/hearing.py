"""What was heard in a recording, as plain values that outlive the process that heard it.

In: a `Heard` (models.transcriber.hear). Out: JSON, from which the same comes back to be shown and
corrected; and the score that it is: one track with the tune.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from models.score import Meter, Note, Score, Tempo, Track
from models.theory import Key
from models.transcriber.hear import Heard
from models.transcriber.segment import SungNote


def to_json(heard: Heard) -> str:
    """One line of JSON; `from_json` reads it."""
    return json.dumps({**asdict(heard), "meter": str(heard.meter)})


def from_json(text: str) -> Heard:
    """The inverse of `to_json`."""
    raw: dict[str, Any] = json.loads(text)
    return Heard(
        **{
            **raw,
            "notes": tuple(Note(**n) for n in raw["notes"]),
            "key": Key(**raw["key"]),
            "meter": Meter.parse(raw["meter"]),
            "sung": tuple(SungNote(**n) for n in raw["sung"]),
            "pitches": tuple(raw["pitches"]),
        }
    )


def score_of(heard: Heard, title: str) -> Score:
    """The tune as a score of one track."""
    melody = Track("Melody", "melody", 0, heard.notes)
    tempo = Tempo(0.0, heard.bpm)
    return Score(title, heard.key, heard.meter, (tempo,), heard.bars, (melody,))
