"""“Compose like this”: from one suggestion to a stored job, with one press.

In: a place of a list. Out: a request to compose: in that style, mood, for that instrument, over
those chords or that beat, the rest from the person's taste; a piece's own brief with a new seed; or
the style that an artist or a track is tagged with, which the answer names.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlite_utils import Database

from bot import shelf
from bot.client import Segno
from bot.desk import Ask
from bot.desk import place as desk_place
from bot.domain import Request
from bot.recommend_desk import pick
from bot.taste.values import Note
from bot.ui import Interaction
from bot.wording import quoted
from models import vocabulary
from models.errors import Refusal
from models.planner.brief import Brief
from models.planner.intake import brief_from_json
from models.recommender import materials
from models.recommender.taste import read_tag
from storage import items

NO_STYLE = (
    "I know no style of “{name}”, so I cannot compose like it. Tell me one with "
    "/compose, or name its genre with /listening add."
)
GONE = "I do not know that any more; ask for another list with /recommend."
IN_ITS_STYLE = "“{name}” is {style} to me, so this is {style}."


async def like_this(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Compose like a suggestion; `key` is LIST.PLACE, or KIND:KEY where no list is kept.

    Raises
    ------
    Refusal
        When the suggestion is gone, or an artist or track has no style that I know.
    """
    locale = await client.language(interaction)
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    kind, colon, own = key.partition(":")
    list_id, place = "", 0
    if not colon:
        list_id, line, _row = await pick(client, key, locale)
        kind, own, place = line.kind, line.key, line.place
    brief, notes = await _brief(client, interaction, kind, own)
    if kind != "piece":  # a piece's own brief says it all
        brief, notes = await _filled(client, interaction, brief, notes)
    desk: dict[str, Any] = {"options": brief.to_json()}
    desk["notes"] = [{"template": t, "values": dict(values)} for t, values in notes]
    await desk_place(interaction, Ask(Request("compose", brief=brief, locale=locale), desk), locale)
    if list_id:
        await client.taste.react(user_id, guild_id, list_id, place, "used")


async def _brief(
    client: Segno, interaction: Interaction, kind: str, key: str
) -> tuple[Brief, tuple[Note, ...]]:
    """What one suggestion says about a piece to compose."""
    if kind == "style":
        return Brief(style=key), ()
    if kind == "mood":
        return Brief(moods=(key,)), ()
    if kind == "instrument":
        return Brief(instruments=(key,)), ()
    if kind in ("progression", "loop"):
        return await asyncio.to_thread(_of_material, kind, key), ()
    if kind == "piece":
        piece = await shelf.visible(client, interaction, key)
        brief = brief_from_json(json.loads(piece.brief or "{}"))
        return replace(brief, seed=None, style=brief.style or piece.style, title=None), ()
    item = await client.db.run(_stored, f"{kind}:{key}", interaction.user.id, interaction.guild_id)
    style = await asyncio.to_thread(style_of, item.tags)
    if style is None:
        raise Refusal(NO_STYLE, name=quoted(item.title, 60))
    name = vocabulary.load().styles[style].name()
    return Brief(style=style), ((IN_ITS_STYLE, {"name": quoted(item.title, 60), "style": name}),)


def _stored(db: Database, item: str, user_id: int, guild_id: int | None) -> items.ItemRow:
    """A track or an artist with the tags that this person may see.

    Raises
    ------
    Refusal
        When it is not stored any more.
    """
    row_id = items.number(db, item)
    if row_id is None:
        raise Refusal(GONE)
    return items.get(db, [row_id], user_id, guild_id)[row_id]


def _of_material(kind: str, key: str) -> Brief:
    """The brief that comes with an authored progression or loop."""
    found = next((m for m in materials.load() if (m.item.kind, m.item.key) == (kind, key)), None)
    if found is None:
        raise Refusal(GONE)
    return found.brief if isinstance(found.brief, Brief) else brief_from_json(found.brief)


def style_of(tags: Mapping[str, float]) -> str | None:
    """The vocabulary style that weighs most among some tags; None where none is one."""
    weights: dict[str, float] = {}
    for tag, weight in tags.items():
        meant = read_tag(tag)
        if meant is not None and meant[0] == "style":
            weights[meant[1]] = weights.get(meant[1], 0.0) + weight
    return max(weights, key=lambda style: (weights[style], style)) if weights else None


async def _filled(
    client: Segno, interaction: Interaction, brief: Brief, notes: tuple[Note, ...]
) -> tuple[Brief, tuple[Note, ...]]:
    """The rest from the person's taste, as far as it is known."""
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    try:
        filled, more = await client.taste.brief_for((user_id,), guild_id, brief)
    except Refusal:  # nothing is known of them: the suggestion alone decides
        return brief, notes
    return filled, (*notes, *more)
