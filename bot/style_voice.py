"""A writer's texts -> the voice of a style: files in, a voice in the style's folder out.

In: text files of a lesson (`.txt`, `.md`, `.lrc`), fetched from Discord or named in the terminal.
Out: the voice (`models.lyricist.voice`), a report for the reply, a line for each file left out.
What came through Discord is deleted as soon as it is learned from: a voice holds no line of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import intake
from bot.domain import Lesson, OnProgress, Progress
from bot.i18n import translate
from models.errors import Refusal
from models.lyricist.voice_text import MOST_BYTES, SUFFIXES, Lines, decoded, is_english, stanzas_of

if TYPE_CHECKING:
    from models.lyricist.voice import Voice

#: The words' part of a style, beside `wardrobe.WEIGHT`.
VOICE = "voice.safetensors"
#: Seconds that training takes at most, and where melodies are trained on in the same job.
_SECONDS, _SECONDS_BOTH = 220.0, 150.0


def is_text(name: str) -> bool:
    """Whether a file is called like words."""
    return name.lower().endswith(SUFFIXES)


async def take_in(sent: intake.Sent, owner_id: int, data_dir: Path, nonce: str) -> str:
    """Fetch a text and store it; returns its path relative to the data folder.

    `nonce` (the interaction's id) makes the copy this lesson's own, which deletes it.

    Raises
    ------
    Refusal
        When it is empty, too large, no text, without lines of words, or does not arrive in time.
    """
    if sent.size > MOST_BYTES:  # before anything is fetched
        raise Refusal(
            "“{name}” is larger than the {most} kB I take; send a shorter piece.",
            name=sent.filename[:60],
            most=MOST_BYTES // 1024,
        )
    try:
        data = await asyncio.wait_for(sent.read(), intake.FETCH_SECONDS)
    except TimeoutError:
        raise Refusal(
            "Discord did not hand me “{name}” in time; please try again.", name=sent.filename[:60]
        ) from None
    return await asyncio.to_thread(_store, data, sent.filename, owner_id, data_dir, nonce)


def _store(data: bytes, name: str, owner_id: int, data_dir: Path, nonce: str) -> str:
    read(data, name)
    digest = hashlib.sha256(data + nonce.encode()).hexdigest()[:24]
    path = Path(intake.UPLOADS, str(owner_id), f"{digest}.txt")
    target = data_dir / path
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(".part")
    part.write_bytes(data)
    part.replace(target)
    return path.as_posix()


def read(data: bytes, name: str) -> list[Lines]:
    """The stanzas of one text.

    Raises
    ------
    Refusal
        When it is empty, too large, no text, in another language, or has no lines of words.
    """
    text = decoded(data, name)
    if not is_english(text):
        raise Refusal(
            "“{name}” is not in English; I learn how someone writes from English words only.",
            name=name[:60],
        )
    stanzas = stanzas_of([text])
    if not stanzas:
        raise Refusal(
            "“{name}” has no lines of words that I can learn from; write each line that is sung on "
            "a line of its own.",
            name=name[:60],
        )
    return stanzas


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


def forget_texts(lesson: Lesson, data_dir: Path) -> None:
    """Delete the texts that came through Discord; files of the terminal stay where they are."""
    for name in lesson.files:
        if is_text(name) and not Path(name).is_absolute():
            (data_dir / name).unlink(missing_ok=True)


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
