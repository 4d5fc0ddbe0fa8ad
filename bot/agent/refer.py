"""Which piece is meant: "it", "the second one", "yesterday's waltz", "the slower one", "第二首".

In: where a tool stands (`At`) and the words for a piece. Out: the id of one piece that the asker
may see, or a refusal in one sentence where there is none, or several. Words are read from the sure
to the vague: what lies on the table, an id, a title, a time, a place in the order, a comparison, a
description (`bot.agent.describing`). What this session has comes before the rest of the library.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from bot.agent import describing, ordering
from bot.agent.at import At
from bot.agent.describing import Wanted
from bot.agent.meaning.words import fold
from bot.agent.places import bars_of as bars_of
from bot.agent.replies import answer_of as answer_of
from bot.agent.values import Session
from bot.agent.when import When, when_of
from bot.wording import quoted
from models.errors import Refusal
from storage import pieces
from storage.pieces import Piece

NOTHING = "There is nothing on the table yet. Ask me for a piece first, or open one."
GONE = "That piece is not here any more; choose another one from your library."
UNKNOWN = "I know no piece “{words}” here. Look through your pieces with /library."
SEVERAL = "More than one piece fits “{words}”: {names}. Say which one, by its name or its id."
NO_NUMBER = "There is no number {number}: there are {count} to choose from."
NOT_MADE = "Step {number} has made no piece that I could go on with."
ALIKE = describing.ALIKE
NOTHING_BEFORE = "There was nothing on the table before this one."
SUGGESTED = "Those were suggestions, not pieces of yours; say the name of the one you mean."
THEN_NONE = "I find no piece of yours from then. Look through your pieces with /library."
T = TypeVar("T")
#: Newest pieces of the library that a description is held against.
_NEWEST = 200


async def resolve(at: At, which: str) -> str:
    """The id of the piece that words mean.

    Raises
    ------
    Refusal
        When there is none that the asker may see, or when several fit.
    """
    words = _plain(which)
    if step := re.fullmatch(r"\$(\d+)", words):
        made = at.made.get(int(step[1]))
        if made is None:
            raise Refusal(NOT_MADE, number=int(step[1]))
        return made
    if not words or ordering.IT.fullmatch(words):
        return await _on_table(at)
    for read in (_by_id, _by_title, _by_time, _by_relation, _by_number, _by_comparison):
        found = await read(at, words, which)
        if found is not None:
            return found
    return await _by_description(at, words, which)


def suggestion_of(session: Session, which: str) -> str | None:
    """The name in the last list of suggestions that words mean ("the second one"), or None."""
    words = _plain(which)
    found = ordering.NUMBERED.search(words)
    place = ordering.place(found) if found else (-1 if ordering.LAST.search(words) else None)
    if place is None:
        named = [name for name in session.suggested if fold(name) in words or words in fold(name)]
        return named[0] if words and len(named) == 1 else None
    return _at_place(session.suggested, place)


def _plain(which: str) -> str:
    plain = fold(which).strip(" .,!?;:。，！？；：\"'“”`")
    plain = re.sub(
        r"^(?:(?:open|play|show(?: me)?|use|take|with|for|to|on|of)\s+|[把给拿用在])+", "", plain
    )
    return plain.strip() or fold(which).strip(" .,!?;:。，！？；：\"'“”`")


# --- what lies there -----------------------------------------------------------------------------


async def _on_table(at: At) -> str:
    """The piece on the table, or the only one offered."""
    session = at.session
    offered = [id for id in session.choices if id]
    id = session.table or (offered[0] if len(offered) == 1 else None)
    if id is None:
        raise Refusal(NOTHING)
    if not await _seen(at, [id]):
        raise Refusal(GONE)
    return id


async def _by_id(at: At, words: str, _: str) -> str | None:
    """A piece's id, as it stands under every result: of the session, or of the library."""
    word = re.sub(r"^(?:(?:the\s+)?(?:piece|song|id)\s+|#)", "", words)
    own = {version.piece_id for version in at.session.versions} | set(at.session.choices)
    if word not in own and not re.fullmatch(r"[a-z2-7]{8}", word):
        return None
    found = await _seen(at, [word])
    return found[0].id if found else None


