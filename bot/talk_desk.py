"""The front desk of a talk: is it for us, may it be here, what came with it.

In: a Discord message. Out: a `Message` for the conversation, or nothing. Text is read only where it
is addressed to us: a direct message, a mention, an answer to us that mentions us; everything else
arrives without text (we do not ask for the message-content intent) and is not looked at.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

import discord

from bot import i18n, intake, onboarding, shelf
from bot.agent.understand import language
from bot.agent.values import Asker, Plan, Step
from bot.client import Segno
from bot.conversation import record
from bot.conversation.values import Message
from bot.i18n import translate
from bot.ui import Interaction
from bot.wording import quoted
from models.errors import Refusal
from storage import pieces, turns
from storage.pieces import Piece

log = logging.getLogger(__name__)

_MUSIC = (*intake.SCORES, *intake.AUDIO)
_NAME = 18  # characters of a file's name in a key, as in bot.rework_desk
#: Characters of a message that are read; Discord lets some people send twice as many.
MOST = 2000
NO_WORDS = (
    "I can read your answer only when it mentions me; please mention me, or write to me in a "
    "direct message."
)
TOO_LONG = (
    "That is {count} characters, and I read at most {most} in one message. Please say it shorter, "
    "or in two messages."
)
TAKEN = (
    "“{title}” is on the table. Tell me what to do with it, such as “arrange it as bossa nova”, "
    "“for string quartet” or “continue it”."
)
#: What picking a take is called where it must wait, and is read as words later.
PICKED_CHOICES = (
    "the first one", "the second one", "the third one", "the fourth one", "the fifth one",
    "the sixth one", "the seventh one", "the eighth one", "the ninth one",
)  # fmt: skip
#: Seconds that a sound file may take to arrive.
_SECONDS = 60.0


def addressed(client: Segno, message: discord.Message) -> bool:
    """Whether a message is for us."""
    if client.user is None or message.author.bot or message.webhook_id is not None:
        return False
    if message.type not in (discord.MessageType.default, discord.MessageType.reply):
        return False  # "pinned a message", "started a thread"
    return message.guild is None or client.user in message.mentions


async def hear(client: Segno, message: discord.Message) -> None:
    """Take a message up if it is for us, and answer it; errors become one sentence."""
    if not addressed(client, message):
        return
    channel = await _channel(client, message)
    if not _may_answer(message, channel):
        log.info("somebody spoke to us where we may not write")
        return
    locale = await _locale(client, message)
    try:
        guild_id = message.guild.id if message.guild else None
        if (elsewhere := await client.elsewhere(guild_id, channel)) is not None:
            raise elsewhere
        await _type(channel)
        if message.guild is None:
            await onboarding.greet(client, channel, message.author.id, locale)
        said = await _message(client, message, channel, locale)
        await client.conversation.hear(said, None if spoken(client, message) else _unspoken(said))
    except Exception as error:
        await _say(message, client.told(error, locale))


async def press(
    client: Segno, interaction: Interaction, turn_id: int, step: Step, words: str
) -> None:
    """Carry out a button of a turn's message, as if `words` had been said by who pressed it.

    Raises
    ------
    Refusal
        When it is another person's talk.
    """
    turn = await client.db.run(turns.get, turn_id)
    shared = is_ours(client, interaction.channel)
    if turn is None:
        raise Refusal("I know nothing of that talk any more; mention me to begin a new one.")
    if turn.user_id != interaction.user.id and not shared:
        raise Refusal("Only the person who asked can choose here.")
    await interaction.response.defer()
    asker = Asker(
        interaction.user.id, turn.guild_id, turn.channel_id, await client.language(interaction)
    )
    said = Message(asker, translate(words, asker.locale), shared=shared)
    await client.conversation.hear(said, Plan((step,)))


async def take(
    client: Segno, asker: Asker, channel: object, among: Sequence[str], chosen: str
) -> None:
    """Lay one of the pieces that were offered on the table of who picked it."""
    ids = tuple(among) if chosen in among else (chosen,)
    words = translate(PICKED_CHOICES[ids.index(chosen)], asker.locale)
    said = Message(asker, words, shared=is_ours(client, channel), reply_to=ids)
    await client.conversation.hear(said, Plan((Step("open", {"which": chosen}),)))


async def pressed_take(client: Segno, interaction: Interaction, piece_id: str) -> None:
    """Pick a take with its button.

    Raises
    ------
    Refusal
        When the piece is gone.
    """
    piece = await shelf.visible(client, interaction, piece_id)
    ids = await offered(client, interaction.message.id) if interaction.message else ()
    await interaction.response.defer()
    asker = Asker(
        interaction.user.id, interaction.guild_id, interaction.channel_id or piece.channel_id,
        await client.language(interaction),
    )  # fmt: skip
    await take(client, asker, interaction.channel, ids, piece.id)


def is_ours(client: Segno, channel: object) -> bool:
    """Whether everybody here talks with us together: a thread that we opened."""
    if not isinstance(channel, discord.Thread) or client.user is None:
        return False
    return channel.owner_id == client.user.id


def spoken(client: Segno, message: discord.Message) -> str:
    """What was said, without the mention of us; those of others as their names."""
    assert client.user is not None  # noqa: S101 - the caller looked
    text = re.sub(rf"<@!?{client.user.id}>", " ", message.content)
    for user in message.mentions:
        text = re.sub(rf"<@!?{user.id}>", lambda _, name=user.name: f"@{name}", text)  # type: ignore[misc]
    return re.sub(r"[^\S\n]+", " ", text).strip(" \n,:，：")


async def _message(
    client: Segno, message: discord.Message, channel: object, locale: str
) -> Message:
    text = spoken(client, message)
    if len(text) > MOST:
        raise Refusal(TOO_LONG, count=len(text), most=MOST)
    if not message.content and not message.attachments and message.guild is not None:
        raise Refusal(NO_WORDS)  # an answer to a slash command: Discord keeps its text
    asker = _asker(message, locale)
    file = await _file(client, message)
    # Never the file's name: it is nothing that was said to us.
    silent = translate("Here is a file." if file else "Hello!", locale)
    return Message(
        asker=asker,
        text=text or silent,
        message_id=message.id,
        shared=is_ours(client, channel),
        file=file,
        reply_to=await _answered(client, message, asker),
    )


def _unspoken(message: Message) -> Plan | None:
    """What a file without words means: it is here, and waits for some."""
    if message.file is None:
        return None
    title = quoted(message.file.partition(":")[2], 60)
    return Plan(notes=((TAKEN, {"title": title}),))


async def _channel(client: Segno, message: discord.Message) -> discord.abc.Messageable:
    """The message's channel; a thread that slept while we started is asked for."""
    channel: discord.abc.Messageable = message.channel
    if message.guild is None or not isinstance(channel, discord.PartialMessageable):
        return channel
    try:
        found = await client.fetch_channel(message.channel.id)
    except discord.HTTPException as error:
        log.info("could not look at a channel: %s", error)
        return channel
    return found if isinstance(found, discord.abc.Messageable) else channel


