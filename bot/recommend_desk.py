"""The front desk of the recommender: a list is asked for, shown, and answered.

In: a command, or a press under a list (see `bot.recommend_ui` for what its buttons carry). Out: a
message with five suggestions and a reason for each; what people think of them goes to
`client.taste`, which keeps it only of people who agreed. Lists of one person are read back from the
impressions, so that a restart changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import discord

from bot import consent_ui, recommend_ui, wording
from bot.client import Segno
from bot.i18n import translate
from bot.recommend_ui import Asked, Line
from bot.recommend_words import EMPTY_CHOICES, NOTHING
from bot.taste import catalogue
from bot.taste.values import Listing, Mode, What, Wish
from bot.taste.writing import reasons_of_json
from bot.taste_desk import members_here
from bot.ui import Interaction, button, view
from models.errors import Refusal
from models.recommender.values import EventType, Kind, Reason
from storage import consent, impressions
from storage.impressions import Impression

OVER = "I do not keep that list any more; ask for another with /recommend."
#: What a part of a score rests on, in plain words.
PARTS_CHOICES = {
    "cf": "what you listened to, made, liked or named",
    "content": "its style and sound",
    "declared": "what you said you like",
    "popularity": "how well known it is",
    "server": "what is liked in this server",
}


async def recommend(client: Segno, interaction: Interaction, asked: Asked) -> None:
    """Answer with a fresh list; a person who agreed to nothing yet is asked first.

    Raises
    ------
    Refusal
        When there is nothing to suggest, or too few agreed to be put together.
    """
    alone = asked.what != "for-us"
    if alone and not asked.declared and not await _known(client, interaction):
        await consent_ui.ask(client, interaction, f"list.{asked.what}")
        return
    locale = await client.language(interaction)
    try:
        listing = await _listing(client, interaction, asked)
    except Refusal as refusal:
        if alone:
            raise
        # What is missing is people: everybody here can change that.
        text = wording.refusal(refusal.template, refusal.values, locale)
        shown = recommend_ui.public_view(asked, "", (), locale)
        await _answer(interaction, text, shown, ephemeral=False)
        return
    lines = recommend_ui.lines_of(listing)
    if not lines:
        raise Refusal(EMPTY_CHOICES.get(asked.what, NOTHING))
    if alone and not listing.logged:
        text = recommend_ui.said(
            asked, lines, locale, listing.notes, f"-# {translate(recommend_ui.NOT_KEPT, locale)}"
        )
        shown = recommend_ui.unkept_view(asked, lines, lines[0].value, locale)
    elif alone:
        text = recommend_ui.said(asked, lines, locale, listing.notes)
        shown = recommend_ui.view(asked, listing.list_id, lines, lines[0], locale)
    else:
        tail = await _for_whom(listing, locale)
        text = recommend_ui.said(asked, lines, locale, listing.notes, tail)
        list_id = listing.list_id if listing.logged else ""
        shown = recommend_ui.public_view(asked, list_id, lines, locale)
    await _answer(interaction, text, shown, ephemeral=alone)


async def _known(client: Segno, interaction: Interaction) -> bool:
    """Whether this person has agreed to anything at all."""
    return bool(await client.db.run(consent.of, interaction.user.id))


async def _listing(client: Segno, interaction: Interaction, asked: Asked) -> Listing:
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    members = asked.member_ids
    if asked.what == "for-us" and not members:
        members = await members_here(client, guild_id, user_id)
    wish = Wish(
        user_id,
        guild_id,
        asked.what,
        member_ids=members,
        mode=asked.mode,
        seed=interaction.id % 2**32,
        locale=await client.language(interaction),
        declared=asked.declared,
    )
    return await client.taste.recommend(wish)


async def _for_whom(listing: Listing, locale: str) -> str:
    people = translate(", ", locale).join(f"<@{user}>" for user in listing.people)
    return f"-# {translate('From the tastes of {people}.', locale, people=people)}"


async def _answer(
    interaction: Interaction, text: str, shown: discord.ui.View, *, ephemeral: bool
) -> None:
    """A new message for a command, else in place of the message that was pressed."""
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(content=text, view=shown)
    else:
        await interaction.response.send_message(text, view=shown, ephemeral=ephemeral)


async def for_us(
    client: Segno, interaction: Interaction, members: Sequence[discord.abc.User], mode: Mode
) -> None:
    """Suggestions for several people: those named, else those who agreed and were here lately."""
    if interaction.guild_id is None:
        raise Refusal("Tastes are put together in a server; ask me there.")
    named = tuple(dict.fromkeys((interaction.user.id, *(m.id for m in members if not m.bot))))
    chosen = named if members else ()
    await recommend(client, interaction, Asked("for-us", mode, chosen))


async def listed(client: Segno, interaction: Interaction, key: str, values: Sequence[str]) -> None:
    """The first-time form was answered; `values` are styles that were not kept."""
    asked = Asked(cast("What", key), declared=tuple(values))
    if not values and not await _known(client, interaction):
        raise Refusal(
            "Then I have nothing to go by. Choose up to three styles above, or let me remember."
        )
    await recommend(client, interaction, asked)


async def may_i(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Ask once more whether something may be kept; what follows stands in the key."""
    await consent_ui.ask(client, interaction, key)


