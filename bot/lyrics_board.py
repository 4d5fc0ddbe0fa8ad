"""What the buttons under words do, and what a message with words carries.

In: a press with its key, or a finished piece. Out: a stored job (`bot.lyrics_desk`), a form, a
deed, or the text, files and buttons of an answer. Words are changed by whoever asked for them
only; everybody else writes their own with /lyrics.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

import discord

from bot import (
    consent_ui,
    desk,
    intake,
    lyrics_ask,
    lyrics_desk,
    lyrics_form,
    lyrics_text,
    lyrics_ui,
    piece_deeds,
    shelf,
    ui,
    wording,
)
from bot.client import Segno
from bot.domain import Writing
from bot.i18n import translate
from bot.lyrics_form import EditModal
from bot.lyrics_ui import Words, WordsModal, words_in
from bot.rework_desk import Named, receive
from bot.ui import Interaction
from models.errors import Refusal
from storage import pieces
from storage.pieces import Piece


async def write(
    client: Segno,
    interaction: Interaction,
    asked: Writing,
    music: Named,
    words_first: bool = False,
    seed: int | None = None,
) -> None:
    """`/lyrics`: for music that is named, else for the person's latest piece, else words first.

    Raises
    ------
    Refusal
        When both are asked for, or as `bot.lyrics_desk`.
    """
    if words_first and any(music):
        raise Refusal("Words first means a melody of their own; leave out the piece and the file.")
    if not words_first and not any(music):
        words_first = not await latest(client, interaction)
    if words_first:
        await lyrics_desk.first(client, interaction, asked, None, {"seed": seed})
    else:
        await lyrics_desk.write(client, interaction, asked, music, seed)


async def latest(client: Segno, interaction: Interaction) -> bool:
    """Whether this person has a piece on the table."""
    own = partial(pieces.search, user_id=interaction.user.id, guild_id=None, limit=1)
    return bool((await client.db.run(own)).pieces)


async def ask(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Ask what the words of a piece shall be about."""
    await shelf.visible(client, interaction, key)
    await _form(client, interaction, key)


async def point_at(client: Segno, interaction: Interaction, message: discord.Message) -> None:
    """Ask what words for the music that a message carries shall be about.

    Raises
    ------
    Refusal
        When there is none, or more than one piece.
    """
    found = await client.db.run(pieces.by_message, message.id)
    if len(found) > 1:
        raise Refusal("That message holds several pieces; press the take you mean first.")
    sent = intake.first_music(message.attachments)
    if found:
        key = found[0].id
    elif sent is not None:
        key = await receive(client, interaction, sent)
    else:
        raise Refusal(
            "I see no notes in that message; choose one that carries MIDI, MusicXML or ABC."
        )
    await _form(client, interaction, key)


async def _form(client: Segno, interaction: Interaction, key: str) -> None:
    async def then(submitted: Interaction, asked: Writing) -> None:
        await lyrics_desk.perform(client, submitted, key, asked)

    locale = await client.language(interaction)
    await interaction.response.send_modal(WordsModal(client, Writing("write"), locale, then))


async def anew(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Other words for a piece, by what they were asked with."""
    await _theirs(client, interaction, key)
    await lyrics_desk.again(client, interaction, key)


async def line(client: Segno, interaction: Interaction, key: str, values: Sequence[str]) -> None:
    """One line again, or the menu of the next lines."""
    piece, words = await _theirs(client, interaction, key)
    choice = values[0]
    if not choice.startswith("from:"):
        await lyrics_desk.line_again(client, interaction, key, int(choice))
        return
    locale = await client.language(interaction)
    shown = lyrics_ui.lines_menu(piece.id, words, locale, int(choice.removeprefix("from:")))
    text = translate("Which line of “{title}”?", locale, title=wording.quoted(piece.title, 60))
    await interaction.response.send_message(text, view=ui.view(shown), ephemeral=True)


async def edit(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Show the words of a piece in a form."""
    piece, words = await _theirs(client, interaction, key)
    locale = await client.language(interaction)
    text = lyrics_text.as_form(words.stanzas)
    if len(text) > lyrics_ask.LONGEST_TEXT:
        raise Refusal(
            "These words are longer than a form of Discord takes; change one line at a time with "
            "the menu."
        )
    then = partial(lyrics_form.submit, client, piece_id=piece.id)
    form = EditModal(client, words.lyrics.title, text, locale, then)
    await interaction.response.send_modal(form)


async def redo(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Show words that did not fit in their form again."""
    await lyrics_form.reopen(client, interaction, key)


async def keep(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Save a piece with a star, as the reaction does."""
    piece = await shelf.visible(client, interaction, key)
    user_id, guild_id = interaction.user.id, interaction.guild_id
    if not await piece_deeds.record(client, user_id, guild_id, piece, "save"):
        await consent_ui.ask(client, interaction, f"keep.{piece.id}", styles=False)
        return
    locale = await client.language(interaction)
    title = wording.quoted(piece.title, 60)
    text = translate("Saved with a ⭐: “{title}”, /piece show {id}", locale,
                     title=title, id=piece.id)  # fmt: skip
    await consent_ui.answer(interaction, text)


async def sing(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Have a robot sing a piece's words."""
    piece, _words = await _theirs(client, interaction, key)
    locale = await client.language(interaction)
    await desk.place(interaction, desk.about("export", piece, locale, formats=("sung",)), locale)


async def music(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """What can be done with the music under words."""
    piece = await shelf.visible(client, interaction, key)
    locale = await client.language(interaction)
    text = translate(
        "What shall I do with “{title}”?", locale, title=wording.quoted(piece.title, 60)
    )
    shown = ui.view(ui.rework_menu(piece.id, locale), ui.players_menu(piece.id, locale))
    await interaction.response.send_message(text, view=shown, ephemeral=True)


async def _theirs(client: Segno, interaction: Interaction, key: str) -> tuple[Piece, Words]:
    """A piece with words and who may change them.

    Raises
    ------
    Refusal
        When it is someone else's, gone, or has no words.
    """
    piece = await shelf.visible(client, interaction, key)
    if piece.owner_id != interaction.user.id:
        raise Refusal(
            "Only the person who asked for these words can change them; write your own with "
            "/lyrics and the piece {id}.",
            id=piece.id,
        )
    locale = await client.language(interaction)
    words = await asyncio.to_thread(words_in, shelf.folder(client, piece), locale)
    if words is None:
        raise Refusal(lyrics_ask.NO_WORDS, title=piece.title)
    return piece, words
