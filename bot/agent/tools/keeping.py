"""Tools about what is kept of a person: learned styles, taste, privacy.

In: what to do. Out: what is known, told; a style put on or taken off; what somebody says they like,
kept where they agreed. Everything that deletes, shares, asks for consent, compares with another
person or takes files is named by its slash command and never done here: words can be anybody's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from bot import portrait, style_words, wardrobe
from bot.agent.at import At
from bot.agent.tools.types import Names, Text
from bot.agent.values import Done, Sentence, Show
from bot.i18n import translate
from bot.rating import PAUSED
from bot.wording import quoted
from models import vocabulary
from models.errors import Refusal
from models.planner import names as spelled
from models.recommender.values import CLOSED
from models.vocabulary import Catalogue
from storage import consent, styles
from storage.styles import Style

#: What a command does that no words of a message may do.
STYLE_CHOICES: dict[str, str] = {
    "learn": "Send your MIDI or MusicXML files with /style learn and I learn a style from them.",
    "share": "/style share lets this server use one of your styles; that needs your own hand.",
    "forget": "/style forget deletes a style of yours, after asking once more.",
}
PRIVACY_CHOICES: dict[str, str] = {
    "show": "/privacy show tells you, and only you, what is stored about you.",
    "export": "/privacy export sends you a copy of everything stored about you.",
    "forget": "/privacy forget deletes what you choose, after asking once more. I never delete by "
    "being told to in a message.",
    "pause": "/privacy pause stops keeping anything about your taste, and ends that again.",
    "off": "/privacy forget ends what you agreed to and deletes what was kept by it.",
}
#: The commands behind these; "off" is part of forgetting.
_PRIVACY = {"off": "privacy forget"}
COMPARE = "Two tastes are compared by /taste compare, where both people agreed to it."
PICTURE = "Others read along here; /taste me draws your taste for you alone."
NO_TASTE = (
    "I know nothing of your taste yet. Name what you like with /taste declare, send me your "
    "listening with /listening import, or rate a piece."
)
DECLARE_FIRST = "I may not keep what you like yet; /taste declare asks you once whether I may."
NOTHING_NAMED = "Name some styles, moods or instruments that you like."
UNKNOWN = (
    "No style, mood or instrument of mine is called so: {names}. Artists and tracks are kept with "
    "/listening add."
)
REMEMBERED = "I remember that you like: {names}."
AVOIDED = "I remember that you do not care for: {names}."
WHICH_STYLE = "Say which of your styles: {names}."
NO_SUCH_STYLE = "I know no style “{name}” here; /style list shows yours and those shared here."
#: Names of one kind that one person may declare (`bot.declare_desk`).
_MOST = 12


async def style(
    at: At, act: Literal["list", "learn", "use", "stop", "share", "forget"], name: Text = ""
) -> Done:
    """The person's own learned styles: list them, compose in one from now on, or in none.

    act: list, learn, use, stop, share or forget
    name: the name of the style
    """
    if act in STYLE_CHOICES:
        return Done(((STYLE_CHOICES[act], {}),), show=Show(command=f"style {act}"))
    user_id, guild_id, locale = at.asker.user_id, at.asker.guild_id, at.asker.locale
    if act == "stop" or (act == "use" and name.strip().lower() in wardrobe.NONE):
        await at.db.run(styles.choose, user_id, None)
        return Done(((style_words.NOT_IN_USE, {}),))
    here = await at.db.run(styles.usable, user_id, guild_id)
    if act == "list":
        active = await at.db.run(styles.active, user_id)
        return Done(text=style_words.listed(here, active, user_id, guild_id, locale))
    found = _chosen([s for s in here if s.owner_id == user_id], here, name)
    await at.db.run(styles.choose, user_id, found.id)
    return Done(((style_words.IN_USE, {"name": found.name}),))


def _chosen(own: Sequence[Style], here: Sequence[Style], name: str) -> Style:
    """The style that a name means; without a name the only one that a person has.

    Raises
    ------
    Refusal
        When there is none, or several and none is named.
    """
    if name:
        found = next((s for s in here if s.name.casefold() == name.strip().casefold()), None)
        if found is None:
            raise Refusal(NO_SUCH_STYLE, name=quoted(name, 40))
        return found
    if not own:
        raise Refusal(style_words.NONE_YET)
    if len(own) > 1:
        raise Refusal(WHICH_STYLE, names=", ".join(s.name for s in own[:8]))
    return own[0]


async def taste(
    at: At,
    act: Literal["show", "compare", "declare", "server"],
    person: Text = "",
    likes: Names = (),
    dislikes: Names = (),
) -> Done:
    """The person's taste: show it, keep what they say they like, or this server's taste.

    act: show, compare, declare or server
    person: whom to compare with
    likes: styles, moods or instruments the person likes
    dislikes: those the person does not like
    """
    if act == "compare":
        return Done(((COMPARE, {}),), show=Show(command="taste compare"))
    if act == "declare":
        return await _declared(at, likes, dislikes)
    if act == "server":
        return await _server(at)
    if at.asker.guild_id is not None:
        return Done(((PICTURE, {}),), show=Show(command="taste me"))
    profile = await at.taste.profile(at.asker.user_id, 0)
    locale = at.asker.locale
    card = await asyncio.to_thread(portrait.of_person, profile, translate("you", locale), locale)
    if portrait.is_empty(card):
        raise Refusal(NO_TASTE)
    return Done(text=quoted_lines(portrait.described(card, locale)), show=Show(command="taste me"))


async def _server(at: At) -> Done:
    """What the people of a server lean to together, told only of enough of them."""
    if at.asker.guild_id is None:
        raise Refusal("A server's taste is told in that server; ask me there.")
    found = await at.taste.server(at.asker.guild_id)
    locale = at.asker.locale
    here = translate("this server", locale)
    card = await asyncio.to_thread(portrait.of_server, found, here, locale)
    if portrait.is_empty(card):
        raise Refusal("There is nothing yet that three of those who agreed here have in common.")
    return Done(text=quoted_lines(portrait.described(card, locale)))


def quoted_lines(text: str) -> str:
    """Text with other people's words in it (names of artists), its markup made harmless."""
    return "\n".join(quoted(line, 400) for line in text.splitlines())


