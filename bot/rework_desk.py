"""The front desk for music that exists: a choice, a form or a command becomes a stored job.

In: a key that names the music (a piece's id, or "OWNER/FILE:title" of an upload) and what to do
with it. Out: the request, placed as any other; or the one thing that still has to be asked, as a
form or a menu of the person's own pieces.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

import discord

from bot import intake, shelf, ui, wording
from bot.agent.motif import HOW, read_motif
from bot.client import Segno
from bot.desk import Ask, place, understand
from bot.domain import Request, Rework, Use
from bot.i18n import translate
from bot.recipe import clock, key_name
from bot.rework_ask import MORE_BARS, PRESETS, heeded, wish
from bot.ui import Interaction
from models.errors import Refusal
from models.planner.brief import Brief
from models.score import Meter
from models.theory import Key
from storage import pieces
from storage.pieces import Piece

#: Music as a command names it: a file, or a piece's id.
Named = tuple[discord.Attachment | None, str | None]
OTHERS = (
    "That is the first music file of the message; it carries {count} more. For another one, save "
    "it and send it with /rework."
)
#: Seconds that ten megabytes of sound may take to arrive.
SOUND_SECONDS = 60.0
_TITLE = 18  # characters of a file's name in a custom_id, beside owner, hash and action


@dataclass(frozen=True, slots=True)
class Found:
    """Music a key named: `place` as `Rework` wants it, and the piece it is when it is ours."""

    place: str
    title: str
    piece: Piece | None = None


async def find(client: Segno, interaction: Interaction, key: str) -> Found:
    """Look up the music a key names.

    Raises
    ------
    Refusal
        When it is gone or not this person's to use.
    """
    if "/" not in key:
        piece = await shelf.visible(client, interaction, key)
        return Found(piece.folder, piece.title, piece)
    path, _, title = key.partition(":")
    return Found(intake.owned(path, interaction.user.id, client.settings.data_dir), title)


async def receive(
    client: Segno,
    interaction: Interaction,
    sent: intake.Sent,
    kinds: Collection[str] = intake.SCORES,
) -> str:
    """Store an attachment under the person who pointed at it; returns its key.

    Sound is large, so its answer is put off until it is here.

    Raises
    ------
    Refusal
        When it is not music, too large, or does not arrive.
    """
    settings = client.settings
    most = settings.max_upload_kb * 1024
    seconds = None
    sounds = intake.first_music([sent], tuple(set(kinds) & set(intake.AUDIO))) is not None
    if sounds and sent.size <= intake.MOST_AUDIO:
        await interaction.response.defer(thinking=True)
        seconds = SOUND_SECONDS
    path = await intake.take_in(sent, interaction.user.id, settings.data_dir, most, kinds, seconds)
    name = PurePosixPath(sent.filename.replace("\n", " ")).stem[:_TITLE]
    return f"{path.removeprefix(intake.UPLOADS + '/')}:{name}"


async def perform(
    client: Segno,
    interaction: Interaction,
    key: str,
    rework: Rework,
    *,
    bars: int = 0,
    brief: Brief | None = None,
    text: str = "",
) -> None:
    """Queue `rework` with the music that `key` names (none for a typed hook).

    Raises
    ------
    Refusal
        When the music is gone, or policy says not now.
    """
    locale = await client.language(interaction)
    rework = replace(rework, longest=client.settings.max_seconds)
    found = await find(client, interaction, key) if key else None
    if found is not None:
        rework = replace(rework, source=found.place, title="" if found.piece else found.title)
    piece = found.piece if found else None
    request = Request(
        "rework", brief or Brief(), text, locale, parent=piece.id if piece else None,
        bars=bars, rework=rework,
    )  # fmt: skip
    seconds = None
    if piece is not None and rework.use != "develop":
        whole = json.loads(piece.plan)["bars"]
        seconds = round(piece.seconds * (1 + bars / whole))
    await place(interaction, Ask(request, seconds=seconds), locale)


async def work(
    client: Segno,
    interaction: Interaction,
    rework: Rework,
    bars: int,
    music: Named,
    other: Named,
    seed: int | None,
) -> None:
    """`/rework`: take the files in and queue the work; without music it is the latest piece.

    Raises
    ------
    Refusal
        When a second piece is missing, a file is not music, or as `perform`.
    """
    if rework.use in ("blend", "manner"):
        if not any(other):
            raise Refusal("That takes two pieces; name the other one as well.")
        found = await find(client, interaction, await key_of(client, interaction, other))
        rework = replace(rework, reference=found.place)
    elif any(other):
        heeded(rework.use, "other")
    key = await key_of(client, interaction, music)
    await perform(client, interaction, key, rework, bars=bars, brief=Brief(seed=seed))


async def develop(
    client: Segno,
    interaction: Interaction,
    notes: str,
    file: discord.Attachment | None,
    text: str | None,
    options: Mapping[str, Any],
) -> None:
    """`/motif`: a piece from words and options in which a typed or sent hook returns.

    Raises
    ------
    Refusal
        When there is no hook, it cannot be read, or as `bot.desk.understand` and `perform`.
    """
    if not notes.strip() and file is None:
        raise Refusal(HOW)
    locale = await client.language(interaction)
    told = (text or "").strip() or any(v not in (None, "") for v in options.values())
    ask = understand(text, options, locale) if told else Ask(Request("compose"))
    brief = ask.request.brief
    if notes.strip():  # a hook that cannot be read is said at once, not by the worker
        read_motif(notes, Meter.parse(brief.meter) if brief.meter else Meter(), Key("C"))
    key = await receive(client, interaction, file) if file is not None and not notes else ""
    rework = Rework("develop", motif=notes.strip())
    await perform(client, interaction, key, rework, brief=brief, text=ask.request.text)


async def pieces_of(client: Segno, interaction: Interaction, typed: str) -> list[tuple[str, str]]:
    """Pieces this person may use that match what is typed, as (title and id, id)."""
    page = await client.db.run(
        partial(
            pieces.search,
            user_id=interaction.user.id,
            guild_id=interaction.guild_id,
            query=typed,
            limit=ui.MOST_OPTIONS,
        )
    )
    return [(f"{p.title[:80]} · {p.id}", p.id) for p in page.pieces]


async def key_of(
    client: Segno,
    interaction: Interaction,
    music: Named,
    kinds: Collection[str] = intake.SCORES,
) -> str:
    """The key of a file, else of a named piece, else of the person's latest."""
    file, piece = music
    if file is not None:
        return await receive(client, interaction, file, kinds)
    if piece:
        return shelf.as_id(piece)
    page = await client.db.run(
        partial(pieces.search, user_id=interaction.user.id, guild_id=None, limit=1)
    )
    if not page.pieces:
        raise Refusal("Tell me which music to work on: a piece of mine, or a file.")
    return page.pieces[0].id


