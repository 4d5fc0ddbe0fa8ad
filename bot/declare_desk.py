"""What somebody says they like: names typed by themselves, kept as declared.

In: lists of names of `/taste declare`, and whether a weekly letter is wanted. Out: vocabulary ids
in `client.taste`, kept only with consent; the form asks for it and carries what was typed:
`segno:declared:STYLES;MOODS;INSTRUMENTS`, each ids with commas between them, "-" for "as before".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot import consent_ui
from bot.client import Segno
from bot.i18n import translate
from bot.rating import PAUSED
from bot.ui import Interaction
from bot.wardrobe import NONE
from models import vocabulary
from models.errors import Refusal
from models.planner.names import require
from models.recommender.values import CLOSED
from models.vocabulary import Catalogue
from storage import consent

#: Names of one kind that one person may declare.
MOST = 12
_AS_BEFORE = "-"
#: What fits the form's buttons beside what is the form's own.
_ROOM = 58


async def declare(client: Segno, interaction: Interaction, typed: Sequence[str | None]) -> None:
    """Keep styles, moods and instruments as typed; None leaves a kind as it was.

    Raises
    ------
    Refusal
        When a name is unknown, or nothing was typed.
    """
    if all(text is None for text in typed):
        raise Refusal(
            "Name some styles, moods or instruments you like, with commas between them; “none” "
            "takes back what you named before."
        )
    words = vocabulary.load()
    catalogues: tuple[Catalogue[Any], ...] = (words.styles, words.moods, words.instruments)
    ids = [_ids(*pair) for pair in zip(catalogues, typed, strict=True)]
    user_id, guild_id = interaction.user.id, interaction.guild_id
    if await client.db.run(consent_ui.agreed, user_id, guild_id):
        await _keep(client, interaction, ids)
        return
    key = ";".join(_AS_BEFORE if found is None else ",".join(found) for found in ids)
    locale = await client.language(interaction)
    if len(key) <= _ROOM:
        await consent_ui.ask(client, interaction, f"declared.{key}", styles=False)
        return
    lead = translate("First say what I may keep, then name what you like again.", locale)
    await consent_ui.ask(client, interaction, styles=False, lead=lead)


async def declared(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """The form was answered with a yes: keep what was typed before it."""
    ids = [None if part == _AS_BEFORE else _known(part) for part in key.split(";")]
    await _keep(client, interaction, ids)


async def _keep(
    client: Segno, interaction: Interaction, ids: Sequence[Sequence[str] | None]
) -> None:
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    person = await client.taste.people.get(user_id, guild_id)
    whole = [
        [key for k, _, key in (d.partition(":") for d in person.declared) if k == kind]
        if found is None
        else list(found)
        for kind, found in zip(CLOSED, ids, strict=True)
    ]
    stored = await client.taste.declare(user_id, guild_id, *whole)
    if any(whole) and not stored:
        raise Refusal(PAUSED)
    locale = await client.language(interaction)
    words = vocabulary.load()
    catalogues: tuple[Catalogue[Any], ...] = (words.styles, words.moods, words.instruments)
    names = [c[id].name(locale) for c, found in zip(catalogues, whole, strict=True) for id in found]
    text = (
        translate("I remember that you like: {names}.", locale,
                  names=translate(", ", locale).join(names))
        if names
        else translate("I no longer keep anything that you named.", locale)
    )  # fmt: skip
    await consent_ui.answer(interaction, text[:2000])


def _ids(catalogue: Catalogue[Any], typed: str | None) -> list[str] | None:
    if typed is None:
        return None
    if typed.strip().lower() in NONE:
        return []
    names = [name.strip() for name in re.split("[,，、;；]", typed) if name.strip()]
    if len(names) > MOST:
        raise Refusal("Name at most {most} of a kind; what you like best says most.", most=MOST)
    return list(dict.fromkeys(require(catalogue, name).id for name in names))


def _known(part: str) -> list[str]:
    words = vocabulary.load()
    every = (words.styles, words.moods, words.instruments)
    return [id for id in part.split(",") if any(id in catalogue for catalogue in every)]


async def digest(client: Segno, interaction: Interaction, on: bool) -> None:
    """Switch the weekly letter on or off."""
    user_id = interaction.user.id
    settings = await client.db.run(consent.settings, user_id)
    if on and settings.paused:
        raise Refusal(PAUSED)
    if on != settings.digest:
        await client.db.run(consent.save_settings, replace(settings, digest=on))
    locale = await client.language(interaction)
    text = translate(
        "From now on you get five suggestions a week from me in a direct message, from what you "
        "let me keep everywhere. `/taste digest` switches them off."
        if on
        else "You get no weekly suggestions.",
        locale,
    )
    await interaction.response.send_message(text, ephemeral=True)
