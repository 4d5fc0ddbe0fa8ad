"""The front desk for words: a command, a button or a form becomes a stored job.

In: a key that names the music (see `bot.rework_desk`) and a `Writing`. Out: the request, placed as
any other. Nothing here writes or checks words; a worker does, because that takes models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from bot import lyrics_ask, shelf
from bot.client import Segno
from bot.desk import Ask, place, understand
from bot.domain import Request, Writing
from bot.piece import PieceFile
from bot.rework_desk import Named, find, key_of
from bot.ui import Interaction
from models.errors import Refusal
from models.lyrics import Lyrics
from models.planner.brief import Brief
from storage.pieces import Piece


async def write(
    client: Segno,
    interaction: Interaction,
    asked: Writing,
    music: Named = (None, None),
    seed: int | None = None,
) -> None:
    """`/lyrics` for music that exists: a file, a piece by its id, else the person's latest piece.

    Raises
    ------
    Refusal
        When there is no such music, the file is none, or policy says not now.
    """
    key = await key_of(client, interaction, music)
    if music[0] is not None:  # a key has no room for all of its name
        asked = replace(asked, title=PurePosixPath(music[0].filename).stem[:60])
    await perform(client, interaction, key, asked, seed)


async def perform(
    client: Segno, interaction: Interaction, key: str, asked: Writing, seed: int | None = None
) -> None:
    """Queue what is asked with the music that `key` names (a piece's id, or an upload's key).

    Raises
    ------
    Refusal
        When the music is gone, or policy says not now.
    """
    found = await find(client, interaction, key)
    asked = replace(asked, longest=client.settings.max_seconds)
    if found.piece is None:
        asked = replace(asked, source=found.place, title=asked.title or found.title)
    else:
        asked = replace(asked, source=found.piece.folder)
    locale = await client.language(interaction)
    request = Request(
        "lyrics", Brief(seed=seed), asked.about, locale,
        parent=found.piece.id if found.piece else None, writing=asked,
    )  # fmt: skip
    seconds = round(found.piece.seconds) if found.piece else None
    await place(interaction, Ask(request, seconds=seconds), locale)


async def first(
    client: Segno,
    interaction: Interaction,
    asked: Writing,
    text: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """Words first: `asked` (new words, or a person's own) gets a melody and a band.

    `text` and `options` say what the music is like, as for /compose; both may be left out.

    Raises
    ------
    Refusal
        When something asked for cannot be, or policy says not now.
    """
    await _new(client, interaction, "lyrics", asked, text, options)


async def song(
    client: Segno,
    interaction: Interaction,
    asked: Writing,
    text: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> None:
    """`/song`: compose, write words, arrange, render. What `text` says words are about counts too.

    Raises
    ------
    Refusal
        When something asked for cannot be, or policy says not now.
    """
    await _new(client, interaction, "song", asked, text, options)


async def _new(
    client: Segno,
    interaction: Interaction,
    kind: Any,
    asked: Writing,
    text: str | None,
    options: Mapping[str, Any] | None,
) -> None:
    locale = await client.language(interaction)
    given = any(value not in (None, "") for value in (options or {}).values())
    ask = Ask(Request("compose", locale=locale))
    if (text or "").strip() or given:
        ask = understand(text, options or {}, locale)
    asked = replace(asked, longest=client.settings.max_seconds)
    request = replace(ask.request, kind=kind, writing=lyrics_ask.joined(asked, ask.request.writing))
    await place(interaction, replace(ask, request=request), locale)


async def again(client: Segno, interaction: Interaction, piece_id: str) -> None:
    """Other words for a piece that has some, by what they were asked with.

    Raises
    ------
    Refusal
        When the piece has none, or policy says not now.
    """
    await _with_words(client, interaction, piece_id, Writing("rewrite"))


async def line_again(client: Segno, interaction: Interaction, piece_id: str, line: int) -> None:
    """One line of a piece's words again; `line` counts as in `Writing`.

    Raises
    ------
    Refusal
        When the piece has no words, or policy says not now.
    """
    await _with_words(client, interaction, piece_id, Writing("reline", line=line))


async def _with_words(
    client: Segno, interaction: Interaction, piece_id: str, asked: Writing
) -> None:
    await words_of(client, interaction, piece_id)
    await perform(client, interaction, piece_id, asked)


async def words_of(client: Segno, interaction: Interaction, piece_id: str) -> tuple[Piece, Lyrics]:
    """A piece that this person may see, and its words: what a form shows to be edited.

    Raises
    ------
    Refusal
        When there is no such piece, or it has no words.
    """
    piece = await shelf.visible(client, interaction, piece_id)
    saved = PieceFile.load(shelf.folder(client, piece))
    if saved.lyrics is None:
        raise Refusal(lyrics_ask.NO_WORDS, title=piece.title)
    return piece, saved.lyrics