def _may_answer(message: discord.Message, channel: discord.abc.Messageable) -> bool:
    if message.guild is None or not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return True
    may = channel.permissions_for(message.guild.me)
    return (
        may.send_messages_in_threads if isinstance(channel, discord.Thread) else may.send_messages
    )


async def _type(channel: discord.abc.Messageable) -> None:
    """Show that we are at it; an answer may come without."""
    try:
        await channel.typing()
    except discord.HTTPException as error:
        log.info("could not show that we type: %s", error)


async def _locale(client: Segno, message: discord.Message) -> str:
    """What the person or the server chose, else the language they write in."""
    guild_id = message.guild.id if message.guild else None
    chosen = await client.chosen_language(message.author.id, guild_id)
    written = language(re.sub(r"<[@#:][^>]*>", "", message.content))
    return i18n.language(written, chosen or "auto")


def _asker(message: discord.Message, locale: str) -> Asker:
    guild_id = message.guild.id if message.guild else None
    author = message.author
    manager = isinstance(author, discord.Member) and author.guild_permissions.manage_guild
    return Asker(author.id, guild_id, message.channel.id, locale, manager)


async def _file(client: Segno, message: discord.Message) -> str | None:
    """The key of the first music file of a message, stored under its sender."""
    if not message.attachments:
        return None
    # One that is no music is taken up as well, to be told what is.
    sent = intake.first_music(message.attachments, _MUSIC) or message.attachments[0]
    settings = client.settings
    most = settings.max_upload_kb * 1024
    path = await intake.take_in(sent, message.author.id, settings.data_dir, most, _MUSIC, _SECONDS)
    name = re.sub(r"\.[^.]*$", "", sent.filename.replace("\n", " "))[:_NAME]
    return f"{path.removeprefix(intake.UPLOADS + '/')}:{name}"


async def _answered(client: Segno, message: discord.Message, asker: Asker) -> tuple[str, ...]:
    """The pieces of our message that this one answers, as far as the asker may see them."""
    reference = message.reference
    if reference is None or reference.message_id is None:
        return ()
    found = await pieces_of(client, reference.message_id)
    seen = (asker.user_id, asker.guild_id, asker.channel_id)
    return tuple(piece.id for piece in found if piece.seen_by(*seen))


async def offered(client: Segno, message_id: int) -> tuple[str, ...]:
    """The ids of the pieces that a message of ours carries, in their order.

    In a talk they keep their numbers when some were deleted, and earlier messages keep theirs when
    a later one shows them too.
    """
    turn = await client.db.run(turns.by_reply, message_id)
    if turn is not None and turn.plan:
        lines = record.from_json(turn.plan).lines
        return next((line.show.pieces for line in reversed(lines) if line.show.pieces), ())
    return tuple(piece.id for piece in await client.db.run(pieces.by_message, message_id))


async def pieces_of(client: Segno, message_id: int) -> tuple[Piece, ...]:
    """The pieces of a message of ours that still exist."""
    found = [await client.db.run(pieces.get, id) for id in await offered(client, message_id)]
    return tuple(piece for piece in found if piece is not None)


async def _say(message: discord.Message, text: str) -> None:
    try:
        await message.channel.send(
            text[:2000],
            nonce=f"say-{message.id}"[:25],
            reference=message.to_reference(fail_if_not_exists=False),
            mention_author=False,
        )
    except discord.HTTPException as error:
        log.info("could not answer a message: %s", error)
