"""A long talk moves into a thread: offered after three turns, opened with a press.

In: the session of one person in a server's channel. Out: a thread with one session for everybody in
it, which takes along what is on the table. Without the message-content intent Discord sends us only
those messages of a thread that mention or answer us: the thread is told so when it is opened.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import discord

from bot.agent import memory
from bot.agent import session as sessions
from bot.agent.values import Asker, Session
from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction
from bot.wording import quoted
from models.errors import Refusal
from storage import turns

log = logging.getLogger(__name__)

#: Turns of one person in a channel after which a thread is offered.
LONG = 3
_EXISTS = 160004  # Discord: this message has a thread already
_NAME = 90
NOT_YOURS = "Only the person who talked with me here can take this talk into a thread."
GONE = "I know nothing of that talk any more; mention me to begin a new one."
HELLO = (
    "We go on here; everybody in this thread shares one table. {table}\n"
    "-# Discord hands me only messages that mention me or answer one of mine, so please do either."
)


async def worth_it(client: Segno, asker: Asker, session: Session) -> bool:
    """Whether to offer a thread now: once, where the server wants it and we may open one."""
    if asker.guild_id is None or sum(who == "person" for who, _ in session.said) != LONG:
        return False
    channel = client.get_channel(asker.channel_id)
    if not isinstance(channel, discord.TextChannel):
        return False
    may = channel.permissions_for(channel.guild.me)
    if not (may.create_public_threads and may.send_messages_in_threads and may.attach_files):
        return False
    return (await client.here(asker.guild_id)).threads


async def go_on(client: Segno, interaction: Interaction, turn_id: int) -> None:
    """Open a thread under the message and carry the table over.

    Raises
    ------
    Refusal
        When it is another person's talk, there is a thread already, or we may not open one.
    """
    turn = await client.db.run(turns.get, turn_id)
    if turn is None or interaction.message is None:
        raise Refusal(GONE)
    if turn.user_id != interaction.user.id:
        raise Refusal(NOT_YOURS)
    await interaction.response.defer()
    old = await memory.load_id(client.db, turn.session_id, client.now())
    locale = await client.language(interaction)
    thread = await _opened(interaction.message, _named(old, interaction.user, locale))
    asker = Asker(turn.user_id, turn.guild_id, thread.id, locale)
    fresh = await memory.load(client.db, asker, shared=True, now=client.now())
    carried = replace(old, id=fresh.id, owner_id=fresh.owner_id, question=None, said=())
    await memory.save(client.db, carried, client.now())
    await thread.send(translate(HELLO, locale, table=_table(old, locale)))
    try:
        await thread.add_user(interaction.user)
    except discord.HTTPException as error:
        log.info("could not bring somebody into their thread: %s", error)


async def _opened(message: discord.Message, name: str) -> discord.Thread:
    try:
        return await message.create_thread(name=name, auto_archive_duration=1440)
    except discord.Forbidden:
        raise Refusal("I may not open threads here; let us go on in this channel.") from None
    except discord.HTTPException as error:
        if error.code != _EXISTS:
            raise
        raise Refusal("There is a thread under that message already; go on there.") from None


def _named(session: Session, user: discord.abc.User, locale: str) -> str:
    """The name of the thread: what is on the table, or whose talk it is. Names are plain text."""
    on_table = sessions.version_of(session, session.table)
    title = on_table.title if on_table and on_table.title else ""
    name = title or translate("Music with {name}", locale, name=user.display_name)
    return " ".join(name.split())[:_NAME]


def _table(session: Session, locale: str) -> str:
    on_table = sessions.version_of(session, session.table)
    if on_table is None:
        return translate("The table is empty. Ask me for some music and it fills.", locale)
    title = quoted(on_table.title or on_table.piece_id, 80)
    return translate("“{title}” is on the table.", locale, title=title)