async def _by_title(at: At, words: str, which: str) -> str | None:
    """The one called X, “X”, 《X》, or words that are a title as a whole."""
    title = describing.titled(which)
    pool = await _session_pieces(at)
    wanted = fold(title) if title else words
    named = [piece for piece in pool if fold(piece.title) == wanted]
    if not named:
        page = await at.db.run(
            pieces.search, user_id=at.asker.user_id, guild_id=at.asker.guild_id, query=wanted,
            limit=50,
        )  # fmt: skip
        named = [piece for piece in page.pieces if fold(piece.title) == wanted]
        if title and not named:
            named = [p for p in (*pool, *page.pieces) if describing.called(p, wanted)]
    if named:
        return _one(at, named, which)
    if title:
        raise Refusal(UNKNOWN, words=quoted(title, 40))
    return None


# --- when ----------------------------------------------------------------------------------------


async def _by_time(at: At, words: str, which: str) -> str | None:
    """What was made then: "on Tuesday", "yesterday's waltz", "the second one from last night"."""
    moment = when_of(words, at.now)
    if moment is None:
        return None
    page = await at.db.run(
        pieces.search, user_id=at.asker.user_id, guild_id=at.asker.guild_id, since=moment.since,
        until=moment.until, limit=_NEWEST,
    )  # fmt: skip
    mine = [piece for piece in page.pieces if piece.owner_id == at.asker.user_id]
    found = _narrowed(mine or page.pieces, moment)
    if not found:
        raise Refusal(THEN_NONE)
    return _one(at, found, which)


def _narrowed(then: Sequence[Piece], moment: When) -> list[Piece]:
    """Of what was made then, what the other words want; oldest first."""
    found = sorted(then, key=lambda piece: piece.created)
    rest, place = ordering.without_place(moment.rest)
    rest, compared = ordering.without_comparison(rest)
    wanted = describing.wanted(rest)
    if wanted:
        found = [piece for piece in found if wanted.fits(piece)]
    if place is not None and found:
        picked = _at_place(found, place)
        if picked is None:
            raise Refusal(NO_NUMBER, number=place, count=len(found))
        return [picked]
    return [describing.least(found, *compared)] if compared and len(found) > 1 else found


# --- where in the order --------------------------------------------------------------------------


async def _by_relation(at: At, words: str, which: str) -> str | None:
    """Before, the original, the other one, the next one, last time."""
    session = at.session
    if ordering.FIRST_EVER.search(words) or ordering.LAST_TIME.search(words):
        return await _long_ago(at, words)
    if ordering.ORIGINAL.search(words):
        return await _allowed(at, _root(session))
    before = ordering.BEFORE.search(words) and not _described_too(ordering.BEFORE, words)
    if before or ordering.BEFORE_THAT.search(words):
        return await _allowed(at, await _previous(at))
    if ordering.OTHER.search(words):
        pool = [id for id in session.choices if id] or [v.piece_id for v in session.versions]
        others = [id for id in pool if id != session.table]
        return await _allowed(at, others[0] if len(others) == 1 else await _previous(at))
    if ordering.NEXT.search(words):
        pool = list(session.choices) or [v.piece_id for v in session.versions]
        place = pool.index(session.table) + 1 if session.table in pool else 0
        if place >= len(pool):
            raise Refusal(NO_NUMBER, number=place + 1, count=len(pool))
        return await _allowed(at, pool[place])
    return None


async def _long_ago(at: At, words: str) -> str:
    """The first piece that the asker ever made, or the last one from before this session."""
    mine = [piece for piece in await _library(at) if piece.owner_id == at.asker.user_id]
    if ordering.FIRST_EVER.search(words):
        found = [min(mine, key=lambda piece: piece.created)] if mine else []
    else:
        began = min((version.created for version in at.session.versions), default=at.now)
        wanted = describing.wanted(ordering.LAST_TIME.sub(" ", words))
        found = [p for p in mine if p.created < began and (not wanted or wanted.fits(p))]
    if not found:
        raise Refusal(THEN_NONE)
    return max(found, key=lambda piece: piece.created).id


