"""What a person may ask of the players of music, read from options, menus and the command line.

In: words as typed ("second chorus", "第二段主歌", "5-8", "cello") and the plan of a piece. Out: an
`Arrangement` whose names are vocabulary ids and whose bars are numbers, still without the music it
is for; or a refusal that says what is missing. No Discord, no network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.domain import Act, Arrangement
from bot.i18n import translate
from bot.rework_ask import bar_range
from models import vocabulary
from models.arranger.editing import find_part
from models.errors import Refusal
from models.planner.intake import brief_from_json
from models.planner.names import SECTIONS, require, wanted
from models.planner.plan import Part, Plan
from models.score import ROLES, Meter, Role, Section
from models.transcriber.text import from_text
from models.vocabulary import normalise

#: What stays of a file: the tune always, and what is named.
KEEPS: Mapping[str, tuple[Role, ...]] = {
    "tune": ("melody",),
    "drums": ("melody", "drums"),
    "bass": ("melody", "bass"),
    "rhythm": ("melody", "drums", "bass"),
    "everything": tuple(ROLES),
}
KEEP_CHOICES = {
    "tune": "the tune",
    "drums": "the tune and the drums",
    "bass": "the tune and the bass",
    "rhythm": "the tune, the drums and the bass",
    "everything": "everything: add what is missing",
}
WHAT_CHOICES: Mapping[Act, str] = {
    "replace": "give a part to another instrument",
    "add": "add an instrument",
    "mute": "take a part out",
    "reroll": "write a part again",
}
#: Options of an edit -> the acts that heed them.
_HEEDED: Mapping[str, tuple[Act, ...]] = {
    "part": ("replace", "mute", "reroll"),
    "instrument": ("replace", "add"),
    "where": ("mute", "reroll"),
}
_IGNORED = {
    "part": "A new instrument brings its own part; leave “part” out.",
    "instrument": "An instrument belongs to “give a part to another instrument” and “add an "
    "instrument”; leave it out, or choose one of these.",
    "where": "A place belongs to “take a part out” and “write a part again”; leave it out, or "
    "choose one of these.",
}
KEEPS_FILES = (
    "What is kept is chosen for files; of a piece of mine /edit changes one part and keeps the "
    "others."
)
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "last": -1, "final": -1, "一": 1, "二": 2,
    "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "最后": -1, "末": -1,
}  # fmt: skip
_FILLERS = {"the", "of", "in", "section", "part", "no", "number", "在", "里", "中"}
_BARS = re.compile(r"(?i)^\s*(?:bars?|measures?|第)?\s*(\d.*?)\s*(?:bars?|小节)?\s*$")


def arrangement(
    style: str | None = None,
    ensemble: str | None = None,
    instruments: str | None = None,
    keep: str | None = None,
    key: str | None = None,
    tempo: str | float | None = None,
    meter: str | None = None,
) -> Arrangement:
    """A band to be written, from names as typed; `keep` is one of `KEEPS`.

    Raises
    ------
    Refusal
        When a name is unknown, or things exclude each other.
    """
    if ensemble and instruments:
        raise Refusal("An ensemble has its own players; name an ensemble or instruments, not both.")
    words = vocabulary.load()
    chosen = require(words.styles, style).id if style else None
    names = [n.strip() for n in re.split(r"[,，、;；]", instruments or "") if n.strip()]
    said = {"key": key, "tempo": tempo, "meter": meter}
    brief = brief_from_json({k: v for k, v in said.items() if v})
    return Arrangement(
        "arrange",
        style=chosen,
        ensemble=require(words.ensembles, ensemble).id if ensemble else None,
        instruments=tuple(dict.fromkeys(i for n in names for i in wanted(words, n, chosen))),
        keep=KEEPS[keep or "tune"],
        key=brief.key,
        tempo=brief.tempo,
        meter=brief.meter,
    )


def correction(told: Mapping[str, str], before: Mapping[str, Any]) -> Arrangement:
    """What a person says about a recording: the fields of the form that they changed.

    `told` has key, tempo, meter, notes and style as typed, `before` what was shown in their place.

    Raises
    ------
    Refusal
        When one of them cannot be read.
    """
    changed = {k: v.strip() for k, v in told.items() if v.strip() != str(before.get(k, "")).strip()}
    notes = changed.pop("notes", "")
    asked = arrangement(**changed)
    if notes:  # a slip of the pen is said now, not by the worker
        from_text(notes, Meter.parse(asked.meter or str(before["meter"])))
    return Arrangement(
        "arrange", style=asked.style, key=asked.key, tempo=asked.tempo, meter=asked.meter,
        notes=notes,
    )  # fmt: skip


def edit(
    act: Act,
    plan: Plan,
    *,
    part: str | None = None,
    instrument: str | None = None,
    where: str | None = None,
    locale: str = "en",
) -> Arrangement:
    """A change to the players of a piece, from words as typed.

    Raises
    ------
    Refusal
        When something is missing, unknown, or would be ignored.
    """
    for name, value in (("part", part), ("instrument", instrument), ("where", where)):
        if value and act not in _HEEDED[name]:
            raise Refusal(_IGNORED[name])
    if act in _HEEDED["part"]:
        if not part:
            names = translate(", ", locale).join(part_name(p, locale) for p in plan.parts)
            raise Refusal("Say which part; this piece has {parts}.", parts=names)
        part = find_part(plan, part).name
    player = None
    if act in _HEEDED["instrument"]:
        if not instrument:
            raise Refusal("Say which instrument.")
        player = wanted(vocabulary.load(), instrument, plan.style)[0]
    bars = span(where, plan, locale) if where else None
    return Arrangement(act, part=part or "", instrument=player, bars=bars)


def span(text: str, plan: Plan, locale: str = "en") -> tuple[int, int]:
    """Read "5-8", "bars 5 to 8", "verse 2", "the second chorus", "第二段主歌" as bars, from 1.

    Raises
    ------
    Refusal
        When the piece has no such place, or has several.
    """
    numbers = _BARS.match(text)
    if numbers and (found := re.fullmatch(r"[\d\s\-–—~至到to]+", numbers[1])):
        first, last = bar_range(found[0])
        if last > plan.bars:
            raise Refusal("This piece has {bars} bars; choose some of them.", bars=plan.bars)
        return first, last
    meant, number = _section(text, [s.section for s in plan.sections])
    if meant and number is None and len(meant) > 1:
        raise Refusal(
            "This piece has {count} of these; say which: {sections}.",
            count=len(meant),
            sections=_listed(plan, locale, meant),
        )
    index = -1 if number == -1 else (number or 1) - 1
    if not meant or index >= len(meant):
        raise Refusal(
            "I cannot find “{text}” in this piece; say bars, such as 5-8, or one of: {sections}.",
            text=text[:40],
            sections=_listed(plan, locale),
        )
    chosen = meant[index]
    return chosen.start_bar + 1, chosen.start_bar + chosen.bars


def _section(text: str, sections: Sequence[Section]) -> tuple[list[Section], int | None]:
    """The sections that a text can mean, in order, and which of them; none when it is not read."""
    plain = normalise(re.sub(r"(?<=[^\d\s])(?=\d)", " ", text))  # "chorus2"
    spelled = {normalise(s.label): "" for s in sections} | {
        normalise(s.name): s.name for s in sections
    }
    spelled |= {normalise(w): name for name, also in SECTIONS.items() for w in (name, *also)}
    for spelling in sorted(spelled, key=len, reverse=True):
        found = re.search(
            rf"(?<![a-z]){re.escape(spelling)}(?![a-z])" if spelling.isascii() else spelling, plain
        )
        if found is None:
            continue
        number, known = _number(f"{plain[: found.start()]} {plain[found.end() :]}")
        if not known:
            return [], None
        name = spelled[spelling]
        meant = [s for s in sections if s.name == name]
        return meant or [s for s in sections if normalise(s.label) == spelling], number
    return [], None


def _number(rest: str) -> tuple[int | None, bool]:
    """Which one is meant by the words around a section's name, and whether all were understood."""
    rest = re.sub(r"第\s*([\d一二两三四五六]+)\s*[个段次遍节]?的?", r" \1 ", rest)
    rest = re.sub(r"(最后|末)\s*一?\s*[个段次遍节]?的?", r" \1 ", rest)
    number: int | None = None
    for word in re.split(r"[\s()（）#.,，]+", rest.strip()):
        if word in _ORDINALS or word.isdecimal():
            number = _ORDINALS.get(word) or int(word[:4])
        elif word and word not in _FILLERS:
            return None, False
    return number, number != 0


