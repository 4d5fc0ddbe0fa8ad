"""What is going on in a piece, read from its own score: key, chords, form, players, why, changes.

In: a piece's folder (`piece.mid`, `piece.json`), what is asked about, a language. Out: a text of
less than 1,900 characters. Everything said is counted in the score, stands in the plan or was
measured when the piece was made; what is typical of a style comes from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bot.agent import explain_parts as parts
from bot.agent import explain_score as counted
from bot.agent.explain_parts import Read, read
from bot.agent.explain_style import why
from bot.agent.places import bars_of
from bot.i18n import translate
from bot.recipe import clock, key_name
from bot.wording import quoted
from models.errors import Refusal

#: Characters of an answer: it stands in one message, beside what the front adds.
LONGEST = 1800
#: What is asked about -> the words that ask it; the first that is found counts.
_TOPICS: Sequence[tuple[str, str]] = (
    ("changes", r"chang|differ|what did you|done|edit|before|compare"
                r"|改了|变了|变化|修改|不同|区别|之前|原来"),
    ("words", r"lyric|words|text|rhyme|sung|歌词|词|押韵"),
    ("chords", r"chord|harmon|progress|roman|cadence|和弦|和声|进行|级数"),
    ("why", r"\bwhy\b|sound|style|genre|feel|mood|sad|happy|groove|swing|typical"
            r"|为什么|为何|风格|曲风|感觉|听起来|情绪|悲|欢"),
    ("form", r"form|structur|section|verse|chorus|bridge|intro|how long|length"
             r"|曲式|结构|段落|主歌|副歌|多长|时长"),
    ("key", r"\bkey\b|scale|tonal|major|minor|mode|tonic|调(?!整)|音阶"),
    ("tempo", r"tempo|bpm|fast|slow|speed|meter|metre|time signature|beat|rhythm"
              r"|速度|拍|节奏|快|慢"),
    ("players", r"instrument|who plays|play(?:s|ing|ers?)\b|part|band|arrang|drum|bass"
                r"|乐器|声部|谁在|演奏|配器|编曲|鼓|贝斯"),
    ("melody", r"melod|tune|hook|motif|theme|range|high|low|旋律|动机|主题|音域|最高|最低"),
)  # fmt: skip


def explain(folder: Path, about: str, locale: str, parent: Path | None = None) -> str:
    """The explanation; `about` narrows it, `parent` is the folder of the piece it was made from.

    Raises
    ------
    Refusal
        When the piece is gone.
    """
    piece = read(folder, locale)
    before = None
    if parent is not None:
        try:
            before = read(parent, locale)
        except Refusal:
            before = None  # deleted meanwhile: only what was noted then can be told
    topic = topic_of(about)
    tellers = _tellers(before, about)
    title = f"**{quoted(piece.saved.plan.title or piece.saved.id, 80)}**"
    if topic is not None:
        lines = tellers[topic](piece) or [translate(_ABSENT_CHOICES[topic], locale)]
        return _fitted([title, *lines])
    order = ("key", "tempo", "form", "chords", "players", "melody", "why", "changes", "words")
    lines = [title]
    for name in order:
        told = tellers[name](piece)
        lines += told[: _SHORT.get(name, len(told))]
    return _fitted(lines)


_ABSENT_CHOICES = {
    "changes": "It was composed from nothing, not made from another piece.",
    "words": "It has no words; say “write words about …” and it gets some.",
    "chords": "Its score holds no chord symbols.",
    "form": "Its score names no sections.",
    "key": "It has no pitched notes, so it is in no key.",
    "tempo": "Its score names no tempo.",
    "players": "Nobody plays in it.",
    "melody": "It has no melody of its own.",
    "why": "Its style is none that I have in my vocabulary.",
}
#: What asks for chords and names no place; "chords" must not be taken for a slip of "chorus".
_NO_PLACE = re.compile(
    r"\b(?:explain|show|tell|me|what|which|why|are|is|do|does|the|these|those|chords?|chord|roman"
    r"|numerals?|harmon\w*|progressions?|cadences?|used?|of|in|it|this|piece|song)\b"
    r"|和弦|和声|进行|级数|讲解?|解释|一下|是什么|有哪些|的"
)
#: Lines of each topic where everything is told at once.
_SHORT = {"chords": 5, "why": 3, "players": 6, "form": 1, "melody": 2, "words": 1, "key": 1}


def topic_of(about: str) -> str | None:
    """What words ask about; None for everything."""
    plain = about.lower()
    return next((name for name, words in _TOPICS if re.search(words, plain)), None)


def _tellers(before: Read | None, about: str) -> Mapping[str, Callable[[Read], list[str]]]:
    return {
        "key": _key, "tempo": _tempo, "form": _form, "players": parts.players,
        "chords": lambda piece: _chords(piece, about), "melody": parts.melody, "words": parts.words,
        "why": lambda piece: why(
            piece.saved.plan, piece.score, piece.chords, piece.saved.brief.moods, piece.locale
        ),
        "changes": lambda piece: parts.changes(piece, before),
    }  # fmt: skip


def _fitted(lines: Sequence[str]) -> str:
    """Whole lines, as many as fit; what had no room is marked."""
    text = lines[0]
    for line in lines[1:]:
        fits = len(text) + len(line) + 3 <= LONGEST
        text += f"\n{line}" if fits else "" if text.endswith("…") else "\n…"
    return text


# --- key, tempo, form -----------------------------------------------------------------------------


def _key(piece: Read) -> list[str]:
    found = counted.key_of(piece.score)
    if found is None:
        return []
    locale = piece.locale
    named = key_name(str(piece.key), locale)
    share = round(found.inside * 100)
    if found.agrees:
        sure = (
            "clearly" if found.margin >= counted.CLEAR
            else "fairly clearly" if found.margin >= counted.FAIR
            else "but narrowly"
        )  # fmt: skip
        return [
            translate(
                "Key: {key}. The notes say so too, {sure}; {share} % of their time lies in its "
                "scale.",
                locale, key=named, sure=translate(SURE_CHOICES[sure], locale), share=share,
            )
        ]  # fmt: skip
    return [
        translate(
            "Key: {key}, as it was planned; by its notes alone one could hear {other} as well.",
            locale, key=named, other=key_name(str(found.key), locale),
        )
    ]  # fmt: skip


SURE_CHOICES = {
    "clearly": "clearly", "fairly clearly": "fairly clearly", "but narrowly": "but narrowly",
}  # fmt: skip


def _tempo(piece: Read) -> list[str]:
    score = piece.score
    return [
        translate(
            "Tempo: ♩ = {tempo} in {meter}; {bars} bars, {time}.",
            piece.locale, tempo=f"{score.bpm:.4g}", meter=str(score.meter), bars=score.bars,
            time=clock(score.seconds),
        )
    ]  # fmt: skip


def _form(piece: Read) -> list[str]:
    if not piece.sections:
        return []
    bar, locale = piece.score.meter.bar_beats, piece.locale
    rows: list[str] = []
    again: list[tuple[str, str]] = []
    seen: dict[str, str] = {}
    for section, name in zip(piece.sections, piece.names, strict=True):
        first, last = section.start_bar + 1, section.start_bar + section.bars
        start = clock(piece.score.seconds_at(section.start_bar * bar))
        rows.append(
            translate("{name} (bars {first}–{last}, from {time})", locale, name=name, first=first,
                      last=last, time=start)
        )  # fmt: skip
        if section.label in seen:
            again.append((name, seen[section.label]))
        seen.setdefault(section.label, name)
    lines = [translate("Form: {sections}.", locale, sections=translate(", ", locale).join(rows))]
    if again:
        pairs = [
            translate("{name} with that of {first}", locale, name=name, first=first)
            for name, first in again
        ]
        lines.append(translate("The same music returns: {pairs}.", locale,
                               pairs=translate(", ", locale).join(pairs)))  # fmt: skip
    return lines


# --- chords ---------------------------------------------------------------------------------------


def _chords(piece: Read, about: str) -> list[str]:
    """Chords with their degrees, section by section; of one section where `about` names it."""
    if not piece.chords:
        return []
    locale, key = piece.locale, piece.key
    lines = [translate("Chords, with their degrees in {key}:", locale,
                       key=key_name(str(key), locale))]  # fmt: skip
    place = _place(piece, about)
    first, last = place or (1, piece.score.bars)
    sections = [
        (section, name)
        for section, name in zip(piece.sections, piece.names, strict=True)
        if section.start_bar < last and first <= section.start_bar + section.bars
    ]
    names_of = [name for _, name in sections]
    bar = piece.score.meter.bar_beats
    found = counted.stretches(piece.chords, [section for section, _ in sections], bar, key)
    colon = "：" if locale == "zh" else ": "
    for number, stretch in enumerate(found):
        if stretch.like is None:
            same = [n for n, other in enumerate(found) if n == number or other.like == number]
            names = translate(", ", locale).join(names_of[n] for n in same)
            times = f" ×{stretch.times}" if stretch.times > 1 else ""
            lines.append(f"{names}{colon}`{stretch.symbols()}`{times} – {stretch.numerals()}")
    return lines if place else [*lines, *_remarks(piece)]


def _place(piece: Read, about: str) -> tuple[int, int] | None:
    """The bars that are asked about, or None where that is the whole piece."""
    rest = _NO_PLACE.sub(" ", about.lower()).strip(" .?!，。？！")
    if not rest or not piece.sections:
        return None
    try:
        place = bars_of(piece.saved.plan, rest)
    except Refusal:
        return None
    return None if place == (1, piece.saved.plan.bars) else place


def _remarks(piece: Read) -> list[str]:
    """What stands out: how it closes, and what is borrowed from outside of the key."""
    found = counted.harmony_of(piece.chords, piece.key)
    if found is None:
        return []
    lines, locale = [], piece.locale
    if found.ending:
        penultimate, last = found.ending
        kind = _cadence(penultimate, last)
        if kind:
            lines.append(translate("It closes with {first}–{last}, {cadence}.", locale,
                                   first=penultimate, last=last,
                                   cadence=translate(kind, locale)))  # fmt: skip
    if found.outside:
        shown = translate(", ", locale).join(found.outside[:6])
        lines.append(translate("Borrowed from outside the key: {chords}.", locale, chords=shown))
    else:
        lines.append(translate("Every chord belongs to the key.", locale))
    return lines


CADENCE_CHOICES = {
    "authentic": "an authentic cadence", "plagal": "a plagal cadence",
    "half": "a half cadence that stays open", "deceptive": "a deceptive cadence",
}  # fmt: skip


def _cadence(penultimate: str, last: str) -> str:
    """The kind of ending that two Roman numerals make; "" for one without a name."""

    def degree(numeral: str) -> str:
        match = re.match(r"[#b]*([ivIV]+)", numeral)
        return match[1].upper() if match and not numeral.startswith(("#", "b")) else ""

    one, two = degree(penultimate), degree(last)
    if one in ("V", "VII") and two == "I":
        return CADENCE_CHOICES["authentic"]
    if one == "IV" and two == "I":
        return CADENCE_CHOICES["plagal"]
    if one == "V" and two == "VI":
        return CADENCE_CHOICES["deceptive"]
    return CADENCE_CHOICES["half"] if two == "V" else ""
