"""The front desk of a talk: is it for us, may it be here, what came with it.

In: a Discord message. Out: a `Message` for the conversation, or nothing. Text is read only where it
is addressed to us: a direct message, a mention, an answer that mentions us; everything else arrives
without text (we do not ask for the message-content intent) and is not looked at.
"""

from __future__ import annotations

import logging
import re

import discord

from bot import i18n, intake, wording
from bot.agent.understand import language
from bot.agent.values import Asker
from bot.client import Segno
from bot.conversation.values import Message
from models.errors import Refusal
from storage import pieces, preferences

log = logging.getLogger(__name__)

_MUSIC = (*intake.SCORES, *intake.AUDIO)
_NAME = 18  # characters of a file's name in a key, as in bot.rework_desk
NO_WORDS = (
    "I can read your answer only when it mentions me; please mention me, or write to me in a "
    "direct message."
)
#: Seconds that a sound file may take to arrive.
_SECONDS = 60.0


def addressed(client: Segno, message: discord.Message) -> bool:
    """Whether a message is for us."""
    if client.user is None or message.author.bot or message.webhook_id is not None:
        return False
    if message.guild is None:
        return True
    if client.user in message.mentions:
        return True
    return _answers_us(client, message)


def _answers_us(client: Segno, message: discord.Message) -> bool:
    answered = message.reference.resolved if message.reference else None
    return isinstance(answered, discord.Message) and answered.author == client.user


async def hear(client: Segno, message: discord.Message) -> None:
    """Take a message up if it is for us, and answer it; errors become one sentence."""
    if not addressed(client, message):
        return
    locale = await _locale(client, message)
    try:
        text = spoken(client, message)
        if not text and not message.attachments:
            if message.guild is not None and _answers_us(client, message):
                raise Refusal(NO_WORDS)
            text = "hi"
        async with message.channel.typing():
            file = await _file(client, message)
            said = Message(
                asker=_asker(message, locale),
                text=text or (file or "").partition(":")[2],
                message_id=message.id,
                shared=_ours(client, message.channel),
                file=file,
                reply_to=await _answered(client, message),
            )
            await client.conversation.hear(said)
    except Refusal as refusal:
        await _say(message, wording.refusal(refusal.template, refusal.values, locale))


def spoken(client: Segno, message: discord.Message) -> str:
    """What was said, without the mention of us; those of others as their names."""
    assert client.user is not None  # noqa: S101 - the caller looked
    text = re.sub(rf"<@!?{client.user.id}>", " ", message.content)
    for user in message.mentions:
        text = re.sub(rf"<@!?{user.id}>", f"@{user.name}", text)
    return " ".join(text.split(" ")).strip(" ,:，：")


async def _locale(client: Segno, message: discord.Message) -> str:
    """The person's own setting, else the language they write in."""
    chosen = await client.db.run(preferences.get, message.author.id)
    spoken_in = language(re.sub(r"<@!?\d+>", "", message.content), str(message.guild and ""))
    return i18n.language("zh-CN" if spoken_in == "zh" else "en-US", chosen.locale or "auto")


def _asker(message: discord.Message, locale: str) -> Asker:
    guild_id = message.guild.id if message.guild else None
    return Asker(message.author.id, guild_id, message.channel.id, locale)


def _ours(client: Segno, channel: object) -> bool:
    """Whether everybody here talks with us together: a thread that we opened."""
    return isinstance(channel, discord.Thread) and channel.owner_id == (
        client.user.id if client.user else None
    )


async def _file(client: Segno, message: discord.Message) -> str | None:
    """The key of the first music file of a message, stored under its sender."""
    sent = intake.first_music(message.attachments, _MUSIC)
    if sent is None:
        return None
    settings = client.settings
    most = settings.max_upload_kb * 1024
    path = await intake.take_in(sent, message.author.id, settings.data_dir, most, _MUSIC, _SECONDS)
    name = re.sub(r"\.[^.]*$", "", sent.filename.replace("\n", " "))[:_NAME]
    return f"{path.removeprefix(intake.UPLOADS + '/')}:{name}"


async def _answered(client: Segno, message: discord.Message) -> tuple[str, ...]:
    """The pieces of our message that this one answers."""
    reference = message.reference
    if reference is None or reference.message_id is None:
        return ()
    found = await client.db.run(pieces.by_message, reference.message_id)
    return tuple(piece.id for piece in found)


async def _say(message: discord.Message, text: str) -> None:
    try:
        await message.reply(text, mention_author=False)
    except discord.HTTPException as error:
        log.info("could not answer a message: %s", error)
