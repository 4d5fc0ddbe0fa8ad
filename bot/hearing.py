"""A recording on its way to a band: what was heard is shown, corrected, and then taken as notes.

In: the path of a recording and what a person says about it (`Arrangement.key`, `tempo`, `meter`,
`notes`). Out: what was heard as plain values and a picture, or a `Heard` that is arranged as it
stands. The sound itself is opened by the limited process only (`bot.reading`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.domain import Arrangement, OnProgress, Progress
from bot.reading import hearing, reader
from bot.reading.kinds import AUDIO, kind_of
from bot.reading.reader import OWN
from bot.render import picture
from models.score import Meter
from models.theory import Key
from models.transcriber.hear import Heard, corrected
from models.transcriber.text import from_text, to_text

_MAGIC = 4096  # bytes that tell sound from notes


def is_recording(path: Path) -> bool:
    """Whether a file holds sound, by its first bytes."""
    with path.open("rb") as file:
        return kind_of(file.read(_MAGIC)) in AUDIO


def heard_in(path: Path, asked: Arrangement, *, keep: bool) -> Heard:
    """What was heard in a recording, with what the person corrected.

    Raises
    ------
    Refusal
        When nothing was heard, or a correction cannot be.
    """
    heard = reader.hear(path, keep=keep)
    meter = Meter.parse(asked.meter) if asked.meter else None
    key = Key.parse(asked.key) if asked.key else None
    notes = from_text(asked.notes, meter or heard.meter) if asked.notes else None
    if not any((meter, key, asked.tempo, notes)):
        return heard
    return corrected(heard, key=key, bpm=asked.tempo, meter=meter, notes=notes)


def show(
    asked: Arrangement, path: Path, drawn: Path, locale: str, on_progress: OnProgress
) -> dict[str, Any]:
    """Listen to a recording and draw its notes into `drawn`; returns what a reply may state.

    Keys: title, key, tempo, meter, bars, seconds, count (of notes), sure (percent), polyphonic,
    notes (as `models.transcriber.text` writes them) and picture (a path).

    Raises
    ------
    Refusal
        When it is no recording, or holds no tune.
    """
    on_progress(Progress(1, 2, "listening to the recording"))
    heard = heard_in(path, asked, keep=not Path(str(asked.source)).is_absolute())
    on_progress(Progress(2, 2, "writing down what I heard"))
    score = hearing.score_of(heard, asked.title)
    picture.piano_roll(score, drawn, locale)
    return {
        "title": asked.title,
        "key": str(heard.key),
        "tempo": round(heard.bpm, 1),
        "meter": str(heard.meter),
        "bars": heard.bars,
        "seconds": heard.seconds,
        "count": len(heard.notes),
        "sure": percent(heard),
        "polyphonic": heard.polyphonic,
        "notes": to_text(heard.notes, heard.meter, heard.key),
        "picture": str(drawn),
    }


def picture_of(upload: Path) -> Path:
    """Where the picture of an upload lies: beside it, and gone when it goes."""
    return upload.with_name(upload.stem + OWN).with_suffix(".png")


def percent(heard: Heard) -> int:
    """How sure the notes, the key and the beat are together, 0..100."""
    return round(100 * heard.confidence)
