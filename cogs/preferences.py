"""`/settings`: the language of replies, and voice messages beside the MP3."""

from __future__ import annotations

from dataclasses import replace

from discord import app_commands
from discord.ext import commands

from bot import i18n
from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction
from storage import preferences

LANGUAGES = {"auto": "as in my Discord", "en": "English", "zh": "中文"}


class Settings(commands.Cog):
    """What a person prefers."""

    def __init__(self, bot: Segno) -> None:
        self.bot = bot

    @app_commands.command(description="Language of my replies, and voice messages")
    @app_commands.describe(
        language="Language of my replies to you",
        voice="Also send each piece as a voice message",
    )
    @app_commands.choices(
        language=[app_commands.Choice(name=name, value=key) for key, name in LANGUAGES.items()]
    )
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def settings(
        self, interaction: Interaction, language: str | None = None, voice: bool | None = None
    ) -> None:
        """Change what was given; without options, say how things are."""
        chosen = await self.bot.db.run(preferences.get, interaction.user.id)
        if language is not None:
            chosen = replace(chosen, locale=None if language == "auto" else language)
        if voice is not None:
            chosen = replace(chosen, voice_message=voice)
        if language is not None or voice is not None:
            await self.bot.db.run(preferences.save, chosen)
        locale = i18n.language(interaction.locale, chosen.locale or "auto")
        text = translate(
            "Language: {language}\nVoice message beside the MP3: {voice}",
            locale,
            language=translate(LANGUAGES[chosen.locale or "auto"], locale),
            voice=translate("on" if chosen.voice_message else "off", locale),
        )
        await interaction.response.send_message(text, ephemeral=True)


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Settings(bot))
