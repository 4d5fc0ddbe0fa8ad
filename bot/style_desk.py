"""The front desk for learned styles: files become a stored job, names become styles.

In: attachments and names from the commands of `/style`. Out: a job that learns, or the style that a
name means for this person here: their own first, then one that is shared with this server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

import discord

from bot import intake, style_texts, style_words, wardrobe, wording
from bot.client import Segno
from bot.desk import Ask, place
from bot.domain import Lesson, Request
from bot.i18n import translate
from bot.suggest import LIMIT
from bot.ui import Interaction, button, view
from models.errors import Refusal
from storage import styles
from storage.styles import Style

MIXED = (
    "“{name}” was trained from files on this bot's own machine, and I may not train on files from "
    "Discord; give these ones another name, or ask whoever runs me to add them there."
)


async def learn(
    client: Segno, interaction: Interaction, name: str, sent: Sequence[intake.Sent]
) -> None:
    """Take the files in and queue the learning; a style of this name gets them added.

    Raises
    ------
    Refusal
        When the name is none, no file is music or words, it would be too much, or policy says no.
    """
    name = wardrobe.named(name)
    owner = interaction.user.id
    mine = await client.db.run(styles.of, owner)
    earlier = next((s for s in mine if s.name.casefold() == name.casefold()), None)
    train = client.settings.train_on_discord_files
    _allowed(earlier, len(sent), len(mine), train)
    files, skipped = await _take_in(client, interaction, sent)
    locale = await client.language(interaction)
    if not files:
        reasons = " ".join(wording.refusal(r.template, r.values, locale) for r in skipped)
        raise Refusal(wardrobe.NOTHING, reasons=reasons)
    lesson = Lesson(
        earlier.name if earlier else name,
        f"{owner}/{interaction.id}",
        tuple(files.values()),
        tuple(files),
        earlier.folder if earlier else None,
        train,
        discord=True,
    )
    desk = {"skipped": [{"template": r.template, "values": r.values} for r in skipped]}
    await place(interaction, Ask(Request("learn", locale=locale, lesson=lesson), desk), locale)


def _allowed(earlier: Style | None, files: int, styles_kept: int, train: bool) -> None:
    """Refuse what is too much, and what would throw a trained style away."""
    if earlier is None and styles_kept >= wardrobe.MOST_STYLES:
        raise Refusal(
            "You have {count} styles, which is the most I keep; forget one with /style forget.",
            count=styles_kept,
        )
    if earlier is not None and earlier.pieces + files > wardrobe.MOST_PIECES:
        raise Refusal(wardrobe.TOO_MANY, most=wardrobe.MOST_PIECES, count=earlier.pieces + files)
    if earlier is not None and earlier.kind != "vector" and not train:
        raise Refusal(MIXED, name=earlier.name)


async def _take_in(
    client: Segno, interaction: Interaction, sent: Sequence[intake.Sent]
) -> tuple[dict[str, str], list[Refusal]]:
    """Title and path of each file stored (fetched side by side), and why others are not."""
    owner, settings = interaction.user.id, client.settings
    home, most = settings.data_dir, settings.max_upload_kb * 1024
    fetched = await asyncio.gather(
        *(
            style_texts.take_in(one, owner, home, str(interaction.id))
            if style_texts.is_text(one.filename)
            else intake.take_in(one, owner, home, most)
            for one in sent
        ),
        return_exceptions=True,
    )
    files: dict[str, str] = {}
    skipped: list[Refusal] = []
    for one, result in zip(sent, fetched, strict=True):
        if isinstance(result, Refusal):
            skipped.append(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            title = PurePosixPath(one.filename).stem[:60]
            files[title if title not in files else f"{title} ({len(files) + 1})"] = result
    return files, skipped


async def find(client: Segno, interaction: Interaction, name: str, *, own: bool = False) -> Style:
    """The style a name (or a choice of `offers`) means for this person here.

    Raises
    ------
    Refusal
        When there is none.
    """
    wanted = name.strip()
    here = await client.db.run(styles.usable, interaction.user.id, interaction.guild_id)
    found = next((style for style in here if wanted.casefold() in _names(style)), None)
    if found is not None and (found.owner_id == interaction.user.id or not own):
        return found
    raise Refusal(
        "I know no style “{name}” of yours; /style list shows them."
        if own
        else "I know no style “{name}” here; /style list shows yours and those shared here.",
        name=wording.quoted(wanted, 40),
    )


def _names(style: Style) -> tuple[str, str]:
    return style.name.casefold(), f"#{style.id}"


async def offers(
    client: Segno, interaction: Interaction, typed: str, *, own: bool = False
) -> list[tuple[str, str]]:
    """Styles whose name holds what is typed, as (label, value)."""
    here = await client.db.run(styles.usable, interaction.user.id, interaction.guild_id)
    mine = interaction.user.id
    return [
        (s.name, s.name if s.owner_id == mine else f"#{s.id}")
        for s in here
        if typed.casefold().strip() in s.name.casefold() and (s.owner_id == mine or not own)
    ][:LIMIT]


async def listed(client: Segno, interaction: Interaction) -> None:
    """Show what this person may compose in here, the active one marked."""
    locale = await client.language(interaction)
    here = await client.db.run(styles.usable, interaction.user.id, interaction.guild_id)
    active = await client.db.run(styles.active, interaction.user.id)
    text = style_words.listed(here, active, interaction.user.id, interaction.guild_id, locale)
    await interaction.response.send_message(text, ephemeral=True)


async def use(client: Segno, interaction: Interaction, name: str) -> None:
    """Compose in a style from now on, or in none."""
    locale = await client.language(interaction)
    if name.strip().lower() in wardrobe.NONE:
        await client.db.run(styles.choose, interaction.user.id, None)
        text = translate(style_words.NOT_IN_USE, locale)
    else:
        style = await find(client, interaction, name)
        await client.db.run(styles.choose, interaction.user.id, style.id)
        text = translate(style_words.IN_USE, locale, name=style.name)
    await interaction.response.send_message(text, ephemeral=True)


async def share(client: Segno, interaction: Interaction, name: str) -> None:
    """Let everybody in this server use a style, or nobody any more."""
    locale = await client.language(interaction)
    if interaction.guild_id is None:
        raise Refusal("A style is shared with a server; ask me there.")
    style = await find(client, interaction, name, own=True)
    shared = style.shared_guild == interaction.guild_id
    await client.db.run(styles.share, style.id, None if shared else interaction.guild_id)
    text = translate(
        "“{name}” is yours alone again."
        if shared
        else "Everybody in this server can compose in “{name}” now; they see its name and never "
        "your pieces. /style share again ends that.",
        locale,
        name=style.name,
    )
    await interaction.response.send_message(text, ephemeral=True)


async def ask_to_forget(client: Segno, interaction: Interaction, name: str) -> None:
    """Ask once more before a style is deleted."""
    style = await find(client, interaction, name, own=True)
    locale = await client.language(interaction)
    text = translate("This deletes the style “{name}” and what it was learned from. "
                     "It cannot be undone.", locale, name=style.name)  # fmt: skip
    sure = button(
        translate("Forget this style", locale), "unlearn", style.id,
        style=discord.ButtonStyle.danger,
    )  # fmt: skip
    await interaction.response.send_message(text, view=view(sure), ephemeral=True)


async def forgotten(client: Segno, interaction: Interaction, key: str, _: Sequence[Any]) -> None:
    """Delete a style and its files; only its owner's press does."""
    gone = await client.db.run(styles.delete, int(key), interaction.user.id)
    if gone is None:
        raise Refusal("That style is gone already, or is not yours.")
    await asyncio.to_thread(wardrobe.remove, client.settings.data_dir, gone.folder)
    locale = await client.language(interaction)
    text = translate("The style “{name}” and its files are deleted.", locale, name=gone.name)
    await interaction.response.edit_message(content=text, view=None)
