"""Readings of a word that are sung though no dictionary lists them: heaven=1, glorious=2.

In: a spelling and its phones in CMUdict's notation ("HH EH1 V AH0 N"). Out: shorter and opened
variants of them. The rules are those of English verse (Attridge, The Rhythms of English Poetry,
1982):

- smoothing: a diphthong takes the weak vowel after it (power, fire, trial, cruel);
- synizesis: a weak i or u before a weak vowel becomes a glide (glorious, radiant, virtuous);
- syncope: a weak vowel falls between a consonant and l, n or r before a weak vowel (wandering,
  memory, family, prisoner);
- the n of -ven, -sen and -len closes the syllable before it (heaven, risen, fallen);
- opening, the other way: a long diphthong before r becomes two syllables (fire, hour).
"""

from __future__ import annotations

from collections.abc import Iterator

Phones = tuple[str, ...]

WEAK = frozenset({"AH0", "IH0", "IY0", "ER0", "EH0", "UH0", "UW0", "OW0", "AE0"})
SCHWA = frozenset({"AH0", "IH0"})
GLIDING = frozenset({"AW", "AY", "OY"})
#: Consonants after which a weak vowel before n may fall; after m, l or r nobody sings it so.
BEFORE_N = frozenset({"P", "B", "T", "D", "K", "G", "F", "V", "S", "Z", "SH", "TH", "DH"})
N_ENDINGS = {"V": ("ven", "v'n"), "Z": ("sen", "zen"), "L": ("len",)}


def is_vowel(phone: str) -> bool:
    """Whether a phone in CMUdict's notation is a vowel: those carry a stress digit."""
    return phone[-1].isdigit()


def sung_variants(word: str, phones: Phones) -> list[Phones]:
    """Variants with one or two changes, nearest to the spoken form first, without `phones`."""
    found: dict[Phones, None] = {}
    edge = [phones]
    for _ in range(2):
        edge = [new for old in edge for new in _one_change(word, old) if new not in found]
        found.update(dict.fromkeys(edge))
    for new in _opened(phones):
        found.setdefault(new)
    found.pop(phones, None)
    return [new for new in found if any(map(is_vowel, new))]


def _one_change(word: str, phones: Phones) -> Iterator[Phones]:
    for at in range(1, len(phones)):
        change = _smoothed(phones, at) or _glide(phones, at) or _dropped(word, phones, at)
        if change is not None:
            yield phones[:at] + change + phones[at + 1 :]


def _smoothed(phones: Phones, at: int) -> Phones | None:
    before, here, after = phones[at - 1][:-1], phones[at], phones[at + 1 : at + 2]
    if not is_vowel(phones[at - 1]):
        return None
    if here == "ER0" and before in GLIDING and not (after and is_vowel(after[0])):
        return ("R",)
    if here in SCHWA and after == ("L",) and before in GLIDING | {"UW"}:
        return ()
    return None


def _glide(phones: Phones, at: int) -> Phones | None:
    if is_vowel(phones[at - 1]) or phones[at + 1 : at + 2] == ():
        return None
    if phones[at + 1] in WEAK and any(map(is_vowel, phones[:at])):
        return {"IY0": ("Y",), "UW0": ("W",)}.get(phones[at])
    return None


def _dropped(word: str, phones: Phones, at: int) -> Phones | None:
    before, here, after = phones[at - 1], phones[at], phones[at + 1 : at + 3]
    if is_vowel(before) or not any(map(is_vowel, phones[:at])) or not after:
        return None
    if here == "ER0":
        return ("R",) if after[0] in WEAK and before not in {"R", "L", "W", "Y"} else None
    if here not in SCHWA:
        return None
    if len(after) == 2 and after[1] in WEAK:
        if after[0] in {"L", "R"} and before not in {"L", "R", "W", "Y"}:
            return None if word.endswith("ily") and word != "family" else ()
        if after[0] == "N" and before in BEFORE_N:
            return ()
    closes = len(after) == 1 or not is_vowel(after[1])
    endings = N_ENDINGS.get(before, ())
    return () if after[0] == "N" and closes and any(end in word for end in endings) else None


def _opened(phones: Phones) -> Iterator[Phones]:
    for at in range(1, len(phones)):
        weak_next = at + 1 < len(phones) and is_vowel(phones[at + 1])
        if phones[at] == "R" and phones[at - 1] in {"AY1", "AW1"} and not weak_next:
            yield (*phones[:at], "ER0", *phones[at + 1 :])
