"""What is stored about a person: told, handed out, taken back, paused.

In: the person's own ask. Out: a message that counts it and lists what was agreed to, with a menu
that takes an agreement back and deletes what it had stored; a zip of everything; a pause. The menu
outlives a restart: `segno-menu:takeback:`, its values are "SOURCE@SCOPE".
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import replace

import discord

from bot import export_zip, intake, upkeep, wardrobe, wording
from bot.client import Segno
from bot.i18n import translate
from bot.jobs.housekeeping import KEEP_DAYS
from bot.ui import Interaction, menu, view
from models.errors import Refusal
from storage import consent, privacy
from storage.consent import EVERYWHERE, Consent, TasteSettings
from storage.retention import IMPRESSION_DAYS

SHOW = """**What is stored, on the machine of this bot's owner and nowhere else:**
your requests and where they were asked ({jobs}), your pieces and their files ({pieces}), your \
settings ({preferences}), music files you sent me ({uploads}, each deleted a day after its last \
use), the styles I learned for you ({styles}) with the melodies and chords they came from.
Your words make your music and nothing else: no model is trained on them, nobody is sent them. \
A style is learned only from files you give to `/style learn`, for you; others use it only where \
you share it."""
TASTE = """**Of your taste:** days on which you heard a track ({listens}), single plays that \
Discord showed ({presence}), likes, ratings and the like ({deeds}), tags ({item_tags}), comments \
in your words ({comments}), suggestions I showed you ({impressions}, for {days} days)."""
TALK = """**Of our talks:** your messages to me ({conversation_turns}), what lies on the table in \
{sessions} places (`/session show`), what you meant by words I asked you about ({readings}); kept \
until {days} days after the last word, what you meant until you forget it."""
RIGHTS = """`/privacy export` gives you a copy, `/privacy pause` keeps nothing more of your taste, \
`/privacy forget` deletes all of it at once; backups follow within {days} days."""
PAUSED = "**Paused:** I keep nothing of your taste until you use `/privacy pause` again."
NOTHING_AGREED = "**You agreed to nothing,** so nothing is kept of your taste."
#: What can be agreed to, as a person knows it.
SOURCE_CHOICES = {
    "listening": "what you listen to",
    "presence": "what Discord shows you playing",
    "reactions": "what you like, rate and press",
    "pieces": "what you make and use here",
    "together": "being put together and compared with others",
}
_OF_TALK = ("conversation_turns", "sessions", "readings")
_OF_TASTE = ("listens", "presence", "deeds", "item_tags", "comments", "impressions")
#: Scopes that are listed; the menu takes every agreement back.
_MOST_SCOPES = 6


# --- what there is -------------------------------------------------------------------------------


async def show(client: Segno, interaction: Interaction) -> None:
    """Count the rows, say what they are for, and list what was agreed to."""
    text, shown = await _told(client, interaction)
    await interaction.response.send_message(text, view=shown, ephemeral=True)


async def _told(client: Segno, interaction: Interaction) -> tuple[str, discord.ui.View]:
    user_id, locale = interaction.user.id, await client.language(interaction)
    counts = await client.db.run(privacy.counts, user_id)
    uploads = await asyncio.to_thread(intake.kept, client.settings.data_dir, user_id)
    agreed = await client.db.run(consent.of, user_id)
    settings = await client.db.run(consent.settings, user_id)
    parts = [translate(SHOW, locale, **counts, uploads=len(uploads))]
    if any(counts[table] for table in _OF_TASTE):
        parts.append(translate(TASTE, locale, **counts, days=IMPRESSION_DAYS))
    if any(counts[table] for table in _OF_TALK):
        parts.append(translate(TALK, locale, **counts, days=client.settings.session_days))
    parts += [translate(RIGHTS, locale, days=KEEP_DAYS), *_wishes(settings, locale)]
    parts += _agreements(client, agreed, locale)  # last: the menu has what may be cut here
    return "\n".join(parts)[: wording.MESSAGE], _taking_back(client, agreed, locale)


def _wishes(settings: TasteSettings, locale: str) -> list[str]:
    told = [translate(PAUSED, locale)] if settings.paused else []
    if settings.listening_paused:
        told.append(translate("Your listening is paused (`/listening pause`).", locale))
    if settings.digest:
        told.append(translate("You asked for suggestions once a week.", locale))
    return told


def _agreements(client: Segno, agreed: Sequence[Consent], locale: str) -> list[str]:
    """A line for each scope: which sources, and since when the first."""
    if not agreed:
        return [translate(NOTHING_AGREED, locale)]
    lines = [translate("**You agreed to:**", locale)]
    scopes = list(dict.fromkeys(one.guild_id for one in agreed))
    for guild_id in scopes[:_MOST_SCOPES]:
        here = [one for one in agreed if one.guild_id == guild_id]
        named = [translate(SOURCE_CHOICES[one.source], locale) for one in here]
        since = min(one.since for one in here)
        lines.append(
            translate("• {where}, since {date}: {sources}", locale,
                      where=_where(client, guild_id, locale), date=f"<t:{since:.0f}:d>",
                      sources=translate(", ", locale).join(named))
        )  # fmt: skip
    return lines if len(scopes) <= _MOST_SCOPES else [*lines, "• …"]


def _where(client: Segno, guild_id: int, locale: str, quote: bool = True) -> str:
    if guild_id == EVERYWHERE:
        return translate("everywhere", locale)
    guild = client.get_guild(guild_id)
    name = guild.name if guild is not None else str(guild_id)
    name = wording.quoted(name, 40) if quote else name[:40]
    return translate("in “{name}” only", locale, name=name)


# --- taking back, pausing ------------------------------------------------------------------------


def _taking_back(client: Segno, agreed: Sequence[Consent], locale: str) -> discord.ui.View:
    if not agreed:
        return view()
    options = [
        (translate(SOURCE_CHOICES[one.source], locale), f"{one.source}@{one.guild_id}",
         _where(client, one.guild_id, locale, quote=False))
        for one in agreed
    ]  # fmt: skip
    return view(menu(translate("Take back …", locale), "takeback", "", options))


async def taken_back(
    client: Segno, interaction: Interaction, _: str, values: Sequence[str]
) -> None:
    """End an agreement and delete what it had stored; the message says what is left."""
    source, _at, scope = values[0].partition("@")
    if source not in SOURCE_CHOICES:
        raise Refusal("That agreement is over already.")
    user_id = interaction.user.id
    gone = await client.db.run(consent.withdraw, user_id, [source], int(scope))
    await asyncio.to_thread(upkeep.drop_models, client.settings, gone.models)
    await client.taste.forget(user_id)
    text, shown = await _told(client, interaction)
    locale = await client.language(interaction)
    done = translate("Taken back; {count} entries are deleted.", locale,
                     count=sum(gone.rows.values()))  # fmt: skip
    await interaction.response.edit_message(
        content=f"{done}\n{text}"[: wording.MESSAGE], view=shown
    )


async def pause(client: Segno, interaction: Interaction) -> None:
    """Keep nothing more of a person's taste, or go on keeping what they agreed to."""
    user_id, locale = interaction.user.id, await client.language(interaction)
    settings = await client.db.run(consent.settings, user_id)
    await client.db.run(consent.save_settings, replace(settings, paused=not settings.paused))
    text = translate(
        "The pause is over: I keep again what you agreed to."
        if settings.paused
        else "Paused: from now on I keep nothing of your taste, and send no weekly suggestions. "
        "What I have stays until `/privacy forget`; `/privacy pause` again ends the pause.",
        locale,
    )
    await interaction.response.send_message(text, ephemeral=True)