async def choose(client: Segno, interaction: Interaction, key: str, choice: str) -> None:
    """Do what was chosen from the menu, or ask what is missing.

    Raises
    ------
    Refusal
        As `perform`; or when there is no other piece to choose.
    """
    locale = await client.language(interaction)
    if choice in PRESETS:
        bars = MORE_BARS if choice == "continue" else 0
        await perform(client, interaction, key, PRESETS[choice], bars=bars)
    elif choice in ("bars", "style"):
        await interaction.response.send_modal(ReworkModal(client, key, choice, locale))
    else:
        await _ask_other(client, interaction, key, choice, locale)


async def _ask_other(
    client: Segno, interaction: Interaction, key: str, choice: str, locale: str
) -> None:
    """Let the person choose the other piece from their own, newest first."""
    own = partial(pieces.search, user_id=interaction.user.id, guild_id=None, limit=ui.MOST_OPTIONS)
    page = await client.db.run(own)
    others = [piece for piece in page.pieces if piece.id != key]
    if not others:
        raise Refusal(
            "You have no other piece yet; make one with /compose, or give me a file with /rework."
        )
    offers = [
        (p.title or p.id, p.id, f"{p.id} · {key_name(p.key, locale)} · {clock(p.seconds)}")
        for p in others
    ]
    text = translate(
        "Blend it with which of your pieces?"
        if choice == "blend"
        else "In the manner of which of your pieces?",
        locale,
    )
    chosen = ui.menu(translate("Your pieces …", locale), "other", f"{choice}:{key}", offers)
    await interaction.response.send_message(text, view=ui.view(chosen), ephemeral=True)


async def with_other(client: Segno, interaction: Interaction, key: str, other: str) -> None:
    """Blend or imitate: `key` is "USE:KEY" of the first piece, `other` the second one's key."""
    use, _, first = key.partition(":")
    found = await find(client, interaction, other)
    uses: dict[str, Use] = {"blend": "blend", "manner": "manner"}
    await perform(client, interaction, first, Rework(uses[use], reference=found.place))


async def point_at(client: Segno, interaction: Interaction, message: discord.Message) -> None:
    """Offer the menu for the music that a message carries: a piece of ours, or a file.

    Raises
    ------
    Refusal
        When there is none, or more than one.
    """
    found = await client.db.run(pieces.by_message, message.id)
    if len(found) > 1:
        raise Refusal("That message holds several pieces; press the take you mean first.")
    sent, others = intake.first_music(message.attachments), 0
    if found:
        key, title = found[0].id, found[0].title
    elif sent is not None:
        key = await receive(client, interaction, sent)
        title = sent.filename
        others = sum(intake.first_music([a]) is not None for a in message.attachments) - 1
    else:
        raise Refusal(
            "I see no MIDI or MusicXML file in that message; choose one that carries such a file."
        )
    locale = await client.language(interaction)
    text = translate("What shall I do with “{title}”?", locale, title=wording.quoted(title, 60))
    if others:
        text += "\n" + translate(OTHERS, locale, count=others)
    shown = ui.view(ui.rework_menu(key, locale))
    await interaction.response.send_message(text, view=shown, ephemeral=True)


class ReworkModal(discord.ui.Modal):
    """The one thing that a choice leaves open: which bars, or which style and mood."""

    def __init__(self, bot: Segno, key: str, choice: str, locale: str) -> None:
        super().__init__(title=translate(ui.REWORKS[choice], locale)[:45])
        self.bot, self.key = bot, key
        field = discord.ui.TextInput[Any]
        self.fields: dict[str, discord.ui.TextInput[Any]] = {}
        rows: Sequence[tuple[str, str, str]] = (
            (("bars", translate("Bars", locale), "5-8"),)
            if choice == "bars"
            else (
                ("style", translate("Style", locale), "tango"),
                ("mood", translate("Mood", locale), "wistful"),
            )
        )
        self.use: Use = "infill" if choice == "bars" else "restyle"
        for name, label, example in rows:
            self.fields[name] = field(
                placeholder=example, required=len(rows) == 1, max_length=60, custom_id=name
            )
            self.add_item(discord.ui.Label(text=label, component=self.fields[name]))

    async def on_submit(self, interaction: Interaction) -> None:
        """Queue it."""
        given = {name: field.value.strip() for name, field in self.fields.items()}
        rework, _ = wish(self.use, **given)
        await perform(self.bot, interaction, self.key, rework)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)
