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
from pydantic import TypeAdapter

from bot import desk, intake, lyrics_ask, lyrics_desk, lyrics_ui, shelf, wording
from bot.client import Segno
from bot.desk import Ask
from bot.domain import Request, Writing
from bot.i18n import translate
from bot.lyrics_ui import Then
from bot.piece import PieceFile
from bot.ui import Interaction
from models import midi
from models.errors import Refusal
from models.lyricist.checking import check, lines_of_text
from models.lyricist.placed import grid_of
from models.lyricist.prosody import read_melody
from storage import jobs

_REQUEST = TypeAdapter(Request)


async def submit(client: Segno, interaction: Interaction, asked: Writing, *, piece_id: str) -> None:
    """Queue a person's words for a piece; where that cannot be, say why and keep them.

    Raises
    ------
    Refusal
        When the piece is gone.
    """
    piece = await shelf.visible(client, interaction, piece_id)
    locale = await client.language(interaction)
    found = await asyncio.to_thread(problems, shelf.folder(client, piece), asked, locale)
    refused = ""
    if not found:
        try:
            await lyrics_desk.perform(client, interaction, piece.id, asked)
            return
        except Refusal as no:  # too many at once, say: what was typed is worth more than that
            refused = wording.refusal(no.template, no.values, locale)
    kept = await asyncio.to_thread(keep, asked, interaction.user.id, client)
    said, shown = lyrics_ui.misfits(found, f"{kept}:{piece.id}", locale, refused)
    await interaction.response.send_message(said, view=shown, ephemeral=True)


def problems(folder: Path, asked: Writing, locale: str) -> list[str]:
    """What keeps a person's words from being sung to a piece, as sentences."""
    score, old = midi.read(folder / "piece.mid"), PieceFile.load(folder).lyrics
    language = asked.language or "en"
    same = old is not None and old.language == language
    grid = grid_of(old, score) if old and same else read_melody(score, language)
    found = check(lines_of_text(asked.text), grid)
    return [wording.refusal(p.template, p.values, locale) for p in found if not p.soft]


def keep(asked: Writing, owner_id: int, client: Segno) -> str:
    """Store what was typed under its writer; returns its place under the uploads."""
    data = json.dumps({"name": asked.name, "text": asked.text}, ensure_ascii=False).encode()
    place = f"{owner_id}/{hashlib.sha256(data).hexdigest()[:24]}.json"
    path = client.settings.data_dir / intake.UPLOADS / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return place


async def reopen(client: Segno, interaction: Interaction, key: str) -> None:
    """Show the form again with words that did not fit: kept by us, or in the job they came with.

    Raises
    ------
    Refusal
        When they are someone else's, or gone.
    """
    locale = await client.language(interaction)
    place, _, piece_id = key.partition(":")
    form: discord.ui.Modal
    if piece_id:
        path = intake.owned(place, interaction.user.id, client.settings.data_dir)
        read = partial((client.settings.data_dir / path).read_text, encoding="utf-8")
        typed = json.loads(await asyncio.to_thread(read))
        then = partial(submit, client, piece_id=piece_id)
        form = EditModal(client, typed["name"], typed["text"], locale, then)
    else:
        asked = (await _job(client, interaction, place))[0].writing or Writing("write")
        again = partial(resend, client, job_id=place)
        form = (
            EditModal(client, asked.name, asked.text, locale, again)
            if asked.act == "own"
            else lyrics_ui.WordsModal(client, asked, locale, again)
        )
    await interaction.response.send_modal(form)


async def resend(client: Segno, interaction: Interaction, asked: Writing, *, job_id: str) -> None:
    """Queue the request of a job again with other words.

    Raises
    ------
    Refusal
        When it is someone else's or gone, or policy says not now.
    """
    request, told = await _job(client, interaction, job_id)
    before = request.writing or asked
    asked = replace(asked, source=before.source, title=before.title, longest=before.longest)
    locale = await client.language(interaction)
    await desk.place(interaction, Ask(replace(request, writing=asked), told), locale)


async def _job(
    client: Segno, interaction: Interaction, job_id: str
) -> tuple[Request, dict[str, Any]]:
    """The request of a job, and what its desk remembers, for the person who asked it."""
    job = await client.db.run(jobs.get, int(job_id))
    if job is None or job.user_id != interaction.user.id:
        raise Refusal("Only the person who wrote these words can change them.")
    stored = json.loads(job.request)
    return _REQUEST.validate_python(stored), stored.pop("desk", {})


class EditModal(discord.ui.Modal):
    """Words as a person edits them: a title, and one line on each row; `then` takes them."""

    def __init__(self, bot: Segno, name: str, text: str, locale: str, then: Then) -> None:
        super().__init__(title=translate("Edit words", locale)[:45])
        self.bot, self.then = bot, then
        field = discord.ui.TextInput[Any]
        self.name = field(
            default=name[:100] or None, required=False, max_length=100, custom_id="name"
        )
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
        """Hand the words on."""
        asked = lyrics_ask.own(self.text.value)
        await self.then(interaction, replace(asked, name=" ".join(self.name.value.split())))

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)
