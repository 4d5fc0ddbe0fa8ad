"""The front desk for players: a band for a file, a hum or a piece, and changes to who plays what.

In: a key that names the music, as in `bot.rework_desk`, or the job that heard a recording, and what
to do. Out: the request, placed as any other; or a form for the one thing that still has to be
asked. A recording is shown as it was heard before it is arranged, unless its sender says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import discord
from pydantic import TypeAdapter

from bot import arrange_ask, intake, shelf, ui, wording
from bot.client import Segno
from bot.desk import Ask, place
from bot.domain import Act, Arrangement, Request
from bot.i18n import translate
from bot.rework_desk import Named, find, key_of, receive
from bot.ui import Interaction
from models import vocabulary
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.plan import Plan
from models.transcriber.text import LONGEST_TEXT
from storage import jobs, pieces
from storage.jobs import Job
from storage.pieces import Piece

OTHERS = (
    "That is the first music of the message; it carries {count} more. For another one, save it "
    "and send it with /arrange."
)
KINDS = (*intake.SCORES, *intake.AUDIO)
#: What a choice of the menu under a piece means when nothing more is asked.
PRESETS: Mapping[str, tuple[Act, str]] = {
    "drums": ("reroll", "drums"),
    "bass": ("reroll", "bass"),
    "chords": ("reroll", "chords"),
    "nodrums": ("mute", "drums"),
}
#: What the other choices ask in a form, by field: whether it must be filled.
ASKS: Mapping[str, Mapping[str, bool]] = {
    "part": {"part": True, "where": False},
    "add": {"instrument": True},
    "replace": {"part": True, "instrument": True},
    "mute": {"part": True, "where": False},
    "style": {"style": True},
}
_ACTS: Mapping[str, Act] = {"part": "reroll", "add": "add", "replace": "replace", "mute": "mute"}
_PLAN = TypeAdapter(Plan)
_ARRANGEMENT = TypeAdapter(Arrangement)


async def arrange(
    client: Segno,
    interaction: Interaction,
    asked: Arrangement,
    music: Named,
    like: Named,
    *,
    as_heard: bool = False,
    seed: int | None = None,
) -> None:
    """`/arrange`: take the files in and queue the work; without music it is the latest piece.

    Raises
    ------
    Refusal
        When a file is no music, or as `perform`.
    """
    if any(like):
        model = await find(client, interaction, await key_of(client, interaction, like))
        asked = replace(asked, like=model.place, like_title=model.title)
    key = await key_of(client, interaction, music, KINDS)
    if music[0] is not None:  # a key has no room for all of its name
        asked = replace(asked, title=PurePosixPath(music[0].filename).stem[:60])
    await perform(client, interaction, key, asked, as_heard=as_heard, seed=seed)


async def perform(
    client: Segno,
    interaction: Interaction,
    key: str,
    asked: Arrangement,
    *,
    as_heard: bool = False,
    seed: int | None = None,
) -> None:
    """Queue what is asked with the music that `key` names; a recording is listened to first.

    Raises
    ------
    Refusal
        When the music is gone or does not allow it, or policy says not now.
    """
    found = await find(client, interaction, key)
    asked = replace(asked, longest=client.settings.max_seconds)
    if found.piece is None:
        asked = replace(asked, source=found.place, title=asked.title or found.title)
    elif asked.act == "arrange" and asked.keep != Arrangement("arrange").keep:
        raise Refusal(arrange_ask.KEEPS_FILES)
    else:
        asked = replace(asked, source=found.piece.folder)
    hear = found.place.endswith(intake.AUDIO) and not as_heard
    await _queue(client, interaction, asked, found.piece, hear=hear, seed=seed)


async def _queue(
    client: Segno,
    interaction: Interaction,
    asked: Arrangement,
    piece: Piece | None = None,
    *,
    hear: bool = False,
    seed: int | None = None,
) -> None:
    locale = await client.language(interaction)
    request = Request(
        "hear" if hear else "arrange", Brief(seed=seed), locale=locale,
        parent=piece.id if piece else None, arrangement=asked,
    )  # fmt: skip
    seconds = round(piece.seconds) if piece else None
    await place(interaction, Ask(request, seconds=seconds), locale)


async def edit(
    client: Segno,
    interaction: Interaction,
    act: Act,
    piece: str | None,
    told: Mapping[str, str | None],
    seed: int | None = None,
) -> None:
    """`/edit`: one change to the players of a piece, by default the latest.

    Raises
    ------
    Refusal
        When something is missing or unknown, or policy says not now.
    """
    found = await find(client, interaction, await key_of(client, interaction, (None, piece)))
    if found.piece is None:
        raise Refusal(shelf.GONE)
    locale = await client.language(interaction)
    asked = arrange_ask.edit(act, plan_of(found.piece), locale=locale, **told)
    await perform(client, interaction, found.piece.id, asked, seed=seed)


def plan_of(piece: Piece) -> Plan:
    """The plan of a stored piece."""
    return _PLAN.validate_json(piece.plan)


async def choose(client: Segno, interaction: Interaction, key: str, choice: str) -> None:
    """Do what was chosen from the menu under a piece or a file, or ask what is missing.

    Raises
    ------
    Refusal
        When the music is gone, or does not have the part.
    """
    what, _, name = choice.partition(":")
    if what in ("as", "for"):
        by_style, by_ensemble = (
            Arrangement("arrange", style=name),
            Arrangement("arrange", ensemble=name),
        )
        asked = by_style if what == "as" else by_ensemble
        await _with(client, interaction, key, asked)
    elif what == "style" or (what in ASKS and "/" not in key):
        locale = await client.language(interaction)
        plan = None
        if what != "style":
            plan = plan_of(await shelf.visible(client, interaction, key))
        await interaction.response.send_modal(PlayersModal(client, key, what, plan, locale))
    elif "/" in key or key.startswith("heard:"):
        await _with(client, interaction, key, arrange_ask.arrangement(keep=what))
    else:
        act, role = PRESETS[what]
        await edit(client, interaction, act, key, {"part": role})


async def _with(client: Segno, interaction: Interaction, key: str, asked: Arrangement) -> None:
    """Arrange the music of a key: of a recording that was heard, with what was said before."""
    if not key.startswith("heard:"):
        await perform(client, interaction, key, asked)
        return
    _, before = await _heard(client, interaction, key.removeprefix("heard:"))
    if not (asked.style or asked.ensemble):
        before = replace(before, keep=asked.keep)
    elif asked.ensemble:
        before = replace(before, ensemble=asked.ensemble, instruments=())
    else:
        before = replace(before, style=asked.style)
    await _queue(client, interaction, before)


async def _heard(
    client: Segno, interaction: Interaction, job_id: str
) -> tuple[dict[str, Any], Arrangement]:
    """What a job heard, and what was asked of it.

    Raises
    ------
    Refusal
        When it is someone else's, or gone with its recording.
    """
    job: Job | None = await client.db.run(jobs.get, int(job_id))
    if job is None or job.result is None:
        raise Refusal("I do not have that file any more; please send it again.")
    if job.user_id != interaction.user.id:
        raise Refusal("Only the person who sent this recording can have it arranged.")
    asked = _ARRANGEMENT.validate_python(json.loads(job.request)["arrangement"])
    path = str(asked.source).removeprefix(f"{intake.UPLOADS}/")
    intake.owned(path, interaction.user.id, client.settings.data_dir)
    return json.loads(job.result)["heard"], asked


async def arrange_heard(client: Segno, interaction: Interaction, job_id: str) -> None:
    """Arrange a recording as it was heard.

    Raises
    ------
    Refusal
        As `_heard`, or policy says not now.
    """
    _, asked = await _heard(client, interaction, job_id)
    await _queue(client, interaction, asked)


async def ask_to_correct(client: Segno, interaction: Interaction, job_id: str) -> None:
    """Show what was heard as a form.

    Raises
    ------
    Refusal
        As `_heard`.
    """
    heard, asked = await _heard(client, interaction, job_id)
    locale = await client.language(interaction)
    await interaction.response.send_modal(HeardModal(client, heard, asked, locale))


async def undo(client: Segno, interaction: Interaction, piece_id: str) -> str:
    """The id of the piece that this one was made from.

    Raises
    ------
    Refusal
        When there is none.
    """
    piece = await shelf.visible(client, interaction, piece_id)
    if piece.parent is None:
        raise Refusal("This piece was not made from another one, so there is nothing to undo.")
    return piece.parent


async def point_at(client: Segno, interaction: Interaction, message: discord.Message) -> None:
    """Offer bands for the music that a message carries; a recording is listened to.

    Raises
    ------
    Refusal
        When there is none, or more than one piece.
    """
    found = await client.db.run(pieces.by_message, message.id)
    if len(found) > 1:
        raise Refusal("That message holds several pieces; press the take you mean first.")
    sent = intake.first_music(message.attachments, KINDS)
    locale = await client.language(interaction)
    if found:
        title, shown = found[0].title, ui.players_menu(found[0].id, locale)
    elif sent is None:
        raise Refusal(
            "I see neither notes nor sound in that message; choose one that carries MIDI, "
            "MusicXML, ABC or a recording."
        )
    else:
        key = await receive(client, interaction, sent, KINDS)
        if key.partition(":")[0].endswith(intake.AUDIO):
            await perform(client, interaction, key, Arrangement("arrange"))
            return
        title, shown = sent.filename, ui.band_menu(key, locale)
    text = translate("Who shall play “{title}”?", locale, title=wording.quoted(title, 60))
    others = sum(intake.first_music([a], KINDS) is not None for a in message.attachments) - 1
    if others > 0 and not found:
        text += "\n" + translate(OTHERS, locale, count=others)
    await interaction.response.send_message(text, view=ui.view(shown), ephemeral=True)


class PlayersModal(discord.ui.Modal):
    """What a choice leaves open: which part, which instrument, where, or which style."""

    def __init__(self, bot: Segno, key: str, choice: str, plan: Plan | None, locale: str) -> None:
        label = ui.PLAYERS[choice]
        super().__init__(title=translate(label, locale)[:45])
        self.bot, self.key, self.choice = bot, key, choice
        labels = {
            "part": translate("Which part", locale),
            "instrument": translate("Instrument", locale),
            "where": translate("Where: bars or a section (empty: everywhere)", locale),
            "style": translate("Style", locale),
        }
        self.fields: dict[str, Any] = {}
        for name, needed in ASKS[choice].items():
            self.fields[name] = _field(name, needed, plan, locale)
            self.add_item(discord.ui.Label(text=labels[name][:45], component=self.fields[name]))

    async def on_submit(self, interaction: Interaction) -> None:
        """Queue it."""
        told: dict[str, str | None] = {
            name: (field.values[0] if isinstance(field, discord.ui.Select) else field.value.strip())
            for name, field in self.fields.items()
        }
        if self.choice == "style":
            asked = arrange_ask.arrangement(style=told["style"])
            await _with(self.bot, interaction, self.key, asked)
        else:
            await edit(self.bot, interaction, _ACTS[self.choice], self.key, told)

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)


def _field(name: str, needed: bool, plan: Plan | None, locale: str) -> Any:
    """The item of a form that asks for one thing; parts are chosen from those that play."""
    if name == "part" and plan is not None:
        options = [
            discord.SelectOption(label=arrange_ask.part_name(p, locale)[:100], value=p.name[:100])
            for p in plan.parts[: ui.MOST_OPTIONS]
        ]
        return discord.ui.Select(options=options, custom_id=name, required=needed)
    example = {"instrument": "cello", "where": "5-8", "style": "bossa nova"}[name]
    if name == "where" and plan is not None:
        sections = [shown for shown, _ in arrange_ask.section_names(plan, locale)]
        example = translate(", ", locale).join(sections)[:100]
    return discord.ui.TextInput(placeholder=example, required=needed, max_length=60, custom_id=name)


class HeardModal(discord.ui.Modal):
    """What was heard in a recording, to be corrected before it is arranged."""

    def __init__(
        self, bot: Segno, heard: Mapping[str, Any], asked: Arrangement, locale: str
    ) -> None:
        super().__init__(title=translate("What I heard", locale)[:45])
        self.bot, self.asked = bot, asked
        style = vocabulary.load().styles[asked.style].name(locale) if asked.style else ""
        self.before = {
            "key": heard["key"], "tempo": f"{heard['tempo']:g}", "meter": heard["meter"],
            "notes": heard["notes"], "style": style,
        }  # fmt: skip
        labels = {
            "key": translate("Key", locale),
            "tempo": translate("Tempo (quarter notes per minute)", locale),
            "meter": translate("Meter", locale),
            "notes": translate("Notes, with | after each bar", locale),
            "style": translate("Style (empty: one that suits it)", locale),
        }
        self.fields: dict[str, discord.ui.TextInput[Any]] = {}
        for name, value in self.before.items():
            if len(value) > LONGEST_TEXT:  # more than a form takes: the notes stay as heard
                continue
            long = name == "notes"
            self.fields[name] = discord.ui.TextInput(
                default=value or None, required=False, custom_id=name,
                max_length=LONGEST_TEXT if long else 60,
                style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
            )  # fmt: skip
            self.add_item(discord.ui.Label(text=labels[name][:45], component=self.fields[name]))

    async def on_submit(self, interaction: Interaction) -> None:
        """Arrange what the person says it is."""
        told = {name: field.value for name, field in self.fields.items()}
        said = arrange_ask.correction(told, self.before)
        changed = {
            name: value
            for name in ("key", "tempo", "meter", "notes", "style")
            if (value := getattr(said, name))
        }
        await _queue(self.bot, interaction, replace(self.asked, **changed))

    async def on_error(self, interaction: Interaction, error: Exception) -> None:  # type: ignore[override]
        """One sentence, as everywhere."""
        await self.bot.explain(interaction, error)
