"""Tools that bring what exists: files of a piece, the library, a piece onto the table.

In: which piece, which files, what to look for. Out: what to show; files that were never rendered
become a request of kind "export".
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bot import lyrics_ask
from bot.agent import explain as explaining
from bot.agent import session as sessions
from bot.agent.at import At
from bot.agent.meaning import answers
from bot.agent.tools.music import about, folder_of, make, piece_of
from bot.agent.tools.types import Names, Text
from bot.agent.values import Done, Make, Sentence, Session, Show
from bot.agent.when import when_of
from bot.files import MADE, NAMES, PAPER, WORDS, files_in, kinds_of
from bot.lyrics_text import pages, stanzas
from bot.piece import PieceFile
from bot.recipe import clock, key_name
from bot.wording import MESSAGE, quoted
from models import vocabulary
from models.errors import Refusal
from storage import pieces
from storage.pieces import Piece

#: Formats that can be rendered for a piece that lacks them.
_RENDERED = ("wav", "stems", "voice", "sung", *PAPER, *WORDS)
#: Files that may stand beside one answer, and pieces of one page of the library.
_MOST_KINDS, _PAGE = 9, 8
#: Newest pieces among which a day is looked for.
_MOST_SEARCHED = 500
NO_LOOP = "“{title}” is not a loop, so it has no loop file."
NO_SUCH_FILE = (
    "I know no file “{name}”; I have MP3, WAV, stems, MIDI, MusicXML, sheet music, lead sheet, "
    "parts, lyrics and the picture."
)


async def show(at: At, which: Text = "it", items: Names = ()) -> Done | Make:
    """Show or play a piece again, or bring files of it.

    which: the piece: it, the second one, an id
    items: what of it: midi, score, stems, wav, lyrics, picture; empty for the piece itself
    """
    piece = await piece_of(at, which)
    title = quoted(piece.title or piece.id, 80)
    after = _laid(at, piece)
    if not items:
        return Done(((SHOWN, {"title": title}),), show=Show((piece.id,)), session=after)
    folder = folder_of(at, piece)
    have = await asyncio.to_thread(files_in, folder)
    wanted = formats(items)
    missing = [f for f in wanted if kinds_of((f,))[0] not in have]
    if set(WORDS) & set(wanted) and not await asyncio.to_thread(_has_words, folder):
        raise Refusal(lyrics_ask.NO_WORDS, title=title)
    if "loop" in missing:
        raise Refusal(NO_LOOP, title=title)
    if missing:
        return await make(at, about(at, piece, "export", formats=tuple(wanted)), piece)
    kinds = [kind for kind in kinds_of(wanted) if kind in have][:_MOST_KINDS]
    text = await asyncio.to_thread(words_of, folder, at.asker.locale) if "txt" in wanted else ""
    said: Sentence = (FILES, {"title": title})
    return Done((said,), text, Show((piece.id,), tuple(kinds)), after)


SHOWN = "Here is “{title}”."
FILES = "Here are the files of “{title}”."


def formats(items: Sequence[str]) -> list[str]:
    """Formats and kinds of files (`bot.files`) that words mean.

    Raises
    ------
    Refusal
        When one of them is no file.
    """
    known = {*_RENDERED, *MADE, *NAMES}
    found: list[str] = []
    for item in items:
        plain = item.strip().lower()
        named = (plain,) if plain in known else answers.files(item)
        if not named:
            raise Refusal(NO_SUCH_FILE, name=quoted(item, 40))
        found += named
    made_by = {kind: name for name, kinds in MADE.items() for kind in kinds}
    return list(dict.fromkeys(made_by.get(name, name) for name in found))


def _has_words(folder: Path) -> bool:
    return PieceFile.load(folder).lyrics is not None


def words_of(folder: Path, locale: str) -> str:
    """The words of a piece as a message shows them."""
    saved = PieceFile.load(folder)
    if saved.lyrics is None:
        return ""
    names = [planned.section.name for planned in saved.plan.sections]
    return pages(stanzas(saved.lyrics, names, locale), (MESSAGE - 200,), locale)[0]


async def explain(at: At, which: Text = "it", about: Text = "") -> Done:
    """Explain a piece from its score: key, chords, form, instruments, why it sounds so.

    which: the piece: it, the second one, an id
    about: chords, form, key, tempo, instruments, style, changes, melody or words; empty for all
    """
    piece = await piece_of(at, which)
    parent = await at.db.run(pieces.get, piece.parent) if piece.parent else None
    text = await asyncio.to_thread(
        explaining.explain, folder_of(at, piece), about or "", at.asker.locale,
        folder_of(at, parent) if parent else None,
    )  # fmt: skip
    return Done(text=text)


async def library(
    at: At, query: Text = "", style: Text = "", mood: Text = "", when: Text = ""
) -> Done:
    """Look through the pieces that were made before.

    query: words of the title, key or instruments
    style: only this style
    mood: only this mood
    when: when they were made, such as yesterday
    """
    asked = " ".join(filter(None, (query, style, mood)))
    span = when_of(when, at.now) if when else None
    if when and span is None:
        raise Refusal(NO_DAY, when=quoted(when, 40))
    guild_id = at.asker.guild_id
    few = span is None and guild_id is None
    page = await at.db.run(
        partial(
            pieces.search, user_id=at.asker.user_id, guild_id=guild_id, query=asked,
            limit=_PAGE if few else _MOST_SEARCHED,
        )
    )  # fmt: skip
    found, total = page.pieces, page.total
    if not few:  # in a server others read along: what was made elsewhere is not told there
        found = tuple(
            piece
            for piece in found
            if (span is None or span.since <= piece.created < span.until)
            and (guild_id is None or piece.guild_id == guild_id)
        )
        found, total = found[:_PAGE], len(found)
    if not found:
        raise Refusal(NONE_FOUND if asked or when else NONE_YET)
    lines = [_line(number, piece, at.asker.locale) for number, piece in enumerate(found, 1)]
    said: Sentence = (FOUND, {"count": total})
    if total == 1:
        said = FOUND_ONE, {}
    elif total > len(found):
        said = FOUND_MORE, {"count": len(found), "total": total}
    after = sessions.offer(at.session, [piece.id for piece in found])
    return Done((said,), "\n".join(lines)[:MESSAGE], session=after)


NO_DAY = "I cannot read “{when}” as a time; say yesterday, last Tuesday or 5 November."
NONE_FOUND = "I found no piece like that; try fewer words, or /library for all of them."
NONE_YET = "There is no piece yet. Ask me for one, such as “a wistful waltz in D minor”."
FOUND = "{count} pieces; say “open the second one”, for instance."
FOUND_ONE = "I found one; say “open the first one”."
FOUND_MORE = "These are {count} of {total} pieces; name a style or a title to narrow it down."


def _line(number: int, piece: Piece, locale: str) -> str:
    """A piece in one line: number, title, style, key, length."""
    words = vocabulary.load()
    style = words.styles[piece.style].name(locale) if piece.style in words.styles else piece.style
    details = (style, key_name(piece.key, locale), clock(piece.seconds))
    title = quoted(piece.title or piece.id, 60)
    return f"{number}. **{title}** · " + " · ".join(quoted(part, 40) for part in details if part)


async def open_(at: At, which: Text) -> Done:
    """Put a piece on the table, to go on with it.

    which: the second one, an id, a title, what we made on Tuesday
    """
    piece = await piece_of(at, which)
    title = quoted(piece.title or piece.id, 80)
    said: Sentence = (OPENED, {"title": title})
    return Done((said,), show=Show((piece.id,)), session=_laid(at, piece))


OPENED = "“{title}” is on the table."


def _laid(at: At, piece: Piece) -> Session:
    """The session with a piece on its table; what was offered stays on offer."""
    title = piece.title or piece.id
    choices = at.session.choices
    after = sessions.put(at.session, piece.id, None, title, sessions.NOTHING, at.now)
    return sessions.offer(after, choices) if piece.id in choices else after
