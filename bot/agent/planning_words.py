"""Steps that write words: for a piece, again, one line of them, or before there is any music.

In: a `Told`. Out: `Drafted` steps of the tool "lyrics", and what a song is told about its words.
"""

from __future__ import annotations

import re
from typing import Any

from bot.agent.meaning import answers, manner, named, spans
from bot.agent.meaning.words import fold, unquoted
from bot.agent.planning_said import Drafted, Notes, Told, theme_of
from bot.wording import quoted
from models import vocabulary
from models.planner.quantities import number

NO_LANGUAGE = "I write words in English or Chinese, not “{words}”."
NO_OWN_LINE = "I write that line again myself; “edit” under the words sets a line of your own."
NO_SCHEME = "I cannot read “{words}” as a rhyme scheme; letters such as ABAB say one."
STARTS = r"\b(?:start|begin|first\s+line|open)\w*\b|第一句|开头|首句|起头"


def lyrics(frame: Told) -> Drafted:
    """Words for a piece, other words for it, one line again; first where there is no piece."""
    notes = Notes()
    args: dict[str, Any] = {"theme": theme_of(frame)}
    first = frame.says(r"\bpoem\s+first|\bwords?\s+first|\blyrics?\s+first|先写词|先有词")
    args["which"] = "none" if first or not (frame.has_piece or frame.named_piece) else frame.which
    moods = [named.moods(w, frame.locale) for w in frame.all("mood")]
    for found in moods:
        notes.add(*found.notes)
    args["mood"] = next((m.id for m in moods if m.ids), "")
    if not args["mood"] and (wish := frame.one("change")):
        changed = manner.change(wish, locale=frame.locale)
        args["mood"] = changed.args.get("mood", "") or _away(changed.args.get("avoid", []))
        notes.add(*(() if args["mood"] else changed.notes))
    if not args["mood"] and (refused := frame.one("mood_not")):
        args["mood"] = _away(list(named.moods(refused, frame.locale).ids))
    args["scheme"] = scheme_of(frame, notes)
    args["language"] = language_of(frame, notes)
    args["section"] = spans.section(frame.one("section")) if frame.one("section") else ""
    args["line"] = _line_number(frame)
    _own_words(frame, args, notes)
    args["again"] = args["which"] != "none" and not args["line"] and _again(frame)
    return Drafted((frame.step("lyrics", **args),), tuple(notes.said))


def _away(avoid: list[str]) -> str:
    """The mood to write in where one is only to be got away from."""
    if not avoid:
        return ""
    return "hopeful" if vocabulary.load().moods[avoid[0]].valence < 0 else "contemplative"


def _again(frame: Told) -> bool:
    return frame.says(
        r"\b(?:re-?write|again|other|different|change|instead|translate|redo"
        r"|fix|doesn'?t|less|more|make\s+the\s+(?:words|lyrics))\b|重[写新]|换|改|再[写来]|别的?|另|不好|不押|调整|翻"
    )


def _own_words(frame: Told, args: dict[str, Any], notes: Notes) -> None:
    """A line of the person's own: the first, one that must come, or one for another."""
    own = [unquoted(w) for w in frame.all("line")]
    if not own:
        return
    if args["line"] and args["line"] != 1:
        notes.add((NO_OWN_LINE, {}))
    elif frame.says(STARTS) or args["line"]:
        args["first_line"], args["line"] = own[0], None
        args["required"] = own[1:]
    else:
        args["required"] = own


def _line_number(frame: Told) -> int | None:
    """The number of the line that is to be written again; -1 the last."""
    text = frame.folded
    ordinal = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
               "sixth": 6, "seventh": 7, "eighth": 8, "last": -1, "final": -1}  # fmt: skip
    if found := re.search(r"\bline\s+(?:number\s+)?(\d{1,2}|[a-z]+)\b", text):
        value = number(found[1])
        if value and value >= 1:
            return int(value)
    if found := re.search(r"\b(" + "|".join(ordinal) + r")\s+line\b", text):
        return ordinal[found[1]]
    if found := re.search(r"第\s*([一二三四五六七八九十]+|\d{1,2})\s*[句行]", text):
        return int(number(found[1]) or 1)
    return -1 if re.search(r"最后一?[句行]", text) else None


def scheme_of(frame: Told, notes: Notes) -> str:
    """Letters of the rhyme scheme that is asked for, "" for none; an unread one is noted."""
    said = next(iter(frame.all("scheme")[-1:]), "")  # "not AAAA, AABA": the last counts
    letters = answers.scheme(said) if said else None
    if said and letters is None:
        notes.add((NO_SCHEME, {"words": quoted(said, 40)}))
    return letters or ""


def language_of(frame: Told, notes: Notes) -> str:
    """Give "en" or "zh", "" where neither is asked for; another language is noted."""
    said = frame.one("language")
    found = answers.language(said) if said else None
    if said and found is None:
        notes.add((NO_LANGUAGE, {"words": quoted(fold(said), 20)}))
    return found or ""
