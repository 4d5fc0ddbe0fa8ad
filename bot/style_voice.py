"""A writer's texts -> the voice of a style: files in, a voice in the style's folder out.

In: text files of a lesson (see `style_texts`). Runs in a worker or the terminal: it loads models.
Out: the voice (`models.lyricist.voice`), a report for the reply, a line for each file left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.domain import Lesson, OnProgress, Progress
from bot.i18n import translate
from bot.style_texts import is_text, read
from models.errors import Refusal
from models.lyricist.voice_text import Lines

if TYPE_CHECKING:
    from models.lyricist.voice import Voice

#: The words' part of a style, beside `wardrobe.WEIGHT`.
VOICE = "voice.safetensors"
#: Seconds that training takes at most, and where melodies are trained on in the same job.
_SECONDS, _SECONDS_BOTH = 220.0, 150.0


def learn(
    lesson: Lesson, data_dir: Path, locale: str, tell: OnProgress
) -> tuple[Voice | None, int, list[str]]:
    """The voice of a lesson's texts (None without any), of how many, and what is left out and why.

    Raises
    ------
    Refusal
        When the lesson has texts only and none can be learned from.
    """
    named = [(f, t) for f, t in zip(lesson.files, lesson.titles, strict=True) if is_text(f)]
    stanzas: dict[Lines, None] = {}
    texts, skipped = 0, list[str]()
    for file, title in named:
        try:
            stanzas |= dict.fromkeys(_stanzas(data_dir / file, title))
            texts += 1
        except Refusal as refusal:
            skipped.append(translate(refusal.template, locale, **refusal.values))
    if not stanzas:
        return None, 0, skipped
    try:
        both = len(named) < len(lesson.files)
        return _voice(list(stanzas), lesson.train, both, tell), texts, skipped
    except Refusal as refusal:
        return None, 0, [*skipped, translate(refusal.template, locale, **refusal.values)]


def _stanzas(path: Path, title: str) -> list[Lines]:
    if not path.is_file():
        raise Refusal("“{name}” is not here any more; please send it again.", name=title)
    return read(path.read_bytes(), title)


def _voice(stanzas: list[Lines], train: bool, both: bool, tell: OnProgress) -> Voice:
    from models.lyricist.generate import load_lyricist
    from models.lyricist.voice import voice_of
    from models.lyricist.voice_training import train_voice

    tell(Progress(1, 3, "reading the words"))
    lyricist = load_lyricist()
    voice = voice_of(stanzas, lyricist.lexicon, lyricist.pronouncer)
    if not train:
        return voice

    def trained(done: int, of: int) -> None:
        tell(Progress(1 + done, 1 + of, "training and testing on lines left out"))

    seconds = _SECONDS_BOTH if both else _SECONDS
    return train_voice(voice, stanzas, lyricist, seconds, trained)


def report(voice: Voice, texts: int) -> dict[str, Any]:
    """What a reply may say of a voice, as JSON values; gains are percent, None if not measured."""
    told = voice.report
    return {
        "texts": texts,
        "lines": voice.lines,
        "syllables": list(voice.syllables),
        "scheme": voice.scheme,
        "kind": voice.kind,
        "verdict": told.verdict,
        "gain": None if told.gain is None else 100 * told.gain,
        "sure": None if told.sure is None else 100 * told.sure,
        "before": told.before,
        "after": told.after,
        "held": told.held,
        "steps": told.steps,
        "seconds": told.seconds,
    }


def voice_in(folder: Path) -> Voice | None:
    """The voice of a learned style; None when it has none.

    Raises
    ------
    Refusal
        When its file cannot be read.
    """
    path = folder / VOICE
    if not path.is_file():
        return None
    from models.lyricist.voice import Voice as Learned

    return Learned.load(path)


def texts_of(record: Mapping[str, Any]) -> int:
    """How many texts the voice of a style's record was learned from."""
    voice = record.get("voice")
    return int(voice["texts"]) if voice else 0
