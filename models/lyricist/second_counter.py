"""A second opinion on syllables and rhymes, by a voice that never saw the lyricist's dictionary.

In: words. Out: how many syllables espeak-ng says them with, and whether two of them rhyme when it
says them. Its English is a set of letter-to-sound rules and exceptions of its own (J. Duddington,
R. Dunn and others; docs/phonemes.md of espeak-ng names the mnemonics), independent of CMUdict, from
which the decoder counts. A syllable is a vowel or a consonant that stands for one; where the voice
has one gliding vowel that singers take for one or for two syllables (fire, hour, ideal), the count
is a range. Needs the extra [sing].
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from models.singing.espeak import engine

VOICE = "gmw/en-US"
_VOWEL = re.compile(r"[aAeEiIoOuUV03@]")
_STRESSES = "',"
#: Vowels of which people make one syllable or two, those that are always two, and one or none.
_WIDE, _TWO, _FAINT = frozenset(("i@", "aI3")), frozenset(("aI@",)), "@-"
_SYLLABIC = frozenset(("n-", "m-", "l-"))
_TEETH = frozenset(("t", "d", "s", "z", "t#"))
#: Spellings of one sound: the voice tells long, short and reduced forms apart, a rhyme does not.
_SOUND = {
    "i:": "i", "I2": "I", "I#": "I", "u:": "u", "O:": "O", "O2": "O", "0": "O", "A:": "O",
    "o@": "O@", "3:": "3", "@2": "@", "@L": "@l", "a#": "a", "aa": "a", "t#": "t", "t2": "t",
    "?": "t", "n-": "@n", "r-": "r", "U@": "O@", "i@3": "i@",
}  # fmt: skip
_HEAD = re.compile(r"[aAeEiIoOuUV3@]+")
_NEAR_VOWELS = frozenset(
    frozenset(pair)
    for pair in (
        *(("I", "E"), ("I", "i"), ("E", "i"), ("E", "eI"), ("a", "eI"), ("O", "V"), ("O", "oU")),
        *(("V", "oU"), ("V", "U"), ("V", "u"), ("U", "u"), ("3", "O@")),
    )
)
_KIN = {"n": "m", "N": "m", "d": "t", "g": "k", "b": "p", "v": "f", "z": "s", "Z": "S", "D": "T"}


@dataclass(frozen=True, slots=True)
class Said:
    """A word as said: its phonemes without stress, which of them are syllables.

    `beats` are the places of the main stress and of any stress after it. `least` and `most` are
    the syllables it may be sung with.
    """

    phones: tuple[str, ...]
    vowels: tuple[int, ...]
    beats: tuple[int, ...]
    least: int
    most: int

    def may_have(self, syllables: int) -> bool:
        """Whether so many syllables are within what the voice says."""
        return self.least <= syllables <= self.most


@lru_cache(maxsize=50_000)
def said(word: str) -> Said:
    """A word by itself.

    Raises
    ------
    Refusal
        When espeak-ng is not installed.
    """
    tokens = [t for part in engine().mnemonics(word.lower(), VOICE) for t in part if t != ";"]
    bare = [token.lstrip(_STRESSES) for token in tokens]
    vowels = [at for at in range(len(bare)) if _is_syllable(bare, at)]
    main = max((at for at in vowels if tokens[at][0] == "'"), default=0)
    beats = tuple(at for at in vowels if at >= main and tokens[at][0] in _STRESSES)
    counts = [_count(bare, at) for at in vowels]
    least, most = sum(low for low, _ in counts), sum(high for _, high in counts)
    return Said(tuple(bare), tuple(vowels), beats, least, most)


def _count(phones: list[str], at: int) -> tuple[int, int]:
    """The fewest and the most syllables of which a vowel is the end."""
    glides = phones[at] in ("3", "@") and at > 0 and phones[at - 1] in ("aI", "aU")
    if glides or phones[at] == _FAINT:
        return 0, 1
    if phones[at] in _TWO:
        return 2, 2
    return 1, 2 if phones[at] in _WIDE else 1


def _is_syllable(phones: list[str], at: int) -> bool:
    phone = phones[at]
    if _VOWEL.match(phone) or phone in _SYLLABIC:
        return True
    # "didn't": the n between two consonants of the teeth is a syllable.
    inside = 0 < at < len(phones) - 1
    return phone == "n" and inside and phones[at - 1] in _TEETH and phones[at + 1] in _TEETH


def rhyme(one: str, other: str) -> str:
    """How two words rhyme as said: "perfect", "slant" or "".

    Perfect: equal from a stressed vowel on, and different before it. Slant: the same vowel with
    kin consonants after it (m, n, ng; a voiced and a voiceless twin), or a near vowel with the same
    consonants, or all the same. A word is no rhyme with itself.
    """
    if one == other:
        return ""
    tails = [(a, b) for a in _tails(said(one)) for b in _tails(said(other))]
    if any(a[1] == b[1] and a[0] != b[0] for a, b in tails):
        return "perfect"
    near = any(_near(a[1], b[1]) for a, b in tails)
    return "slant" if near else ""


def _tails(word: Said) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The consonants before, and the sounds from, each vowel that may bear the last beat."""
    if not word.vowels:
        return []
    starts = list(word.beats) or [word.vowels[-1]]
    if len(word.vowels) - 1 - word.vowels.index(starts[-1]) >= 2:
        starts.append(word.vowels[-1])
    ends = {at: max((v + 1 for v in word.vowels if v < at), default=0) for at in starts}
    return [(word.phones[ends[at] : at], _sounds(word.phones[at:])) for at in starts]


def _sounds(phones: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("".join(_SOUND.get(phone, phone) for phone in phones))


def _near(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two tails, as letters of sound, are near: see `rhyme`."""
    heads = [_HEAD.match("".join(tail)) for tail in (one, other)]
    vowels = [head[0] if head else "" for head in heads]
    rests = [tail[len(vowel) :] for tail, vowel in zip((one, other), vowels, strict=True)]
    if vowels[0] == vowels[1]:
        return [_KIN.get(s, s) for s in rests[0]] == [_KIN.get(s, s) for s in rests[1]]
    return rests[0] == rests[1] and frozenset(vowels) in _NEAR_VOWELS
