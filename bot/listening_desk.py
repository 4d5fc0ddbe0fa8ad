"""The front desk for listening: exports sent in, tracks named by hand, and what may be kept of it.

In: interactions of `/listening`. Out: a stored job that counts an export, rows by hand, or consent
given and taken back; every answer is seen by its asker only. Buttons outlive a restart:

    segno:hears:SOURCE|SCOPE|SWITCH   consent to "listening" or "presence"; SCOPE is h (here) or e
    segno:hearsoff:SOURCE|NUMBER      the same off, after asking once more; NUMBER is the scope's
    segno:unhear:SERVICE              forget what came from a service ("" for all of it)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import discord
from sqlite_utils import Database

from bot import intake, upkeep
from bot.client import Segno
from bot.desk import Ask, place
from bot.domain import Import, Request
from bot.i18n import translate
from bot.rating import PAUSED
from bot.taste import importing, imports
from bot.ui import Interaction, button, view
from bot.wording import quoted
from models.errors import Refusal
from models.listening.aggregate import DAY, Track
from models.recommender import tree
from models.recommender.names import artist_key, clean, track_key
from storage import consent, items, listens
from storage.db import write
from storage.removal import Removed

Scope = Literal["server", "everywhere"]
#: Naming something by hand says as much as saving it (`confidence.toml`).
PLAYS = 4.0
_OFFERED = 25
_LONGEST = 100  # characters of a choice

LISTENING_PAUSED = "You have paused your listening, so I keep nothing; /listening resume ends that."
NOT_HERE = "In a direct message there is no server to keep it for; choose “everywhere”."
ALREADY_EVERYWHERE = (
    "You let me keep what you listen to everywhere, so it would count there too. Switch that off "
    "with /listening status first."
)
ASK = (
    "**May I remember what you listen to?** If you agree I keep what you add or import by track "
    "and day, on this bot's own machine and for recommendations only. Then say it again."
)
#: Where listening came from, as people know it.
FROM_CHOICES = {
    "spotify": "Spotify export",
    "listenbrainz": "ListenBrainz export",
    "lastfm": "Last.fm history",
    "apple": "Apple Music export",
    listens.HAND: "added by hand",
    listens.PRESENCE: "what Discord showed you playing",
}
_NOW = "now playing"  # how `listens.counts` calls single plays
_SWITCHES: Mapping[tuple[str, str], str] = {
    ("listening", "h"): "What I send, in this server",
    ("listening", "e"): "What I send, everywhere",
    ("presence", "h"): "What Discord shows, in this server",
    ("presence", "e"): "What Discord shows, everywhere",
}


# --- sent in -------------------------------------------------------------------------------------


async def take_in(client: Segno, interaction: Interaction, sent: intake.Sent, scope: Scope) -> None:
    """Store an export and queue its counting; the choice of scope is the person's agreement.

    Raises
    ------
    Refusal
        When listening is paused, the scope is not to be had here, or the file is none.
    """
    user_id, everywhere = interaction.user.id, scope == "everywhere"
    guild_id = consent.EVERYWHERE if everywhere else await _server(client, interaction)
    await _not_paused(client, user_id)
    locale = await client.language(interaction)
    settings = client.settings
    if not interaction.response.is_done():  # large files take longer than Discord waits
        await interaction.response.defer(ephemeral=True, thinking=True)
    source = await importing.take_in(
        sent, user_id, settings.data_dir, settings.max_export_mb, str(interaction.id)
    )
    asked = Import(source, quoted(sent.filename, 60), everywhere, client.now())
    new = not await _agreed(client, user_id, "listening", guild_id)
    await client.db.run(consent.grant, user_id, ("listening",), guild_id, client.now())
    try:
        await place(interaction, Ask(Request("listening", locale=locale, listening=asked)), locale)
    except Refusal:
        await asyncio.to_thread(importing.discard, source, settings.data_dir)
        if new:
            await client.db.run(consent.withdraw, user_id, ("listening",), guild_id)
        raise


async def _server(client: Segno, interaction: Interaction) -> int:
    """The server to keep it for, where that is possible."""
    if interaction.guild_id is None:
        raise Refusal(NOT_HERE)
    if await _agreed(client, interaction.user.id, "listening", consent.EVERYWHERE):
        raise Refusal(ALREADY_EVERYWHERE)
    return interaction.guild_id


async def _agreed(client: Segno, user_id: int, source: str, guild_id: int) -> bool:
    given = await client.db.run(consent.of, user_id)
    return any(one.source == source and one.guild_id == guild_id for one in given)


async def _not_paused(client: Segno, user_id: int) -> None:
    settings = await client.db.run(consent.settings, user_id)
    if settings.paused:
        raise Refusal(PAUSED)
    if settings.listening_paused:
        raise Refusal(LISTENING_PAUSED)


# --- named by hand -------------------------------------------------------------------------------


async def add(
    client: Segno, interaction: Interaction, artist: str, title: str | None, genre: str | None
) -> None:
    """Keep an artist or a track, and its genre; asks for consent where there is none.

    Raises
    ------
    Refusal
        When the genre is unknown, the name is none, or listening is paused.
    """
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    await _not_paused(client, user_id)
    named, song = clean(artist), clean(title or "")
    if not named:
        raise Refusal("Tell me the artist's name, such as “Nina Simone”.")
    known = tree.load().canonical(genre) if genre else None
    if genre and known is None:
        raise Refusal(
            "I know no genre “{name}”; choose one of those offered while you type.",
            name=quoted(genre, 40),
        )
    locale = await client.language(interaction)
    if await client.db.run(consent.scope, user_id, "listening", guild_id) is None:
        shown = view(*_switches(interaction.guild_id, ("listening",), frozenset(), locale))
        await interaction.response.send_message(translate(ASK, locale), view=shown, ephemeral=True)
        return
    await client.db.run(_add, user_id, guild_id, named, song, known, client.now())
    what = f"{named} – {song}" if song else named
    text = translate("Kept: {what}.", locale, what=quoted(what, 200))
    await interaction.response.send_message(text, ephemeral=True)


def _add(
    db: Database, user_id: int, guild_id: int, artist: str, title: str, genre: str | None,
    now: float,
) -> None:  # fmt: skip
    day = int(now // DAY)
    tags = (genre,) if genre else ()
    if title:
        song = Track(track_key(artist, title), artist, title, ((day, int(PLAYS)),), tags)
        imports.store(db, user_id, guild_id, listens.HAND, [song], now)
        return
    with write(db):
        (number,) = items.ensure(db, [("artist", artist_key(artist), artist, "")])
        listens.add(db, user_id, guild_id, listens.HAND, [(number, day, PLAYS)], now)
        if genre:
            items.tag(db, number, {genre: 1.0}, user_id, guild_id, "listening")


async def offers(
    client: Segno, interaction: Interaction, kind: Literal["artist", "track"], typed: str
) -> list[str]:
    """Names of artists, or of tracks of the artist that stands beside, for autocomplete.

    Artists are found by what is listened to of theirs: most have no rows of their own.
    """
    beside = str(getattr(interaction.namespace, "artist", None) or "") if kind == "track" else ""
    find = partial(items.find, user_id=interaction.user.id, guild_id=interaction.guild_id)
    found = await client.db.run(find, "track", typed or beside, 8 * _OFFERED)
    if kind == "artist":
        own = await client.db.run(find, "artist", typed, _OFFERED)
        words = typed.strip().casefold()
        names = [row.title for row in own]
        names += [row.artist for row in found if words in row.artist.casefold()]
    else:
        wanted = artist_key(beside)
        names = [row.title for row in found if not beside or artist_key(row.artist) == wanted]
    return [name for name in dict.fromkeys(names) if len(name) <= _LONGEST][:_OFFERED]


def genres(typed: str) -> list[str]:
    """Genres that hold what was typed, those that begin so and short ones first."""
    words = " ".join(typed.casefold().split())
    found = [name for name in tree.load().parents if words in name]
    meant = tree.load().canonical(typed)
    found.sort(key=lambda name: (name != meant, not name.startswith(words), len(name), name))
    named = [meant, *found] if meant and meant not in found else found
    return named[:_OFFERED]


# --- what is kept --------------------------------------------------------------------------------


async def status(client: Segno, interaction: Interaction) -> None:
    """Show what is kept by source and scope, with a switch for each agreement."""
    text, shown = await _told(client, interaction)
    await interaction.response.send_message(text, view=shown, ephemeral=True)


async def _told(client: Segno, interaction: Interaction) -> tuple[str, discord.ui.View]:
    user_id, locale = interaction.user.id, await client.language(interaction)
    kept = await client.db.run(listens.counts, user_id)
    settings = await client.db.run(consent.settings, user_id)
    given = await client.db.run(consent.of, user_id)
    lines = [translate("**What I keep of your listening:**", locale)]
    for (guild_id, source), (days, plays) in kept.items():
        named = FROM_CHOICES[listens.PRESENCE if source == _NOW else source]
        lines.append(
            translate("• {source}, {where}: {plays} plays ({days} days of tracks)", locale,
                      source=translate(named, locale), plays=f"{plays:,.0f}", days=f"{days:,}",
                      where=_where(guild_id, interaction.guild_id, locale))
        )  # fmt: skip
    if not kept:
        lines = [translate("I keep nothing of what you listen to.", locale)]
    if settings.paused or settings.listening_paused:
        lines.append(translate(PAUSED if settings.paused else LISTENING_PAUSED, locale))
    lines.append(
        translate(
            "The buttons say what I may keep; switching one off deletes what it kept.", locale
        )
    )
    sources = ("listening", "presence") if client.settings.spotify_presence else ("listening",)
    on = frozenset((one.source, one.guild_id) for one in given)
    return "\n".join(lines), view(*_switches(interaction.guild_id, sources, on, locale))


def _where(guild_id: int, here: int | None, locale: str) -> str:
    if guild_id == consent.EVERYWHERE:
        return translate("everywhere", locale)
    return translate("in this server" if guild_id == here else "in another server", locale)


def _switches(
    guild_id: int | None,
    sources: Sequence[str],
    on: frozenset[tuple[str, int]],
    locale: str,
) -> list[discord.ui.Item[Any]]:
    """A button for each source and scope that can be had here, lit where it is agreed to."""
    found: list[discord.ui.Item[Any]] = []
    for row, source in enumerate(sources):
        for scope, number in (("h", guild_id), ("e", consent.EVERYWHERE)):
            lit = (source, number) in on
            if number is None or (scope == "h" and not lit and (source, 0) in on):
                continue  # no server here, or everywhere holds it already
            style = discord.ButtonStyle.success if lit else discord.ButtonStyle.secondary
            found.append(
                button(
                    translate(_SWITCHES[source, scope], locale), "hears",
                    f"{source}|{scope}|{'off' if lit else 'on'}",
                    emoji="✅" if lit else "⬜", style=style, row=row,
                )
            )  # fmt: skip
    return found


async def switched(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Agree, or take it back: at once where nothing was kept, else after asking once more."""
    source, scope, switch = key.split("|")
    guild_id = consent.EVERYWHERE if scope == "e" else interaction.guild_id
    if guild_id is None:
        raise Refusal(NOT_HERE)
    user_id = interaction.user.id
    if switch == "on":
        await client.db.run(consent.grant, user_id, (source,), guild_id, client.now())
    elif await _kept(client, user_id, source, guild_id):
        locale = await client.language(interaction)
        sure = button(
            translate("Switch off and delete", locale), "hearsoff", f"{source}|{guild_id}",
            style=discord.ButtonStyle.danger,
        )  # fmt: skip
        text = translate(
            "This deletes what I keep under “{what}”. It cannot be undone.",
            locale,
            what=translate(_SWITCHES[source, scope], locale),
        )
        await interaction.response.edit_message(content=text, view=view(sure))
        return
    else:
        await _drop(client, user_id, await client.db.run(consent.withdraw, user_id, (source,),
                                                         guild_id))  # fmt: skip
    text, shown = await _told(client, interaction)
    await interaction.response.edit_message(content=text, view=shown)


