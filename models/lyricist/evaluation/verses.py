"""Words on notes as the measures read them, whoever wrote them.

In: what the lyricist wrote for a stanza, or a person's hymn. Out: a `Verse`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.lyricist.asks import StanzaAsk, WrittenLine
from models.lyricist.corpus import words_of
from models.lyricist.hymnal import Hymn
from models.lyricist.metre import weights
from models.lyrics import Sung

Words = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class SungLine:
    """A line: its words, each as the syllables it is sung on, and the weight of each syllable.

    `notes` is how many syllables the melody asks for.
    """

    words: Words
    weights: tuple[float, ...]
    notes: int

    @property
    def text(self) -> str:
        """The line as printed."""
        return " ".join("".join(word) for word in self.words)

    @property
    def sung(self) -> list[tuple[str, int]]:
        """Each word with its number of syllables; two words on one note are left out."""
        found = [(words_of("".join(word)), len(word)) for word in self.words]
        return [(words[0], count) for words, count in found if len(words) == 1]


@dataclass(frozen=True)
class Verse:
    """A stanza on its melody. `scheme` has a letter a line; X and lone letters rhyme with nothing.

    `theme` and `valence` are what was asked, "" and None when nothing was.
    """

    source: str
    name: str
    lines: tuple[SungLine, ...]
    scheme: str
    theme: str = ""
    valence: float | None = None

    @property
    def text(self) -> str:
        """The lines, one under the other."""
        return "\n".join(line.text for line in self.lines)

    @property
    def ends(self) -> list[str]:
        """The last word of each line, in lower case; "" of a line without words."""
        return [(words_of(line.text) or [""])[-1].lower() for line in self.lines]

    @property
    def rhymes(self) -> list[tuple[str, str]]:
        """Pairs of last words that must rhyme: each with the one before it of its letter."""
        ends = self.ends
        groups: dict[str, list[str]] = {}
        for letter, end in zip(self.scheme, ends, strict=True):
            if letter != "X":
                groups.setdefault(letter, []).append(end)
        return [pair for group in groups.values() for pair in pairwise(group)]


def of_written(
    source: str,
    name: str,
    ask: StanzaAsk,
    lines: Sequence[WrittenLine],
    theme: str = "",
    valence: float | None = None,
) -> Verse:
    """What the lyricist wrote for a stanza."""
    sung = tuple(
        SungLine(line.words, asked.weights, len(asked.weights))
        for line, asked in zip(lines, ask.lines, strict=True)
    )
    return Verse(source, name, sung, ask.scheme, theme, valence)


def of_hymn(hymn: Hymn, number: int) -> Verse | None:
    """A verse of a hymn in the lines of its metre; None where the metre is not that of its notes.

    Its scheme names only the rhymes that the metre itself promises: where the lines of a quatrain
    are long and short by turns, the second rhymes with the fourth (P. Fussell, *Poetic Meter and
    Poetic Form*, 1979, ch. 7). What its author did is thus not read off its own rhymes.
    """
    verse = hymn.verses[number]
    heavy = weights([(s.onset, s.end) for s in verse], hymn.melody.meter)
    if not hymn.metre or sum(hymn.metre) != len(verse):
        return None
    lines, at = [], 0
    for count in hymn.metre:
        words = _words(verse[at : at + count])
        if verse[at + count - 1].joined or not words:  # the line ends inside a word
            return None
        lines.append(SungLine(words, tuple(heavy[at : at + count]), count))
        at += count
    return Verse("hymnal", f"{hymn.title}, verse {number + 1}", tuple(lines), promised(hymn.metre))


def promised(metre: Sequence[int]) -> str:
    """The rhymes a metre promises: in quatrains of long and short lines, second and fourth."""
    out = ""
    for start in range(0, len(metre), 4):
        four = tuple(metre[start : start + 4])
        turns = len(four) == 4 and four[0] == four[2] != four[1] == four[3]
        letter = chr(65 + start // 4)
        out += f"X{letter}X{letter}" if turns else "X" * len(four)
    return out


def _words(sung: Sequence[Sung]) -> Words:
    words: list[tuple[str, ...]] = []
    begun: list[str] = []
    for syllable in sung:
        begun.append(syllable.text)
        if not syllable.joined:
            words.append(tuple(begun))
            begun = []
    return tuple(words)
