"""What a page of a conversation is in Discord: text, embeds, buttons, and which files it carries.

In: a `Page` of the engine. Out: a `Drawn` that `discord_front` sends. Buttons carry the turn's
number (`segno:stop:7`, `segno:option:7.1`, `segno:back:7`) and live on through a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord

from bot import shelf, thread_desk, ui, wording
from bot.agent import memory
from bot.agent.values import Session
from bot.client import Segno
from bot.conversation.telling import sentence
from bot.conversation.values import Page, Place
from bot.i18n import translate
from bot.lyrics_ui import page_of
from bot.recommend_desk import kept_view
from models.errors import Refusal
from storage import turns


@dataclass(frozen=True, slots=True)
class Drawn:
    """A message to be: `kinds` name the files it carries of each of `clips`."""

    text: str
    view: discord.ui.View | None = None
    embeds: tuple[discord.Embed, ...] = ()
    clips: tuple[Mapping[str, Any], ...] = ()
    kinds: tuple[str, ...] = ()


async def draw(client: Segno, place: Place, page: Page) -> Drawn:
    """The page as Discord shows it, in the asker's language."""
    locale = place.asker.locale
    if page.state == "working":
        stop = ui.button(translate("Cancel", locale), "stop", page.turn_id, emoji="✖️")
        return Drawn(page.text, ui.view(stop))
    if page.state == "asking":
        buttons = [
            ui.button(sentence(label, locale), "option", f"{page.turn_id}.{n}")
            for n, label in enumerate(page.show.options)
        ]
        return Drawn(page.text, ui.view(*buttons))
    drawn = await _finished(client, page, locale)
    return await _with_steps(client, place, page, drawn)


async def _finished(client: Segno, page: Page, locale: str) -> Drawn:
    text, show = page.text, page.show
    if show.listing and not show.pieces:
        return Drawn(text, await kept_view(client, show.listing, locale))
    try:
        clips = tuple(shelf.clip_of(client.pieces / piece_id) for piece_id in show.pieces)
    except Refusal as refusal:
        return Drawn(f"{text}\n{translate(refusal.template, locale)}".strip())
    if not clips:
        return Drawn(text or "…")
    if show.kinds:
        return Drawn(text, None, (), clips, show.kinds)
    if len(clips) > 1:
        told = f"{text}\n{wording.takes(clips, locale)}"
        return Drawn(told, _takes(show.pieces, locale), (), clips, ("mp3",))
    card = await asyncio.to_thread(page_of, clips[0], {}, locale)
    told, embeds = card.said([])
    return Drawn(f"{text}\n{told}".strip(), card.view, tuple(embeds), clips, card.kinds)


async def _with_steps(client: Segno, place: Place, page: Page, drawn: Drawn) -> Drawn:
    """The page with the steps that its session can take from here: back, forth, to a thread."""
    turn = await client.db.run(turns.get, page.turn_id)
    if turn is None:
        return drawn
    session = await memory.load_id(client.db, turn.session_id, client.now())
    locale, view = place.asker.locale, drawn.view or discord.ui.View(timeout=None)
    if len(drawn.clips) == 1 and not page.show.kinds:
        _add(view, *_steps(session, page.turn_id, locale))
    if await thread_desk.worth_it(client, place.asker, session):
        go = translate("Go on in a thread", locale)
        _add(view, ui.button(go, "thread", page.turn_id, emoji="🧵"))
    shown = view if view.children else None
    return Drawn(drawn.text, shown, drawn.embeds, drawn.clips, drawn.kinds)


def _takes(piece_ids: Sequence[str], locale: str) -> discord.ui.View:
    """One button for each take, which lays it on the table."""
    return ui.view(*(
        ui.button(translate("Take {number}", locale, number=n), "take", piece_id,
                  style=discord.ButtonStyle.primary)
        for n, piece_id in enumerate(piece_ids, 1)
    ))  # fmt: skip


def _steps(session: Session, turn_id: int, locale: str) -> list[ui.ActionButton]:
    """Undo and redo, where there is something to go to."""
    found = []
    if session.past:
        found.append(ui.button(translate("Undo", locale), "back", turn_id, emoji="↩️"))
    if session.future:
        found.append(ui.button(translate("Redo", locale), "forth", turn_id, emoji="↪️"))
    return found


def _add(view: discord.ui.View, *buttons: ui.ActionButton) -> None:
    """Add buttons where there is a row for them; one may always say it in words."""
    for button in buttons:
        try:
            view.add_item(button)
        except ValueError:
            return
