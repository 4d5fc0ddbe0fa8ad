"""Words as people read and edit them: stanzas with their sections' names, in a message or a form.

In: `Lyrics` and the names of a piece's sections. Out: text that fits Discord's limits (2,000
characters of a message, 4,096 of an embed, 6,000 of all embeds), every line escaped so that words
stay words; or plain lines with [Verse 1] heads for a form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from bot import wording
from bot.i18n import translate
from models.lyrics import Lyrics
from models.planner.names import SECTIONS

#: Characters of one line that are shown; nobody sings more under one phrase.
LONGEST_LINE = 200
#: Characters for words in each embed: 4,096 in one, 6,000 in all that a message carries.
EMBEDS = (4000, 1900)
#: Discord makes a link of these even where other markup is escaped.
_LINK = re.compile(r"(?<=[A-Za-z]):(?=//)")


@dataclass(frozen=True, slots=True)
class Stanza:
    """The words of one section; `first` counts its first line among all lines from 0.

    `again` says that the same words stood under the same name before.
    """

    head: str
    lines: tuple[str, ...]
    first: int
    again: bool = False


def stanzas(lyrics: Lyrics, sections: Sequence[str], locale: str = "en") -> tuple[Stanza, ...]:
    """The stanzas in order; `sections` are the names of the piece's sections ("verse").

    The same words under the same name are a return, as for `models.lyricist.placed.grid_of`: lines
    are counted in the same way.
    """
    rows = enumerate(lyrics.lines)
    groups = [(section, list(group)) for section, group in groupby(rows, lambda r: r[1].section)]
    told: dict[str, list[tuple[str, ...]]] = {}
    found = []
    for section, group in groups:
        name = sections[section] if section < len(sections) else "verse"
        texts = tuple(line.text for _, line in group)
        known = told.setdefault(name, [])
        again = texts in known
        if not again:
            known.append(texts)
        found.append((name, known.index(texts), Stanza("", texts, group[0][0], again)))
    return tuple(
        Stanza(
            section_name(name, number + 1 if len(told[name]) > 1 else 0, locale),
            stanza.lines, stanza.first, stanza.again,
        )
        for name, number, stanza in found
    )  # fmt: skip


def section_name(name: str, number: int = 0, locale: str = "en") -> str:
    """What a section is called ("Verse 2", "主歌 2"); 0 is no number."""
    native = next((a for a in SECTIONS.get(name, ()) if not a.isascii()), name)
    shown = native if locale == "zh" else name.capitalize()
    return f"{shown} {number}" if number else shown


def escaped(line: str) -> str:
    """One line of words in a message: no markup, no link."""
    return _LINK.sub(r"\\:", wording.quoted(line, LONGEST_LINE))


def pages(words: Sequence[Stanza], rooms: Sequence[int], locale: str = "en") -> list[str]:
    """The words as one text for each room (characters), whole stanzas together where they fit.

    What fits in no room is left out; the last line then says where all of it is.
    """
    more = translate("… all words are in lyrics.txt.", locale)
    texts = [""] * len(rooms)
    page = 0
    for stanza in words:
        block = _block(stanza, locale)
        following = rooms[page + 1] if page + 1 < len(rooms) else 0
        whole = "\n".join(block)
        if texts[page] and not _fits(texts[page], whole, rooms[page]) and len(whole) <= following:
            page += 1
        gap = "\n\n" if texts[page] else ""
        for row in block:
            while not _fits(texts[page], row, rooms[page] - len(more)):
                page, gap = page + 1, ""
                if page == len(rooms):
                    texts[-1] += f"\n{more}"
                    return texts
            texts[page] += gap + row
            gap = "\n"
    return texts


def _block(stanza: Stanza, locale: str) -> list[str]:
    head = f"**{wording.quoted(stanza.head, 60)}**"
    if stanza.again:
        return [translate("{section}, as before", locale, section=head)]
    return [head, *map(escaped, stanza.lines)]


def _fits(before: str, block: str, room: int) -> bool:
    return len(before) + 2 + len(block) <= room


def as_form(words: Sequence[Stanza]) -> str:
    """The words to edit: [Verse 1], then one line on each row; what returns stands there once."""
    return "\n\n".join(
        "\n".join([f"[{stanza.head}]", *stanza.lines]) for stanza in words if not stanza.again
    )
