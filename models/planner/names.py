"""From names to vocabulary ids: exact first, then near misses, else a refusal with the nearest.

In: a name as somebody wrote it. Out: ids. Near misses are counted in edits with transpositions
(Damerau, 1964) through rapidfuzz; a correction is taken only when one entry is clearly nearest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from models.errors import Refusal
from models.vocabulary import Catalogue, E, Entry, Kind, Vocabulary, normalise

# One template per kind, so that every language can decline them as it must.
_UNKNOWN: dict[Kind, str] = {
    "style": "I don't know the style “{name}”; did you mean {nearest}?",
    "mood": "I don't know the mood “{name}”; did you mean {nearest}?",
    "instrument": "I don't know the instrument “{name}”; did you mean {nearest}?",
    "purpose": "I don't know the purpose “{name}”; the purposes are {nearest}.",
    "ensemble": "I don't know the ensemble “{name}”; the ensembles are {nearest}.",
}
#: Section names of a form, and what people call them.
SECTIONS: dict[str, tuple[str, ...]] = {
    "intro": ("introduction", "前奏", "引子", "开头", "序奏"),
    "verse": ("verses", "strophe", "stanza", "主歌"),
    "pre-chorus": ("prechorus", "导歌", "预副歌"),
    "chorus": ("choruses", "refrain", "副歌"),
    "hook": ("hooks", "钩子"),
    "bridge": ("middle eight", "middle 8", "桥段", "过渡", "连接段"),
    "theme": ("head", "main theme", "主题"),
    "contrast": ("对比段", "对比"),
    "variation": ("variations", "变奏"),
    "solo": ("instrumental solo", "独奏段", "独奏"),
    "build": ("build up", "buildup", "rise", "铺垫", "推进"),
    "drop": ("爆点",),
    "break": ("breakdown", "interlude", "instrumental", "间奏"),
    "opening": ("开场",),
    "development": ("展开部", "发展部", "发展"),
    "climax": ("peak", "高潮"),
    "resolution": ("再现部", "解决"),
    "outro": ("ending", "coda", "finale", "尾奏", "尾声", "结尾"),
}
#: Forms with a name -> sections. A twelve-bar blues repeats one strain.
FORMS: dict[str, str] = {
    "rondo": "ABACA",
    "ternary": "ABA",
    "binary": "AB",
    "rounded binary": "AABA",
    "song form": "AABA",
    "32 bar form": "AABA",
    "strophic": "AAA",
    "回旋曲式": "ABACA",
    "三段式": "ABA",
    "二段式": "AB",
}
MAX_SECTIONS = 24
MAX_INSTRUMENTS = 8


def near(word: str, spellings: Iterable[str], edits: int) -> list[str]:
    """The spellings nearest to a word within `edits` edits, all at the same distance."""
    edit_distance = DamerauLevenshtein.distance
    found = {s: edit_distance(word, s, score_cutoff=edits) for s in spellings}
    best = min(found.values(), default=0)
    return [s for s, distance in found.items() if distance == best <= edits]


def tolerance(word: str) -> int:
    """How many edits a name may be off: none under four letters, one, then two from nine on."""
    return 0 if len(word) < 4 else 1 if len(word) < 9 else 2


def find(catalogue: Catalogue[E], text: str) -> E | None:
    """The entry a name means: exact, or the one entry that is a typo away."""
    if exact := catalogue.find(text):
        return exact
    word = normalise(text)
    ids = {catalogue.spellings[s] for s in near(word, catalogue.spellings, tolerance(word))}
    return catalogue[ids.pop()] if len(ids) == 1 else None


def nearest(text: str, *catalogues: Catalogue[Any]) -> Entry:
    """The entry that looks most like a name, however little; what a refusal offers."""
    entries = {s: c[c.spellings[s]] for c in catalogues for s in c.spellings}
    word = normalise(text)
    # WRatio alone rewards a short spelling inside a long word too much; the plain ratio settles it.
    found = process.extract(word, entries.keys(), scorer=fuzz.WRatio, limit=8)
    best = max(found, key=lambda f: f[1] + fuzz.ratio(word, f[0]))
    entry: Entry = entries[best[0]]
    return entry


def require(catalogue: Catalogue[E], text: str) -> E:
    """As `find`, but an unknown name is refused with the nearest known one.

    Raises
    ------
    Refusal
        When no entry is a typo away.
    """
    if entry := find(catalogue, text):
        return entry
    kind = catalogue.kind
    if kind in ("purpose", "ensemble"):
        offered = ", ".join(e.name() for e in catalogue)
    else:
        offered = f"“{nearest(text, catalogue).name()}”"
    raise Refusal(_UNKNOWN[kind], name=text[:40], nearest=offered)


def wanted(words: Vocabulary, name: str | int, style: str | None) -> tuple[str, ...]:
    """Instrument and kit ids that a name, an id or a General MIDI number (0..127) asks for.

    A group ("guitar", "drums") gives the member that the style plays, an ensemble all members.

    Raises
    ------
    Refusal
        When the name is unknown or the number is no program.
    """
    if isinstance(name, int):
        return (_program(words, name),)
    for catalogue in (words.instruments, words.kits):
        if entry := catalogue.find(name):
            return (entry.id,)
    if group := words.groups.find(name):
        return group.members if group.together else (_of_style(words, group.members, style),)
    if re.fullmatch(r"\s*-?\d{1,9}\s*", name):
        return (_program(words, int(name)),)
    entry = find(words.instruments, name) or find(words.kits, name)
    if entry:
        return (entry.id,)
    if group := find(words.groups, name):
        return wanted(words, group.id, style)
    offered = nearest(name, words.instruments, words.kits, words.groups)
    raise Refusal(_UNKNOWN["instrument"], name=name[:40], nearest=f"“{offered.name()}”")


def refused(words: Vocabulary, name: str | int) -> tuple[str, ...]:
    """Ids that "without NAME" excludes: every member of a group, every piano for "piano".

    Raises
    ------
    Refusal
        When the name is unknown.
    """
    if isinstance(name, str) and (group := words.groups.find(name)):
        return group.members
    ids = wanted(words, name, None)
    return tuple(dict.fromkeys(m for i in ids for m in _family(words, i)))


def _family(words: Vocabulary, instrument: str) -> tuple[str, ...]:
    group = words.groups.find(instrument)
    return group.members if group and not group.together else (instrument,)


def _program(words: Vocabulary, program: int) -> str:
    for instrument in words.instruments:
        if instrument.program == program:
            return instrument.id
    raise Refusal(
        "{number} is not a General MIDI instrument; the numbers go from 0 (piano) to 127.",
        number=program,
    )


def _of_style(words: Vocabulary, members: Sequence[str], style: str | None) -> str:
    if style:
        s = words.styles[style]
        for played in (*s.melody, *s.chords, *s.bass, *s.pad, s.kit):
            if played in members:
                return played
    return members[0]


def form(text: str | Sequence[str]) -> tuple[str, ...]:
    """Section names in order: "AABA", "verse chorus verse chorus", "主歌 副歌", ["intro", "A"].

    Raises
    ------
    Refusal
        When there are no sections, too many, or one has no name people use.
    """
    parts = [text] if isinstance(text, str) else [str(part) for part in text]
    names = tuple(name for part in parts for name in _sections(part))
    if not names:
        raise Refusal("The form is empty; name its sections, such as “verse chorus verse” or AABA.")
    if len(names) > MAX_SECTIONS:
        raise Refusal(
            "{count} sections are too many; a piece has at most {most}.",
            count=len(names),
            most=MAX_SECTIONS,
        )
    return names


def _sections(text: str) -> list[str]:
    plain = normalise(text)
    if plain in FORMS:
        return list(FORMS[plain])
    if re.fullmatch(r"(?:[A-Ha-h]['′]?[\s,\-–|]*)+", text.strip()) and not _section(plain):
        return [letter.upper() for letter in re.findall(r"[A-Ha-h]", text)]
    names, rest = [], plain
    while rest := rest.strip(" ,;|/>→+、，"):
        spelling = next((s for s in _spellings() if rest.startswith(s[0])), None)
        if spelling is None:
            word = re.split(r"[\s,;|/>→+、，]", rest)[0]
            raise Refusal(
                "“{section}” is not a section I know; use letters (AABA) or {known}.",
                section=word[:30],
                known=", ".join(SECTIONS),
            )
        names.append(spelling[1])
        rest = re.sub(r"^\s*\d+", "", rest[len(spelling[0]) :])  # "verse 2" is a verse
    return names


def _section(word: str) -> str | None:
    return next((name for spelled, name in _spellings() if spelled == word), None)


def _spellings() -> list[tuple[str, str]]:
    """(spelling, section name), longest first."""
    pairs = [(normalise(s), name) for name, also in SECTIONS.items() for s in (name, *also)]
    return sorted(pairs, key=lambda pair: -len(pair[0]))
