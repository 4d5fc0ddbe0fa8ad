"""A person's own words on their way in: checked line by line at once, and never lost.

In: what was typed into the form of a piece's words. Out: a stored job, or what does not fit beside
a button that brings the form back with the same text. The text is kept as an upload of its writer
(`bot.intake`): a day long, theirs alone, exported and forgotten with the rest. The check reads the
piece's melody and a dictionary (`models.lyricist.checking`), no network, so that nobody waits in a
queue to hear that line 3 has a syllable too many; where there is no piece yet, a worker checks.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import discord

from bot import intake, lyrics_ask, lyrics_desk, lyrics_ui, shelf, wording
from bot.client import Segno
from bot.domain import Writing
from bot.i18n import translate
from bot.ui import Interaction
from models import midi
from models.lyricist.checking import check, lines_of_text
from models.lyricist.prosody import read_melody


async def submit(client: Segno, interaction: Interaction, key: str, name: str, text: str) -> None:
    """Queue a person's words for the music that `key` names, unless a line does not fit.

    Raises
    ------
    Refusal
        When there are no words, the music is gone, or policy says not now.
    """
    asked = replace(lyrics_ask.own(text), name=name)
    if not key:
        await lyrics_desk.first(client, interaction, asked)
        return
    if "/" not in key:
        piece = await shelf.visible(client, interaction, key)
        locale = await client.language(interaction)
        found = await asyncio.to_thread(problems, shelf.folder(client, piece), asked, locale)
        if found:
            kept = await asyncio.to_thread(keep, name, text, interaction.user.id, client)
            said, shown = lyrics_ui.misfits(found, f"{kept}:{key}", locale)
            await interaction.response.send_message(said, view=shown, ephemeral=True)
            return
    await lyrics_desk.perform(client, interaction, key, asked)


def problems(folder: Path, asked: Writing, locale: str) -> list[str]:
    """What keeps a person's words from being sung to a piece, as sentences."""
    grid = read_melody(midi.read(folder / "piece.mid"), asked.language or "en")
    found = check(lines_of_text(asked.text), grid)
    return [wording.refusal(p.template, p.values, locale) for p in found if not p.soft]


def keep(name: str, text: str, owner_id: int, client: Segno) -> str:
    """Store what was typed under its writer; returns its place under the uploads."""
    data = json.dumps({"name": name, "text": text}, ensure_ascii=False).encode()
    place = f"{owner_id}/{hashlib.sha256(data).hexdigest()[:24]}.json"
    path = client.settings.data_dir / intake.UPLOADS / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return place


async def reopen(client: Segno, interaction: Interaction, key: str) -> None:
    """Show the form again with words that did not fit: kept by us, or in a job that failed.

    Raises
    ------
    Refusal
        When they are someone else's, or gone.
    """
    locale = await client.language(interaction)
    place, _, piece_id = key.partition(":")
    if piece_id:
        path = intake.owned(place, interaction.user.id, client.settings.data_dir)
        read = partial((client.settings.data_dir / path).read_text, encoding="utf-8")
        typed = json.loads(await asyncio.to_thread(read))
        music, name, text = piece_id, typed["name"], typed["text"]
    else:
        music, asked = await lyrics_desk.refused(client, interaction, place)
        name, text = asked.name, asked.text
    form = EditModal(client, music, name, text, locale)
    await interaction.response.send_modal(form)


class EditModal(discord.ui.Modal):
    """Words as a person edits them: a title, and one line on each row."""

    def __init__(self, bot: Segno, key: str, name: str, text: str, locale: str) -> None:
        super().__init__(title=translate("Edit words", locale)[:45])
        self.bot, self.key = bot, key
        field = discord.ui.TextInput[Any]
        self.name = field(default=name[:100] or None, required=False, max_length=100,
                          custom_id="name")  # fmt: skip
        self.text = field(
            style=discord.TextStyle.paragraph, default=text or None, custom_id="text",
            max_length=lyrics_ask.LONGEST_TEXT,
        )  # fmt: skip
        for label, item in (
            (translate("Title", locale), self.name),
            (translate("One line on each row", locale), self.text),
        ):
            self.add_item(discord.ui.Label(text=label[:45], component=item))

    async def on_submit(self, interaction: Interaction) -> None:
        """Check every line; queue the words, or say what does not fit."""
        name = self.name.value.strip()
        await submit(self.bot, interaction, self.key, name, self.text.value)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)
