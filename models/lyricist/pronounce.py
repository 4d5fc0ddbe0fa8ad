"""How a word is said and sung: phones, stresses, possible numbers of syllables.

In: a word or a line as people write it. Out: `Reading` values. The listed ones come from CMUdict
(`lexicon_data`, BSD); possessives, contractions and endings are built from listed words
(`affixes`); the sung variants come from the elision rules of verse (`elide`) and are marked; for
any other word `g2p` estimates one. Nothing is read until the first word is asked for.
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

from models.lyricist.affixes import built, contracted, filled, in_verse
from models.lyricist.align import VOWELS
from models.lyricist.elide import Phones, is_vowel, sung_variants
from models.lyricist.g2p import load_speller

DATA = Path(__file__).parent / "lexicon_data"
#: Spellings that say an -ed or an e is sounded, as in "blessèd".
SOUNDED = str.maketrans("èéêëáàâíìóòôöúùüç’‘`", "eeeeaaaiioooouuuc'''")


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to say a word: ARPAbet phones without digits, and a stress for each vowel.

    Stresses are CMUdict's: 1 main, 2 second, 0 none. `elided` marks a reading that is sung but not
    listed: shortened (heaven=1) or opened (fire=2).
    """

    phones: tuple[str, ...]
    stresses: tuple[int, ...]
    elided: bool = False

    @property
    def syllables(self) -> int:
        """The number of syllables: of vowels."""
        return len(self.stresses)

    @property
    def marked(self) -> Phones:
        """Phones in CMUdict's notation, the stress on each vowel."""
        stresses = iter(self.stresses)
        return tuple(
            f"{phone}{next(stresses)}" if phone in VOWELS else phone for phone in self.phones
        )


def reading_of(marked: Sequence[str], elided: bool = False) -> Reading:
    """A reading from phones in CMUdict's notation, such as ("HH", "EH1", "V", "AH0", "N")."""
    return Reading(
        tuple(phone.rstrip("012") for phone in marked),
        tuple(int(phone[-1]) for phone in marked if is_vowel(phone)),
        elided,
    )


class Pronouncer:
    """The dictionary, unpacked once; `load()` gives the process's only one."""

    def __init__(self) -> None:
        self._entries: dict[str, str] = {}
        text = lzma.decompress((DATA / "cmudict.txt.xz").read_bytes()).decode()
        for line in text.splitlines():
            word, _, phones = line.partition(" ")
            self._entries[word] = phones
        self._cache: dict[str, tuple[Reading, ...]] = {}

    def words(self) -> Iterable[str]:
        """Every listed spelling, in the dictionary's order, once."""
        return (word for word in self._entries if not word.endswith(")"))

    def listed(self, word: str) -> tuple[Phones, ...]:
        """The dictionary's own phones for a lower-case spelling, its first choice first."""
        if word not in self._entries:
            return ()
        found = [self._entries[word]]
        while (more := self._entries.get(f"{word}({len(found) + 1})")) is not None:
            found.append(more)
        return tuple(tuple(phones.split()) for phones in found)

    def known(self, word: str) -> bool:
        """Whether a word is listed, or is a listed word with an ending 's, 'll, in' and the like.

        The readings of any other word are estimates.
        """
        spelling, _ = _clean(word)
        parts = [part for part in spelling.split("-") if part]
        return bool(parts) and all(self._sure(part) or self._filled(filled(part)) for part in parts)

    def readings(self, word: str) -> tuple[Reading, ...]:
        """Every reading of a word, plain ones before elided ones; () for what has no letters."""
        if word not in self._cache:
            self._cache[word] = self._find(*_clean(word))
        return self._cache[word]

    def counts(self, word: str) -> tuple[int, ...]:
        """Possible numbers of syllables of a word, the likeliest first."""
        return tuple(dict.fromkeys(reading.syllables for reading in self.readings(word)))

    def line_counts(self, text: str) -> set[int]:
        """Every number of syllables a line can be sung with; what has no letters a-z is silent."""
        totals = {0}
        for word in re.findall(r"[^\W\d_][\w'’‘`-]*|['’‘][^\W\d_][\w'’‘`-]*", text):
            totals = {total + more for total in totals for more in self.counts(word) or (0,)}
        return totals

    def _find(self, spelling: str, sounded: bool) -> tuple[Reading, ...]:
        parts = [part for part in spelling.split("-") if part]
        if not parts:
            return ()
        choices = [self._part(part) for part in parts]
        readings = [_joined(choice) for choice in product(*choices)]
        if sounded:
            readings = [_sounded(reading) for reading in readings if not reading.elided]
        ordered = sorted(readings, key=lambda reading: reading.elided)
        return tuple(dict.fromkeys(ordered))

    def _part(self, word: str) -> tuple[Reading, ...]:
        plain = self._sure(word)
        if not plain and (shortest := self._filled(filled(word))):
            return shortest
        if not plain:
            plain = self._estimates(word)
        sung = [new for phones in plain for new in sung_variants(word, phones)]
        readings = {phones: reading_of(phones) for phones in plain}
        for phones in sung:
            readings.setdefault(phones, reading_of(phones, elided=True))
        return tuple(readings.values())

    def _sure(self, word: str) -> tuple[Phones, ...]:
        found = self.listed(word) + in_verse(word) or tuple(contracted(word, self.listed))
        bare = word.strip("'")
        return tuple(dict.fromkeys(found)) or (self._sure(bare) if bare not in ("", word) else ())

    def _filled(self, spellings: Iterable[str]) -> tuple[Reading, ...]:
        """Readings of a spelling whose apostrophe says that a syllable is left out."""
        for spelling in spellings:
            readings = self._part(spelling) if self._sure(spelling) else ()
            if readings:
                least = min(reading.syllables for reading in readings)
                short = [reading for reading in readings if reading.syllables == least]
                return tuple(Reading(reading.phones, reading.stresses) for reading in short)
        return ()

    def _estimates(self, word: str) -> tuple[Phones, ...]:
        """Phones of a word no dictionary knows: from its parts if they are listed, else guessed."""
        bare = word.replace("'", "")
        if not bare:
            return ()
        return tuple(dict.fromkeys(built(bare, self.listed))) or load_speller().guess(bare)


@cache
def load() -> Pronouncer:
    """The process's pronouncer, unpacked at the first call (about 0.2 s)."""
    return Pronouncer()


def _clean(word: str) -> tuple[str, bool]:
    """A spelling in lower case of letters, apostrophes and hyphens; whether an -èd is sounded."""
    lower = word.lower()
    plain = re.sub(r"[^a-z'-]", "", lower.translate(SOUNDED))
    return plain, "èd" in lower or "éd" in lower


def _joined(parts: Sequence[Reading]) -> Reading:
    phones = tuple(phone for part in parts for phone in part.phones)
    stresses = tuple(stress for part in parts for stress in part.stresses)
    return Reading(phones, stresses, any(part.elided for part in parts))


def _sounded(reading: Reading) -> Reading:
    """A reading whose final -ed is a syllable: bless-èd."""
    if reading.phones[-1] not in {"D", "T"} or reading.phones[-2:-1] in (("IH",), ("AH",)):
        return reading
    return Reading((*reading.phones[:-1], "IH", "D"), (*reading.stresses, 0))
