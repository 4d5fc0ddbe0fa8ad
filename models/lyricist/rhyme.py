"""Which words rhyme: perfect rhyme, and one narrow class of slant rhyme.

In: `Reading` values. Out: yes or no, and keys that put words into families.

A rhyme's *tail* is all sounds from a vowel that bears a beat to the end of the word. A word has a
tail from its main stress, from a second stress after it ("daylight", "lullaby"), and, when at
least two weak syllables would follow, from its last vowel: metre puts a beat there ("misery" goes
with "free"), the promotion of English verse (Attridge 1982). Two words rhyme perfectly when
they have a tail in common and the consonants before it differ: the same syllable twice, as in
"rain" and "reign" or "light" and "delight", is no rhyme.

Slant rhyme looks at the tails from the last beat only. They must be alike but for one of these:

- kin consonants after the same vowel: m, n, ng, or a voiced and a voiceless twin (time, mine;
  ease, peace);
- a near vowel before the same consonants, of the pairs English verse has always used, most of
  them rhymes to the eye (given, heaven; love, prove; come, home; gone, own);
- a weak vowel that the metre raises, before the same consonants (sent, confident; call, animal);
- the same syllable twice, when the metre raises one of them (sea, infancy).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from models.lyricist.align import VOWELS
from models.lyricist.onsets import onset
from models.lyricist.pronounce import Reading

#: Vowels CMUdict writes in two ways before a consonant ("near" IH R, "hear" IY R; "fair", "vary";
#: "poor", "door"; "calling" AO L, "falling" AA L).
ONE_SOUND: dict[tuple[str, ...], str] = {
    **dict.fromkeys((("IY", "R"), ("IH", "R")), "IH"),
    **dict.fromkeys((("AE", "R"), ("EH", "R")), "EH"),
    **dict.fromkeys((("UH", "R"), ("UW", "R"), ("OW", "R"), ("AO", "R")), "AO"),
    **dict.fromkeys((("AA", "L"), ("AO", "L")), "AO"),
}
#: Consonants taken for one another in a slant rhyme, each under the name of its family.
KIN = {
    **dict.fromkeys(("M", "N", "NG"), "M"),
    **{"B": "P", "D": "T", "G": "K", "V": "F", "Z": "S", "ZH": "SH", "JH": "CH", "DH": "TH"},
}
#: Vowels taken for one another before the same consonants.
NEAR = frozenset(
    frozenset(pair)
    for pair in (
        *(("IH", "EH"), ("IH", "IY"), ("EH", "IY"), ("AE", "EY"), ("AE", "AA")),
        *(("AA", "AO"), ("AA", "AH"), ("AO", "OW"), ("AH", "OW"), ("AH", "UH"), ("AH", "UW")),
        *(("UH", "UW"), ("ER", "AO"), ("ER", "EH")),
    )
)
#: Full vowels that a weak one, raised by the metre, may stand for.
RAISED = frozenset(frozenset(("AH", full)) for full in ("AA", "AE", "AO", "EH", "IH", "UH"))


@dataclass(frozen=True, slots=True)
class Tail:
    """A rhyming tail: its sounds, the onset before it (() for none), and its vowel's stress."""

    sounds: tuple[str, ...]
    before: tuple[str, ...]
    stress: int


@lru_cache(maxsize=1 << 16)
def tails(reading: Reading) -> tuple[Tail, ...]:
    """Tails of a reading, from the one that bears the last beat to the longest."""
    vowels = [at for at, phone in enumerate(reading.phones) if phone in VOWELS]
    if not vowels:
        return ()
    starts = [at for at, stress in zip(vowels, reading.stresses, strict=True) if stress] or [
        vowels[-1]
    ]
    main = max(
        (at for at, stress in zip(vowels, reading.stresses, strict=True) if stress == 1),
        default=starts[-1],
    )
    starts = [at for at in starts if at >= main]
    if len(vowels) - 1 - vowels.index(starts[-1]) >= 2:
        starts.append(vowels[-1])
    return tuple(_tail(reading, start, vowels) for start in reversed(starts))


def _tail(reading: Reading, start: int, vowels: list[int]) -> Tail:
    sounds: list[str] = []
    for at in range(start, len(reading.phones)):
        phone = reading.phones[at]
        phone = ONE_SOUND.get((phone, *reading.phones[at + 1 : at + 2]), phone)
        if at > start and phone == "IH" and reading.stresses[vowels.index(at)] == 0:
            phone = "AH"
        sounds.extend(("ER", "R") if phone == "ER" else (phone,))
    stress = reading.stresses[vowels.index(start)]
    return Tail(tuple(sounds), onset(reading.phones, start), stress)


def perfect(a: Reading, b: Reading) -> bool:
    """Whether two readings rhyme perfectly."""
    return any(
        one.sounds == other.sounds and one.before != other.before
        for one in tails(a)
        for other in tails(b)
    )


def rhyme_key(reading: Reading) -> str:
    """The family a word ends a line in: its tail from the last beat, "" when it has no vowel.

    Words of one family rhyme perfectly when the onsets before their tails differ.
    """
    found = tails(reading)
    return " ".join(found[0].sounds) if found else ""


def slant(a: Reading, b: Reading) -> bool:
    """Whether two readings make a slant rhyme of the class above; a perfect rhyme is none."""
    if perfect(a, b):
        return False
    return any(_alike(one, other) for one in tails(a)[:1] for other in tails(b)[:1])


def _alike(one: Tail, other: Tail) -> bool:
    raised = (one.stress == 0) != (other.stress == 0)
    if one.sounds == other.sounds:
        return raised
    if len(one.sounds) != len(other.sounds) or len(one.sounds) < 2:
        return False
    vowels = frozenset((one.sounds[0], other.sounds[0]))
    if len(vowels) == 1:
        return _kin(one.sounds) == _kin(other.sounds)
    if one.sounds[1:] != other.sounds[1:]:
        return False
    return vowels in NEAR or (raised and vowels in RAISED)


def _kin(sounds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(KIN.get(sound, sound) for sound in sounds)


def slant_key(reading: Reading) -> str:
    """A bucket that all slant rhymes of a word lie in, though not all in it rhyme with it.

    The consonants of the tail from the last beat by families; words that end in their vowel have
    the key of that vowel.
    """
    found = tails(reading)
    if not found:
        return ""
    first, *rest = found[0].sounds
    return " ".join(_kin(tuple(rest))) if rest else first