def _described_too(pattern: re.Pattern[str], words: str) -> bool:
    """Whether a piece is described beside ("the previous waltz")."""
    return bool(describing.wanted(pattern.sub(" ", words)))


async def _previous(at: At) -> str:
    """What lay on the table before; at the beginning, the piece that this one came from."""
    session = at.session
    if session.past:
        return session.past[-1]
    here = next((v for v in session.versions if v.piece_id == session.table), None)
    if here is not None and here.parent:
        return here.parent
    library = [piece for piece in await _library(at) if piece.id != session.table]
    mine = [piece for piece in library if piece.owner_id == at.asker.user_id]
    if not mine:
        raise Refusal(NOTHING_BEFORE if session.table else NOTHING)
    return max(mine, key=lambda piece: piece.created).id


def _root(session: Session) -> str:
    """Where the piece on the table began; the session, where it began with this piece itself."""
    parents = {version.piece_id: version.parent for version in session.versions}
    if not parents:
        raise Refusal(NOTHING)
    table = session.table or ""
    root = _first(table, {id: above for id, above in parents.items() if above in parents})
    return root if root in parents and root != table else next(iter(parents))


async def _by_number(at: At, words: str, which: str) -> str | None:
    """The second one, #3, take two, 第二首, 最后一个, the last waltz."""
    rest, place = ordering.without_place(words)
    if place is None:
        return None
    wanted = describing.wanted(rest)
    pool = await _ordered(at, words)
    if wanted:
        fitting = [piece for piece in pool if wanted.fits(piece)]
        if not fitting:
            mine = [p for p in await _library(at) if p.owner_id == at.asker.user_id]
            fitting = sorted(filter(wanted.fits, mine), key=lambda piece: piece.created)
        if not fitting:
            return None  # "second" may be part of a name
        pool = fitting
    if not pool and at.session.suggested:
        raise Refusal(SUGGESTED)
    if not pool and place == -1:
        pool = sorted(await _library(at), key=lambda piece: piece.created)
        pool = [piece for piece in pool if piece.owner_id == at.asker.user_id]
    if not pool:
        raise Refusal(NOTHING)
    picked = _at_place(pool, place)
    if picked is None:
        raise Refusal(NO_NUMBER, number=place, count=len(pool))
    if picked == _HOLE:
        raise Refusal(GONE)
    return picked.id


async def _ordered(at: At, words: str) -> list[Piece]:
    """What numbers count: the pieces offered last, or the versions of this session."""
    session = at.session
    versions = [version.piece_id for version in session.versions]
    of_versions = re.search(r"\bversions?\b|版", words) is not None and not _is_fresh(session)
    ids = versions if of_versions or not session.choices else list(session.choices)
    seen = {piece.id: piece for piece in await _seen(at, ids)}
    return [seen.get(id, _HOLE) for id in ids]


def _is_fresh(session: Session) -> bool:
    """Whether nothing has been taken yet of what was offered."""
    known = {version.piece_id for version in session.versions}
    return bool(session.choices) and not known & set(session.choices)


def _at_place(pool: Sequence[T], place: int) -> T | None:
    if place == 0 or abs(place) > len(pool):
        return None
    return pool[place - 1 if place > 0 else place]


# --- by comparing and describing -----------------------------------------------------------------


async def _by_comparison(at: At, words: str, which: str) -> str | None:
    """The slower one, the longest waltz, 快的那首: of what was offered, or made here."""
    rest, compared = ordering.without_comparison(words)
    if compared is None:
        return None
    wanted = describing.wanted(rest)
    for pool in (await _seen(at, at.session.choices), await _session_pieces(at)):
        fitting = [piece for piece in pool if not wanted or wanted.fits(piece)]
        if len(fitting) > 1:
            return describing.least(fitting, *compared).id
    if wanted and wanted.names and not wanted.known:
        return None  # a title such as "slow rain"
    mine = [piece for piece in await _library(at) if piece.owner_id == at.asker.user_id]
    fitting = [piece for piece in mine if not wanted or wanted.fits(piece)]
    if not fitting or (len(fitting) == 1 and not wanted):
        raise Refusal(UNKNOWN, words=quoted(which.strip(), 40))
    return describing.least(fitting, *compared).id