async def _kept(client: Segno, user_id: int, source: str, guild_id: int) -> bool:
    counts = await client.db.run(listens.counts, user_id)
    shown = (listens.PRESENCE, _NOW)
    return any(at == guild_id and (s in shown) == (source == "presence") for at, s in counts)


async def switched_off(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Take an agreement back, with what it kept."""
    source, _bar, guild_id = key.partition("|")
    user_id = interaction.user.id
    gone = await client.db.run(consent.withdraw, user_id, (source,), int(guild_id))
    await _drop(client, user_id, gone)
    text, shown = await _told(client, interaction)
    await interaction.response.edit_message(content=text, view=shown)


async def pause(client: Segno, interaction: Interaction, *, paused: bool) -> None:
    """Keep nothing more of what somebody listens to, or go on with what they agreed to."""
    user_id, locale = interaction.user.id, await client.language(interaction)
    settings = await client.db.run(consent.settings, user_id)
    await client.db.run(consent.save_settings, replace(settings, listening_paused=paused))
    text = translate(
        "Paused: I keep nothing more of what you listen to; what I have stays until "
        "/listening forget, and /listening resume ends the pause."
        if paused
        else "I keep again what you listen to, as far as you agreed; /listening status shows it.",
        locale,
    )
    await interaction.response.send_message(text, ephemeral=True)


async def ask_to_forget(client: Segno, interaction: Interaction, service: str) -> None:
    """Ask once more before listening is deleted; `service` "" means all of it."""
    locale = await client.language(interaction)
    what = translate(FROM_CHOICES[service] if service else "all of it", locale)
    text = translate(
        "This deletes what I keep of your listening ({what}), in every server and everywhere. It "
        "cannot be undone; your agreements stay.",
        locale,
        what=what,
    )
    sure = button(
        translate("Delete it", locale), "unhear", service, style=discord.ButtonStyle.danger
    )
    await interaction.response.send_message(text, view=view(sure), ephemeral=True)


async def forgotten(client: Segno, interaction: Interaction, service: str, _: Any) -> None:
    """Delete it: the presser's own, whoever they are."""
    user_id, locale = interaction.user.id, await client.language(interaction)
    gone = await client.db.run(listens.forget, user_id, service or None)
    await _drop(client, user_id, gone)
    text = translate("Done: {count} entries are deleted.", locale, count=sum(gone.rows.values()))
    await interaction.response.edit_message(content=text, view=None)


async def _drop(client: Segno, user_id: int, gone: Removed) -> None:
    """Let the recommender forget what its rows no longer say."""
    await asyncio.to_thread(upkeep.drop_models, client.settings, gone.models)
    await client.taste.forget(user_id)
