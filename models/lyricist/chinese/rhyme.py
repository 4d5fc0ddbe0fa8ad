"""Mandarin finals, tones and rhyme classes of Chinese characters.

In: characters. Out: readings. The rhyme classes are the fourteen of 中华新韵 (Zhonghua xinyun,
Chinese Poetry Society, 2005), which sort the finals of today's standard Mandarin: the words are
sung today, so what rhymes for a singer counts, not what rhymed in the Song dynasty (the checked
tones of 词林正韵 are gone from Mandarin). Readings come from pypinyin, which chooses between
several readings by the phrase they stand in.
"""

from __future__ import annotations

from dataclasses import dataclass

from pypinyin import Style, pinyin

#: The classes in the book's order; a class's number is its place here, from 1. 0 is "unknown".
CLASSES = ("麻", "波", "皆", "开", "微", "豪", "尤", "寒", "文", "唐", "庚", "齐", "支", "姑")
_FINALS = {
    "麻": "a ia ua",
    "波": "o e uo io ê",
    "皆": "ie ve",
    "开": "ai uai iai",
    "微": "ei uei",
    "豪": "ao iao",
    "尤": "ou iou",
    "寒": "an ian uan van",
    "文": "en in uen vn",
    "唐": "ang iang uang",
    "庚": "eng ing ueng ong iong",
    "齐": "i er v",
    "支": "-i",
    "姑": "u",
}
_CLASS_OF = {
    final: CLASSES.index(name) + 1 for name, finals in _FINALS.items() for final in finals.split()
}


@dataclass(frozen=True)
class Syllable:
    """One character read aloud: its final, its rhyme class (1-14), its tone (1-4, 5 neutral)."""

    final: str
    rhyme: int
    tone: int


def read_text(text: str) -> tuple[Syllable | None, ...]:
    """A reading for each character of `text`, None for what has no Mandarin reading."""
    # `list` keeps a row for each character without a reading; the stubs know only strings.
    finals = pinyin(text, style=Style.FINALS_TONE3, errors=list)  # type: ignore[arg-type]
    initials = pinyin(text, style=Style.INITIALS, errors=list)  # type: ignore[arg-type]
    return tuple(_syllable(i[0], f[0]) for i, f in zip(initials, finals, strict=True))


def rhyme_of(text: str) -> int:
    """The rhyme class of the last character of `text`, read in its phrase; 0 when unknown."""
    last = read_text(text)[-1] if text else None
    return last.rhyme if last else 0


def _syllable(initial: str, final: str) -> Syllable | None:
    tone = int(final[-1]) if final[-1:].isdigit() else 5
    bare = final.rstrip("12345")
    if bare == "i" and initial in {"z", "c", "s", "zh", "ch", "sh", "r"}:
        bare = "-i"
    rhyme = _CLASS_OF.get(bare)
    return Syllable(bare, rhyme, tone) if rhyme else None
