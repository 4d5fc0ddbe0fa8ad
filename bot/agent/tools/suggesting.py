"""Tools about taste for music: suggestions with their reasons, and opinions about pieces.

In: what to suggest, like what, for whom; stars or words for a piece. Out: a numbered list, kept
only of people who agreed; a deed, or the command that asks whether it may be kept. In a server what
is told stays general: reasons that speak of what somebody listens to are theirs alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace

from bot import rating
from bot.agent import refer
from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.meaning import answers
from bot.agent.tools.music import piece_of
from bot.agent.tools.types import Text
from bot.agent.values import Done, Sentence, Show
from bot.i18n import translate
from bot.recommend_words import EMPTY_CHOICES, NOTHING, Asked, lines_of, said
from bot.taste.values import Listing, Note, What, Wish
from bot.taste.whose import members_here
from bot.wording import quoted
from models import vocabulary
from models.errors import Refusal
from models.planner import names as spelled
from models.recommender import names
from models.recommender.values import KINDS, Kind, Reason
from storage import consent, impressions, items

_MOST = 10
#: What is tried, in order, where nobody says what kind of thing to suggest.
_ANYTHING: tuple[Kind, ...] = ("track", "artist", "style")
#: What there always is, where there is nothing of what was asked for.
_ALWAYS: tuple[Kind, ...] = ("style",)
#: Reasons that tell what somebody listens to, likes or said.
_PERSONAL = ("because", "tags", "declared", "content")
NOT_KEPT = (
    "Nothing of this is kept, so I learn nothing from it; /recommend asks what I may remember."
)
UNKNOWN = "I do not know “{name}” yet, so this list is not near to it."
FOR_YOU = "A suggestion that suits your taste."
ONLY_YOU = "Here others read along, so reasons about you stay with /recommend."
JUST_US = "I suggest for you, or for all of you in a server; ask that person to ask me."
HOW_MANY_STARS = "Say what you think of it, such as “4 stars” or “I love it”."
RATE_FIRST = "I may not keep your opinion of “{title}” yet; /rate asks you once whether I may."
RATED = "Rated: “{title}” {stars}"


async def recommend(
    at: At,
    what: Text = "",
    style: Text = "",
    mood: Text = "",
    artist: Text = "",
    work: Text = "",
    like: Text = "",
    person: Text = "",
    count: int = 5,
) -> Done:
    """Recommend music or materials: tracks, artists, styles, moods, instruments, chords, loops.

    what: what to suggest, such as artists or chord progressions
    style: near to this style
    mood: near to this mood
    artist: near to this artist
    work: near to this track
    like: near to this: it, the second one, an id, an instrument
    person: us for everybody here; empty for the one who asks
    count: how many, 1 to 10
    """
    if person and person != "us":
        raise Refusal(JUST_US)
    near, name = await _near(at, style, mood, artist, work, like)
    kinds = _kinds(what, person, artist, work)
    listing, kind = None, kinds[0]
    for kind in (*kinds, *(() if kinds[0] == "for-us" else _ALWAYS)):
        listing = await at.taste.recommend(await _wish(at, kind, near, min(max(count, 1), _MOST)))
        if listing.suggestions:
            break
    if listing is None or not listing.suggestions:
        raise Refusal(EMPTY_CHOICES.get(kinds[0], NOTHING))
    notes: list[Note] = list(listing.notes)
    if kind not in kinds:
        notes.insert(0, (EMPTY_CHOICES.get(kinds[0], NOTHING), {}))
    if name and near is None:
        notes.append((UNKNOWN, {"name": quoted(name, 60)}))
    return _told(at, listing, kind, notes)


def _kinds(what: str, person: str, artist: str, work: str) -> tuple[What, ...]:
    """The kinds to try, in order."""
    if person == "us":
        return ("for-us",)
    plain = what.strip().lower()
    known = next((kind for kind in KINDS if kind == plain), None)
    kind = known or (answers.suggested(what) if what else None)
    if kind is not None:
        return (kind,)
    if artist:
        return ("artist",)
    return ("track",) if work else _ANYTHING


async def _wish(at: At, what: What, near: str | None, count: int) -> Wish:
    asker = at.asker
    guild_id = asker.guild_id or 0
    members: tuple[int, ...] = ()
    if what == "for-us":
        if asker.guild_id is None:
            raise Refusal("Tastes are put together in a server; ask me there.")
        members = await members_here(at.taste, guild_id, asker.user_id)
    seed = zlib.crc32(f"{at.session.id}:{len(at.session.said)}:{at.text}".encode())
    return Wish(
        asker.user_id, guild_id, what, count, member_ids=members, seed=seed, locale=asker.locale,
        near=near, policy="personal" if near else None,  # who asks for its like gets its like
    )  # fmt: skip


async def _near(
    at: At, style: str, mood: str, artist: str, work: str, like: str
) -> tuple[str | None, str]:
    """What the list is to be near to ("kind:key"), and its name; None where it is not known."""
    words = vocabulary.load()
    if like:
        return await _like(at, like)
    if work:
        key = names.track_key(artist, work)
        return await _stored(at, f"track:{key}"), work
    if artist:
        stored = await _stored(at, f"artist:{names.artist_key(artist)}")
        return stored or _known(artist), artist
    if style:
        return f"style:{spelled.require(words.styles, style).id}", style
    if mood:
        return f"mood:{spelled.require(words.moods, mood).id}", mood
    return None, ""


async def _like(at: At, like: str) -> tuple[str | None, str]:
    """A piece of ours, one of the suggestions of the last list, or something of the vocabulary."""
    try:
        piece = await piece_of(at, like)
    except Refusal:
        name = refer.suggestion_of(at.session, like)
        if name is None:
            if near := _known(like):
                return near, like
            raise
    else:
        return f"piece:{piece.id}", piece.title
    rows = await at.db.run(impressions.list_, at.session.listing) if at.session.listing else []
    place = at.session.suggested.index(name)
    row = next((row for row in rows if row.place == place), None)
    if row is not None:
        return f"{row.kind}:{row.key}", name
    return _known(name) or await _stored(at, f"artist:{names.artist_key(name)}"), name


def _known(name: str) -> str | None:
    """A style, mood or instrument by its name, as "kind:id"."""
    words = vocabulary.load()
    if entry := words.styles.find(name) or words.moods.find(name) or words.instruments.find(name):
        kind = "style" if entry.id in words.styles else "mood" if entry.id in words.moods else ""
        return f"{kind or 'instrument'}:{entry.id}"
    return None


async def _stored(at: At, item: str) -> str | None:
    return None if await at.db.run(items.number, item) is None else item


def _told(at: At, listing: Listing, kind: What, notes: Sequence[Note]) -> Done:
    """The list in words, remembered by number; in a server without what is personal."""
    locale, public = at.asker.locale, at.asker.guild_id is not None
    lines = lines_of(listing)
    if public and kind != "for-us":
        hidden = Reason("popular", FOR_YOU)
        personal = any(line.reason.kind in _PERSONAL for line in lines)
        lines = [
            replace(line, reason=hidden) if line.reason.kind in _PERSONAL else line
            for line in lines
        ]
        notes = [*notes, (ONLY_YOU, {})] if personal else notes
    tail = "" if listing.logged or kind == "for-us" else f"-# {translate(NOT_KEPT, locale)}"
    text = said(Asked(kind), lines, locale, notes, tail)
    titles = [" – ".join(filter(None, (line.artist, line.title))) for line in lines]
    list_id = listing.list_id if listing.logged else ""
    show = Show(listing=list_id or None, command="" if listing.logged else "recommend")
    return Done(text=text, show=show, session=sessions.listed(at.session, list_id, titles))


async def rate(at: At, which: Text = "it", opinion: Text = "", stars: float | None = None) -> Done:
    """Note what the person thinks of a piece.

    which: the piece: it, the second one, an id
    opinion: what they said of it
    stars: 0.5 to 5, where they said stars
    """
    piece = await piece_of(at, which)
    user_id, guild_id, locale = at.asker.user_id, at.asker.guild_id, at.asker.locale
    meant = answers.stars(opinion) if stars is None and opinion else stars
    if meant is None:
        raise Refusal(HOW_MANY_STARS)
    count = min(5.0, max(0.5, round(2 * meant) / 2))
    title = quoted(piece.title or piece.id, 60)
    if not await rating.stars(at, user_id, guild_id, piece, count):
        settings = await at.db.run(consent.settings, user_id)
        if settings.paused:
            raise Refusal(rating.PAUSED)
        return Done(((RATE_FIRST, {"title": title}),), show=Show(command="rate"))
    told: Sentence = (RATED, {"title": title, "stars": rating.drawn(count)})
    text = ""
    if opinion and not answers.is_figure(opinion):
        text = await rating.commented(at, user_id, guild_id, piece, opinion, locale)
    return Done((told,), text)
