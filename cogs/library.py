"""`/piece show`, `/library` and the buttons that hand out or delete what exists already.

In: a piece id or a search. Out: the piece's message again, with files and buttons, or a page of the
library that only the asker sees. Page and search are in the buttons, so they outlive a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot import piece_deeds, shelf, wording
from bot.client import Segno
from bot.i18n import translate
from bot.lyrics_ui import page_of
from bot.recipe import clock, key_name
from bot.ui import Interaction, button, menu, view
from cogs.pointing import ANYWHERE, EVERYWHERE
from models import vocabulary
from models.errors import Refusal
from storage import pieces

PAGE = 8


class Library(commands.Cog):
    """Finding pieces again."""

    piece = app_commands.Group(
        name="piece",
        description="One finished piece",
        allowed_installs=EVERYWHERE,
        allowed_contexts=ANYWHERE,
    )

    def __init__(self, bot: Segno) -> None:
        self.bot = bot
        bot.actions |= {
            "pick": self.pick,
            "show": self.chosen,
            "page": self.turn,
            "midi": partial(self.hand, "mid"),
            "musicxml": partial(self.hand, "musicxml"),
            "delete": self.delete,
        }

    @piece.command(description="Show a piece again: audio, picture, files and buttons")
    @app_commands.describe(id="The piece's id, as its message and /library show it")
    async def show(self, interaction: Interaction, id: str) -> None:
        """Revive a piece's message."""
        await self.pick(interaction, id, ())

    @app_commands.command(description="Your pieces and this server's, newest first")
    @app_commands.describe(search="Words to find: title, style, mood, key, id")
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def library(self, interaction: Interaction, search: str = "") -> None:
        """Open the first page."""
        text, shown = await self._page(interaction, 0, search[:60])
        await interaction.response.send_message(text, view=shown, ephemeral=True)

    async def turn(self, interaction: Interaction, key: str, _: Sequence[str]) -> None:
        """Turn the page; the key is "number:search"."""
        number, _colon, search = key.partition(":")
        text, shown = await self._page(interaction, int(number), search)
        await interaction.response.edit_message(content=text, view=shown)

    async def chosen(self, interaction: Interaction, _: str, values: Sequence[str]) -> None:
        """Show what was chosen from a page."""
        await self.pick(interaction, values[0], ())

    async def pick(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Send a piece as a result of its own."""
        piece = await shelf.visible(self.bot, interaction, piece_id)
        shelf.require_attachments(interaction)
        locale = await self.bot.language(interaction)
        clip = shelf.clip_of(shelf.folder(self.bot, piece))
        await interaction.response.defer(thinking=True)
        page = await asyncio.to_thread(page_of, clip, {}, locale, undo=piece.parent is not None)
        files, missing = await asyncio.to_thread(
            shelf.attach, [clip], page.kinds, interaction.filesize_limit, locale
        )
        text, embeds = page.said(missing)
        sent = await interaction.edit_original_response(
            content=text, embeds=embeds, attachments=files, view=page.view
        )
        await self.bot.db.run(pieces.set_message, piece.id, sent.id)

    async def hand(
        self, kind: str, interaction: Interaction, piece_id: str, _: Sequence[str]
    ) -> None:
        """Give one file of a piece to the person who pressed."""
        piece = await shelf.visible(self.bot, interaction, piece_id)
        locale = await self.bot.language(interaction)
        clip = shelf.clip_of(shelf.folder(self.bot, piece))
        files, missing = await asyncio.to_thread(
            shelf.attach, [clip], [kind], interaction.filesize_limit, locale
        )
        if not files and not missing:
            raise Refusal(shelf.GONE)
        await interaction.response.send_message("\n".join(missing), files=files, ephemeral=True)
        await piece_deeds.used(self.bot, interaction, piece)

    async def delete(self, interaction: Interaction, piece_id: str, _: Sequence[str]) -> None:
        """Delete a piece, its files and this message; only its asker may."""
        gone = await self.bot.db.run(pieces.delete, piece_id, interaction.user.id, self.bot.now())
        if gone is None:
            raise Refusal("Only the person who asked for this piece can delete it.")
        await shelf.remove(self.bot, [gone.folder])
        await interaction.response.defer()
        await interaction.delete_original_response()

    async def _page(
        self, interaction: Interaction, number: int, search: str
    ) -> tuple[str, discord.ui.View]:
        locale = await self.bot.language(interaction)
        page = await self.bot.db.run(
            partial(
                pieces.search,
                user_id=interaction.user.id,
                guild_id=interaction.guild_id,
                query=search,
                limit=PAGE,
                offset=number * PAGE,
            )
        )
        if not page.pieces:
            if search:
                quoted = wording.quoted(search)
                return translate("Nothing matches “{words}”.", locale, words=quoted), view()
            return translate("Nothing here yet. Ask for a piece with /compose.", locale), view()
        styles = vocabulary.load().styles
        lines = [translate("Pieces: {count}", locale, count=page.total)]
        options = []
        for piece in page.pieces:
            style = styles[piece.style].name(locale) if piece.style in styles else piece.style
            about = f"{style} · {key_name(piece.key, locale)} · {clock(piece.seconds)}"
            lines.append(f"`{piece.id}` **{wording.quoted(piece.title, 60)}** · {about}")
            options.append((piece.title or piece.id, piece.id, about))
        last = (page.total - 1) // PAGE
        return "\n".join(lines), view(
            menu(translate("Show …", locale), "show", f"{number}:{search}", options),
            button("◀", "page", f"{number - 1}:{search}", disabled=number <= 0, row=1),
            button("▶", "page", f"{number + 1}:{search}", disabled=number >= last, row=1),
        )


async def setup(bot: Segno) -> None:
    """Add the cog."""
    await bot.add_cog(Library(bot))