async def _declared(at: At, likes: Sequence[str], dislikes: Sequence[str]) -> Done:
    """Keep what somebody names: likes beside those of before, dislikes as such."""
    if not likes and not dislikes:
        raise Refusal(NOTHING_NAMED)
    liked, strange = _named(likes)
    disliked, stranger = _named(dislikes)
    strange += stranger
    if not liked and not disliked:
        said = (UNKNOWN, {"names": ", ".join(quoted(name, 40) for name in strange[:5])})
        return Done((said,), show=Show(command="listening add"))
    user_id, guild_id = at.asker.user_id, at.asker.guild_id
    if await at.db.run(consent.scope, user_id, "reactions", guild_id) is None:
        if (await at.db.run(consent.settings, user_id)).paused:
            raise Refusal(PAUSED)
        return Done(((DECLARE_FIRST, {}),), show=Show(command="taste declare"))
    told: list[Sentence] = []
    if liked:
        person = await at.taste.people.get(user_id, guild_id or 0)
        before = [d.partition(":")[::2] for d in person.declared]
        every = list(dict.fromkeys([*before, *((kind, key) for kind, key, _ in liked)]))
        whole = [[key for k, key in every if k == kind][-_MOST:] for kind in CLOSED]
        await at.taste.declare(user_id, guild_id or 0, *whole)
        told.append((REMEMBERED, {"names": ", ".join(name for _, _, name in liked)}))
    for kind, key, name in disliked:
        await at.taste.deed(user_id, guild_id or 0, kind, key, name, "dislike")
    if disliked:
        told.append((AVOIDED, {"names": ", ".join(name for _, _, name in disliked)}))
    if strange:
        told.append((UNKNOWN, {"names": ", ".join(quoted(name, 40) for name in strange[:5])}))
    return Done(tuple(told))


def _named(texts: Sequence[str]) -> tuple[list[tuple[Any, str, str]], list[str]]:
    """(kind, id, English name) of what is in the vocabulary, and the names that are not."""
    found, strange = [], []
    for text in texts:
        entry = _entry(text)
        if entry is None:
            strange.append(text)
        else:
            found.append(entry)
    return found, strange


def _entry(text: str) -> tuple[Any, str, str] | None:
    """Kind, id and English name of a style, mood or instrument; None for what is none."""
    words = vocabulary.load()
    catalogues: tuple[Catalogue[Any], ...] = (words.styles, words.moods, words.instruments)
    for exact in (True, False):
        for kind, catalogue in zip(CLOSED, catalogues, strict=True):
            entry = catalogue.find(text) if exact else spelled.find(catalogue, text)
            if entry is not None:
                return kind, entry.id, entry.name()
    if group := words.groups.find(text):
        entry = words.instruments[next(m for m in group.members if m in words.instruments)]
        return "instrument", entry.id, entry.name()
    return None


async def privacy(at: At, act: Literal["show", "export", "forget", "pause", "off"]) -> Done:
    """What is stored about the person: which command shows, exports, pauses or forgets it.

    act: show, export, forget, pause or off
    """
    command = _PRIVACY.get(act, f"privacy {act}")
    return Done(((PRIVACY_CHOICES[act], {}),), show=Show(command=command))
