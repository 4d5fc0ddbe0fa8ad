"""The front desk of pictures of taste: shown to who asks, shared when they say so.

In: a command of `/taste`, or a press on "Share here". Out: a picture that only the asker sees, the
same for everybody, or what to do where there is none. Whose taste may be shown is decided anew at
every press: an agreement may have ended meanwhile. Nothing stands in the process:

    segno:portrait:me             the first-time form was answered
    segno:share:me | server | with.ID.NAME
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence

import discord

from bot import consent_ui, portrait, shelf
from bot.client import Segno
from bot.i18n import translate
from bot.render import taste_picture
from bot.render.taste_picture import Card
from bot.ui import Interaction, button, view
from bot.wording import quoted
from models.errors import Refusal
from storage import consent

BOTH_MUST_AGREE = (
    "I compare two people only where both have agreed to it, and I never say who has. Each of you "
    "can press “Count me in” here; then ask again."
)
ONLY_HERE = "-# Only you see this. It is made of what you let me keep, and not stored."
#: The share of a name that fits a button's key, with an id before it.
_NAME = 40


async def me(client: Segno, interaction: Interaction) -> None:
    """Show the asker their own taste; who agreed to nothing yet is asked first."""
    shelf.require_attachments(interaction)
    if not await client.db.run(consent.of, interaction.user.id):
        await consent_ui.ask(client, interaction, "portrait.me")
        return
    locale = await client.language(interaction)
    await _show(interaction, await _mine(client, interaction, locale), "me", locale)


async def after_form(
    client: Segno, interaction: Interaction, _: str, values: Sequence[str]
) -> None:
    """The first-time form was answered; `values` are styles that were not kept."""
    locale = await client.language(interaction)
    if values or not await client.db.run(consent.of, interaction.user.id):
        text = translate("Nothing was kept, so there is nothing to draw.", locale)
        await interaction.response.edit_message(content=text, view=None)
        return
    await _show(interaction, await _mine(client, interaction, locale), "me", locale)


async def compare(client: Segno, interaction: Interaction, other: discord.abc.User) -> None:
    """Show the asker their taste beside another's, if both agreed to that here."""
    shelf.require_attachments(interaction)
    locale = await client.language(interaction)
    if other.bot or other.id == interaction.user.id:
        raise Refusal("Choose another person to compare with; I and other bots have no taste.")
    card = await _pair(client, interaction, other.id, other.display_name, locale)
    if card is None:
        shown = view(consent_ui.count_me_in(locale))
        text = translate(BOTH_MUST_AGREE, locale)
        await interaction.response.send_message(text, view=shown, ephemeral=True)
        return
    await _show(interaction, card, f"with.{other.id}.{other.display_name[:_NAME]}", locale)


async def server(client: Segno, interaction: Interaction) -> None:
    """Show what a server's people lean to together."""
    shelf.require_attachments(interaction)
    locale = await client.language(interaction)
    await _show(interaction, await _everybody(client, interaction, locale), "server", locale)


async def shared(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Post a picture for everybody; the asker's own press, on a message only they see."""
    shelf.require_attachments(interaction)
    locale = await client.language(interaction)
    what, _dot, rest = key.partition(".")
    name = quoted(interaction.user.display_name, _NAME)
    if what == "with":
        other_id, _dot, other = rest.partition(".")
        card = await _pair(client, interaction, int(other_id), other, locale)
        if card is None:
            raise Refusal(BOTH_MUST_AGREE)
        text = translate(
            "{name} and {other}, side by side:", locale, name=name, other=quoted(other, _NAME)
        )
    elif what == "server":
        card = await _everybody(client, interaction, locale)
        text = translate("What people here lean to:", locale)
    else:
        card = await _mine(client, interaction, locale)
        text = translate("{name} shows their taste:", locale, name=name)
    await interaction.response.send_message(text, file=await _file(card, locale))


async def _mine(client: Segno, interaction: Interaction, locale: str) -> Card:
    profile = await client.taste.profile(interaction.user.id, interaction.guild_id or 0)
    card = portrait.of_person(profile, interaction.user.display_name, locale)
    if portrait.is_empty(card):
        raise Refusal(
            "I know nothing of your taste yet. Name what you like with /taste declare, send me "
            "your listening with /listening import, or rate a piece."
        )
    return card


async def _pair(
    client: Segno, interaction: Interaction, other_id: int, other: str, locale: str
) -> Card | None:
    """Two tastes; None unless both agreed to be compared here."""
    user, guild_id = interaction.user, interaction.guild_id
    if guild_id is None:
        raise Refusal("Two tastes are compared in a server where both agreed to it; ask me there.")
    if not {user.id, other_id} <= set(await client.db.run(consent.together, guild_id)):
        return None
    found = await client.taste.compare(user.id, other_id, guild_id)
    if not (found.a.vector.evidence and found.b.vector.evidence):
        raise Refusal(
            "I know too little of one of you to compare; /taste declare and /listening import help."
        )
    return portrait.of_two(found, (user.display_name, other), locale)


async def _everybody(client: Segno, interaction: Interaction, locale: str) -> Card:
    if interaction.guild_id is None:
        raise Refusal("A server's taste is told in that server; ask me there.")
    found = await client.taste.server(interaction.guild_id)
    name = interaction.guild.name if interaction.guild is not None else ""
    card = portrait.of_server(found, name or translate("this server", locale), locale)
    if portrait.is_empty(card):
        raise Refusal("There is nothing yet that three of those who agreed here have in common.")
    return card


async def _show(interaction: Interaction, card: Card, key: str, locale: str) -> None:
    """The picture for the asker alone, with the button that shares it."""
    file = await _file(card, locale)
    share = view(button(translate("Share here", locale), "share", key, emoji="📣"))
    text = translate(ONLY_HERE, locale)
    if interaction.extras.get(consent_ui.FORM):
        await interaction.response.edit_message(content=text, attachments=[file], view=share)
    else:
        await interaction.response.send_message(text, file=file, view=share, ephemeral=True)


async def _file(card: Card, locale: str) -> discord.File:
    image = await asyncio.to_thread(taste_picture.draw, card)
    described = portrait.described(card, locale)
    return discord.File(io.BytesIO(image), filename="taste.png", description=described)