def section_names(plan: Plan, locale: str = "en") -> list[tuple[str, str]]:
    """(name in the language with its bars, "5-8") of each section, in order."""
    sections = [s.section for s in plan.sections]
    seen: dict[str, int] = {}
    found = []
    for section in sections:
        seen[section.name] = seen.get(section.name, 0) + 1
        several = sum(s.name == section.name for s in sections) > 1
        also = SECTIONS.get(section.name, ())
        native = next((a for a in also if not a.isascii()), section.name)
        name = native if locale == "zh" else section.name
        bars = f"{section.start_bar + 1}-{section.start_bar + section.bars}"
        found.append(
            (f"{name} {seen[section.name]} ({bars})" if several else f"{name} ({bars})", bars)
        )
    return found


def _listed(plan: Plan, locale: str, only: Sequence[Section] = ()) -> str:
    names = [
        name
        for (name, _), s in zip(section_names(plan, locale), plan.sections, strict=True)
        if not only or s.section in only
    ]
    return translate(", ", locale).join(names)


def part_name(part: Part, locale: str = "en") -> str:
    """What a part is called: its own name, or its instrument's where that is all it says."""
    words = vocabulary.load()
    known = words.kits if part.is_drum else words.instruments
    if part.instrument in known and known[part.instrument].name() == part.name:
        return known[part.instrument].name(locale)
    return part.name
