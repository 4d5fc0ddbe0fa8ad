"""A writer's texts on their way in and out: fetched, read, stored, deleted. Loads no model.

In: text files (`.txt`, `.md`, `.lrc`) sent through Discord or named in the terminal. Out: their
stanzas, or a refusal that says why not. What came through Discord is deleted as soon as it is
learned from (`style_voice`): a voice holds no line of it.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from bot import intake
from bot.domain import Lesson
from models.errors import Refusal
from models.lyricist.voice_text import MOST_BYTES, SUFFIXES, Lines, decoded, is_english, stanzas_of


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


def forget_texts(lesson: Lesson, data_dir: Path) -> None:
    """Delete the texts that came through Discord; files of the terminal stay where they are."""
    for name in lesson.files:
        if is_text(name) and not Path(name).is_absolute():
            (data_dir / name).unlink(missing_ok=True)
