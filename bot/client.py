"""The Discord side of the house: one bot object with what every cog needs, and one error handler.

In: settings, the database thread, and a way to wake the job runner. Out: a bot that asks for no
privileged intent unless its owner wants presence, mentions nobody, speaks the person's language,
and answers every failure with one sentence (a known `Refusal`) or a short id that is also in the
log. No torch in this process.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot import i18n, wording
from bot.i18n import translate
from bot.taste.engine import Taste
from bot.ui import ActionButton, ActionMenu, Handler, Interaction
from models.errors import Refusal
from storage import guild_settings, preferences
from storage.db import DbThread
from storage.guild_settings import GuildSettings

if TYPE_CHECKING:
    from bot.conversation.engine import Conversation

log = logging.getLogger(__name__)

COGS = (
    "cogs.chat",
    "cogs.create",
    "cogs.rework",
    "cogs.arrange",
    "cogs.lyrics",
    "cogs.song",
    "cogs.motif",
    "cogs.style",
    "cogs.library",
    "cogs.feedback",
    "cogs.recommend",
    "cogs.taste",
    "cogs.help",
    "cogs.preferences",
    "cogs.listening",
    "cogs.presence",
    "cogs.privacy",
    "cogs.server",
    "cogs.session",
    "cogs.guilds",
)
#: Commands that only the asker sees the answers of: they disturb nobody in any channel.
PRIVATE = frozenset({"help", "library", "listening", "privacy", "server", "session", "settings"})
# Discord's own codes: answered twice, answered too late. Neither is news to the person.
_GONE = {40060, 10062}


class CommandTranslator(app_commands.Translator):
    """Gives Discord the Chinese names and descriptions of commands, options and choices."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """None means "no localisation": Discord then shows the English."""
        if i18n.language(locale) != "zh":
            return None
        where = app_commands.TranslationContextLocation
        if context.location in (where.command_name, where.group_name, where.parameter_name):
            return i18n.command_name(string.extras.get("named", string.message))
        return i18n.chinese().get((None, string.message))


class Tree(app_commands.CommandTree[Any]):
    """A command tree whose errors end in one sentence to the person."""

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Whether this server wants answers in this channel; if not, say where."""
        if interaction.type is discord.InteractionType.autocomplete:
            return True
        root = "" if interaction.command is None else interaction.command.qualified_name.split()[0]
        quiet = await interaction.client.elsewhere(interaction.guild_id, interaction.channel)
        if quiet is None or root in PRIVATE:
            return True
        await interaction.client.explain(interaction, quiet)
        return False

    async def on_error(self, interaction: Interaction, error: Exception) -> None:
        """Hand over to the client, which knows the person's language."""
        await interaction.client.explain(interaction, error)


class Segno(commands.AutoShardedBot):
    """The bot.

    `db` is the one database thread, `pieces` the folder of all pieces, `wake` tells the job runner
    that there is work, `now` gives UTC epoch seconds, `taste` recommends, `conversation` carries
    out what people say. Cogs add their button handlers to `actions`.
    """

    conversation: Conversation

    def __init__(
        self,
        *,
        db: DbThread,
        settings: Any,
        wake: Callable[[], None] = lambda: None,
        now: Callable[[], float] = time.time,
        **options: Any,
    ) -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_reactions = intents.dm_reactions = True
        # Not message_content: Discord sends the text of what is addressed to us without it.
        intents.guild_messages = intents.dm_messages = True
        intents.presences = settings.spotify_presence  # privileged: only where the owner asks
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=Tree,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            enable_raw_presences=settings.spotify_presence,
            max_messages=None,
            # Longer waits belong to the runner, which can keep them across a restart.
            max_ratelimit_timeout=30.0,
            **options,
        )
        self.db, self.settings, self.wake, self.now = db, settings, wake, now
        self.taste = Taste(
            db, settings.taste_dir, now, database=settings.database, holdout=settings.taste_holdout
        )
        self.actions: dict[str, Handler] = {}

    @property
    def pieces(self) -> Path:
        """The folder that holds one folder per piece."""
        return Path(self.settings.pieces_dir)

    async def setup_hook(self) -> None:
        """Load the cogs, bring old buttons back to life, and tell Discord our commands."""
        for name in COGS:
            await self.load_extension(name)
        self.add_dynamic_items(ActionButton, ActionMenu)
        await self.tree.set_translator(CommandTranslator())
        trial = self.settings.guild_id
        if trial is None:
            await self.tree.sync()
        else:
            self.tree.copy_global_to(guild=discord.Object(trial))
            await self.tree.sync(guild=discord.Object(trial))

    async def on_message(self, message: discord.Message, /) -> None:
        """Nothing: there are no prefix commands; `cogs.chat` hears what is said to us."""

    async def language(self, interaction: Interaction) -> str:
        """Tell "en" or "zh": the person's own setting, their server's, or their client's."""
        chosen = await self.chosen_language(interaction.user.id, interaction.guild_id)
        return i18n.language(interaction.locale, chosen or "auto")

    async def chosen_language(self, user_id: int, guild_id: int | None) -> str | None:
        """What a person chose, else the managers of the server they are in; None: neither did."""
        own = (await self.db.run(preferences.get, user_id)).locale
        return own if own is not None else (await self.here(guild_id)).locale

    async def here(self, guild_id: int | None) -> GuildSettings:
        """What the managers of a server decided; in direct messages nobody did."""
        if guild_id is None:
            return GuildSettings(0)
        return await self.db.run(guild_settings.get, guild_id)

    async def elsewhere(self, guild_id: int | None, channel: object) -> Refusal | None:
        """A sentence naming the channels where a server wants us, when this is none of them."""
        chosen = await self.here(guild_id)
        if chosen.answers_in(getattr(channel, "id", None), getattr(channel, "parent_id", None)):
            return None
        wanted = " ".join(f"<#{id}>" for id in chosen.channels[:5])
        return Refusal("Here I stay quiet; this server wants me in {channels}.", channels=wanted)

    def told(self, error: Exception, locale: str) -> str:
        """What went wrong, in one sentence; what we did not foresee gets a number for the log."""
        if isinstance(error, Refusal):
            return wording.refusal(error.template, error.values, locale)
        number = secrets.token_hex(3)
        log.error("error %s", number, exc_info=error)
        return translate(
            "Something went wrong on my side. Please try again; if it happens again, tell the "
            "owner of this bot the number {number}.",
            locale,
            number=number,
        )

    async def explain(self, interaction: Interaction, error: Exception) -> None:
        """Say in one sentence, to this person only, what went wrong."""
        cause = getattr(error, "original", error)
        if isinstance(cause, discord.HTTPException) and cause.code in _GONE:
            return
        locale = i18n.language(interaction.locale)
        try:
            locale = await self.language(interaction)
        except Exception:
            log.exception("no settings for the answer to an error")
        text = self.told(cause, locale)
        try:
            if interaction.response.is_done():
                await interaction.followup.send(text[:2000], ephemeral=True)
            else:
                await interaction.response.send_message(text[:2000], ephemeral=True)
        except discord.HTTPException as unsent:
            log.warning("could not explain an error: %s", unsent)
