"""The first-time form: three styles one likes, and what may be kept. Nothing is stored without it.

In: a person who has agreed to nothing yet, and what they wanted to do. Out: their consents (and the
styles they chose) in the database, or neither; then what they wanted is done. The form's state
stands in its `custom_id`s, so it works after a restart:

    segno-menu:likes:THEN            three styles
    segno:agree:CHOICE|THEN|STYLES   "h" keep here, "e" keep everywhere, "n" keep nothing

THEN is "ACTION.KEY" of a handler in `client.actions`, called with the styles that were chosen but
not kept as its values; "" ends with a thank-you. A "!" before it leaves the styles out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import discord
from sqlite_utils import Database

from bot import ui
from bot.client import Segno
from bot.i18n import translate
from bot.rating import PAUSED
from bot.ui import Interaction, button, menu
from models import vocabulary
from models.errors import Refusal
from storage import consent

#: What the form asks for; "listening", "presence" and "together" are asked for by themselves.
SOURCES = ("reactions", "pieces")
MOST_STYLES = 3
#: Marks an interaction that answers the form: what follows stands in the form's place.
FORM = "form"
#: Styles to begin with: as far from each other as well known ones can be. A menu takes 25.
FIRST = (
    "pop", "mandopop", "jpop", "synthpop", "rock", "indie", "metal", "punk", "folk", "country",
    "house", "techno", "ambient", "synthwave", "lofi", "boom_bap", "trap", "rnb", "soul", "funk",
    "swing", "bossa_nova", "reggae", "classical", "cinematic",
)  # fmt: skip

WELCOME = "**What do you like?** Choose up to three styles; `/taste declare` takes any others."
WHAT_IS_KEPT = (
    "**May I remember it?** If you agree I keep what you say you like, your reactions, ratings and "
    "what you press here, and which pieces you make, save and take, on this bot's own machine and "
    "for recommendations only."
)
WHERE = (
    "**Here** counts in this server only. **Everywhere** also counts in other servers and direct "
    "messages, and in the model that learns from all who agreed."
)
WHERE_DIRECT = "It also counts in the model that learns from all who agreed."
NOT_AT_ALL = "Until you agree nothing is kept; `/privacy` shows, exports and forgets it."


def agreed(db: Database, user_id: int, guild_id: int | None, source: str = "reactions") -> bool:
    """Whether something of this source may be kept here (call it on the database's thread)."""
    return consent.scope(db, user_id, source, guild_id) is not None


async def ask(
    client: Segno,
    interaction: Interaction,
    then: str = "",
    *,
    styles: bool = True,
    lead: str = "",
) -> None:
    """Show the form to the person who asked, before `then` ("ACTION.KEY") is done.

    `lead` is a translated sentence to begin with; without `styles` only consent is asked for.

    Raises
    ------
    Refusal
        When they have paused: then it is not consent that is missing.
    """
    settings = await client.db.run(consent.settings, interaction.user.id)
    if settings.paused:
        raise Refusal(PAUSED)
    locale = await client.language(interaction)
    marked = then if styles else f"!{then}"
    text = said(interaction.guild_id, marked, locale, lead)
    shown = form(interaction.guild_id, marked, (), locale)
    await interaction.response.send_message(text, view=shown, ephemeral=True)


def said(guild_id: int | None, then: str, locale: str, lead: str = "") -> str:
    """The form's text."""
    lines = [lead] if lead else []
    if not then.startswith("!"):
        lines.append(translate(WELCOME, locale))
    where = WHERE if guild_id is not None else WHERE_DIRECT
    lines.append(" ".join((translate(WHAT_IS_KEPT, locale), translate(where, locale))))
    return "\n".join([*lines, translate(NOT_AT_ALL, locale)])


def form(guild_id: int | None, then: str, chosen: Collection[str], locale: str) -> discord.ui.View:
    """The menu of styles (unless `then` begins with "!") and what may be kept."""
    words = vocabulary.load().styles
    kept = "|".join((then, ",".join(chosen)))
    primary = discord.ButtonStyle.primary
    items: list[discord.ui.Item[Any]] = []
    if not then.startswith("!"):
        options = [(words[id].name(locale), id, "") for id in FIRST]
        placeholder = translate("Up to three styles you like …", locale)
        items.append(menu(placeholder, "likes", then, options, most=MOST_STYLES, chosen=chosen))
    if guild_id is not None:
        items.append(
            button(translate("Keep it here", locale), "agree", f"h|{kept}", style=primary, row=1)
        )
    items.append(
        button(translate("Keep it everywhere", locale), "agree", f"e|{kept}", style=primary, row=1)
    )
    no = translate("No, keep nothing" if then.startswith("!") else "Only now, keep nothing", locale)
    items.append(button(no, "agree", f"n|{kept}", row=1))
    return ui.view(*items)


async def liked(client: Segno, interaction: Interaction, then: str, values: Sequence[str]) -> None:
    """Styles were chosen: the buttons carry them from now on."""
    locale = await client.language(interaction)
    known = vocabulary.load().styles
    chosen = [value for value in values if value in known][:MOST_STYLES]
    await interaction.response.edit_message(view=form(interaction.guild_id, then, chosen, locale))


async def answered(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Keep what was agreed to, then do what the person came for."""
    choice, then, styles = key.split("|", 2)
    chosen = tuple(filter(None, styles.split(",")))
    if choice in "he":
        await _keep(client, interaction, everywhere=choice == "e")
        if chosen:
            guild_id = interaction.guild_id or 0
            await client.taste.declare(interaction.user.id, guild_id, styles=chosen)
    refused = then.startswith("!") and choice == "n"
    then = then.removeprefix("!")
    if then and not refused:
        action, _dot, rest = then.partition(".")
        interaction.extras[FORM] = True
        await client.actions[action](interaction, rest, chosen if choice == "n" else ())
        return
    locale = await client.language(interaction)
    text = translate(
        "Nothing was kept." if choice == "n" else "Thank you; I will remember it.", locale
    )
    await interaction.response.edit_message(content=text, view=None)


async def answer(interaction: Interaction, text: str) -> None:
    """Say something to the person only: in place of the form they came from, if they did."""
    if interaction.extras.get(FORM):
        await interaction.response.edit_message(content=text, view=None)
    else:
        await interaction.response.send_message(text, ephemeral=True)


async def _keep(client: Segno, interaction: Interaction, *, everywhere: bool) -> None:
    guild_id = None if everywhere else interaction.guild_id
    await client.db.run(consent.grant, interaction.user.id, SOURCES, guild_id or 0, client.now())


async def count_in(client: Segno, interaction: Interaction, _: str, __: Sequence[str]) -> None:
    """Count somebody in with others of this server ("together"), on their own press."""
    locale = await client.language(interaction)
    if interaction.guild_id is None:
        raise Refusal("Tastes are put together in a server; ask me there.")
    await client.db.run(
        consent.grant, interaction.user.id, ("together",), interaction.guild_id, client.now()
    )
    text = translate(
        "You are counted in: here your taste may be put together and compared with others'. "
        "`/privacy` ends that.",
        locale,
    )
    await interaction.response.send_message(text, ephemeral=True)


def count_me_in(locale: str) -> ui.ActionButton:
    """The button under what several people do together."""
    return button(translate("Count me in", locale), "countin", "", emoji="🙋")
