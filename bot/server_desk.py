"""What a server's managers decide about Segno: where it answers, how, and how much.

In: a manager's choice. Out: `storage.guild_settings` changed, and all of them told back.
"""

from __future__ import annotations

from dataclasses import replace

import discord

from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction
from models.errors import Refusal
from storage import guild_settings
from storage.guild_settings import GuildSettings

#: Channels that may be named: what Discord shows of them must fit one message.
MOST_CHANNELS = 50
ONLY_MANAGERS = "Only somebody who may manage this server can change how I behave here."
LANGUAGES = {"auto": "each person's own", "en": "English", "zh": "中文"}


async def show(client: Segno, interaction: Interaction) -> None:
    """Tell a manager how things are.

    Raises
    ------
    Refusal
        When it is no manager.
    """
    await _answer(client, interaction, await _settings(client, interaction))


async def change(
    client: Segno,
    interaction: Interaction,
    language: str | None,
    per_hour: int | None,
    voice: bool | None,
    threads: bool | None,
) -> None:
    """Change what is given (`per_hour` 0: as much as the owner allows), then tell how things are.

    Raises
    ------
    Refusal
        When it is no manager, or more than the owner of the bot allows.
    """
    chosen = await _settings(client, interaction)
    most = client.settings.guild_per_hour
    if language is not None:
        chosen = replace(chosen, locale=None if language == "auto" else language)
    if per_hour is not None:
        if per_hour > most:
            raise Refusal(
                "The owner of this bot allows {most} requests an hour for one server; please "
                "choose that or fewer.",
                most=most,
            )
        chosen = replace(chosen, per_hour=per_hour or None)
    if voice is not None:
        chosen = replace(chosen, voice=voice)
    if threads is not None:
        chosen = replace(chosen, threads=threads)
    await _keep(client, interaction, chosen)


async def allow(client: Segno, interaction: Interaction, channel_id: int) -> None:
    """Answer in a channel, and in no others but those allowed before.

    Raises
    ------
    Refusal
        When it is no manager, or there are too many.
    """
    chosen = await _settings(client, interaction)
    channels = tuple(dict.fromkeys((*chosen.channels, channel_id)))
    if len(channels) > MOST_CHANNELS:
        raise Refusal("That are more than {most} channels; allow all instead.", most=MOST_CHANNELS)
    await _keep(client, interaction, replace(chosen, channels=channels))


async def disallow(client: Segno, interaction: Interaction, channel_id: int) -> None:
    """Answer in a channel no more; without the last one there would be no place left.

    Raises
    ------
    Refusal
        When it is no manager, or that channel is not on the list or the only one.
    """
    chosen = await _settings(client, interaction)
    left = tuple(id for id in chosen.channels if id != channel_id)
    if left == chosen.channels:
        raise Refusal("That channel is not on the list; see /server show.")
    if not left:
        raise Refusal(
            "That is the only channel on the list. Allow another one first, or all with "
            "/server channels all."
        )
    await _keep(client, interaction, replace(chosen, channels=left))


async def anywhere(client: Segno, interaction: Interaction) -> None:
    """Answer in every channel.

    Raises
    ------
    Refusal
        When it is no manager.
    """
    chosen = await _settings(client, interaction)
    await _keep(client, interaction, replace(chosen, channels=()))


async def _settings(client: Segno, interaction: Interaction) -> GuildSettings:
    """The settings to look at or change, for a manager of this server."""
    # Discord hides the command from others; a server may have opened it to them by mistake.
    if interaction.guild_id is None or not interaction.permissions.manage_guild:
        raise Refusal(ONLY_MANAGERS)
    return await client.db.run(guild_settings.get, interaction.guild_id)


async def _keep(client: Segno, interaction: Interaction, chosen: GuildSettings) -> None:
    await client.db.run(guild_settings.save, chosen)
    await _answer(client, interaction, chosen)


async def _answer(client: Segno, interaction: Interaction, chosen: GuildSettings) -> None:
    locale = await client.language(interaction)
    text = told(chosen, client.settings.guild_per_hour, locale)
    await interaction.response.send_message(text, ephemeral=True)


def told(chosen: GuildSettings, most: int, locale: str) -> str:
    """All settings of a server in a few lines; `most` is what the owner allows in an hour."""
    channels = " ".join(f"<#{id}>" for id in chosen.channels)
    per_hour = most if chosen.per_hour is None else min(chosen.per_hour, most)
    return translate(
        "Channels where I answer: {channels}\nLanguage: {language}\nRequests an hour: {per_hour} "
        "(at most {most})\nVoice messages: {voice}\nThreads for long talks: {threads}",
        locale,
        channels=channels or translate("all", locale),
        language=translate(LANGUAGES[chosen.locale or "auto"], locale),
        per_hour=per_hour,
        most=most,
        voice=translate("on" if chosen.voice else "off", locale),
        threads=translate("on" if chosen.threads else "off", locale),
    )


Channel = discord.TextChannel | discord.VoiceChannel | discord.StageChannel
