"""Which words rhyme: perfect rhyme, and one narrow class of slant rhyme.

In: `Reading` values. Out: yes or no, and keys that put words into families.

A rhyme's *tail* is all sounds from a vowel that bears a beat to the end of the word. A word has a
tail from its main stress, from a second stress after it ("daylight", "lullaby"), and, when at
least two weak syllables would follow, from its last vowel: metre puts a beat there ("misery" goes
with "free"), the promotion of English verse (Attridge 1982, ch. 7). Two words rhyme perfectly when
they have a tail in common and the consonants before it differ: the same syllable twice, as in
"rain" and "reign" or "light" and "delight", is no rhyme.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.lyricist.onsets import onset
from models.lyricist.pronounce import VOWELS, Reading

#: Sounds CMUdict writes in two ways before R ("near" IH R, "hear" IY R; "fair", "vary").
BEFORE_R = {"IY": "IH", "UH": "AO", "AE": "EH", "OW": "AO"}


@dataclass(frozen=True, slots=True)
class Tail:
    """A rhyming tail: its sounds, and the onset before it (() for none)."""

    sounds: tuple[str, ...]
    before: tuple[str, ...]


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
    sounds = []
    for at in range(start, len(reading.phones)):
        phone = reading.phones[at]
        if phone in BEFORE_R and reading.phones[at + 1 : at + 2] == ("R",):
            phone = BEFORE_R[phone]
        elif at > start and phone == "IH" and reading.stresses[vowels.index(at)] == 0:
            phone = "AH"
        sounds.append(phone)
    return Tail(tuple(sounds), onset(reading.phones, start))


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
