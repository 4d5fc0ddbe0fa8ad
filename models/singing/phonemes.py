"""Which sounds espeak knows by which name, and what a singer does with each.

In: a reading in ARPAbet (CMUdict's phones). Out: espeak-ng mnemonics for its voice "en-us". The
tables are espeak-ng's docs/phonemes.md beside CMUdict's phone list; what a name is, a vowel or a
voiceless sound, is told by its first letter, which holds for "en-us" and "cmn" alike.
"""

from __future__ import annotations

from collections.abc import Sequence

_CONSONANTS = {
    "B": "b", "CH": "tS", "D": "d", "DH": "D", "F": "f", "G": "g", "HH": "h", "JH": "dZ",
    "K": "k", "L": "l", "M": "m", "N": "n", "NG": "N", "P": "p", "R": "r", "S": "s", "SH": "S",
    "T": "t", "TH": "T", "V": "v", "W": "w", "Y": "j", "Z": "z", "ZH": "Z",
}  # fmt: skip
_VOWELS = {
    "AA": "A:", "AE": "a", "AH": "V", "AO": "O:", "AW": "aU", "AY": "aI", "EH": "E", "ER": "3:",
    "EY": "eI", "IH": "I", "IY": "i:", "OW": "oU", "OY": "OI", "UH": "U", "UW": "u:",
}  # fmt: skip
#: An r that no vowel follows melts into the vowel before it.
_WITH_R = {
    "AA": "A@", "EH": "e@", "AO": "o@", "OW": "o@", "UH": "U@", "IH": "i@3", "IY": "i@3",
    "AY": "aI3",
}  # fmt: skip
_UNSTRESSED = {"AH": "@", "ER": "3"}

_VOWEL_LETTERS = frozenset("aAeEiIoOuUV03@yY")
_VOICELESS_LETTERS = frozenset("ptkfTsShxC?")
_TAPPED_T = "t#"  # the t of "water" in America: voiced
_GLIDING = frozenset(("aU", "aI", "eI", "oU", "OI", "aI3", "i@3", "A@", "e@", "o@", "U@", "aI@"))


def spell(phones: Sequence[str], stresses: Sequence[int]) -> str:
    """Write a reading as espeak mnemonics, "w|'I|n|t|3" for W IH N T ER with stresses 1, 0.

    Phones may carry CMUdict's stress digits; `stresses` (one per vowel) counts.
    """
    bare = [phone.rstrip("012") for phone in phones]
    vowels = [i for i, phone in enumerate(bare) if phone not in _CONSONANTS]
    stress = dict(zip(vowels, stresses, strict=True))
    said: list[str] = []
    for i, phone in enumerate(bare):
        if phone in _CONSONANTS:
            melted = phone == "R" and bare[max(0, i - 1)] in _WITH_R and i + 1 not in stress
            if not melted:
                said.append(_CONSONANTS[phone])
            continue
        name = _VOWELS[phone]
        if bare[i + 1 : i + 2] == ["R"] and i + 2 not in stress:
            name = _WITH_R.get(phone, name)
        elif not stress[i]:
            name = _UNSTRESSED.get(phone, name)
        said.append(("", "'", ",")[stress[i]] + name)
    # The bars keep t and S of "nutshell" from being read as tS.
    return "|".join(said)


def is_vowel(name: str) -> bool:
    """Whether a phoneme can carry a note."""
    return name[0] in _VOWEL_LETTERS


def is_voiceless(name: str) -> bool:
    """Whether the vocal folds are still: such a sound has no pitch."""
    return name[0] in _VOICELESS_LETTERS and name != _TAPPED_T


def held(name: str) -> tuple[float, float]:
    """What of a vowel is drawn out on a long note, as shares of its spoken length.

    Singers hold the first part of a diphthong and pass to the second at the end.
    """
    return (0.2, 0.4) if name in _GLIDING or name.endswith("r") else (0.35, 0.65)
