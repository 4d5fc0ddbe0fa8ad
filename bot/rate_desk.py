"""`/rate`: stars for a piece, and a comment that becomes tags the moment it is written.

In: a piece, stars and words. Out: deeds of the person, with their consent to "reactions". A comment
is reduced to what it says of the piece; its text is kept only if they say so. Somebody who has not
agreed yet is asked first: their stars wait in the button, their comment is not kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlite_utils import Database

from bot import consent_ui, rating, shelf
from bot.client import Segno
from bot.i18n import translate
from bot.ui import Interaction
from bot.wording import quoted
from models.errors import Refusal
from storage import consent, deeds, items
from storage.db import write
from storage.pieces import Piece


async def rate(
    client: Segno,
    interaction: Interaction,
    piece_id: str,
    stars: int,
    comment: str | None,
    keep_text: bool,
) -> None:
    """Take a rating.

    Raises
    ------
    Refusal
        When there is no such piece here.
    """
    piece = await shelf.visible(client, interaction, piece_id)
    locale = await client.language(interaction)
    user_id = interaction.user.id
    if not await client.db.run(consent_ui.agreed, user_id, interaction.guild_id):
        lead = translate("Your {stars} stars for “{title}” wait for your answer.", locale,
                         stars=stars, title=quoted(piece.title, 60))  # fmt: skip
        if comment:
            lead += " " + translate("Your comment is not kept; send it again afterwards.", locale)
        then = f"rated.{piece.id}.{stars}"
        await consent_ui.ask(client, interaction, then, styles=False, lead=lead)
        return
    text = await _stored(client, interaction, piece, stars, locale)
    if comment and comment.strip():
        text += "\n" + await _commented(client, interaction, piece, comment, keep_text, locale)
    await interaction.response.send_message(text, ephemeral=True)


async def rated(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Store the stars that waited for consent."""
    piece_id, _dot, stars = key.rpartition(".")
    piece = await shelf.visible(client, interaction, piece_id)
    locale = await client.language(interaction)
    text = await _stored(client, interaction, piece, int(stars), locale)
    await consent_ui.answer(interaction, text)


async def _stored(
    client: Segno, interaction: Interaction, piece: Piece, stars: int, locale: str
) -> str:
    user_id, guild_id = interaction.user.id, interaction.guild_id
    if not await rating.stars(client, user_id, guild_id, piece, stars):
        raise Refusal(rating.PAUSED)
    shown = rating.drawn(stars)
    title = quoted(piece.title, 60)
    return translate("Rated: “{title}” {stars}", locale, title=title, stars=shown)


async def _commented(
    client: Segno,
    interaction: Interaction,
    piece: Piece,
    comment: str,
    keep_text: bool,
    locale: str,
) -> str:
    """Reduce a comment, store what it says, and say what was stored."""
    user_id, guild_id = interaction.user.id, interaction.guild_id
    said = await rating.commented(client, user_id, guild_id, piece, comment, locale)
    if keep_text:
        now = client.now()
        await client.db.run(_keep_text, user_id, guild_id, piece.id, comment, now)
        return said + " " + translate("I keep its text, as you asked.", locale)
    return said + " " + translate("Its text is not kept.", locale)


def _keep_text(
    db: Database, user_id: int, guild_id: int | None, piece_id: str, text: str, now: float
) -> None:
    """Keep a comment's words; asking for it once is what the setting means."""
    with write(db):
        chosen = consent.settings(db, user_id)
        consent.save_settings(db, replace(chosen, keep_comments=True))
        row_id = items.number(db, f"piece:{piece_id}")
        if row_id is not None:
            deeds.keep_comment(db, user_id, guild_id, row_id, text, now)
