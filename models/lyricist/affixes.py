"""Words built from listed ones: possessives, contractions, endings, British spellings, compounds.

In: a lower-case spelling that no dictionary lists, and a function that gives the listed phones of
another. Out: phones of the word by the sound rules of English endings (Quirk et al., A
Comprehensive Grammar, 1985): -s is S, Z or IH0 Z and -ed is T, D or IH0 D by the
sound before. Spelling at a joint is undone (stopped: stop; making: make; happier: happy).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from models.lyricist.elide import Phones

Lookup = Callable[[str], tuple[Phones, ...]]

#: Contractions of verse, which carry an apostrophe where letters fell, and what CMUdict misses.
VERSE = {
    "blessed": "B L EH1 S IH0 D",
    "thro'": "TH R UW1",
    "altho'": "AO0 L DH OW1",
    "saith": "S EH1 TH",
    "o'er": "AO1 R",
    "e'er": "EH1 R",
    "ne'er": "N EH1 R",
    "e'en": "IY1 N",
    "whate'er": "W AH0 T EH1 R",
    "where'er": "W EH0 R EH1 R",
    "whene'er": "W EH0 N EH1 R",
    "howe'er": "HH AW0 EH1 R",
    "ta'en": "T EY1 N",
    "th'": "DH AH0",
    "o'": "AH0",
    "an'": "AE1 N D",
    "'neath": "N IY1 TH",
    "'mid": "M IH1 D",
    "'mongst": "M AH1 NG S T",
    "'gainst": "G EH1 N S T",
    "'twill": "T W IH1 L",
    "'twere": "T W ER1",
    "'til": "T IH1 L",
    "'til'": "T IH1 L",
}
CLITICS = {"'ll": "AH0 L", "'ve": "V", "'re": "ER0", "'d": "D", "'m": "M", "n't": "AH0 N T"}
SUFFIXES = {
    "ing": "IH0 NG",
    "er": "ER0",
    "ers": "ER0 Z",
    "est": "AH0 S T",
    "eth": "IH0 TH",
    "st": "S T",
    "ly": "L IY0",
    "ness": "N AH0 S",
    "less": "L AH0 S",
    "ful": "F AH0 L",
    "y": "IY0",
    "like": "L AY2 K",
    "ward": "W ER0 D",
}
PREFIXES = {"un": "AH0 N", "re": "R IY0", "out": "AW2 T", "over": "OW2 V ER0", "fore": "F AO2 R"}
BRITISH = (
    (r"our", "or"),
    (r"is(e|ed|es|ing|er|ation)$", r"iz\1"),
    (r"ll(ed|ing|er|ous)", r"l\1"),
    (r"re$", "er"),
    (r"ae|oe", "e"),
    (r"ogue$", "og"),
    (r"ence$", "ense"),
)
SIBILANT = frozenset({"S", "Z", "SH", "ZH", "CH", "JH"})
VOICELESS = frozenset({"P", "T", "K", "F", "TH", "S", "SH", "CH"})


def in_verse(word: str) -> tuple[Phones, ...]:
    """The reading verse gives a spelling beside, or without, CMUdict's."""
    return (tuple(VERSE[word].split()),) if word in VERSE else ()


def contracted(word: str, lookup: Lookup) -> Iterator[Phones]:
    """Phones of a word with an apostrophe: dreamin', angel's, heroes', she'll."""
    if word.startswith("th'"):
        yield from (("DH", *phones) for phones in lookup(word[3:]) if phones[0][-1].isdigit())
    if word.endswith("in'"):
        for phones in lookup(word[:-1] + "g"):
            if phones[-1] == "NG":
                yield (*phones[:-1], "N")
    for mark in ("'s", "s'"):
        if word.endswith(mark):
            stem = word[:-2]
            yield from (with_s(phones) for phones in lookup(stem))
    if word.endswith("'d") and (past := lookup(word[:-2] + "ed")):
        yield min(past, key=lambda phones: sum(phone[-1].isdigit() for phone in phones))
        return
    for clitic, sound in CLITICS.items():
        if word.endswith(clitic):
            yield from (_with_clitic(phones, sound) for phones in lookup(word[: -len(clitic)]))


def _with_clitic(phones: Phones, sound: str) -> Phones:
    if sound == "D" and phones[-1] in {"T", "D"}:
        return (*phones, "AH0", "D")
    if sound == "AH0 L" and phones[-1][-1].isdigit():
        return (*phones, "L")
    return (*phones, *sound.split())


def with_s(phones: Phones) -> Phones:
    """Phones with the ending of a plural or a possessive."""
    if phones[-1] in SIBILANT:
        return (*phones, "IH0", "Z")
    return (*phones, "S" if phones[-1] in VOICELESS else "Z")


def with_ed(phones: Phones) -> Phones:
    """Phones with the ending of a past tense."""
    if phones[-1] in {"T", "D"}:
        return (*phones, "IH0", "D")
    return (*phones, "T" if phones[-1] in VOICELESS else "D")


def filled(word: str) -> list[str]:
    """Spellings with a vowel letter where a poet put an apostrophe: heav'n, ev'ry, lov'd."""
    match = re.fullmatch(r"([a-z]+)'([a-z]+)", word)
    if match is None:
        return []
    return [match[1] + letter + match[2] for letter in ("e", "i", "o", "a", "u", "")]


def built(word: str, lookup: Lookup) -> Iterator[Phones]:
    """Phones of an unlisted word from listed parts, the surest way first."""
    for pattern, other in BRITISH:
        if re.search(pattern, word):
            yield from lookup(re.sub(pattern, other, word))
    if word.endswith("s") and not word.endswith("ss"):
        for stem in (word[:-1], word[:-2] if word.endswith("es") else "", _y(word, "ies")):
            yield from (with_s(phones) for phones in lookup(stem))
    if word.endswith("ed"):
        for stem in _stems(word[:-2]):
            yield from (with_ed(phones) for phones in lookup(stem))
    for suffix, sound in SUFFIXES.items():
        if word.endswith(suffix) and len(word) > len(suffix) + 2:
            cut = word[: -len(suffix)]
            for stem in _stems(cut) if suffix[0] in "aeiouy" else (cut, _y(word, f"i{suffix}")):
                yield from ((*phones, *sound.split()) for phones in lookup(stem))
    for prefix, sound in PREFIXES.items():
        if word.startswith(prefix) and len(word) > len(prefix) + 3:
            yield from ((*sound.split(), *phones) for phones in lookup(word[len(prefix) :]))


def _y(word: str, ending: str) -> str:
    return word[: -len(ending)] + "y" if word.endswith(ending) else ""


def _stems(cut: str) -> list[str]:
    """Spellings a stem may have had before its ending, the likeliest first."""
    if len(cut) > 2 and cut[-1] == cut[-2] and cut[-1] not in "sl":
        return [cut[:-1], cut]
    if cut.endswith("i"):
        return [cut[:-1] + "y", cut]
    short = re.search(r"(?<![aeiou])[aeiou][bcdfgklmnprstvz]$", cut) is not None
    return [cut + "e", cut] if short else [cut, cut + "e"]