async def another(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Another list in place of the one that is shown."""
    asked = Asked.of(key)
    if asked.member_ids and interaction.user.id not in asked.member_ids:
        raise Refusal("Only those this list is for can have another; ask with /recommend for-us.")
    await recommend(client, interaction, asked)


async def _kept(client: Segno, list_id: str, locale: str) -> dict[int, tuple[Line, Impression]]:
    """The places of a kept list, as they are now.

    Raises
    ------
    Refusal
        When nothing of it is left.
    """
    rows = await client.db.run(impressions.list_, list_id)
    if not rows:
        raise Refusal(OVER)
    return {row.place: (_line(row, locale), row) for row in rows}


def _line(row: Impression, locale: str) -> Line:
    """One place of a kept list; names of our own are in the person's language."""
    kind = cast("Kind", row.kind)
    ours = catalogue.item(kind, row.key, locale)
    return Line(
        kind, row.key, ours.title if ours else row.title, row.artist,
        reasons_of_json(row.reason)[0], row.wildcard, row.place, row.outcome or "",
    )  # fmt: skip


async def kept_view(client: Segno, list_id: str, locale: str) -> discord.ui.View | None:
    """The buttons of a kept list, with its first place chosen; None where nothing of it is kept."""
    try:
        kept = await _kept(client, list_id, locale)
    except Refusal:
        return None
    lines = [line for line, _row in kept.values()]
    return recommend_ui.view(Asked(lines[0].kind), list_id, lines, lines[0], locale)


async def placed(client: Segno, interaction: Interaction, key: str, values: Sequence[str]) -> None:
    """Another place of a kept list was chosen."""
    await _show(client, interaction, key, int(values[0]))


async def _show(client: Segno, interaction: Interaction, list_id: str, place: int) -> None:
    """The list as it is now, in the message that was pressed."""
    locale = await client.language(interaction)
    kept = await _kept(client, list_id, locale)
    lines = [line for line, _row in kept.values()]
    chosen = next((line for line in lines if line.place == place), lines[0])
    asked = Asked(lines[0].kind)
    text = recommend_ui.said(asked, lines, locale)
    shown = recommend_ui.view(asked, list_id, lines, chosen, locale)
    await interaction.response.edit_message(content=text, view=shown)


async def chosen(client: Segno, interaction: Interaction, key: str, values: Sequence[str]) -> None:
    """Another place of a list that is not kept was chosen."""
    locale = await client.language(interaction)
    asked = Asked.of(key)
    assert interaction.message is not None  # noqa: S101 - a menu stands in a message
    lines = recommend_ui.menu_lines(asked, interaction.message)
    await interaction.response.edit_message(
        view=recommend_ui.unkept_view(asked, lines, values[0], locale)
    )


async def card(client: Segno, interaction: Interaction, key: str, values: Sequence[str]) -> None:
    """One place of a public list, for the person who chose it only."""
    locale = await client.language(interaction)
    _list, line, _row = await pick(client, f"{key}.{values[0]}", locale)
    text = f"{line.named}\n-# {recommend_ui.told(line.reason, locale)}"
    shown = recommend_ui.card_view(key, line, locale)
    await interaction.response.send_message(text, view=shown, ephemeral=True)


async def pick(client: Segno, key: str, locale: str = "en") -> tuple[str, Line, Impression]:
    """(list, line, row) of a key "LIST.PLACE".

    Raises
    ------
    Refusal
        When the list, or this place of it, is not kept any more.
    """
    list_id, _dot, place = key.rpartition(".")
    kept = await _kept(client, list_id, locale)
    if int(place) not in kept:
        raise Refusal(OVER)
    return list_id, *kept[int(place)]


async def judge(
    client: Segno, type: EventType, interaction: Interaction, key: str, _: Sequence[str]
) -> None:
    """Like it, not this, never again: keep it and show that it was heard."""
    locale = await client.language(interaction)
    list_id, line, _row = await pick(client, key, locale)
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    if not await client.taste.react(user_id, guild_id, list_id, line.place, type):
        if await client.db.run(consent_ui.agreed, user_id, interaction.guild_id):
            raise Refusal(OVER)  # the item itself is gone
        await consent_ui.ask(client, interaction, f"{type}.{key}", styles=False)
        return
    if _is_list(interaction.message):
        await _show(client, interaction, list_id, line.place)
    else:
        text = f"{line.named} {recommend_ui.MARKS[type]}"
        shown = recommend_ui.card_view(list_id, line, locale)
        await interaction.response.edit_message(content=text, view=shown)
    if type == "never":
        await _never(interaction, key, line, locale)


def _is_list(message: discord.Message | None) -> bool:
    rows = message.components if message is not None else []
    ids = [
        str(getattr(child, "custom_id", ""))
        for row in rows
        if isinstance(row, discord.ActionRow)
        for child in row.children
    ]
    return any(found.startswith("segno-menu:place:") for found in ids)


async def _never(interaction: Interaction, key: str, line: Line, locale: str) -> None:
    text = translate("I will never suggest {name} to you again.", locale, name=line.named)
    back = view(button(translate("Undo", locale), "unnever", key, emoji="↩️"))
    await interaction.followup.send(text, view=back, ephemeral=True)


async def un_never(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """Take a "never again" back."""
    locale = await client.language(interaction)
    _list, line, row = await pick(client, key, locale)
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    await client.taste.undo(user_id, guild_id, line.kind, line.key, "never")
    if row.user_id == user_id:
        await client.db.run(impressions.outcome, row.id, None)
    text = translate("Taken back: I may suggest {name} again.", locale, name=line.named)
    await interaction.response.edit_message(content=text, view=None)


async def why(client: Segno, interaction: Interaction, key: str, _: Sequence[str]) -> None:
    """All that speaks for a place, and how it was weighed, to the person who asked only."""
    locale = await client.language(interaction)
    list_id, line, row = await pick(client, key, locale)
    user_id, guild_id = interaction.user.id, interaction.guild_id or 0
    reasons = await client.taste.why(user_id, guild_id, list_id, line.place)
    text = explained(line, reasons, row.parts, locale)
    await interaction.response.send_message(text, ephemeral=True)


def explained(
    line: Line, reasons: Sequence[Reason], parts: Mapping[str, float], locale: str
) -> str:
    """Every reason on a line of its own, and the parts of the score in words."""
    found = [recommend_ui.told(reason, locale) for reason in reasons or (line.reason,)]
    lines = [line.named, *(f"- {text}" for text in dict.fromkeys(found))]
    weighed = [
        _weighed(PARTS_CHOICES[name], value, locale)
        for name, value in parts.items()
        if name in PARTS_CHOICES
    ]
    if weighed:
        lines += [translate("How it was weighed:", locale), *weighed]
    return "\n".join(lines)[: wording.MESSAGE]


def _weighed(part: str, value: float, locale: str) -> str:
    colon = "：" if locale == "zh" else ": "
    return f"- {translate(part, locale)}{colon}{_strength(value, locale)}"


def _strength(value: float, locale: str) -> str:
    """A part of a score (standard deviations from the mean of all items) in words."""
    if value >= 1.5:
        return translate("speaks strongly for it", locale)
    if value >= 0.3:
        return translate("speaks for it", locale)
    if value > -0.3:
        return translate("says little", locale)
    return translate("speaks against it", locale)
