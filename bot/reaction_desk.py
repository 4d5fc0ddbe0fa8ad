"""Reactions that ask for something: files by mail, a take, an end to it.

In: an emoji on a message of ours and who put it there. Out: what it asks for, done for those who
may: everybody who sees a message may have its files or pick one of its takes for their own table,
only the asker may stop or delete.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial

import discord

from bot import i18n, shelf, talk_desk
from bot.agent.values import Asker
from bot.client import Segno
from bot.lyrics_ui import page_of
from bot.ui import takes_view
from bot.wording import quoted
from models.errors import Refusal
from storage import deliveries, jobs, pieces, turns
from storage.pieces import Piece

log = logging.getLogger(__name__)

Event = discord.RawReactionActionEvent
Command = Callable[[Segno, Event], Awaitable[None]]

ENVELOPES = frozenset({"✉", "📩", "📨", "💌"})
CROSSES = frozenset({"❌", "✖", "❎"})
_KEYCAP = re.compile("([1-9])\u20e3")


def plain(emoji: discord.PartialEmoji | discord.Emoji | str) -> str:
    """The emoji without the selector that only asks for a coloured picture."""
    return str(emoji).replace("\ufe0f", "")


def command_of(emoji: str) -> Command | None:
    """What a (plain) emoji asks for; None where it asks for nothing."""
    if emoji in ENVELOPES:
        return mail
    if emoji in CROSSES:
        return stop
    number = _KEYCAP.fullmatch(emoji)
    return partial(pick, number=int(number[1])) if number else None


async def mail(client: Segno, event: Event) -> None:
    """Send the files of a message's pieces to the person."""
    found = await talk_desk.pieces_of(client, event.message_id)
    if not found:
        return
    locale = await _locale(client, event)
    try:
        user = await client.fetch_user(event.user_id)
        if len(found) == 1:
            await _mail_one(client, user, found[0], locale)
        else:
            await _mail_takes(client, user, found, locale)
    except (Refusal, discord.HTTPException) as error:
        # Files gone, or the person takes no direct messages: there is nowhere to say so.
        log.info("could not mail a piece: %s", error)


async def _mail_one(client: Segno, user: discord.User, piece: Piece, locale: str) -> None:
    clip = shelf.clip_of(shelf.folder(client, piece))
    page = await asyncio.to_thread(page_of, clip, {}, locale)
    files, missing = await asyncio.to_thread(
        shelf.attach, [clip], (*page.kinds, "musicxml"), shelf.DEFAULT_LIMIT, locale
    )
    text, embeds = page.said(missing)
    await user.send(text, embeds=embeds, files=files)


async def _mail_takes(
    client: Segno, user: discord.User, found: Sequence[Piece], locale: str
) -> None:
    clips = [shelf.clip_of(shelf.folder(client, piece)) for piece in found]
    files, missing = await asyncio.to_thread(
        shelf.attach, clips, ("mp3",), shelf.DEFAULT_LIMIT, locale
    )
    titles = [f"{n}. {quoted(piece.title, 80)}" for n, piece in enumerate(found, 1)]
    shown = takes_view([piece.id for piece in found], locale)
    await user.send("\n".join([*titles, *missing])[:2000], files=files, view=shown)


async def stop(client: Segno, event: Event) -> None:
    """Stop what the asker has at work under a message, else delete what is theirs of it."""
    turn = await client.db.run(turns.by_reply, event.message_id)
    if turn is not None and turn.state in ("running", "asking"):
        if turn.user_id == event.user_id:
            with suppress(Refusal):  # it ended this very moment
                await client.conversation.cancel(turn.id, event.user_id)
        return
    job = await client.db.run(deliveries.at_work, event.message_id)
    if job is not None:
        await client.db.run(jobs.request_cancel, job.id, event.user_id)  # of others: nothing
        client.wake()
        return
    found = await talk_desk.pieces_of(client, event.message_id)
    gone = [
        await client.db.run(pieces.delete, piece.id, event.user_id, client.now()) for piece in found
    ]
    await shelf.remove(client, [piece.folder for piece in gone if piece is not None])
    spoken = turn is not None and turn.user_id == event.user_id
    if (found and all(gone)) or (spoken and not found):
        await _take_down(client, event)


async def _take_down(client: Segno, event: Event) -> None:
    place = client.get_partial_messageable(event.channel_id, guild_id=event.guild_id)
    try:
        await place.get_partial_message(event.message_id).delete()
    except discord.HTTPException as error:
        log.info("could not delete a message: %s", error)


async def pick(client: Segno, event: Event, number: int) -> None:
    """Lay take `number` of a message on the person's table; or answer their question with it."""
    turn = await client.db.run(turns.by_reply, event.message_id)
    if turn is not None and turn.state == "asking":
        if turn.user_id == event.user_id:
            with suppress(Refusal):  # no such option, or answered this very moment
                await client.conversation.choose(turn.id, number - 1, event.user_id)
        return
    ids = await talk_desk.offered(client, event.message_id)
    if len(ids) < max(2, number):
        return
    piece = await client.db.run(pieces.get, ids[number - 1])
    seen = (event.user_id, event.guild_id, event.channel_id)
    if piece is None or not piece.seen_by(*seen):
        return
    channel = client.get_channel(event.channel_id)
    if await client.elsewhere(event.guild_id, channel) is not None:
        return
    locale = await _locale(client, event)
    asker = Asker(event.user_id, event.guild_id, event.channel_id, locale)
    await talk_desk.take(client, asker, channel, ids, piece.id)


async def _locale(client: Segno, event: Event) -> str:
    """What the person or the server chose, else that of their talk: a reaction has no language."""
    chosen = await client.chosen_language(event.user_id, event.guild_id)
    turn = await client.db.run(turns.by_reply, event.message_id)
    spoken = turn.locale if turn is not None and turn.user_id == event.user_id else ""
    return i18n.language(spoken, chosen or "auto")