# --- a copy --------------------------------------------------------------------------------------


async def export(client: Segno, interaction: Interaction) -> None:
    """Send everything as a zip; what has no room is named."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    user_id, locale = interaction.user.id, await client.language(interaction)
    rows = await client.db.run(privacy.export, user_id)
    copy = await asyncio.to_thread(_packed, client, user_id, rows, interaction.filesize_limit)
    text = translate(
        "Everything stored about you: `data.json` holds every row, the folders hold your files.",
        locale,
    )
    if copy.missing:
        text += "\n" + translate(
            "{count} files have no room in what Discord takes here; `missing.txt` names them. "
            "`/piece show` and the menus under a piece give you those of pieces; or ask the owner "
            "of this bot for them.",
            locale,
            count=len(copy.missing),
        )
    file = discord.File(io.BytesIO(copy.data), filename="segno-export.zip")
    await interaction.edit_original_response(content=text, attachments=[file])


def _packed(client: Segno, user_id: int, rows: dict[str, object], limit: int) -> export_zip.Copy:
    """The zip; reads files, so on a thread."""
    settings = client.settings
    whole = rows | {
        "uploads": intake.kept(settings.data_dir, user_id),
        "style_files": wardrobe.kept(settings.data_dir, user_id),
    }
    folders = [str(folder) for folder in rows["folders"]]  # type: ignore[attr-defined]
    files = upkeep.files_of(settings, user_id, folders)
    # What they sent and what was learned from it first: it is nowhere else to be had.
    files.sort(key=lambda path: path.is_relative_to(settings.pieces_dir.resolve()))
    home = settings.data_dir.resolve()
    return export_zip.make(whole, [path.resolve() for path in files], home, limit)