async def _by_description(at: At, words: str, which: str) -> str:
    """The waltz, the sad one, the one with flute, the rain song, 圆舞曲那首."""
    wanted = describing.wanted(words)
    if not wanted:
        return await _on_table(at)
    readings: tuple[Callable[[Piece], bool], ...] = (wanted.fits, wanted.nearly)
    for fits in readings:
        if found := [piece for piece in await _session_pieces(at) if fits(piece)]:
            return _one(at, found, which)
    library = await _library(at, wanted)
    for fits in readings:
        found = [piece for piece in library if fits(piece)]
        mine = [piece for piece in found if piece.owner_id == at.asker.user_id]
        if mine or found:
            return _one(at, mine or found, which)
    raise Refusal(UNKNOWN, words=quoted(which.strip(), 40))


def _one(at: At, found: Iterable[Piece], which: str) -> str:
    """The one piece among these; of versions of one piece that on the table, or the newest."""
    unique = {piece.id: piece for piece in found}
    families: dict[str, list[Piece]] = {}
    above: Mapping[str, str | None] = {
        **{piece.id: piece.parent for piece in unique.values()},
        **{version.piece_id: version.parent for version in at.session.versions},
    }
    for piece in unique.values():
        families.setdefault(_first(piece.id, above), []).append(piece)
    if len(families) > 1:
        newest = sorted(unique.values(), key=lambda piece: -piece.created)
        names = [f"“{quoted(piece.title or '?', 40)}” ({piece.id[:12]})" for piece in newest[:3]]
        more = " …" if len(newest) > len(names) else ""
        raise Refusal(SEVERAL, words=quoted(which.strip(), 40), names=", ".join(names) + more)
    family = next(iter(families.values()))
    on_table = next((piece for piece in family if piece.id == at.session.table), None)
    return (on_table or max(family, key=lambda piece: piece.created)).id


def _first(id: str, above: Mapping[str, str | None]) -> str:
    for _ in range(len(above)):
        parent = above.get(id)
        if not parent:
            break
        id = parent
    return id


# --- what there is -------------------------------------------------------------------------------

_HOLE = Piece("", 0, None, 0, None, "", "", "", "", 0.0, "{}", "{}", "", None, None, 0.0)


async def _seen(at: At, ids: Iterable[str]) -> list[Piece]:
    """Those of these pieces that are there and that the asker may see, in order."""
    found = await at.db.run(pieces.of_ids, [id for id in ids if id])
    where = (at.asker.user_id, at.asker.guild_id, at.asker.channel_id)
    return [piece for piece in found if piece.seen_by(*where)]


async def _allowed(at: At, id: str) -> str:
    """The piece, if it is there and the asker may see it."""
    if not await _seen(at, [id]):
        raise Refusal(GONE)
    return id


async def _session_pieces(at: At) -> list[Piece]:
    """What was offered and made in this session, as far as the asker may see it."""
    versions = [version.piece_id for version in at.session.versions]
    return await _seen(at, dict.fromkeys([*at.session.choices, *versions]))


async def _library(at: At, wanted: Wanted | None = None) -> list[Piece]:
    """The newest pieces that the asker may see, with older ones that the words find."""
    user, guild = at.asker.user_id, at.asker.guild_id
    page = await at.db.run(pieces.search, user_id=user, guild_id=guild, limit=_NEWEST)
    found = {piece.id: piece for piece in page.pieces}
    if wanted and page.total > len(found):
        older = await at.db.run(
            pieces.search, user_id=user, guild_id=guild, query=wanted.query, limit=_NEWEST
        )
        found |= {piece.id: piece for piece in older.pieces}
    return list(found.values())
