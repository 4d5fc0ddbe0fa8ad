"""Where in a piece something is, as people say it: "second verse", "the ending", "副歌", "bar 5".

In: a plan, or the facts of a finished piece, and words. Out: the first and the last bar (from 1,
both included). Verses and choruses are counted in the order in which they come; a name without a
number is the first of that name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bot.agent.meaning.words import fold, mend
from models.errors import Refusal
from models.planner.names import SECTIONS
from models.planner.plan import Plan
from models.planner.quantities import number
from models.vocabulary import normalise

#: Names of one and the same place in forms of different kinds, the nearest first.
_LIKE = {
    "intro": ("intro", "opening"),
    "opening": ("opening", "intro"),
    "outro": ("outro", "resolution"),
    "resolution": ("resolution", "outro"),
    "chorus": ("chorus", "hook", "drop", "climax"),
    "hook": ("hook", "chorus", "drop"),
    "drop": ("drop", "chorus"),
    "pre-chorus": ("pre-chorus", "build"),
    "build": ("build", "pre-chorus"),
    "bridge": ("bridge", "break", "contrast"),
    "break": ("break", "bridge"),
    "climax": ("climax", "drop"),
}
_BEGINNING = r"\b(?:beginning|start|openings?|first (?:part|section)|top)\b|开头|开始|起始"
_ENDING = (
    r"\b(?:endings?|end|close|closing|(?:last|final) (?:part|section))\b"
    r"|结尾|结束|最后一段|末段|收尾"
)
_MIDDLE = r"\b(?:middle|centre|center)\b|中间|中段|中部"
_WHOLE = (
    r"\b(?:whole|entire|all of it|everything|everywhere|throughout|complete)\b"
    r"|整首|整个|整体|全曲|全部|全首|整曲|从头到尾"
)
_SPOKEN = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
)  # fmt: skip
_CARDINAL = (
    r"\d{1,4}|(?:twenty|thirty|forty|fifty|sixty)(?:[\s-](?:one|two|three|four|five|six|seven|eight"
    r"|nine))?|one|two|three|four|five|six(?:teen)?|seven|eight(?:een)?|nine|ten|eleven|twelve"
    r"|fifteen|[一二两三四五六七八九十百]{1,4}"
)
_BAR = r"(?:bars?|measures?|mm?\.?|小节|個小節|个小节)"
NO_SUCH = "This piece has no “{section}”. It has: {sections}."
NO_BARS = "This piece has {bars} bars; there is no bar {bar}."


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    label: str
    first: int
    last: int


def bars_of(piece: Plan | Mapping[str, Any], words: str) -> tuple[int, int]:
    """First and last bar (from 1, inclusive) of the place that words mean.

    `piece` is a plan, or what is stored of one: the facts of a finished piece (their "form"), or a
    plan as JSON.

    Raises
    ------
    Refusal
        When the piece has no such place; it names the places that there are.
    """
    places = _places(piece)
    total = places[-1].last
    text = re.sub(r"^(?:(?:in|at|of|the|that|this|my|on|for)\s+)+|^[那这]个?", "", fold(words))
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.strip(" .,!?\"'“”"))
    if not text or (re.search(_WHOLE, text) and not _named(text)):
        return 1, total
    within = _within(text, places)
    if within is not None and (inner := _counted(text, *within)):
        return inner
    if found := _bars(text, total):
        return found
    if found := _half(text, total):
        return found
    for spelt in (mend(text, _known_words()), text):
        chosen = _section(spelt, places)
        if chosen is not None:
            return chosen.first, chosen.last
    raise Refusal(NO_SUCH, section=words.strip()[:40], sections=_listing(places))


def _places(piece: Plan | Mapping[str, Any]) -> list[_Place]:
    if isinstance(piece, Plan):
        rows = [(s.section.name, s.section.label, s.section.bars) for s in piece.sections]
    else:
        told = piece.get("form") or [each["section"] for each in piece.get("sections", ())]
        rows = [(str(row["name"]), str(row["label"]), int(row["bars"])) for row in told]
    if not rows:
        raise Refusal("The form of this piece is not known, so I cannot find places in it.")
    places, at = [], 1
    for name, label, bars in rows:
        places.append(_Place(name, label, at, at + bars - 1))
        at += bars
    return places


def _listing(places: list[_Place]) -> str:
    """Names of the sections, numbered where there are several of a name."""
    names = [place.name for place in places]
    told = [
        f"{name} {names[: n + 1].count(name)}" if names.count(name) > 1 else name
        for n, name in enumerate(names)
    ]
    return ", ".join(told[:16])


# --- bars ----------------------------------------------------------------------------------------


def _bars(text: str, total: int) -> tuple[int, int] | None:
    """Bars 5 to 8, 5-8, bar 12, the last 8 bars, the first four, 第5到8小节, 后八小节."""
    if found := _counted(text, 1, total):
        return found
    c = f"({_CARDINAL})"
    span = re.search(
        rf"{_BAR}?\s*第?{c}\s*{_BAR}?\s*(?:to|through|till|until|and|[-–—~、和]|到|至)\s*"
        rf"{_BAR}?\s*第?{c}",
        text,
    )
    barred = re.search(rf"\b{_BAR}|小节", text)
    if span and (barred or span.span() == (0, len(text))):
        first, last = sorted((_int(span[1]), _int(span[2])))
        return _checked(first, last, total)
    after = r"(?:以后|之后|起|开始|往后|到结尾|到最后|到末尾)"
    since = re.search(
        rf"(?:from|after|since)\s+{_BAR}\s*{c}\b.*\b(?:on|onwards?|end)\b"
        rf"|\bafter\s+{_BAR}\s*{c}\b|第?{c}\s*个?小节{after}|从第?{c}\s*个?小节",
        text,
    )
    if since:
        first = _int(next(group for group in since.groups() if group))
        return _checked(first, total, total)
    single = re.search(rf"{_BAR}\s*(?:number\s*|no\.?\s*|#)?{c}\b|第?{c}\s*个?小节", text)
    if single:
        bar = _int(single[1] or single[2])
        return _checked(bar, bar, total)
    spoken = re.search(rf"\b({'|'.join(_SPOKEN)}|\d+(?:st|nd|rd|th))\s+(?:bar|measure)\b", text)
    if spoken:
        bar = _ordinal(spoken[1])
        return _checked(bar, bar, total)
    if re.fullmatch(r"\d{1,4}", text):
        return _checked(int(text), int(text), total)
    return None


def _counted(text: str, first: int, last: int) -> tuple[int, int] | None:
    """The first or the last few bars of a span of bars."""
    c = f"({_CARDINAL})"
    size = last - first + 1
    ends = re.search(
        rf"\blast\s+{c}$|\b(?:last|final|closing)\s+(?:{c}\s+)?(?:of\s+the\s+)?(?:bars?|measures?)\b"
        rf"|(?:最后|末尾?|后|倒数)的?{c}个?小节",
        text,
    )
    if ends:
        count = min(_int(next((group for group in ends.groups() if group), "1")), size)
        return max(last - count + 1, first), last
    starts = re.search(
        rf"\b(?:first|opening)\s+{c}(?:\s+(?:bars?|measures?)\b|$)|(?:前|头|开头|最初)的?{c}个?小节",
        text,
    )
    if starts:
        return first, min(first + _int(starts[1] or starts[2]) - 1, last)
    return None


def _within(text: str, places: list[_Place]) -> tuple[int, int] | None:
    """The section in "the last two bars of the chorus", "副歌的最后两小节"."""
    match = re.search(
        r"(?:bars?|measures?)\s+(?:of|in)\s+(.+)$|^(.+?)的?(?:最后|前|后|头|末)[^小]*小节", text
    )
    if match is None:
        return None
    chosen = _section(match[1] or match[2], places)
    return None if chosen is None else (chosen.first, chosen.last)


def _checked(first: int, last: int, total: int) -> tuple[int, int]:
    if not 1 <= first <= total:
        raise Refusal(NO_BARS, bars=total, bar=first)
    if last > total:
        raise Refusal(NO_BARS, bars=total, bar=last)
    return first, last


def _half(text: str, total: int) -> tuple[int, int] | None:
    middle = (total + 1) // 2
    if re.search(r"\b(?:first|opening) half\b|前半|上半", text):
        return 1, middle
    if re.search(r"\b(?:second|last|latter|other) half\b|后半|下半", text):
        return min(middle + 1, total), total
    return None


# --- sections ------------------------------------------------------------------------------------


def _section(text: str, places: list[_Place]) -> _Place | None:
    beside = re.search(
        r"\b(?:part|section|bit|one|just|right|immediately)?\s*\b(before|after|following)\s+(.+)$"
        r"|^(.+?)(之前|前面|之后|后面)(?:的?(?:那?一?段|部分))?$",
        text,
    )
    if beside and (at := _section(beside[2] or beside[3], places)) is not None:
        step = -1 if (beside[1] or beside[4]) in ("before", "之前", "前面") else 1
        place = places.index(at) + step
        return places[place] if 0 <= place < len(places) else None
    named = _named(text)
    if named is not None:
        name, start, end = named
        found = _called(name, places)
        return (
            _pick(found, text[:start] + "¦" + text[end:], name) if found else _frame(name, places)
        )
    if re.search(_ENDING, text):
        return _called("outro", places)[-1] if _called("outro", places) else places[-1]
    if re.search(_BEGINNING, text):
        return places[0]
    if re.search(_MIDDLE, text):
        bridge = _called("bridge", places)
        half = (places[-1].last + 1) // 2
        return bridge[0] if bridge else next(p for p in places if p.first <= half <= p.last)
    letter = re.search(
        r"\b(?:section|part|strain)\s+([a-h])\b|\b([a-h])[\s-]*(?:section|part|strain)\b"
        r"|(?:^|\s)([a-h])(?=\s*\d?$)|([a-h])段",
        text,
    )
    if letter:
        label = next(group for group in letter.groups() if group).upper()
        found = [place for place in places if place.label.upper().startswith(label)]
        return _pick(found, text[: letter.start()] + "¦" + text[letter.end() :], label)
    if re.search(r"\b(?:section|part|passage|段落)\b|段|部分", text):
        # Without a number it says nothing ("the lullaby section").
        return None if _which(text + "¦") is None else _pick(places, text + "¦", "")
    return None


def _frame(name: str, places: list[_Place]) -> _Place | None:
    """An ending always is, whatever it is called; all else must have the name."""
    return places[-1] if name in ("outro", "resolution") else None


def _called(name: str, places: list[_Place]) -> list[_Place]:
    for like in _LIKE.get(name, (name,)):
        if found := [place for place in places if place.name == like]:
            return found
    return []


def _pick(found: list[_Place], text: str, name: str) -> _Place | None:
    """One of these by the number in the text; "¦" stands where the name stood."""
    if not found:
        return None
    which = _which(text)
    if which is None:
        return found[0]
    try:
        return found[which - 1 if which > 0 else which]
    except IndexError:
        return None


def _which(text: str) -> int | None:
    """The ordinal of a place: 2 for "second" or "2", -1 for the last, None for none."""
    from_end = re.search(
        rf"倒数第?({_CARDINAL})|\b(?:second|next)[\s-]+to[\s-]+last\b|\bpenultimate\b", text
    )
    if from_end:
        return -_int(from_end[1] or "2")
    if re.search(r"\b(?:last|final)\b|最后|末", text):
        return -1
    spoken = re.search(rf"\b({'|'.join(_SPOKEN)}|\d+(?:st|nd|rd|th))\b", text)
    if spoken:
        return _ordinal(spoken[1])
    count = re.search(
        rf"第({_CARDINAL})|¦\s*(?:no\.?\s*|number\s*|#)?({_CARDINAL})(?!\w)|({_CARDINAL})\s*¦", text
    )
    if count:
        return _int(next(group for group in count.groups() if group)) or None
    return None


def _ordinal(word: str) -> int:
    return _SPOKEN.index(word) + 1 if word in _SPOKEN else int(re.sub(r"\D", "", word))


def _int(word: str) -> int:
    return int(number(word.replace("-", " ")) or 0)


def _named(text: str) -> tuple[str, int, int] | None:
    """(section, start, end) of the longest section name in a text."""
    for spelling, name in _spellings():
        match = re.search(_bounded(spelling), text)
        if match:
            return name, *match.span()
    return None


def _bounded(spelling: str) -> str:
    plain = re.escape(spelling)
    return rf"\b{plain}s?\b" if spelling.isascii() else plain


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    words = (word for spelling, _ in _spellings() for word in spelling.split())
    return frozenset((*(word for word in words if word.isascii()), *_SPOKEN, "last", "final"))


@lru_cache(maxsize=1)
def _spellings() -> tuple[tuple[str, str], ...]:
    # What stands for a place in any piece is read apart: its first or last section.
    loose = {"ending", "结尾", "开头", "opening", "高潮"}
    pairs = [
        (normalise(word), name)
        for name, also in SECTIONS.items()
        for word in (name, name.replace("-", " "), *also)
        if word not in loose
    ]
    pairs += [("高潮", "chorus")]
    return tuple(sorted(dict.fromkeys(pairs), key=lambda pair: -len(pair[0])))
